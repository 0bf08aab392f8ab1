//! Sequence and timestamp rewriting: a consumer sees one gapless stream whatever its source skips, pauses or switches.

use std::collections::VecDeque;

use motet_rtp::{RtpTime, SeqNo};

/// A packet's numbers as the consumer sees them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rewritten {
    /// The consumer's sequence number; rollovers count from the first packet, as SRTP wants them.
    pub seq: SeqNo,
    /// The consumer's timestamp.
    pub rtp_time: RtpTime,
}

/// Maps the packets of a producer to a consumer's own sequence numbers and timestamps. One per consumer stream.
///
/// Packets that are not forwarded leave no gap; packets that are lost on their way from the producer do, and keep their
/// numbers free, so that they fit in when they come late and a NACK for them can be named to the producer.
#[derive(Clone, Debug)]
pub struct StreamRewriter {
    first: Rewritten,
    /// What the next packet has to start; none within a run of one source.
    anchor: Option<Anchor>,
    /// By outgoing number, which within one source is by its number too. Each reaches to where the next begins, the last
    /// one on and on.
    intervals: VecDeque<Interval>,
    newest: Option<Newest>,
}

/// How the next packet follows the newest one.
#[derive(Clone, Copy, Debug)]
enum Anchor {
    /// Of the same source, after a pause.
    Resume,
    /// Of another source, so many ticks later.
    Switch { elapsed: u32 },
    /// Of another source with the same clock, unless its times show that it has another: then so many ticks later. If it
    /// `ascends`, a moment later at least.
    InStep { elapsed: u32, tolerance: u32, ascends: bool },
}

/// Consecutive packets of the source that go out under consecutive numbers.
#[derive(Clone, Copy, Debug)]
struct Interval {
    source: SeqNo,
    out: SeqNo,
    /// What to add to the source's timestamps.
    time_offset: u32,
}

/// The packet with the highest number that went out.
#[derive(Clone, Copy, Debug)]
struct Newest {
    source: SeqNo,
    out: Rewritten,
}

/// Each skip costs an interval: where every second packet is skipped, this many intervals reach back over a thousand
/// packets, which is longer than a receiver waits for one. When full, the oldest goes and its packets cannot be repeated.
const INTERVALS_MAX: usize = 512;

impl StreamRewriter {
    /// The first packet forwarded gets these numbers. Choose them at random (RFC 3550 section 5.1), the sequence number
    /// below 2^15 so that a receiver that loses the first packets cannot guess the rollover wrong (RFC 3711 section 3.3.1).
    pub fn new(first_seq: u16, first_rtp_time: u32) -> Self {
        Self {
            first: Rewritten { seq: SeqNo(u64::from(first_seq)), rtp_time: RtpTime(first_rtp_time) },
            anchor: Some(Anchor::Resume),
            intervals: VecDeque::new(),
            newest: None,
        }
    }

    /// The numbers under which a packet of the producer goes out. A packet may come late or again: it gets the number that
    /// was kept for it. `None`: it has no place, for it came before the current anchor, was skipped, or is too old.
    pub fn forward(&mut self, seq: SeqNo, rtp_time: RtpTime) -> Option<Rewritten> {
        if self.anchor.is_some_and(|anchor| self.starts_run(anchor, seq)) {
            self.start_run(seq, rtp_time);
        }
        let out = self.rewritten_of(seq, rtp_time)?;
        if self.newest.is_none_or(|newest| out.seq > newest.out.seq) {
            self.newest = Some(Newest { source: seq, out });
        }
        Some(out)
    }

    /// This packet is not forwarded: the numbers after it close the gap. Where later packets have gone out already it is
    /// too late for that, and the consumer sees a hole, as for a lost packet.
    pub fn skip(&mut self, seq: SeqNo) {
        if self.anchor.is_some() {
            return;
        }
        let Some(index) = self.interval_of(seq) else { return };
        let interval = self.intervals[index];
        let out = interval.out_of(seq);
        if self.newest.is_some_and(|newest| out <= newest.out.seq) {
            return;
        }
        for later in self.intervals.range_mut(index + 1..) {
            later.out.0 -= 1;
        }
        let after = Interval { source: seq.next(), out, ..interval };
        let is_after_empty = self.intervals.get(index + 1).is_some_and(|next| next.out == out);
        match (out == interval.out, is_after_empty) {
            (true, true) => _ = self.intervals.remove(index),
            (true, false) => self.intervals[index] = after,
            (false, true) => {}
            (false, false) => self.insert(index + 1, after),
        }
    }

    /// The next packet forwarded follows without a gap whatever was missed since, its timestamp on the same clock as
    /// before: after a pause. Harmless before the first packet.
    pub fn resume(&mut self) {
        self.anchor.get_or_insert(Anchor::Resume);
    }

    /// The next packet forwarded is of another source with its own numbering and clock, and goes out `elapsed` clock ticks
    /// (at least 1) after the newest one. From then on packets of the former source can no longer be looked up.
    pub fn switch_source(&mut self, elapsed: u32) {
        self.anchor = Some(Anchor::Switch { elapsed: elapsed.max(1) });
    }

    /// As [`Self::switch_source`], where the other source's timestamps are of the same clock, which goes on then. A source
    /// whose first packet is off by more than `tolerance` ticks is taken for one of another clock after all. If it `ascends`, then
    /// where that packet is not later than the newest one the clock is put forward by so little that it is: a video frame that has
    /// another's timestamp is taken for a part of it.
    pub fn switch_in_step(&mut self, elapsed: u32, tolerance: u32, ascends: bool) {
        self.anchor = Some(Anchor::InStep { elapsed: elapsed.max(1), tolerance, ascends });
    }

    /// The producer's packet behind an outgoing sequence number, as a NACK names it. `None`: never sent, or too long ago.
    pub fn source_of(&self, out_seq: u16) -> Option<SeqNo> {
        let newest = self.newest?.out.seq;
        let out = newest.nearest(out_seq);
        let after = self.intervals.partition_point(|interval| interval.out <= out);
        let interval = self.intervals.get(after.checked_sub(1)?)?;
        (out <= newest).then(|| SeqNo(interval.source.0 + (out.0 - interval.out.0)))
    }

    /// The numbers under which a packet went out or would go out, without forwarding it: to rebuild a packet that
    /// [`Self::source_of`] found.
    pub fn rewritten_of(&self, seq: SeqNo, rtp_time: RtpTime) -> Option<Rewritten> {
        let interval = self.intervals[self.interval_of(seq)?];
        Some(Rewritten { seq: interval.out_of(seq), rtp_time: interval.time_of(rtp_time) })
    }

    /// A moment of the source's clock on the consumer's, for sender reports. `None` before the first packet, and before
    /// the first one of another source.
    pub fn rtp_time_of(&self, source: RtpTime) -> Option<RtpTime> {
        if matches!(self.anchor, Some(Anchor::Switch { .. } | Anchor::InStep { .. })) {
            return None;
        }
        self.intervals.back().map(|interval| interval.time_of(source))
    }

    /// The newest packet that went out.
    pub fn last(&self) -> Option<Rewritten> {
        self.newest.map(|newest| newest.out)
    }

    /// After a pause, packets from before it may still come late: they belong where they would have been.
    fn starts_run(&self, anchor: Anchor, seq: SeqNo) -> bool {
        !matches!(anchor, Anchor::Resume) || self.newest.is_none_or(|newest| seq > newest.source)
    }

    fn start_run(&mut self, seq: SeqNo, rtp_time: RtpTime) {
        let out = self.newest.map_or(self.first.seq, |newest| newest.out.seq.next());
        let time_offset = self.offset_of_run(rtp_time);
        if let Some(Anchor::Switch { .. } | Anchor::InStep { .. }) = self.anchor.take() {
            self.intervals.clear();
        }
        // Numbers kept for packets of before the pause, beyond the newest that went out, are given up.
        while self.intervals.back().is_some_and(|interval| interval.out >= out) {
            self.intervals.pop_back();
        }
        self.insert(self.intervals.len(), Interval { source: seq, out, time_offset });
    }

    /// What to add to the timestamps of the run that a packet of `rtp_time` starts.
    fn offset_of_run(&self, rtp_time: RtpTime) -> u32 {
        match (self.anchor, self.newest, self.intervals.back()) {
            (Some(Anchor::Switch { elapsed }), Some(newest), _) => {
                newest.out.rtp_time.0.wrapping_add(elapsed).wrapping_sub(rtp_time.0)
            }
            (Some(Anchor::InStep { elapsed, tolerance, ascends }), Some(newest), Some(interval)) => {
                let offset_by = |ticks| newest.out.rtp_time.0.wrapping_add(ticks).wrapping_sub(rtp_time.0);
                let is_ahead = |offset: u32| offset.wrapping_sub(interval.time_offset) as i32;
                match is_ahead(offset_by(elapsed)).unsigned_abs() > tolerance {
                    true => offset_by(elapsed),
                    false if ascends && is_ahead(offset_by(1)) > 0 => offset_by(1),
                    false => interval.time_offset,
                }
            }
            (_, Some(_), Some(interval)) => interval.time_offset,
            _ => self.first.rtp_time.0.wrapping_sub(rtp_time.0),
        }
    }

    fn insert(&mut self, index: usize, interval: Interval) {
        let is_full = self.intervals.len() >= INTERVALS_MAX;
        if is_full {
            self.intervals.pop_front();
        }
        self.intervals.insert(index - usize::from(is_full), interval);
    }

    /// The interval that has, or keeps, a number for `seq`.
    fn interval_of(&self, seq: SeqNo) -> Option<usize> {
        let is_in_last = self.intervals.back().is_some_and(|last| last.source <= seq);
        let after = match is_in_last {
            true => self.intervals.len(),
            false => self.intervals.partition_point(|interval| interval.source <= seq),
        };
        let index = after.checked_sub(1)?;
        let end = self.intervals.get(after).map(|next| next.out);
        let out = self.intervals[index].out_of(seq);
        end.is_none_or(|end| out < end).then_some(index)
    }
}

impl Interval {
    /// The number of `seq`, which does not come before the interval.
    fn out_of(&self, seq: SeqNo) -> SeqNo {
        SeqNo(self.out.0 + (seq.0 - self.source.0))
    }

    fn time_of(&self, source: RtpTime) -> RtpTime {
        RtpTime(source.0.wrapping_add(self.time_offset))
    }
}
