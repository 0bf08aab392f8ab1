//! Connections between TCP relays and peers, and the clients' data connections that they are joined to (RFC 6062).

use std::net::SocketAddr;

use super::authentication::Who;
use super::requests::{Reply, Request};
use super::{Server, Slot, Timer};
use crate::hashing::shrink;
use crate::shared::Tick;
use crate::wire::numbers::{ErrorCode, attribute, method};
use crate::wire::{Class, Writer, read_xor_address};
use crate::{Action, ClientSocket, ConnectionId, DropReason, FromClient, Now, RelayId, RelayTransport};

/// How long a peer may take to answer, and a client to join: RFC 6062 sections 5.2 to 5.4.
const WAIT_NS: Tick = 30 * 1_000_000_000;

/// A connection to a peer.
#[derive(Debug)]
pub(super) struct PeerConnection {
    slot: Slot,
    peer: SocketAddr,
    state: State,
}

/// What a connection waits for.
#[derive(Debug)]
enum State {
    /// The peer; then this is answered.
    Peer { asked: Box<Reply>, until: Tick },
    /// The client's data connection.
    Client { until: Tick },
    /// Nothing more.
    Joined { client: ClientSocket },
}

impl Server {
    /// Connect.
    pub(super) fn connect(&mut self, now: Tick, slot: Slot, request: &Request<'_>, reply: Reply) {
        if let Err(code) = self.try_connect(now, slot, request, &reply) {
            self.fail(&reply, code);
        }
    }

    fn try_connect(
        &mut self,
        now: Tick,
        slot: Slot,
        request: &Request<'_>,
        reply: &Reply,
    ) -> Result<(), ErrorCode> {
        let message = &request.message;
        let peer = message.peer.and_then(|value| read_xor_address(value, &message.transaction));
        let peer = peer.ok_or(ErrorCode::BadRequest)?;
        let allocation = self.allocation(slot)?;
        if allocation.transport != RelayTransport::Tcp {
            return Err(ErrorCode::BadRequest);
        }
        let connections = allocation.connections.clone();
        let is_there = |id: &ConnectionId| self.connections.get(id).is_some_and(|known| known.peer == peer);
        if connections.iter().any(is_there) {
            return Err(ErrorCode::ConnectionAlreadyExists);
        }
        self.judge_peer(slot, peer)?;
        let allocation = self.allocation(slot)?;
        let relay = allocation.relay_for(peer.ip()).ok_or(ErrorCode::PeerAddressFamilyMismatch)?;
        let (relay, relay_ip) = (relay.id, relay.announced.ip());
        let until = now + WAIT_NS;
        let state = State::Peer { asked: Box::new(reply.clone()), until };
        let connection =
            self.add_connection(slot, peer, state, until).ok_or(ErrorCode::InsufficientCapacity)?;
        self.actions.push_back(Action::ConnectPeer { connection, relay, relay_ip, peer });
        Ok(())
    }

    /// How [`Action::ConnectPeer`] went.
    pub fn handle_peer_connected(&mut self, now: Now, connection: ConnectionId, is_connected: bool) {
        let tick = self.catch_up(now.instant);
        let Some(known) = self.connections.get_mut(&connection) else { return };
        if !matches!(known.state, State::Peer { .. }) {
            return;
        }
        let until = tick + WAIT_NS;
        let State::Peer { asked, until: before } =
            std::mem::replace(&mut known.state, State::Client { until })
        else {
            return;
        };
        self.timers.remove(&(before, Timer::Connection(connection)));
        if !is_connected {
            self.remove_connection(connection);
            return self.fail(&asked, ErrorCode::ConnectionTimeoutOrFailure);
        }
        self.set_timer(until, Timer::Connection(connection));
        self.succeed(&asked, |writer| {
            writer.u32(attribute::CONNECTION_ID, connection.0);
        });
    }

    /// A peer has connected to a TCP relay: what the connection is called, or none: close it. Bytes that come over it wait until a
    /// client joins it ([`FromClient::Join`]).
    pub fn handle_peer_accepted(
        &mut self,
        now: Now,
        relay: RelayId,
        peer: SocketAddr,
    ) -> Option<ConnectionId> {
        let tick = self.catch_up(now.instant);
        let slot = *self.relays.get(relay.0 as usize)?;
        let allocation = self.open(slot).filter(|allocation| allocation.transport == RelayTransport::Tcp)?;
        if allocation.permissions.grant(tick, peer.ip()).is_none() {
            self.counters.count(DropReason::NoPermission);
            return None;
        }
        if self.shared.peers().check(peer).is_err() {
            self.counters.count(DropReason::PeerRefused);
            return None;
        }
        let client = allocation.client;
        let until = tick + WAIT_NS;
        let Some(connection) = self.add_connection(slot, peer, State::Client { until }, until) else {
            self.counters.count(DropReason::NoCapacity);
            return None;
        };
        let transaction = self.next_indication();
        self.answers.push(client, |out| {
            Writer::new(out, Class::Indication, method::CONNECTION_ATTEMPT, transaction)
                .xor_address(attribute::XOR_PEER_ADDRESS, peer)
                .u32(attribute::CONNECTION_ID, connection.0);
        });
        Some(connection)
    }

    /// ConnectionBind: the client's connection becomes a data connection.
    pub(super) fn join(
        &mut self,
        now: Tick,
        slot: Option<Slot>,
        request: &Request<'_>,
        who: Who,
        reply: &Reply,
    ) -> FromClient {
        let value = request.message.connection_id.and_then(|value| <[u8; 4]>::try_from(value).ok());
        let connection = value.map(|value| ConnectionId(u32::from_be_bytes(value)));
        let (Some(connection), None, true) = (connection, slot, request.client.protocol.is_stream()) else {
            self.fail(reply, ErrorCode::BadRequest);
            return FromClient::Nothing;
        };
        let owner = (connection.0 >> 24) as u8;
        if owner != self.number && self.shared.has_server(owner) {
            self.forget_client(now, request.client);
            return FromClient::Elsewhere { server: owner };
        }
        if let Err(code) = self.try_join(now, request.client, connection, &who) {
            self.fail(reply, code);
            return FromClient::Nothing;
        }
        self.succeed(reply, |_| ());
        FromClient::Join { connection }
    }

    fn try_join(
        &mut self,
        now: Tick,
        client: ClientSocket,
        connection: ConnectionId,
        who: &Who,
    ) -> Result<(), ErrorCode> {
        let known = self.connections.get_mut(&connection).ok_or(ErrorCode::BadRequest)?;
        let owner = self.allocations.get(known.slot.0).map(|allocation| allocation.known.account());
        let State::Client { until } = known.state else { return Err(ErrorCode::BadRequest) };
        match who {
            Who::Other(asking) if owner == Some(asking.account()) => (),
            _ => return Err(ErrorCode::WrongCredentials),
        }
        known.state = State::Joined { client };
        self.timers.remove(&(until, Timer::Connection(connection)));
        self.joined.insert(client, connection);
        if !self.leave_half_open(now, client) {
            self.counters.connections += 1;
        }
        Ok(())
    }

    /// A connection to a peer has ended, for whatever reason but [`Action::ClosePeer`]. Once joined, its end and that of the
    /// client's data connection are one: tell either.
    pub fn handle_peer_closed(&mut self, now: Now, connection: ConnectionId) {
        self.catch_up(now.instant);
        if let Some(State::Peer { .. }) = self.connections.get(&connection).map(|known| &known.state) {
            return self.handle_peer_connected(now, connection, false);
        }
        self.remove_connection(connection);
    }

    /// How many of so many bytes may be passed on over a joined connection at this moment; the rest later, or never if it has ended.
    pub fn admit_joined(&mut self, now: Now, connection: ConnectionId, bytes: usize) -> usize {
        let tick = self.catch_up(now.instant);
        let known = self.connections.get(&connection);
        let Some(allocation) = known.and_then(|known| self.allocations.get(known.slot.0)) else { return 0 };
        let [user, address] = &allocation.budgets;
        if self.shared.budgets.spend(tick, user, address, bytes) { bytes } else { 0 }
    }

    fn add_connection(
        &mut self,
        slot: Slot,
        peer: SocketAddr,
        state: State,
        until: Tick,
    ) -> Option<ConnectionId> {
        let [a, b, c] = self.random();
        let connection = ConnectionId(u32::from_be_bytes([self.number, a, b, c]));
        let max = usize::from(self.shared.settings.quotas.connections_max);
        let allocation = self.allocations.get_mut(slot.0)?;
        if allocation.connections.len() >= max || self.connections.contains_key(&connection) {
            return None;
        }
        allocation.connections.push(connection);
        self.connections.insert(connection, PeerConnection { slot, peer, state });
        self.set_timer(until, Timer::Connection(connection));
        Some(connection)
    }

    /// Nobody came in time.
    pub(super) fn end_overdue_connection(&mut self, connection: ConnectionId) {
        let Some(known) = self.remove_connection(connection) else { return };
        self.actions.push_back(Action::ClosePeer { connection });
        if let State::Peer { asked, .. } = known.state {
            self.fail(&asked, ErrorCode::ConnectionTimeoutOrFailure);
        }
    }

    /// A connection ends with its allocation.
    pub(super) fn close_connection(&mut self, connection: ConnectionId) {
        if self.remove_connection(connection).is_some() {
            self.actions.push_back(Action::ClosePeer { connection });
        }
    }

    /// A client's data connection has ended.
    pub(super) fn unjoin(&mut self, client: ClientSocket) {
        if let Some(connection) = self.joined.get(&client).copied() {
            self.remove_connection(connection);
        }
    }

    fn remove_connection(&mut self, connection: ConnectionId) -> Option<PeerConnection> {
        let known = self.connections.remove(&connection)?;
        shrink(&mut self.connections);
        match &known.state {
            State::Peer { until, .. } | State::Client { until } => {
                self.timers.remove(&(*until, Timer::Connection(connection)));
            }
            State::Joined { client } => {
                self.joined.remove(client);
                shrink(&mut self.joined);
                self.counters.connections = self.counters.connections.saturating_sub(1);
            }
        }
        if let Some(allocation) = self.allocations.get_mut(known.slot.0) {
            allocation.connections.retain(|other| *other != connection);
        }
        Some(known)
    }
}
