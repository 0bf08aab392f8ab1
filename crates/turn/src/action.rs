//! What the server asks of the engine's sockets.

use std::net::{IpAddr, SocketAddr};

use crate::ClientSocket;

/// One relayed transport address: a socket of the engine's, numbered by the server. Small numbers, used again after
/// [`Action::CloseRelay`], so an engine may index a table with them. Each [`Server`](crate::Server) numbers its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RelayId(pub u32);

/// A socket that is bound but waits for the client who reserved it (EVEN-PORT). The number is known to every
/// [`Server`](crate::Server) of one [`Shared`](crate::Shared), so the sockets wait on a shelf that all of the engine's threads reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HoldId(pub u64);

/// A TCP connection between a relayed address and a peer (RFC 6062). Its upper 8 bits are the number of the server that owns it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnectionId(pub u32);

/// What a relayed address speaks with peers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RelayTransport {
    /// One UDP socket.
    Udp,
    /// A TCP listener (RFC 6062); connections to peers leave from the same port.
    Tcp,
}

/// Why a socket could not be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OpenError {
    /// Somebody else has that port: the server tries others.
    PortTaken,
    /// Anything else: the client is told that there is no capacity.
    Failed,
}

/// Why the engine shall end a client's connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CloseReason {
    /// It has had no allocation for too long.
    Idle,
    /// The peer's side of its data connection ended (RFC 6062).
    PeerClosed,
    /// What it sent is neither STUN nor channel data.
    Malformed,
}

/// For the engine to do, in the order in which they are polled, before it hands over the next datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Bind a socket to exactly this address; answer at once by [`Server::handle_relay_opened`](crate::Server::handle_relay_opened).
    OpenRelay {
        /// Its number.
        relay: RelayId,
        /// What it speaks.
        transport: RelayTransport,
        /// Where.
        address: SocketAddr,
        /// If some, bind the next higher port too and keep that socket on the shelf; if either is taken, both are.
        hold_next: Option<HoldId>,
    },
    /// Take a socket from the shelf; answer at once as for [`Action::OpenRelay`].
    TakeHeld {
        /// Its number from here on.
        relay: RelayId,
        /// Its place on the shelf.
        hold: HoldId,
    },
    /// Close a socket that waits on the shelf: nobody came.
    DropHeld {
        /// Its place on the shelf.
        hold: HoldId,
    },
    /// Close a relay's socket (and its listener). Nothing of it is told any more; connections to peers are closed one by one.
    CloseRelay {
        /// Its number, free from here on.
        relay: RelayId,
    },
    /// Connect from a relay's address to a peer (RFC 6062), and say how it went by
    /// [`Server::handle_peer_connected`](crate::Server::handle_peer_connected).
    ConnectPeer {
        /// What the connection is called.
        connection: ConnectionId,
        /// From here.
        relay: RelayId,
        /// The relay's family, so that nothing needs looking up.
        relay_ip: IpAddr,
        /// To here.
        peer: SocketAddr,
    },
    /// Close a connection to a peer, and if it is joined to a client's data connection, that too, after what is queued.
    ClosePeer {
        /// Which.
        connection: ConnectionId,
    },
    /// End a client's connection. The server has forgotten it.
    CloseClient {
        /// Whose.
        client: ClientSocket,
        /// Why.
        reason: CloseReason,
    },
}
