//! Clients' connections: accepted, read message by message, written.

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};

use motet_turn::stream::{Framed, next_message};
use motet_turn::{ClientProtocol, ClientSocket, FromClient, ListenerId};
use rustls::ServerConnection;

use super::{ACCEPT_PAUSE, STREAM_TOKENS, Turn};
use crate::counters::EngineDrop;
use crate::mailbox::Letter;
use crate::stream::{Handed, Role, Stream, StreamId};

/// Connections accepted from one listener in one turn at most, so that a flood of them starves no one.
const ACCEPTS_PER_TURN: usize = 32;
/// Reads from one connection in one turn at most.
const READS_PER_TURN: usize = 4;
/// The first byte of TLS: a handshake record.
const TLS_HANDSHAKE: u8 = 0x16;

/// A listener for clients.
pub(super) struct Acceptor {
    pub(super) socket: TcpListener,
    pub(super) local: SocketAddr,
    pub(super) is_readable: bool,
}

impl Turn {
    /// Accepts from every listener that has somebody waiting.
    pub(super) fn accept_clients(&mut self) {
        for index in 0..self.acceptors.len() {
            for _ in 0..ACCEPTS_PER_TURN {
                let acceptor = &mut self.acceptors[index];
                if !acceptor.is_readable {
                    break;
                }
                match acceptor.socket.accept() {
                    Ok((socket, remote)) => {
                        let (listener, local) = (ListenerId(index as u32), acceptor.local);
                        let protocol = ClientProtocol::Tcp;
                        self.admit(socket, ClientSocket { listener, protocol, local, remote });
                    }
                    Err(error) => {
                        acceptor.is_readable = is_about_one_connection(&error);
                        if !acceptor.is_readable && error.kind() != io::ErrorKind::WouldBlock {
                            self.drops.count(EngineDrop::SystemRefused);
                            self.accept_again = Some(self.now.instant + ACCEPT_PAUSE);
                        }
                    }
                }
            }
        }
    }

    fn admit(&mut self, socket: TcpStream, client: ClientSocket) {
        self.is_report_due = true;
        if self.streams.len() >= self.connections_max {
            return self.drops.count(EngineDrop::ConnectionsFull);
        }
        if !self.server.handle_client_opened(self.now, client) {
            return self.drops.count(EngineDrop::HalfOpen);
        }
        if socket.set_nonblocking(true).is_err()
            || self.keep_stream(Stream::new(socket, Role::Opening(client))).is_err()
        {
            self.drops.count(EngineDrop::SystemRefused);
            self.server.handle_client_closed(self.now, client);
        }
    }

    pub(super) fn keep_stream(&mut self, stream: Stream) -> io::Result<StreamId> {
        let token_of = |id: StreamId| STREAM_TOKENS + id.0;
        self.streams.insert(self.now.instant, &self.poller, stream, token_of)
    }

    /// Takes a client's connection that another thread or program part has begun.
    pub(super) fn adopt(&mut self, handed: Handed) {
        let client = handed.client;
        if self.streams.len() >= self.connections_max {
            return self.drops.count(EngineDrop::ConnectionsFull);
        }
        if !self.server.handle_client_opened(self.now, client) {
            return self.drops.count(EngineDrop::HalfOpen);
        }
        match self.keep_stream(Stream::adopt(handed)) {
            Ok(id) => {
                self.streams.list_dirty(id);
                self.take_messages(id, &[]);
            }
            Err(_) => {
                self.drops.count(EngineDrop::SystemRefused);
                self.server.handle_client_closed(self.now, client);
            }
        }
    }

    /// Reads from all connections that have something.
    pub(super) fn read_streams(&mut self) {
        for id in self.streams.take_readable() {
            self.read_stream(id);
        }
    }

    fn read_stream(&mut self, id: StreamId) {
        let mut scratch = std::mem::take(&mut self.scratch);
        for _ in 0..READS_PER_TURN {
            let Some(stream) = self.streams.get(id) else { break };
            match stream.role {
                Role::Opening(client) => {
                    if !self.open(id, client) {
                        break;
                    }
                }
                Role::Client(client) => match stream.read(&mut scratch) {
                    Ok(0) => {
                        self.end_stream(id);
                        break;
                    }
                    Ok(count) => {
                        self.note_tls_output(id);
                        self.take_messages(id, &scratch[..count]);
                    }
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                        self.note_tls_output(id);
                        break;
                    }
                    Err(error) => {
                        if error.kind() == io::ErrorKind::InvalidData {
                            self.drops.count(match client.protocol {
                                ClientProtocol::Tls => EngineDrop::TlsFailed,
                                _ => EngineDrop::NoProtocol,
                            });
                        }
                        self.end_stream(id);
                        break;
                    }
                },
                Role::Data(..) | Role::Peer(..) => {
                    self.pass_on(id, &mut scratch);
                    break;
                }
                Role::Connecting(..) | Role::Waiting(_) => break,
                Role::Ending => {
                    // Whatever still comes is of no interest; the end is noticed by writing, or by patience.
                    break;
                }
            }
        }
        if self.streams.get(id).is_some_and(|stream| stream.is_readable && stream.role.client().is_some()) {
            self.streams.list_readable(id);
        }
        self.scratch = scratch;
    }

    /// Looks at the first byte. False while there is none, or when that was the end.
    fn open(&mut self, id: StreamId, client: ClientSocket) -> bool {
        let Some(stream) = self.streams.get(id) else { return false };
        match stream.peek() {
            Ok(Some(TLS_HANDSHAKE)) => self.open_tls(id, client),
            Ok(Some(_)) => {
                self.streams.set_role(id, Role::Client(client));
                true
            }
            Ok(None) => {
                self.end_stream(id);
                false
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                stream.is_readable = false;
                false
            }
            Err(_) => {
                self.end_stream(id);
                false
            }
        }
    }

    fn open_tls(&mut self, id: StreamId, client: ClientSocket) -> bool {
        let tls = self.identity.tls().and_then(|config| ServerConnection::new(config).ok());
        let Some(tls) = tls else {
            self.drops.count(EngineDrop::NoProtocol);
            self.end_stream(id);
            return false;
        };
        // Another protocol is another client to the server.
        self.server.handle_client_closed(self.now, client);
        let client = ClientSocket { protocol: ClientProtocol::Tls, ..client };
        self.streams.set_role(id, Role::Client(client));
        if !self.server.handle_client_opened(self.now, client) {
            self.drops.count(EngineDrop::HalfOpen);
            self.streams.remove(id);
            return false;
        }
        if let Some(stream) = self.streams.get(id) {
            stream.secure(tls);
        }
        true
    }

    fn note_tls_output(&mut self, id: StreamId) {
        if self.streams.get(id).is_some_and(|stream| stream.wants_write()) {
            self.streams.list_dirty(id);
        }
    }

    /// Hands over every whole message of what was left unread and of what has just come.
    fn take_messages(&mut self, id: StreamId, fresh: &[u8]) {
        let Some(stream) = self.streams.get(id) else { return };
        let Role::Client(client) = stream.role else { return };
        let mut kept = std::mem::take(&mut stream.unread);
        if !kept.is_empty() {
            kept.extend_from_slice(fresh);
        }
        let bytes = if kept.is_empty() { fresh } else { &kept };
        let mut at = 0;
        loop {
            match next_message(&bytes[at..]) {
                Framed::Incomplete { .. } => break,
                Framed::Malformed => {
                    self.drops.count(EngineDrop::NoProtocol);
                    return self.end_stream(id);
                }
                Framed::Message { len, consumed } => {
                    let outcome = self.server.handle_client(self.now, client, &bytes[at..at + len]);
                    self.is_report_due = true;
                    match outcome {
                        FromClient::ToPeer { relay, peer, payload, dont_fragment } => {
                            let payload = &bytes[at + payload.start..at + payload.end];
                            self.send_to_peer(relay, peer, payload, 0..0, dont_fragment);
                        }
                        FromClient::Nothing => self.carry_out(),
                        FromClient::Join { connection } => {
                            self.carry_out();
                            return self.join(id, connection, &bytes[at + consumed..]);
                        }
                        FromClient::Elsewhere { server } => {
                            return self.move_elsewhere(id, client, server, &bytes[at..]);
                        }
                    }
                    at += consumed;
                    if self.streams.of_client(&client) != Some(id) {
                        return;
                    }
                }
            }
        }
        let rest = bytes[at..].to_vec();
        let now = self.now.instant;
        if let Some(stream) = self.streams.get(id) {
            // What comes bit by bit is one message all the same: its time runs from its first byte.
            let since = stream.awaits_since.filter(|_| at == 0);
            stream.awaits_since = (!rest.is_empty()).then(|| since.unwrap_or(now));
            stream.unread = rest;
        }
    }

    fn move_elsewhere(&mut self, id: StreamId, client: ClientSocket, server: u8, unread: &[u8]) {
        let Some(mut stream) = self.streams.remove(id) else { return };
        stream.unread = unread.to_vec();
        let is_forgotten = self.poller.forget(&stream.socket).is_ok();
        let post = self.posts.get(usize::from(server)).filter(|_| is_forgotten);
        let handed = Box::new(stream.hand_over(client));
        if post.is_none_or(|post| post.send(Letter::Adopt(handed)).is_err()) {
            self.drops.count(EngineDrop::Gone);
        }
    }

    /// Queues bytes for a client's connection.
    pub(super) fn send_by_stream(&mut self, client: &ClientSocket, parts: &[&[u8]]) {
        let Some(id) = self.streams.of_client(client) else { return self.drops.count(EngineDrop::Gone) };
        let Some(stream) = self.streams.get(id) else { return };
        match stream.push(parts) {
            Ok(()) => self.streams.list_dirty(id),
            Err(_) => self.drops.count(EngineDrop::OutputFull),
        }
    }

    /// The other side ended it, or it must not go on.
    pub(super) fn end_stream(&mut self, id: StreamId) {
        let Some(role) = self.streams.get(id).map(|stream| stream.role) else { return };
        self.streams.remove(id);
        match role {
            Role::Opening(client) | Role::Client(client) => {
                self.server.handle_client_closed(self.now, client);
                self.carry_out();
            }
            Role::Data(connection, other) | Role::Peer(connection, other) => {
                self.finish_stream(other);
                self.server.handle_peer_closed(self.now, connection);
                self.carry_out();
            }
            Role::Connecting(connection) => {
                self.server.handle_peer_connected(self.now, connection, false);
                self.carry_out();
            }
            Role::Waiting(connection) => {
                self.server.handle_peer_closed(self.now, connection);
                self.carry_out();
            }
            Role::Ending => {}
        }
    }

    /// Closes a connection once what is queued has been written; the server knows it no more.
    pub(super) fn finish_stream(&mut self, id: StreamId) {
        self.streams.set_role(id, Role::Ending);
        let now = self.now.instant;
        if let Some(stream) = self.streams.get(id) {
            stream.say_goodbye();
            stream.awaits_since = Some(now);
            self.streams.list_dirty(id);
        }
    }

    /// Writes what is queued, as far as the other sides take it.
    pub(super) fn write_streams(&mut self) {
        while let Some(id) = self.streams.next_dirty() {
            let Some(stream) = self.streams.get(id) else { continue };
            let (outcome, role) = (stream.write(), stream.role);
            match (outcome, role) {
                (Ok(true), Role::Ending) => drop(self.streams.remove(id)),
                (Ok(true), _) => self.go_on_reading_for(role),
                (Ok(false), _) => {}
                (Err(_), _) => self.end_stream(id),
            }
        }
    }
}

/// The connection ended before it was accepted, or a signal came: the next one may be fine (accept(2)).
pub(super) fn is_about_one_connection(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::ConnectionAborted | io::ErrorKind::Interrupted)
}
