//! Buffers that datagrams of many sockets are received into and sent on from.

use std::io;
use std::net::SocketAddr;
use std::ops::Range;
use std::os::fd::AsFd;

use super::udp::{PortCounters, UdpPort};
use crate::sys::{RECEIVE_BYTES, RECEIVE_MESSAGES_MAX, ReceiveBatch};

/// Buffers in a pool: two full calls of the system at the least, so that one may be asked while the rest of another waits.
const BUFFERS: usize = 4 * RECEIVE_MESSAGES_MAX;

/// One datagram in a [`Pool`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Datagram {
    /// Who sent it.
    pub from: SocketAddr,
    /// Where in the pool it lies.
    pub range: Range<usize>,
}

/// Received datagrams, until [`Self::clear`]. Memory is touched, and so taken, only as far as datagrams reach.
pub struct Pool {
    batch: ReceiveBatch,
    used: usize,
}

impl Pool {
    /// An empty one.
    #[expect(clippy::new_without_default, reason = "it takes megabytes, which no default should")]
    pub fn new() -> Self {
        Self { batch: ReceiveBatch::with_buffers(BUFFERS), used: 0 }
    }

    /// Whether a call of [`Self::receive`] can be had without [`Self::clear`].
    pub fn has_room(&self) -> bool {
        self.used + RECEIVE_MESSAGES_MAX <= BUFFERS
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
        let first = self.used;
        let received = if is_busy {
            self.batch.receive_at::<RECEIVE_MESSAGES_MAX>(port.as_fd(), first)
        } else {
            self.batch.receive_at::<FEW>(port.as_fd(), first)
        };
        let filled = match received {
            Ok(filled) => filled,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
            Err(error) => return Err(error),
        };
        self.used += filled;
        for index in first..first + filled {
            let (received, start) = self.batch.filled(index);
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

    /// Whether it holds nothing.
    pub fn is_empty(&self) -> bool {
        self.used == 0
    }

    /// Forgets all datagrams. Whatever is to be sent from here must have been sent.
    pub fn clear(&mut self) {
        self.used = 0;
    }
}

/// Datagrams asked for where few are expected: the headers of a full call cost more than they bring then.
const FEW: usize = 2;

const _: () = assert!(BUFFERS * RECEIVE_BYTES <= 1 << 30, "offsets into a pool fit 30 bits");
