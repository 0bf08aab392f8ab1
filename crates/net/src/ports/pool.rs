//! Buffers that datagrams of many sockets are received into and sent on from.

use std::io;
use std::net::SocketAddr;
use std::ops::Range;
use std::os::fd::AsFd;

use super::udp::{PortCounters, UdpPort};
use crate::sys::{APART_BYTES, RECEIVE_BYTES, RECEIVE_MESSAGES_MAX, ReceiveBatch};

/// Stretches of a pool. Each takes messages one behind the other for as long as one of any length fits.
const SHELVES: usize = 2 * RECEIVE_MESSAGES_MAX;
/// Of one stretch: what the messages of a turn may fill, then room for a last one.
const SHELF_BYTES: usize = 2 * RECEIVE_BYTES;
const SHELF_STRIDE: usize = SHELF_BYTES + APART_BYTES;
/// Messages begin on lines of the cache.
const LINE_BYTES: usize = 64;

/// One datagram in a [`Pool`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Datagram {
    /// Who sent it.
    pub from: SocketAddr,
    /// Where in the pool it lies.
    pub range: Range<usize>,
}

/// Received datagrams, until [`Self::clear`]. Memory is touched, and so taken, only as far as datagrams reach.
///
/// Most messages are one datagram of a hundred or a thousand bytes, and any may be 64 KiB of joined ones. They lie close
/// together nevertheless: a turn holds thousands of the first kind, and memory is bounded by the second.
pub struct Pool {
    batch: ReceiveBatch,
    /// Where the next message begins, of each stretch that has room for one.
    open: Vec<usize>,
}

impl Pool {
    /// An empty one.
    #[expect(clippy::new_without_default, reason = "it takes megabytes, which no default should")]
    pub fn new() -> Self {
        Self { batch: ReceiveBatch::with_bytes(SHELVES * SHELF_STRIDE), open: beginnings().collect() }
    }

    /// Whether a call of [`Self::receive`] can be had without [`Self::clear`].
    pub fn has_room(&self) -> bool {
        self.open.len() >= RECEIVE_MESSAGES_MAX
    }

    /// Receives from `port` in one call of the system and tells each datagram. Returns whether more may wait. There must
    /// be room. `is_busy`: whether more than a few datagrams are expected.
    ///
    /// # Errors
    /// Where the system said something other than that nothing waits; it is about a former send, and the next call works.
    pub fn receive(
        &mut self,
        port: &UdpPort,
        is_busy: bool,
        counters: &mut PortCounters,
        mut tell: impl FnMut(&mut Self, Datagram),
    ) -> io::Result<bool> {
        let received = if is_busy {
            self.batch.receive_at::<RECEIVE_MESSAGES_MAX>(port.as_fd(), self.starts())
        } else {
            self.batch.receive_at::<FEW>(port.as_fd(), self.starts())
        };
        let filled = match received {
            Ok(filled) => filled,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
            Err(error) => return Err(error),
        };
        self.fill(filled);
        for index in 0..filled {
            let received = self.batch.received(index);
            let start = received.start;
            let Some(from) = received.from.filter(|_| !received.is_truncated) else {
                counters.receive_refused += 1;
                continue;
            };
            let end = start + received.len;
            if received.len == 0 {
                counters.note_received(0);
                tell(self, Datagram { from, range: start..start });
            }
            let step = received.segment_len.max(1);
            for at in (start..end).step_by(step) {
                let range = at..(at + step).min(end);
                counters.note_received(range.len());
                tell(self, Datagram { from, range });
            }
        }
        Ok(filled == if is_busy { RECEIVE_MESSAGES_MAX } else { FEW })
    }

    /// The bytes of a datagram, or of a part of one.
    pub fn bytes(&self, range: Range<usize>) -> &[u8] {
        &self.batch.bytes()[range]
    }

    /// The same, to be changed.
    pub fn bytes_mut(&mut self, range: Range<usize>) -> &mut [u8] {
        &mut self.batch.bytes_mut()[range]
    }

    /// Forgets all datagrams. Whatever is to be sent from here must have been sent.
    pub fn clear(&mut self) {
        self.open.clear();
        self.open.extend(beginnings());
    }

    /// Where the next messages are to lie; there must be room.
    fn starts<const N: usize>(&self) -> [usize; N] {
        std::array::from_fn(|at| self.open[at])
    }

    /// Puts so many messages where they came.
    fn fill(&mut self, filled: usize) {
        // From behind, as the last one takes the place of one that goes.
        for at in (0..filled).rev() {
            let next = self.open[at] + self.batch.received(at).len.next_multiple_of(LINE_BYTES);
            if next % SHELF_STRIDE + RECEIVE_BYTES <= SHELF_BYTES {
                self.open[at] = next;
            } else {
                self.open.swap_remove(at);
            }
        }
    }
}

fn beginnings() -> impl Iterator<Item = usize> {
    (0..SHELVES).map(|shelf| shelf * SHELF_STRIDE)
}

/// Datagrams asked for where few are expected: the headers of a full call cost more than they bring then.
const FEW: usize = 2;

const _: () = assert!(SHELVES * SHELF_STRIDE <= 1 << 30, "offsets into a pool fit 30 bits");

#[cfg(test)]
mod tests;
