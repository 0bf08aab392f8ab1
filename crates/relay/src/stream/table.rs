//! All connections of a thread.

use std::collections::HashMap;
use std::io;
use std::time::{Duration, Instant};

use motet_net::ports::Poller;
use motet_turn::{ClientSocket, ConnectionId};
use slab::Slab;

use super::{Role, Stream};

/// A connection of this thread; used again for another once it is closed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct StreamId(pub(crate) usize);

/// How long the rest of a message, a connection to a peer or room for the last bytes is awaited.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often those who wait too long are looked for.
const SWEEP_EVERY: Duration = Duration::from_secs(1);

/// See the module.
#[derive(Default)]
pub(crate) struct Streams {
    streams: Slab<Stream>,
    by_client: HashMap<ClientSocket, StreamId>,
    by_connection: HashMap<ConnectionId, StreamId>,
    /// To be read.
    readable: Vec<StreamId>,
    /// To be written.
    dirty: Vec<StreamId>,
    next_sweep: Option<Instant>,
}

impl Streams {
    /// Takes one in and watches it.
    pub(crate) fn insert(
        &mut self,
        now: Instant,
        poller: &Poller,
        stream: Stream,
        token_of: impl Fn(StreamId) -> usize,
    ) -> io::Result<StreamId> {
        // Small messages that are awaited must not wait for fuller segments.
        let _ = stream.socket.set_nodelay(true);
        let entry = self.streams.vacant_entry();
        let id = StreamId(entry.key());
        poller.watch_stream(&stream.socket, token_of(id))?;
        let stream = entry.insert(stream);
        stream.is_listed = true;
        self.readable.push(id);
        if let Some(client) = stream.role.client() {
            self.by_client.insert(client, id);
        }
        if let Some(connection) = stream.role.connection() {
            self.by_connection.insert(connection, id);
        }
        self.next_sweep.get_or_insert(now + SWEEP_EVERY);
        Ok(id)
    }

    pub(crate) fn len(&self) -> usize {
        self.streams.len()
    }

    pub(crate) fn get(&mut self, id: StreamId) -> Option<&mut Stream> {
        self.streams.get_mut(id.0)
    }

    pub(crate) fn of_client(&self, client: &ClientSocket) -> Option<StreamId> {
        self.by_client.get(client).copied()
    }

    /// The one to the peer.
    pub(crate) fn of_connection(&self, connection: ConnectionId) -> Option<StreamId> {
        self.by_connection.get(&connection).copied()
    }

    /// Changes what a connection is.
    pub(crate) fn set_role(&mut self, id: StreamId, role: Role) {
        let Some(stream) = self.streams.get_mut(id.0) else { return };
        let before = std::mem::replace(&mut stream.role, role);
        if let Some(client) = before.client().filter(|client| role.client() != Some(*client)) {
            self.by_client.remove(&client);
        }
        // A client's data connection goes by the same name as the peer's, which is the one to be found.
        let is_peers = |role| matches!(role, Role::Connecting(_) | Role::Waiting(_) | Role::Peer(..));
        if let Some(connection) = before.connection().filter(|_| is_peers(before) && !is_peers(role)) {
            self.by_connection.remove(&connection);
        }
        if let Some(client) = role.client() {
            self.by_client.insert(client, id);
        }
    }

    /// Takes one out, to be closed.
    pub(crate) fn remove(&mut self, id: StreamId) -> Option<Stream> {
        self.set_role(id, Role::Ending);
        self.streams.try_remove(id.0)
    }

    pub(crate) fn list_readable(&mut self, id: StreamId) {
        if let Some(stream) = self.streams.get_mut(id.0) {
            stream.is_readable = true;
            if !std::mem::replace(&mut stream.is_listed, true) {
                self.readable.push(id);
            }
        }
    }

    pub(crate) fn list_dirty(&mut self, id: StreamId) {
        if let Some(stream) = self.streams.get_mut(id.0)
            && !stream.is_dirty
        {
            stream.is_dirty = true;
            self.dirty.push(id);
        }
    }

    pub(crate) fn has_readable(&self) -> bool {
        !self.readable.is_empty()
    }

    pub(crate) fn take_readable(&mut self) -> Vec<StreamId> {
        let readable = std::mem::take(&mut self.readable);
        for id in &readable {
            if let Some(stream) = self.streams.get_mut(id.0) {
                stream.is_listed = false;
            }
        }
        readable
    }

    pub(crate) fn next_dirty(&mut self) -> Option<StreamId> {
        let id = self.dirty.pop()?;
        if let Some(stream) = self.streams.get_mut(id.0) {
            stream.is_dirty = false;
        }
        Some(id)
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        self.next_sweep
    }

    /// Those that were awaited for too long.
    pub(crate) fn overdue(&mut self, now: Instant) -> Vec<StreamId> {
        if self.next_sweep.is_none_or(|due| now < due) {
            return Vec::new();
        }
        self.next_sweep = (!self.streams.is_empty()).then(|| now + SWEEP_EVERY);
        let is_late = |stream: &Stream| stream.awaits_since.is_some_and(|since| now >= since + PATIENCE);
        self.streams.iter().filter(|(_, stream)| is_late(stream)).map(|(key, _)| StreamId(key)).collect()
    }
}
