//! What was sent and not yet reported to have come.

use std::collections::VecDeque;

use motet_rtp::SeqNo;

use crate::gcc::SendTime;

/// Packets sent lately, by transport-wide number.
#[derive(Debug)]
pub(super) struct History {
    packets: VecDeque<Sent>,
    /// The number of the first.
    start: SeqNo,
}

/// Eight bytes, for there is one for each packet on its way.
#[derive(Clone, Copy, Debug)]
struct Sent {
    at: SendTime,
    /// 0: reported to have come, or never sent.
    size_bytes: u16,
}

impl Sent {
    const NONE: Self = Self { at: SendTime(0), size_bytes: 0 };
}

/// Packets kept at most: half a second of 40 Mb/s. The oldest of more are forgotten, and reports of them mean nothing.
const PACKETS_MAX: usize = 2_048;
/// Packets kept behind the newest that came, for those that are reordered.
const STRAGGLERS_MAX: u64 = 256;

impl History {
    pub(super) fn new() -> Self {
        Self { packets: VecDeque::new(), start: SeqNo(0) }
    }

    pub(super) fn push(&mut self, transport_seq: u16, at: SendTime, size_bytes: usize) {
        let size_bytes = u16::try_from(size_bytes).unwrap_or(u16::MAX);
        if self.packets.is_empty() {
            self.start = SeqNo((1 << 16) + u64::from(transport_seq));
        }
        let end = SeqNo(self.start.0 + self.packets.len() as u64);
        let seq = end.nearest(transport_seq);
        // Numbers are given in order; one that was given and not sent leaves a gap.
        if seq < end || seq.0 - end.0 >= PACKETS_MAX as u64 {
            self.packets.clear();
            self.start = seq;
        } else {
            (end.0..seq.0).for_each(|_| self.append(Sent::NONE));
        }
        self.append(Sent { at, size_bytes });
    }

    /// A packet came: when it was sent, and its size. `None` for one that is not known, or has been reported before.
    pub(super) fn acknowledge(&mut self, transport_seq: u16) -> Option<(SendTime, usize)> {
        let (seq, index) = self.find(transport_seq)?;
        let sent = self.packets.get_mut(index).filter(|sent| sent.size_bytes > 0)?;
        let found = (sent.at, usize::from(sent.size_bytes));
        sent.size_bytes = 0;
        let is_done = |history: &Self| {
            let is_old = history.start.0 + STRAGGLERS_MAX < seq.0;
            is_old || history.packets.front().is_some_and(|first| first.size_bytes == 0)
        };
        while self.packets.len() > 1 && is_done(self) {
            self.packets.pop_front();
            self.start = self.start.next();
        }
        Some(found)
    }

    /// Whether a packet was sent that has not been reported to have come.
    pub(super) fn is_unacknowledged(&self, transport_seq: u16) -> bool {
        self.find(transport_seq).is_some_and(|(_, index)| self.packets[index].size_bytes > 0)
    }

    fn find(&self, transport_seq: u16) -> Option<(SeqNo, usize)> {
        let seq = SeqNo(self.start.0 + self.packets.len() as u64).nearest(transport_seq);
        let index = usize::try_from(seq.0.checked_sub(self.start.0)?).ok()?;
        (index < self.packets.len()).then_some((seq, index))
    }

    fn append(&mut self, sent: Sent) {
        if self.packets.len() == PACKETS_MAX {
            self.packets.pop_front();
            self.start = self.start.next();
        }
        self.packets.push_back(sent);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packet_comes_once_and_what_never_went_out_never() {
        let mut history = History::new();
        for seq in [65_534, 65_535, 1] {
            history.push(seq, SendTime(7), 100);
        }
        assert_eq!(history.acknowledge(65_535), Some((SendTime(7), 100)));
        assert_eq!(history.acknowledge(65_535), None);
        assert_eq!((history.acknowledge(0), history.is_unacknowledged(0)), (None, false), "never sent");
        assert!(history.is_unacknowledged(65_534) && history.is_unacknowledged(1));
        assert_eq!(history.acknowledge(2), None, "not sent yet");
        assert_eq!(history.acknowledge(1), Some((SendTime(7), 100)));
        assert_eq!(history.acknowledge(65_534), Some((SendTime(7), 100)), "a straggler");
    }

    #[test]
    fn a_peer_that_reports_nothing_costs_no_more() {
        let mut history = History::new();
        for seq in 0..100_000_u32 {
            history.push(seq as u16, SendTime(0), 100);
        }
        assert_eq!(history.packets.len(), PACKETS_MAX);
        assert!(history.packets.capacity() <= 2 * PACKETS_MAX);
    }
}
