//! Datagrams gathered until the next flush: bytes in one arena, and the grouping into messages that GSO can send whole.
//!
//! Packets of one receiver come interleaved with those of all others, because one incoming packet fans out to everyone.
//! Each packet is therefore appended to the newest message of its receiver while it fits there: same size as the packets
//! before it, or shorter and then the last (UDP_SEGMENT, udp(7)). A flush finds the messages ready.

use motet_ice::{SocketId, Tuple};

use crate::DATAGRAM_MAX_BYTES;

/// Bytes gathered at most; 1 MiB is about 870 packets of full size. Full means: flush, then go on.
const ARENA_BYTES: usize = 1 << 20;
/// Messages gathered at most. Full means: flush, then go on.
const MESSAGES_MAX: usize = 1024;
/// Pieces gathered at most. Full means: flush, then go on.
const PIECES_MAX: usize = 2048;
/// Segments in one message at most: UDP_MAX_SEGMENTS of the Linux kernel before 6.10.
pub(crate) const SEGMENTS_MAX: usize = 64;
/// Bytes in one message at most; the kernel builds one IP packet of at most 65,535 bytes with its headers.
const MESSAGE_BYTES_MAX: usize = 65_000;
/// Receivers whose newest message is remembered. Two receivers on one slot only lose grouping, never order.
const SLOTS: usize = 2048;

const _: () = assert!(ARENA_BYTES >= DATAGRAM_MAX_BYTES, "an empty arena takes any datagram");
const _: () = assert!(SLOTS.is_power_of_two());

/// See the module.
pub(crate) struct SendBatch {
    arena: Box<[u8]>,
    used: usize,
    messages: Vec<Message>,
    pieces: Vec<Piece>,
    /// By a hash of the receiver: the index of its newest message, if the message is to this receiver.
    newest: Box<[u32]>,
}

/// Datagrams for one receiver that leave in one system call entry.
#[derive(Clone, Copy)]
pub(crate) struct Message {
    pub(crate) to: Tuple,
    /// Length of every datagram but the last, which may be shorter.
    pub(crate) segment_len: usize,
    pub(crate) segments: usize,
    pub(crate) len: usize,
    is_complete: bool,
    first: u32,
    last: u32,
}

/// A stretch of the arena and the piece that follows it in its message.
#[derive(Clone, Copy)]
struct Piece {
    start: u32,
    end: u32,
    next: u32,
}

const NO_PIECE: u32 = u32::MAX;

impl SendBatch {
    pub(crate) fn new() -> Self {
        Self {
            arena: vec![0; ARENA_BYTES].into_boxed_slice(),
            used: 0,
            messages: Vec::with_capacity(MESSAGES_MAX),
            pieces: Vec::with_capacity(PIECES_MAX),
            newest: vec![0; SLOTS].into_boxed_slice(),
        }
    }

    /// Whether a datagram of `len_max` bytes can be added without a flush.
    pub(crate) fn has_room(&self, len_max: usize) -> bool {
        self.arena.len() - self.used >= len_max
            && self.messages.len() < MESSAGES_MAX
            && self.pieces.len() < PIECES_MAX
    }

    /// Adds the datagram that `fill` writes; it returns the length, at most `len_max`, where 0 adds nothing.
    /// `segments_max` is 1 where the socket has no GSO. There must be room.
    pub(crate) fn push(
        &mut self,
        to: Tuple,
        len_max: usize,
        segments_max: usize,
        fill: impl FnOnce(&mut [u8]) -> usize,
    ) {
        let start = self.used;
        let len = fill(&mut self.arena[start..start + len_max]).min(len_max);
        if len == 0 {
            return;
        }
        self.used = start + len;
        let slot = slot_of(&to);
        let index = self.newest[slot] as usize;
        match self.messages.get_mut(index) {
            Some(message) if message.to == to && message.takes(len, segments_max) => {
                message.append(&mut self.pieces, start, len);
            }
            _ => {
                self.newest[slot] = self.messages.len() as u32;
                self.messages.push(Message::new(to, &mut self.pieces, start, len));
            }
        }
    }

    /// The messages that leave by `socket`, in the order in which they were begun.
    pub(crate) fn messages_of(&self, socket: SocketId) -> impl Iterator<Item = &Message> + Clone {
        self.messages.iter().filter(move |message| message.to.socket == socket)
    }

    /// The bytes of one message, piece by piece.
    pub(crate) fn pieces_of(&self, message: &Message) -> impl Iterator<Item = &[u8]> {
        let mut next = message.first;
        std::iter::from_fn(move || {
            let piece = self.pieces.get(next as usize)?;
            next = piece.next;
            Some(&self.arena[piece.start as usize..piece.end as usize])
        })
    }

    /// The datagrams of one message, each whole: they may lie in any number of pieces but never straddle two.
    pub(crate) fn segments_of(&self, message: &Message) -> impl Iterator<Item = &[u8]> {
        self.pieces_of(message).flat_map(|piece| piece.chunks(message.segment_len))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    /// Forgets all; the arena is used again from its start.
    pub(crate) fn clear(&mut self) {
        self.used = 0;
        self.messages.clear();
        self.pieces.clear();
    }
}

impl Message {
    fn new(to: Tuple, pieces: &mut Vec<Piece>, start: usize, len: usize) -> Self {
        let index = pieces.len() as u32;
        pieces.push(Piece { start: start as u32, end: (start + len) as u32, next: NO_PIECE });
        Self { to, segment_len: len, segments: 1, len, is_complete: false, first: index, last: index }
    }

    fn takes(&self, len: usize, segments_max: usize) -> bool {
        !self.is_complete
            && len <= self.segment_len
            && self.segments < segments_max
            && self.len + len <= MESSAGE_BYTES_MAX
    }

    fn append(&mut self, pieces: &mut Vec<Piece>, start: usize, len: usize) {
        self.is_complete = len < self.segment_len;
        self.segments += 1;
        self.len += len;
        let last = &mut pieces[self.last as usize];
        if last.end as usize == start {
            last.end = (start + len) as u32;
            return;
        }
        let index = pieces.len() as u32;
        pieces[self.last as usize].next = index;
        pieces.push(Piece { start: start as u32, end: (start + len) as u32, next: NO_PIECE });
        self.last = index;
    }
}

/// A cheap hash: a receiver that provokes collisions loses only the grouping of its own packets and its neighbour's.
fn slot_of(to: &Tuple) -> usize {
    let ip = match to.remote.ip() {
        std::net::IpAddr::V4(ip) => u64::from(ip.to_bits()),
        std::net::IpAddr::V6(ip) => (ip.to_bits() as u64) ^ ((ip.to_bits() >> 64) as u64),
    };
    let mixed = (ip ^ (u64::from(to.remote.port()) << 32) ^ (u64::from(to.socket.0) << 48))
        .wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 53) as usize & (SLOTS - 1)
}

#[cfg(test)]
mod tests;
