//! The server's doors.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Instant;

use crate::{
    Action, ClientSocket, ConnectionId, Counters, FromClient, Now, OpenError, RelayId, Shared, ToClient,
};

/// The state of all clients that one thread of the engine serves.
///
/// After each `handle_*`: carry out what [`Server::poll_action`] says until it says nothing, then send what
/// [`Server::poll_transmit`] says until it says nothing, then arm a timer for [`Server::poll_timeout`]. (Actions first:
/// their outcome may make an answer.)
#[derive(Debug)]
pub struct Server {
    #[expect(dead_code, reason = "the doors stand before the rooms")]
    shared: Arc<Shared>,
    counters: Counters,
}

impl Server {
    /// A server with a number of its own among those of `shared`. The seed differs from server to server and is a secret.
    pub fn new(shared: Arc<Shared>, number: u8, seed: [u8; 32]) -> Self {
        let _ = (number, seed);
        Self { shared, counters: Counters::new() }
    }

    /// Whether a client's new connection (TCP, TLS or DTLS, told before any handshake) may stay: half-open ones are few.
    /// If not, close it; the server does not know it.
    #[must_use]
    pub fn handle_client_opened(&mut self, now: Now, client: ClientSocket) -> bool {
        let _ = (now, client);
        true
    }

    /// A client's connection has ended, for whatever reason but [`Action::CloseClient`].
    pub fn handle_client_closed(&mut self, now: Now, client: ClientSocket) {
        let _ = (now, client);
    }

    /// A datagram of a client, or one message of its stream ([`stream::next_message`](crate::stream::next_message)).
    pub fn handle_client(&mut self, now: Now, client: ClientSocket, data: &[u8]) -> FromClient {
        let _ = (now, client, data);
        FromClient::Nothing
    }

    /// A datagram of `data_len` bytes that a peer sent to a relay: to whom it goes, and what to write around it.
    pub fn handle_peer(
        &mut self,
        now: Now,
        relay: RelayId,
        peer: SocketAddr,
        data_len: usize,
    ) -> Option<ToClient> {
        let _ = (now, relay, peer, data_len);
        None
    }

    /// ICMP about a datagram that a relay sent to a peer: its type and code.
    pub fn handle_peer_icmp(
        &mut self,
        now: Now,
        relay: RelayId,
        peer: SocketAddr,
        (kind, code): (u8, u8),
        data: u32,
    ) {
        let _ = (now, relay, peer, kind, code, data);
    }

    /// How [`Action::OpenRelay`] or [`Action::TakeHeld`] went.
    pub fn handle_relay_opened(&mut self, now: Now, relay: RelayId, outcome: Result<(), OpenError>) {
        let _ = (now, relay, outcome);
    }

    /// How [`Action::ConnectPeer`] went.
    pub fn handle_peer_connected(&mut self, now: Now, connection: ConnectionId, is_connected: bool) {
        let _ = (now, connection, is_connected);
    }

    /// A peer has connected to a TCP relay: what the connection is called, or none: close it. Bytes that come over it wait until a
    /// client joins it ([`FromClient::Join`]).
    pub fn handle_peer_accepted(
        &mut self,
        now: Now,
        relay: RelayId,
        peer: SocketAddr,
    ) -> Option<ConnectionId> {
        let _ = (now, relay, peer);
        None
    }

    /// A connection to a peer has ended, for whatever reason but [`Action::ClosePeer`]. Once joined, its end and that of the
    /// client's data connection are one: tell either.
    pub fn handle_peer_closed(&mut self, now: Now, connection: ConnectionId) {
        let _ = (now, connection);
    }

    /// How many of so many bytes may be passed on over a joined connection at this moment; the rest later, or never if it has ended.
    pub fn admit_joined(&mut self, now: Now, connection: ConnectionId, bytes: usize) -> usize {
        let _ = (now, connection);
        bytes
    }

    /// What is overdue.
    pub fn handle_timeout(&mut self, now: Now) {
        let _ = now;
    }

    /// When [`Server::handle_timeout`] wants to be called next.
    pub fn poll_timeout(&self) -> Option<Instant> {
        None
    }

    /// What the engine shall do.
    pub fn poll_action(&mut self) -> Option<Action> {
        None
    }

    /// Appends the next answer to `out`, and says who gets it.
    pub fn poll_transmit(&mut self, out: &mut Vec<u8>) -> Option<ClientSocket> {
        let _ = out;
        None
    }

    /// What happened and what there is.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Whether a client has an allocation, and where its relayed addresses are, as the world sees them.
    pub fn relayed(&self, client: ClientSocket) -> Vec<SocketAddr> {
        let _ = client;
        Vec::new()
    }

    /// Ends every allocation of a user: somebody who was shown the door.
    pub fn end_user(&mut self, now: Now, username: &str) {
        let _ = (now, username);
    }
}

/// The block that counts as one source: an IPv4 address, an IPv6 /64.
#[expect(dead_code, reason = "the doors stand before the rooms")]
pub(crate) fn source(ip: IpAddr) -> u128 {
    match ip {
        IpAddr::V4(ip) => u128::from(ip.to_bits()),
        IpAddr::V6(ip) => ip.to_bits() >> 64 << 64,
    }
}
