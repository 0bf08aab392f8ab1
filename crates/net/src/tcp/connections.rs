//! All accepted TCP connections of an endpoint.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use mio::{Interest, Registry, Token};
use motet_control::CandidateProtocol;
use motet_ice::{SocketId, Tuple};

use super::connection::Connection;
use super::framing::{FRAME_MAX_BYTES, PREFIX_BYTES};
use crate::counters::{Counters, DropReason};

/// How many TCP connections there may be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TcpLimits {
    /// In all, at most 65,536. One more is closed as soon as it is accepted.
    pub connections_max: usize,
    /// From one IPv4 address or one IPv6 network of 64 bits. Many people may sit behind one NAT, each with two
    /// transports and a few tries. One more is closed as soon as it is accepted.
    pub connections_per_ip_max: usize,
}

impl Default for TcpLimits {
    fn default() -> Self {
        Self { connections_max: 4096, connections_per_ip_max: 256 }
    }
}

/// Room to read into: several frames, and always a whole one.
pub(crate) const SCRATCH_BYTES: usize = 16 * 1024;
const _: () =
    assert!(SCRATCH_BYTES > PREFIX_BYTES + FRAME_MAX_BYTES, "a read next to a partial frame makes progress");

/// How often slow connections are looked for.
const SWEEP_INTERVAL: Duration = Duration::from_secs(1);

/// Ids of connections have this bit; ids of UDP sockets do not.
const CONNECTION_BIT: u32 = 1 << 31;
const SLOT_BITS: u32 = 16;
const SLOT_MASK: u32 = (1 << SLOT_BITS) - 1;
const GENERATION_MASK: u32 = (1 << (31 - SLOT_BITS)) - 1;

/// What a read brought.
pub(crate) enum ReadOutcome {
    /// So many bytes of the scratch hold frames, the last of them perhaps unfinished.
    Filled(usize),
    /// The connection is closed.
    Closed,
}

pub(crate) struct Connections {
    limits: TcpLimits,
    registry: Registry,
    slots: Vec<Slot>,
    /// Empty slots.
    free: Vec<u32>,
    per_ip: HashMap<IpAddr, usize>,
    /// Connections with something to read, each once.
    readable: VecDeque<SocketId>,
    /// Connections with something to write that may be writable, each once.
    dirty: Vec<SocketId>,
    /// Ended, and not told yet; at most one entry for each connection accepted since the last time it was drained.
    closed: VecDeque<Tuple>,
    next_sweep: Option<Instant>,
    open: usize,
}

/// A place for a connection. The generation tells a connection from those that had the place before.
#[derive(Default)]
struct Slot {
    generation: u32,
    connection: Option<Connection>,
}

impl Connections {
    pub(crate) fn new(limits: TcpLimits, registry: Registry) -> Self {
        let connections_max = limits.connections_max.min(1 << SLOT_BITS);
        Self {
            limits: TcpLimits { connections_max, ..limits },
            registry,
            slots: Vec::new(),
            free: Vec::new(),
            per_ip: HashMap::new(),
            readable: VecDeque::new(),
            dirty: Vec::new(),
            closed: VecDeque::new(),
            next_sweep: None,
            open: 0,
        }
    }

    pub(crate) fn open(&self) -> usize {
        self.open
    }

    pub(crate) fn is_connection(socket: SocketId) -> bool {
        socket.0 & CONNECTION_BIT != 0
    }

    pub(crate) fn local_addr(&self, socket: SocketId) -> Option<SocketAddr> {
        let slot = self.slots.get((socket.0 & SLOT_MASK) as usize)?;
        slot.connection.as_ref().map(|connection| connection.local)
    }

    /// Takes a connection in, or closes it at once where a limit is reached.
    pub(crate) fn accept(
        &mut self,
        now: Instant,
        stream: TcpStream,
        remote: SocketAddr,
        local: SocketAddr,
        counters: &mut Counters,
    ) {
        if self.open >= self.limits.connections_max {
            return counters.drop_one(DropReason::TcpConnectionsFull);
        }
        let ip = site_of(remote.ip());
        if self.per_ip.get(&ip).copied().unwrap_or(0) >= self.limits.connections_per_ip_max {
            return counters.drop_one(DropReason::TcpConnectionsOfIpFull);
        }
        if self.insert(Connection::new(now, stream, remote, local)).is_err() {
            return counters.drop_one(DropReason::TcpAcceptFailed);
        }
        self.open += 1;
        *self.per_ip.entry(ip).or_default() += 1;
        self.next_sweep.get_or_insert(now + SWEEP_INTERVAL);
    }

    fn insert(&mut self, mut connection: Connection) -> io::Result<()> {
        let index = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot::default());
            (self.slots.len() - 1) as u32
        });
        let slot = &mut self.slots[index as usize];
        let socket = id_of(index, slot.generation);
        // Media waits for no fuller segment. Without it the connection is slower, not wrong.
        let _ = connection.stream.set_nodelay(true);
        let interest = Interest::READABLE | Interest::WRITABLE;
        let registered = self.registry.register(&mut connection.stream, Token(socket.0 as usize), interest);
        match registered {
            Ok(()) => slot.connection = Some(connection),
            Err(_) => self.free.push(index),
        }
        registered
    }

    /// Notes what the poll told of a connection.
    pub(crate) fn note_ready(&mut self, socket: SocketId, is_readable: bool, is_writable: bool) {
        let Some(connection) = find(&mut self.slots, socket) else { return };
        if is_readable && !connection.is_readable {
            connection.is_readable = true;
            self.readable.push_back(socket);
        }
        if is_writable && !connection.is_dirty {
            connection.is_dirty = true;
            self.dirty.push(socket);
        }
    }

    /// Whether something can be read, or an end be told.
    pub(crate) fn has_news(&self) -> bool {
        !self.readable.is_empty() || !self.closed.is_empty()
    }

    /// The next connection to read from; it is no longer listed.
    pub(crate) fn next_readable(&mut self) -> Option<Tuple> {
        while let Some(socket) = self.readable.pop_front() {
            if let Some(connection) = find(&mut self.slots, socket) {
                connection.is_readable = false;
                return Some(tuple_of(socket, connection.remote));
            }
        }
        None
    }

    /// Reads once; the connection is listed again if more may wait. Whatever of `scratch` is not handed to
    /// [`Self::keep`] afterwards is taken as used.
    pub(crate) fn read(&mut self, tuple: Tuple, scratch: &mut [u8]) -> ReadOutcome {
        let Some(connection) = find(&mut self.slots, tuple.socket) else { return ReadOutcome::Closed };
        match connection.read(scratch) {
            Ok(Some((filled, may_have_more))) => {
                if may_have_more {
                    self.note_ready(tuple.socket, true, false);
                }
                ReadOutcome::Filled(filled)
            }
            Ok(None) | Err(_) => {
                self.close(tuple.socket);
                ReadOutcome::Closed
            }
        }
    }

    /// Keeps the unfinished end of what was read.
    pub(crate) fn keep(&mut self, now: Instant, socket: SocketId, rest: &[u8], had_frames: bool) {
        if let Some(connection) = find(&mut self.slots, socket) {
            connection.keep(now, rest, had_frames);
        }
    }

    /// Queues a frame.
    pub(crate) fn send(
        &mut self,
        to: Tuple,
        len_max: usize,
        fill: impl FnOnce(&mut [u8]) -> usize,
        counters: &mut Counters,
    ) {
        let connection = find(&mut self.slots, to.socket).filter(|found| found.remote == to.remote);
        let Some(connection) = connection else { return counters.drop_one(DropReason::TcpGone) };
        match connection.output.push(len_max, fill) {
            None => return counters.drop_one(DropReason::TcpOutputFull),
            Some(0) => return,
            Some(len) => counters.note_sent(1, len),
        }
        if !connection.is_dirty {
            connection.is_dirty = true;
            self.dirty.push(to.socket);
        }
    }

    /// The connection has proved itself.
    pub(crate) fn keep_open(&mut self, tuple: Tuple) {
        if let Some(connection) = find(&mut self.slots, tuple.socket) {
            connection.end_probation();
        }
    }

    /// Writes what is queued, as far as the peers take it.
    pub(crate) fn flush(&mut self) {
        while let Some(socket) = self.dirty.pop() {
            let Some(connection) = find(&mut self.slots, socket) else { continue };
            connection.is_dirty = false;
            let Connection { output, stream, .. } = connection;
            // Where the peer takes no more, the poll tells when it does.
            if output.write_to(stream).is_err() {
                self.close(socket);
            }
        }
    }

    /// Ends a connection; its end is told by [`Self::poll_closed`].
    pub(crate) fn close(&mut self, socket: SocketId) {
        if find(&mut self.slots, socket).is_none() {
            return;
        }
        let index = socket.0 & SLOT_MASK;
        let slot = &mut self.slots[index as usize];
        let Some(mut connection) = slot.connection.take() else { return };
        slot.generation = (slot.generation + 1) & GENERATION_MASK;
        self.free.push(index);
        // Dropping the stream ends its registration too.
        let _ = self.registry.deregister(&mut connection.stream);
        self.open -= 1;
        let ip = site_of(connection.remote.ip());
        if let Some(count) = self.per_ip.get_mut(&ip) {
            *count -= 1;
            if *count == 0 {
                self.per_ip.remove(&ip);
            }
        }
        self.closed.push_back(tuple_of(socket, connection.remote));
    }

    pub(crate) fn poll_closed(&mut self) -> Option<Tuple> {
        self.closed.pop_front()
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        self.next_sweep
    }

    /// Closes connections that are too slow.
    pub(crate) fn handle_timeout(&mut self, now: Instant, counters: &mut Counters) {
        if self.next_sweep.is_none_or(|due| now < due) {
            return;
        }
        for index in 0..self.slots.len() {
            let Slot { generation, connection } = &self.slots[index];
            if connection.as_ref().is_some_and(|connection| connection.is_too_slow(now)) {
                let socket = id_of(index as u32, *generation);
                counters.drop_one(DropReason::TcpTooSlow);
                self.close(socket);
            }
        }
        self.next_sweep = (self.open > 0).then(|| now + SWEEP_INTERVAL);
    }
}

/// What one site has one of: its IPv4 address, or its IPv6 network, out of which it may pick addresses at will.
fn site_of(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V4(ip) => ip.into(),
        IpAddr::V6(ip) => Ipv6Addr::from_bits(ip.to_bits() & !u128::from(u64::MAX)).into(),
    }
}

fn id_of(index: u32, generation: u32) -> SocketId {
    SocketId(CONNECTION_BIT | (generation << SLOT_BITS) | index)
}

fn tuple_of(socket: SocketId, remote: SocketAddr) -> Tuple {
    Tuple { socket, protocol: CandidateProtocol::Tcp, remote }
}

fn find(slots: &mut [Slot], socket: SocketId) -> Option<&mut Connection> {
    let slot = slots.get_mut((socket.0 & SLOT_MASK) as usize)?;
    let is_this = id_of(socket.0 & SLOT_MASK, slot.generation) == socket;
    slot.connection.as_mut().filter(|_| is_this)
}
