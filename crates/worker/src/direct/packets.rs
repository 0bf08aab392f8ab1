//! Packets one behind the other in one piece of memory, which is used again and again.

use std::time::Instant;

/// Bytes that one queue holds at most: of twenty-five cameras in full, what comes in a third of a second. A program that
/// is behind by more would play the past.
pub(crate) const QUEUE_BYTES_MAX: usize = 2 << 20;
/// Packets that one queue holds at most: small ones have a price beyond their bytes.
pub(crate) const QUEUE_PACKETS_MAX: usize = 8192;
/// Memory that an empty queue keeps; a burst's is given back.
const KEPT_BYTES: usize = 128 << 10;

/// A packet for a program.
#[derive(Debug)]
pub struct Packet<'a> {
    /// When what gave rise to it came to the worker.
    pub at: Instant,
    /// RTP or a compound of RTCP, in the clear.
    pub bytes: &'a [u8],
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Packets {
    bytes: Vec<u8>,
    ends: Vec<(usize, Instant)>,
    /// Packets taken out.
    taken: usize,
}

impl Packets {
    /// Adds a packet that `fill` writes. Tells whether there was room; a packet of no bytes is none.
    pub(crate) fn push_with(
        &mut self,
        at: Instant,
        len_max: usize,
        fill: impl FnOnce(&mut [u8]) -> usize,
    ) -> bool {
        if !self.has_room(len_max, 1) {
            return false;
        }
        let begin = self.bytes.len();
        self.bytes.resize(begin + len_max, 0);
        let len = fill(&mut self.bytes[begin..]).min(len_max);
        self.bytes.truncate(begin + len);
        if len > 0 {
            self.ends.push((begin + len, at));
        }
        true
    }

    /// Adds a packet.
    pub(crate) fn push(&mut self, at: Instant, packet: &[u8]) -> bool {
        self.push_with(at, packet.len(), |out| {
            out.copy_from_slice(packet);
            packet.len()
        })
    }

    /// Moves all of `other` behind these, if there is room. Tells how many were lost for want of it.
    pub(crate) fn append(&mut self, other: &mut Self) -> u64 {
        if self.is_empty() {
            self.clear();
            std::mem::swap(self, other);
            return 0;
        }
        let mut lost = 0;
        if self.has_room(other.bytes.len(), other.ends.len()) {
            let before = self.bytes.len();
            self.bytes.extend_from_slice(&other.bytes);
            self.ends.extend(other.ends.iter().map(|(end, at)| (before + end, *at)));
        } else {
            lost = other.ends.len() as u64;
        }
        other.clear();
        lost
    }

    /// The next packet.
    pub(crate) fn pop(&mut self) -> Option<Packet<'_>> {
        let (end, at) = *self.ends.get(self.taken)?;
        let begin = self.taken.checked_sub(1).map_or(0, |before| self.ends[before].0);
        self.taken += 1;
        Some(Packet { at, bytes: &self.bytes[begin..end] })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.taken == self.ends.len()
    }

    /// Forgets all, and the memory of a burst.
    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.bytes.shrink_to(KEPT_BYTES);
        self.ends.clear();
        self.taken = 0;
    }

    fn has_room(&self, bytes: usize, packets: usize) -> bool {
        self.bytes.len() + bytes <= QUEUE_BYTES_MAX && self.ends.len() + packets <= QUEUE_PACKETS_MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(packets: &mut Packets) -> Vec<Vec<u8>> {
        std::iter::from_fn(|| packets.pop().map(|packet| packet.bytes.to_vec())).collect()
    }

    #[test]
    fn packets_come_out_as_they_went_in() {
        let (mut queue, mut more, now) = (Packets::default(), Packets::default(), Instant::now());
        assert!(queue.push(now, b"one"));
        assert!(queue.push_with(now, 10, |out| {
            out[..3].copy_from_slice(b"two");
            3
        }));
        assert!(queue.push_with(now, 10, |_| 0), "nothing to send after all");
        assert!(more.push(now, b"three"));
        assert_eq!(queue.append(&mut more), 0);
        assert_eq!(all(&mut queue), [&b"one"[..], b"two", b"three"]);
        assert!(queue.is_empty() && more.is_empty());
    }

    #[test]
    fn a_full_queue_takes_no_more_and_says_what_was_lost() {
        let (mut queue, mut more, now) = (Packets::default(), Packets::default(), Instant::now());
        while queue.push(now, &[0; 1_000]) {}
        assert!(queue.bytes.len() <= QUEUE_BYTES_MAX);
        (0..7).for_each(|_| assert!(more.push(now, &[1; 1_000])));
        assert_eq!(queue.append(&mut more), 7);
        assert!(more.is_empty());
    }

    #[test]
    fn small_packets_are_limited_by_their_number() {
        let (mut queue, now) = (Packets::default(), Instant::now());
        let taken = (0..2 * QUEUE_PACKETS_MAX).filter(|_| queue.push(now, &[0])).count();
        assert_eq!(taken, QUEUE_PACKETS_MAX);
    }
}
