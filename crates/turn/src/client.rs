//! Who speaks to the server, through which door, and when.

use std::hash::{Hash, Hasher};
use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

/// One of the engine's listening sockets, by a number of the engine's choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ListenerId(pub u32);

/// What lies between a client and the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ClientProtocol {
    /// Datagrams.
    Udp,
    /// A stream.
    Tcp,
    /// A stream inside TLS.
    Tls,
    /// Datagrams inside DTLS.
    Dtls,
}

impl ClientProtocol {
    /// Whether messages need framing, and channel data padding to four bytes.
    pub const fn is_stream(self) -> bool {
        matches!(self, Self::Tcp | Self::Tls)
    }

    /// Whether the engine tells when a client comes and goes: all but plain UDP.
    pub const fn is_connection(self) -> bool {
        !matches!(self, Self::Udp)
    }
}

/// One client: the 5-tuple of RFC 8656, and the socket it came through. A connection's 5-tuple is its identity while it lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ClientSocket {
    /// The socket that heard it, and that answers.
    pub listener: ListenerId,
    /// How it came.
    pub protocol: ClientProtocol,
    /// The server's address as the client sees it (a wildcard socket tells it by `IP_PKTINFO`); answers leave from it.
    pub local: SocketAddr,
    /// The client's address.
    pub remote: SocketAddr,
}

/// Of the client's address alone: one that comes to several of ours is rare, and this is done for each packet.
impl Hash for ClientSocket {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let port = self.remote.port();
        match self.remote.ip() {
            IpAddr::V4(ip) => state.write_u64(u64::from(ip.to_bits()) << 16 | u64::from(port)),
            IpAddr::V6(ip) => {
                state.write_u128(ip.to_bits());
                state.write_u16(port);
            }
        }
    }
}

/// The time, twice: lifetimes run on the first, credentials expire on the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// Never goes back.
    pub instant: Instant,
    /// Seconds since 1970, UTC.
    pub unix_s: u64,
}
