//! Where datagrams come from and go to.

use std::net::SocketAddr;

use motet_control::CandidateProtocol;

/// A listening UDP socket or one accepted TCP connection of this worker.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SocketId(pub u32);

/// A path between one of this side's sockets and a peer's address.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Tuple {
    /// The socket on this side.
    pub socket: SocketId,
    /// UDP or TCP.
    pub protocol: CandidateProtocol,
    /// The peer's address as seen here.
    pub remote: SocketAddr,
}
