//! What is to be sent from a pool: which stretch, behind which few bytes, by which port, to whom.
//!
//! Datagrams for one receiver come interleaved with those for all others. Each is appended to the newest message of its
//! port and receiver while GSO can cut it off again: the same size as those before it, or shorter and then the last
//! (UDP_SEGMENT, udp(7)).

use std::io::IoSlice;
use std::net::{IpAddr, SocketAddr};
use std::ops::Range;

use super::pool::Pool;
use super::table::Ports;
use super::udp::{PortCounters, UdpPort};
use crate::sys::{Outgoing, SEND_MESSAGES_MAX};

/// The index of a port among those of a loop; small numbers, used again once a port is closed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct PortId(pub u32);

/// There is room for nothing more: flush, then go on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ForwardsFull;

/// Datagrams at most until a flush.
const DATAGRAMS_MAX: usize = 2048;
/// Bytes in front of datagrams, and datagrams that are not from the pool, at most until a flush.
const ARENA_BYTES: usize = 256 * 1024;
/// Datagrams in one message at most: UDP_MAX_SEGMENTS of the Linux kernel before 6.10.
const SEGMENTS_MAX: u16 = 64;
/// Bytes in one message at most; the kernel builds one IP packet of them.
const MESSAGE_BYTES_MAX: usize = 65_000;
/// Stretches of one datagram at most: what stands in front, what came, what fills up.
const PIECES_A_DATAGRAM: usize = 3;
/// Slices in one system call at most.
const SLICES_MAX: usize = 256;
/// Receivers whose newest message is remembered. Two receivers on one slot lose grouping, never order.
const SLOTS: usize = 1024;
const NONE: u32 = u32::MAX;

const _: () = assert!(SLICES_MAX >= PIECES_A_DATAGRAM * SEGMENTS_MAX as usize, "any message fits one call");
const _: () = assert!(SLOTS.is_power_of_two());

/// See the module.
pub struct Forwards {
    arena: Vec<u8>,
    pieces: Vec<Piece>,
    messages: Vec<Message>,
    /// By port: its first and last message.
    chains: Vec<Chain>,
    /// Ports with messages.
    dirty: Vec<PortId>,
    newest: Box<[u32]>,
    /// Whether datagrams for one receiver become one message.
    joins: bool,
}

#[derive(Clone, Copy)]
struct Chain {
    first: u32,
    last: u32,
}

/// How a datagram leaves, and to whom.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Way {
    port: PortId,
    to: SocketAddr,
    /// Refused rather than cut in fragments where it is longer than the path takes.
    is_whole: bool,
}

#[derive(Clone, Copy)]
struct Message {
    way: Way,
    segment_len: u32,
    len: u32,
    segments: u16,
    pieces: u16,
    is_complete: bool,
    first: u32,
    last: u32,
    next: u32,
}

/// A stretch of the arena or of the pool.
#[derive(Clone, Copy)]
struct Piece {
    start: u32,
    end: u32,
    is_arena: bool,
    next: u32,
}

impl Default for Forwards {
    fn default() -> Self {
        Self {
            arena: Vec::with_capacity(16 * 1024),
            pieces: Vec::with_capacity(256),
            messages: Vec::with_capacity(128),
            chains: Vec::new(),
            dirty: Vec::new(),
            newest: vec![NONE; SLOTS].into_boxed_slice(),
            joins: true,
        }
    }
}

impl Forwards {
    /// One that sends each datagram as a message of its own, as most of the world does: for measuring what others get.
    pub fn apart() -> Self {
        Self { joins: false, ..Self::default() }
    }

    /// Has `front`, then the stretch `body` of the pool and then so many zeros sent as one datagram by `port` to `to`.
    ///
    /// # Errors
    /// Where there is no room; nothing is sent then.
    pub fn push(
        &mut self,
        port: PortId,
        to: SocketAddr,
        front: &[u8],
        body: Range<usize>,
        padding: u8,
    ) -> Result<(), ForwardsFull> {
        self.put(Way { port, to, is_whole: false }, front, body, padding)
    }

    /// The same without zeros, for a datagram that is to arrive whole or not at all: where it is longer than the path takes, it is
    /// refused and not cut in fragments, and [`UdpPort::next_error`] tells how long it may be.
    ///
    /// # Errors
    /// Where there is no room; nothing is sent then.
    pub fn push_whole(
        &mut self,
        port: PortId,
        to: SocketAddr,
        front: &[u8],
        body: Range<usize>,
    ) -> Result<(), ForwardsFull> {
        self.put(Way { port, to, is_whole: true }, front, body, 0)
    }

    fn put(&mut self, way: Way, front: &[u8], body: Range<usize>, padding: u8) -> Result<(), ForwardsFull> {
        let padding = usize::from(padding);
        let len = front.len() + body.len() + padding;
        let has_room = self.arena.len() + front.len() + padding <= ARENA_BYTES
            && self.pieces.len() < PIECES_A_DATAGRAM * DATAGRAMS_MAX
            && self.messages.len() < DATAGRAMS_MAX;
        if !has_room {
            return Err(ForwardsFull);
        }
        let index = self.message_for(way, len);
        if !front.is_empty() {
            let start = self.arena.len() as u32;
            self.arena.extend_from_slice(front);
            self.append(index, Piece { start, end: self.arena.len() as u32, is_arena: true, next: NONE });
        }
        if !body.is_empty() {
            let (start, end) = (body.start as u32, body.end as u32);
            self.append(index, Piece { start, end, is_arena: false, next: NONE });
        }
        if padding > 0 {
            let start = self.arena.len() as u32;
            self.arena.resize(self.arena.len() + padding, 0);
            self.append(index, Piece { start, end: self.arena.len() as u32, is_arena: true, next: NONE });
        }
        Ok(())
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    /// Sends everything; what is for a port that is gone is lost. A port may not be closed and its id given to another in
    /// between.
    pub fn flush(&mut self, pool: &Pool, ports: &mut Ports, counters: &mut PortCounters) {
        while let Some(id) = self.dirty.pop() {
            let chain = std::mem::replace(&mut self.chains[id.0 as usize], EMPTY_CHAIN);
            if let Some(port) = ports.get_mut(id) {
                self.flush_port(pool, port, chain.first, counters);
            }
        }
        self.arena.clear();
        self.pieces.clear();
        self.messages.clear();
    }

    fn flush_port(&self, pool: &Pool, port: &mut UdpPort, first: u32, counters: &mut PortCounters) {
        if let Some(message) = self.messages.get(first as usize)
            && message.pieces == 1
            && message.next == NONE
            && let Some(bytes) = self.slices_of(pool, message).next()
        {
            port.keep_whole(message.way.is_whole);
            return port.send_alone(bytes, message.way.to, counters);
        }
        let mut next = first;
        while next != NONE {
            let mut slices = [IoSlice::new(&[]); SLICES_MAX];
            let mut outgoing: [Outgoing; SEND_MESSAGES_MAX] =
                [const { Outgoing::NOWHERE }; SEND_MESSAGES_MAX];
            let (mut count, mut used) = (0, 0);
            // An option of the socket: a change of it begins another call.
            let is_whole = self.messages.get(next as usize).is_some_and(|message| message.way.is_whole);
            port.keep_whole(is_whole);
            while let Some(message) = self.messages.get(next as usize) {
                let is_joined = message.segments > 1;
                if count == SEND_MESSAGES_MAX || used + usize::from(message.pieces) > SLICES_MAX {
                    break;
                }
                if is_joined && !port.has_gso() || message.way.is_whole != is_whole {
                    break;
                }
                let start = used;
                for slice in self.slices_of(pool, message) {
                    slices[used] = IoSlice::new(slice);
                    used += 1;
                }
                let segment_len = is_joined.then_some(message.segment_len as u16);
                outgoing[count] = Outgoing { to: message.way.to, slices: start..used, segment_len };
                count += 1;
                next = message.next;
            }
            if count > 0 {
                port.send(&slices[..used], &outgoing[..count], counters);
            } else if let Some(message) = self.messages.get(next as usize) {
                self.flush_apart(pool, port, message, counters);
                next = message.next;
            }
        }
    }

    /// For a port without GSO: each datagram of a message is a message.
    fn flush_apart(&self, pool: &Pool, port: &mut UdpPort, message: &Message, counters: &mut PortCounters) {
        let slices: Vec<IoSlice<'_>> = self.slices_of(pool, message).map(IoSlice::new).collect();
        let mut start = 0;
        while start < slices.len() {
            let (mut end, mut len) = (start, 0);
            while end < slices.len() && len + slices[end].len() <= message.segment_len as usize {
                len += slices[end].len();
                end += 1;
            }
            let end = end.max(start + 1);
            let alone = Outgoing { to: message.way.to, slices: start..end, segment_len: None };
            port.send(&slices, std::slice::from_ref(&alone), counters);
            start = end;
        }
    }

    /// The message that a datagram of `len` bytes goes into.
    fn message_for(&mut self, way: Way, len: usize) -> u32 {
        let Way { port, to, .. } = way;
        let slot = slot_of(port, &to);
        if self.chains.len() <= port.0 as usize {
            self.chains.resize(port.0 as usize + 1, EMPTY_CHAIN);
        }
        // Without another of the port there is nothing to join, and no need to wait for this table's line.
        if self.joins
            && self.chains[port.0 as usize].last != NONE
            && let newest = self.newest[slot]
            && let Some(message) = self.messages.get_mut(newest as usize)
            && message.way == way
            && message.takes(len)
        {
            message.is_complete = len < message.segment_len as usize;
            message.segments += 1;
            message.len += len as u32;
            return newest;
        }
        let index = self.messages.len() as u32;
        self.newest[slot] = index;
        self.messages.push(Message {
            way,
            segment_len: len as u32,
            len: len as u32,
            segments: 1,
            pieces: 0,
            is_complete: len == 0,
            first: NONE,
            last: NONE,
            next: NONE,
        });
        let chain = &mut self.chains[port.0 as usize];
        match self.messages.get_mut(chain.last as usize) {
            Some(last) => last.next = index,
            None => {
                chain.first = index;
                self.dirty.push(port);
            }
        }
        chain.last = index;
        index
    }

    fn append(&mut self, message: u32, piece: Piece) {
        let index = self.pieces.len() as u32;
        self.pieces.push(piece);
        let message = &mut self.messages[message as usize];
        message.pieces += 1;
        match self.pieces.get_mut(message.last as usize) {
            Some(last) => last.next = index,
            None => message.first = index,
        }
        message.last = index;
    }

    fn slices_of<'a>(&'a self, pool: &'a Pool, message: &Message) -> impl Iterator<Item = &'a [u8]> {
        let mut next = message.first;
        std::iter::from_fn(move || {
            let piece = self.pieces.get(next as usize)?;
            next = piece.next;
            let range = piece.start as usize..piece.end as usize;
            Some(if piece.is_arena { &self.arena[range] } else { pool.bytes(range) })
        })
    }
}

const EMPTY_CHAIN: Chain = Chain { first: NONE, last: NONE };

impl Message {
    fn takes(&self, len: usize) -> bool {
        !self.is_complete
            && len > 0
            && len <= self.segment_len as usize
            && self.segments < SEGMENTS_MAX
            && self.len as usize + len <= MESSAGE_BYTES_MAX
    }
}

/// A cheap hash: a receiver that provokes collisions loses only the grouping of its own packets and its neighbour's.
fn slot_of(port: PortId, to: &SocketAddr) -> usize {
    let ip = match to.ip() {
        IpAddr::V4(ip) => u64::from(ip.to_bits()),
        IpAddr::V6(ip) => (ip.to_bits() as u64) ^ ((ip.to_bits() >> 64) as u64),
    };
    let mixed =
        (ip ^ (u64::from(to.port()) << 32) ^ (u64::from(port.0) << 48)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 54) as usize & (SLOTS - 1)
}

#[cfg(test)]
mod tests;
