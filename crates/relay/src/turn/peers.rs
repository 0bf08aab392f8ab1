//! TCP between relayed addresses and peers (RFC 6062): connections made and accepted, and joined with those of clients.

use std::io;
use std::net::SocketAddr;
use std::os::fd::AsFd;

use motet_net::ports::{TcpPort, connect_from};
use motet_turn::{ConnectionId, RelayId};

use super::streams::is_about_one_connection;
use super::{ACCEPT_PAUSE, RELAY_TOKENS, Relay, Turn};
use crate::counters::EngineDrop;
use crate::stream::{Role, Stream, StreamId};

/// Bytes that may wait on one side of a joined connection; then the other side is not read on, and its sender waits.
const JOINED_WAITING_MAX: usize = 64 * 1024;
/// Connections accepted for one relay in one turn at most.
const ACCEPTS_PER_TURN: usize = 8;

impl Turn {
    /// Listens on a relayed address.
    pub(super) fn keep_tcp_relay(&mut self, relay: RelayId, port: TcpPort) -> io::Result<Relay> {
        self.poller.watch(&port.listener().as_fd(), RELAY_TOKENS + relay.0 as usize)?;
        Ok(Relay::Tcp(port))
    }

    /// Accepts what peers have begun.
    pub(super) fn accept_peers(&mut self) {
        for relay in std::mem::take(&mut self.relays_readable) {
            for _ in 0..ACCEPTS_PER_TURN {
                let Some(Relay::Tcp(port)) = self.relays.get(relay.0 as usize) else { break };
                match port.listener().accept() {
                    Ok((socket, peer)) => {
                        if self.streams.len() >= self.connections_max {
                            self.drops.count(EngineDrop::ConnectionsFull);
                            continue;
                        }
                        let Some(connection) = self.server.handle_peer_accepted(self.now, relay, peer) else {
                            continue;
                        };
                        let stream = Stream::new(socket, Role::Waiting(connection));
                        let is_kept =
                            stream.socket.set_nonblocking(true).is_ok() && self.keep_stream(stream).is_ok();
                        if !is_kept {
                            self.drops.count(EngineDrop::SystemRefused);
                            self.server.handle_peer_closed(self.now, connection);
                        }
                        self.carry_out();
                    }
                    Err(error) if is_about_one_connection(&error) => {}
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                    Err(_) => {
                        self.drops.count(EngineDrop::SystemRefused);
                        self.accept_again = Some(self.now.instant + ACCEPT_PAUSE);
                        self.relays_readable.push(relay);
                        break;
                    }
                }
            }
        }
    }

    /// Begins a connection to a peer.
    pub(super) fn connect_peer(&mut self, connection: ConnectionId, relay: RelayId, peer: SocketAddr) {
        let local = match self.relays.get(relay.0 as usize) {
            Some(Relay::Tcp(port)) if self.streams.len() < self.connections_max => Some(port.local_addr()),
            _ => None,
        };
        let stream = local.and_then(|local| connect_from(local, peer).ok());
        let stream = stream.map(|socket| Stream::new(socket, Role::Connecting(connection)));
        match stream.and_then(|stream| self.keep_stream(stream).ok()) {
            Some(id) => {
                let now = self.now.instant;
                if let Some(stream) = self.streams.get(id) {
                    stream.awaits_since = Some(now);
                }
            }
            None => self.server.handle_peer_connected(self.now, connection, false),
        }
    }

    /// A connection that was on its way has news: it stands, or it does not.
    pub(super) fn finish_connecting(&mut self, id: StreamId) {
        let Some(stream) = self.streams.get(id) else { return };
        let Role::Connecting(connection) = stream.role else { return };
        match (stream.socket.take_error(), stream.socket.peer_addr()) {
            (Ok(None), Ok(_)) => {
                stream.awaits_since = None;
                self.streams.set_role(id, Role::Waiting(connection));
                self.server.handle_peer_connected(self.now, connection, true);
                self.carry_out();
            }
            (Ok(None), Err(error)) if error.kind() == io::ErrorKind::NotConnected => {}
            _ => self.end_stream(id),
        }
    }

    /// Joins a client's connection with one to a peer; `unread` has come from the client behind its request.
    pub(super) fn join(&mut self, data: StreamId, connection: ConnectionId, unread: &[u8]) {
        let Some(peer) = self.streams.of_connection(connection) else {
            return self.end_stream(data);
        };
        self.streams.set_role(data, Role::Data(connection, peer));
        self.streams.set_role(peer, Role::Peer(connection, data));
        if let Some(stream) = self.streams.get(data) {
            stream.unread = unread.to_vec();
            stream.awaits_since = None;
        }
        self.streams.list_readable(data);
        self.streams.list_readable(peer);
    }

    /// Passes on what has come over one half of a joined connection, as much as quotas and the other half take.
    pub(super) fn pass_on(&mut self, id: StreamId, scratch: &mut [u8]) {
        loop {
            let Some(stream) = self.streams.get(id) else { return };
            let (Some(connection), Some(other)) = (stream.role.connection(), stream.role.other()) else {
                return;
            };
            let mut bytes = std::mem::take(&mut stream.unread);
            let room =
                self.streams.get(other).map_or(0, |other| JOINED_WAITING_MAX.saturating_sub(other.waiting()));
            if room == 0 {
                // Goes on when the other half has written.
                return self.keep_unread(id, bytes);
            }
            if bytes.is_empty() {
                let Some(stream) = self.streams.get(id) else { return };
                let limit = scratch.len().min(room);
                match stream.read(&mut scratch[..limit]) {
                    Ok(0) => return self.end_stream(id),
                    Ok(count) => bytes = scratch[..count].to_vec(),
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                    Err(_) => return self.end_stream(id),
                }
            }
            let wanted = bytes.len().min(room);
            let admitted = self.server.admit_joined(self.now, connection, wanted).min(wanted);
            let rest = bytes.split_off(admitted);
            if admitted > 0
                && let Some(other_stream) = self.streams.get(other)
            {
                // There is room: less waits than half of what may.
                let _ = other_stream.push(&[&bytes]);
                self.streams.list_dirty(other);
            }
            self.is_report_due = true;
            if !rest.is_empty() {
                if admitted < wanted {
                    self.throttled.push(id);
                }
                return self.keep_unread(id, rest);
            }
        }
    }

    fn keep_unread(&mut self, id: StreamId, bytes: Vec<u8>) {
        if let Some(stream) = self.streams.get(id) {
            stream.unread = bytes;
        }
    }

    /// One half has written all that it had: the other may be read on.
    pub(super) fn go_on_reading_for(&mut self, role: Role) {
        if let Some(other) = role.other() {
            self.streams.list_readable(other);
        }
    }

    /// Closes a connection to a peer, and what it is joined with, after what is queued.
    pub(super) fn close_peer(&mut self, connection: ConnectionId) {
        let Some(id) = self.streams.of_connection(connection) else { return };
        let other = self.streams.get(id).and_then(|stream| stream.role.other());
        self.finish_stream(id);
        if let Some(other) = other {
            self.finish_stream(other);
        }
    }
}
