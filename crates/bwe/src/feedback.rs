//! The receive side of transport-wide congestion control (draft-holmer-rmcat-transport-wide-cc-extensions-01).

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use motet_rtp::rtcp::{TransportCcFeedback, Writer};
use motet_rtp::{SeqNo, Ssrc};

/// Records when each transport-wide sequence number came, and reports it every 50 to 100 ms.
///
/// A packet that comes after it was reported lost is reported again, with what followed it.
#[derive(Debug)]
pub struct FeedbackRecorder {
    epoch: Instant,
    sender: Ssrc,
    /// The stream heard last; the draft wants one of them named.
    media: Ssrc,
    /// One per number from `window_start` to the newest that came.
    window: VecDeque<Arrival>,
    window_start: SeqNo,
    /// The first number of the next report.
    report_start: SeqNo,
    feedback_count: u8,
    due_at: Option<Instant>,
    interval: Duration,
    /// Packets since the last report, and when that was.
    unreported: u32,
    reported_at: Option<Instant>,
    statuses: Vec<Option<i16>>,
}

/// When a packet came, in 250 us since the epoch, or that it did not.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Arrival(u64);

impl Arrival {
    const NEVER: Self = Self(u64::MAX);

    fn ticks(self) -> Option<u64> {
        (self != Self::NEVER).then_some(self.0)
    }
}

/// Numbers kept at most, reported or not. A sender that jumps further ahead has started anew; one that sends more than this
/// in 50 ms loses the report of the oldest.
const WINDOW_MAX: usize = 1024;
/// Reported numbers kept for stragglers.
const HISTORY_MAX: u64 = 256;
/// Arrivals in one report at most, so that it stays under a kilobyte; at so many a report is due at once.
const ARRIVALS_PER_REPORT_MAX: u32 = 300;

const INTERVAL_MIN: Duration = Duration::from_millis(50);
const INTERVAL_MAX: Duration = Duration::from_millis(100);
/// The rate of reports follows the packets' within these limits: one report for so many.
const PACKETS_PER_REPORT: u32 = 20;

/// Ticks of 250 us in a millisecond and in the 64 ms of the reference time.
const TICK_US: u128 = 250;
const TICKS_PER_REFERENCE: u64 = 256;

/// RTCP header, SSRCs, base, count, reference time, and the padding to a word.
const REPORT_OVERHEAD: usize = 20 + 3;

impl FeedbackRecorder {
    /// `epoch` is the zero of the reference time: any moment not after the first arrival. Reports go out as `sender_ssrc`.
    pub fn new(epoch: Instant, sender_ssrc: Ssrc) -> Self {
        Self {
            epoch,
            sender: sender_ssrc,
            media: Ssrc(0),
            window: VecDeque::new(),
            window_start: SeqNo(0),
            report_start: SeqNo(0),
            feedback_count: 0,
            due_at: None,
            interval: INTERVAL_MAX,
            unreported: 0,
            reported_at: None,
            statuses: Vec::new(),
        }
    }

    /// A packet with this transport-wide sequence number came. Repeated ones, and those far older than the newest, count for
    /// nothing.
    pub fn handle_arrival(&mut self, now: Instant, transport_seq: u16, ssrc: Ssrc) {
        let ticks = now.saturating_duration_since(self.epoch).as_micros() / TICK_US;
        let arrival = Arrival(ticks as u64);
        self.media = ssrc;
        if !self.record(transport_seq, arrival) {
            return;
        }
        self.unreported += 1;
        let due_at = *self.due_at.get_or_insert(now + self.interval);
        if self.unreported >= ARRIVALS_PER_REPORT_MAX {
            self.due_at = Some(due_at.min(now));
        }
    }

    /// When [`Self::poll_feedback`] will have something to write; `None` while nothing came.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.due_at
    }

    /// Writes one feedback packet, if one is due and fits. Call again until it returns false.
    pub fn poll_feedback(&mut self, now: Instant, writer: &mut Writer<'_>) -> bool {
        if self.due_at.is_none_or(|due_at| due_at > now) {
            return false;
        }
        let reference = self.collect_statuses(writer.room());
        if self.statuses.is_empty() {
            return false;
        }
        let feedback = TransportCcFeedback {
            base_seq: self.report_start.wire(),
            reference_time_64ms: reference as u32,
            feedback_count: self.feedback_count,
            arrivals: &self.statuses,
        };
        if writer.transport_cc(self.sender, self.media, &feedback).is_err() {
            return false;
        }
        self.feedback_count = self.feedback_count.wrapping_add(1);
        self.report_start.0 += self.statuses.len() as u64;
        self.trim_history();
        if self.report_start > self.newest() {
            self.finish_report(now);
        }
        true
    }

    /// Notes an arrival; false where it counts for nothing.
    fn record(&mut self, transport_seq: u16, arrival: Arrival) -> bool {
        if self.window.is_empty() {
            // A cycle of room below, for packets that were sent before the first that came.
            self.restart(SeqNo((1 << 16) + u64::from(transport_seq)), arrival);
            return true;
        }
        let newest = self.newest();
        let seq = newest.nearest(transport_seq);
        if seq.0 > newest.0 + WINDOW_MAX as u64 {
            self.restart(seq, arrival);
            return true;
        }
        if seq > newest {
            self.append(seq, arrival);
            return true;
        }
        if seq < self.window_start {
            return self.prepend(seq, arrival);
        }
        let place = &mut self.window[(seq.0 - self.window_start.0) as usize];
        if *place != Arrival::NEVER {
            return false;
        }
        *place = arrival;
        self.report_start = self.report_start.min(seq);
        true
    }

    fn restart(&mut self, seq: SeqNo, arrival: Arrival) {
        self.window.clear();
        self.window.push_back(arrival);
        (self.window_start, self.report_start) = (seq, seq);
    }

    fn append(&mut self, seq: SeqNo, arrival: Arrival) {
        let missing = seq.0 - self.newest().0 - 1;
        self.window.extend((0..missing).map(|_| Arrival::NEVER));
        self.window.push_back(arrival);
        let excess = self.window.len().saturating_sub(WINDOW_MAX);
        self.window.drain(..excess);
        self.window_start.0 += excess as u64;
        self.report_start = self.report_start.max(self.window_start);
    }

    /// A packet that was sent before the first that came, and overtaken by it.
    fn prepend(&mut self, seq: SeqNo, arrival: Arrival) -> bool {
        let missing = self.window_start.0 - seq.0 - 1;
        let is_first_report = self.reported_at.is_none() && self.feedback_count == 0;
        if !is_first_report || missing + 1 + self.window.len() as u64 > WINDOW_MAX as u64 {
            return false;
        }
        for _ in 0..missing {
            self.window.push_front(Arrival::NEVER);
        }
        self.window.push_front(arrival);
        (self.window_start, self.report_start) = (seq, seq);
        true
    }

    /// Fills `statuses` from the report's start with as much as fits `room` bytes and one report, and returns the reference
    /// time, in 64 ms.
    fn collect_statuses(&mut self, room: usize) -> u64 {
        self.statuses.clear();
        let skipped = (self.report_start.0 - self.window_start.0) as usize;
        let mut reference = None;
        let (mut before, mut deltas) = (0, 0);
        for arrival in self.window.range(skipped..) {
            // A status takes at most a seventh of a chunk, an arrival two bytes.
            let len = REPORT_OVERHEAD + (self.statuses.len() / 7 + 1) * 2 + (deltas + 1) * 2;
            if len > room || deltas == ARRIVALS_PER_REPORT_MAX as usize {
                break;
            }
            let Some(ticks) = arrival.ticks() else {
                self.statuses.push(None);
                continue;
            };
            if reference.is_none() {
                before = ticks - ticks % TICKS_PER_REFERENCE;
                reference = Some(ticks / TICKS_PER_REFERENCE);
            }
            let delta = i16::try_from(ticks as i64 - before as i64);
            // Too long a step for a delta: the next report starts there, with a reference time of its own.
            let Ok(delta) = delta else { break };
            self.statuses.push(Some(delta));
            (before, deltas) = (ticks, deltas + 1);
        }
        if reference.is_none() {
            // Room for no more than losses: a report needs an arrival to refer to.
            self.statuses.clear();
        }
        reference.unwrap_or_default()
    }

    fn trim_history(&mut self) {
        let history = self.report_start.0 - self.window_start.0;
        let excess = history.saturating_sub(HISTORY_MAX).min(self.window.len() as u64 - 1);
        self.window.drain(..excess as usize);
        self.window_start.0 += excess;
    }

    /// Everything is reported: the next report is due a while after the next arrival, the sooner the more packets come.
    fn finish_report(&mut self, now: Instant) {
        if let Some(reported_at) = self.reported_at {
            let per_packet = now.saturating_duration_since(reported_at) / self.unreported.max(1);
            self.interval = (per_packet * PACKETS_PER_REPORT).clamp(INTERVAL_MIN, INTERVAL_MAX);
        }
        self.reported_at = Some(now);
        self.unreported = 0;
        self.due_at = None;
    }

    /// The newest number that came; only asked for once one has.
    fn newest(&self) -> SeqNo {
        SeqNo(self.window_start.0 + self.window.len() as u64 - 1)
    }
}

#[cfg(test)]
mod tests;
