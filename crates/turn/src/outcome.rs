//! What comes of a datagram: where its payload goes, without a copy.

use std::net::SocketAddr;
use std::ops::Range;

use crate::{ClientSocket, ConnectionId, RelayId};

/// What comes of a client's datagram or message. Answers, if any, wait in [`Server::poll_transmit`](crate::Server::poll_transmit).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FromClient {
    /// Nothing to relay: a request, or something dropped and counted.
    Nothing,
    /// Send this part of it from the relay to the peer.
    ToPeer {
        /// From here.
        relay: RelayId,
        /// To here.
        peer: SocketAddr,
        /// Which bytes of what the client sent.
        payload: Range<usize>,
        /// The client asked that it be not fragmented.
        dont_fragment: bool,
    },
    /// From here on this client's connection carries the bytes of that connection to a peer (RFC 6062): first send what waits in
    /// `poll_transmit`, then join both.
    Join {
        /// The connection to the peer.
        connection: ConnectionId,
    },
    /// The connection that this client asks for is another server's: move the client's connection there, with all that was
    /// read from it, tell that it opened, and hand the same message over again. This server has forgotten the client.
    Elsewhere {
        /// Which: the number given to [`Server::new`](crate::Server::new).
        server: u8,
    },
}

/// Where a peer's datagram goes: `prefix`, then the datagram as it is, then `padding` zeros.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ToClient {
    /// To whom.
    pub client: ClientSocket,
    /// The channel's or the indication's header.
    pub prefix: Prefix,
    /// How many zeros follow, 0 to 3.
    pub padding: u8,
}

/// The bytes that go in front of a relayed payload: 4 for a channel, at most 48 for a Data indication.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Prefix {
    pub(crate) bytes: [u8; Prefix::LEN_MAX],
    pub(crate) len: u8,
}

impl Prefix {
    /// A STUN header, an IPv6 XOR-PEER-ADDRESS and the header of DATA.
    pub const LEN_MAX: usize = 20 + 24 + 4;

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }
}

impl std::fmt::Debug for Prefix {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Prefix").field(&self.as_bytes()).finish()
    }
}
