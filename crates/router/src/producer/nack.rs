//! What is lost on a producer's stream and when to ask for it again (RFC 4585 section 6.2.1).

use std::time::{Duration, Instant};

use motet_rtp::SeqNo;

/// Packets overtake each other on the way; younger gaps than this are not asked for.
const REORDER_TOLERANCE: Duration = Duration::from_millis(10);
/// The shortest time between two asks for one packet: a retransmission needs a round trip and the sender's pacing.
const RETRY_MIN: Duration = Duration::from_millis(20);
/// The longest: a wild round trip must not stop the asking.
const RETRY_MAX: Duration = Duration::from_millis(500);
/// Asked for this often, a packet is given up.
const TRIES_MAX: u8 = 10;
/// Missing for this long, a packet is given up: no receiver waits longer.
const AGE_MAX: Duration = Duration::from_millis(1_500);
/// As many missing packets are followed. More than that is an outage, not loss: all are given up at once.
pub(crate) const MISSING_MAX: usize = 512;

#[derive(Clone, Copy, Debug)]
struct Missing {
    seq: SeqNo,
    since: Instant,
    ask_at: Instant,
    tries: u8,
}

/// Follows one stream's gaps.
#[derive(Clone, Debug, Default)]
pub(crate) struct NackGenerator {
    highest: Option<SeqNo>,
    /// Ascending by sequence number.
    missing: Vec<Missing>,
    /// The earliest `ask_at`, or earlier.
    due: Option<Instant>,
    has_given_up: bool,
}

impl NackGenerator {
    /// A packet came, on its own or as a retransmission.
    pub(crate) fn handle_arrival(&mut self, now: Instant, seq: SeqNo) {
        let Some(highest) = self.highest else {
            self.highest = Some(seq);
            return;
        };
        if seq <= highest {
            self.forget(seq);
            return;
        }
        self.highest = Some(seq);
        let gap = seq.0 - highest.0 - 1;
        if gap == 0 {
            return;
        }
        if gap as usize + self.missing.len() > MISSING_MAX {
            self.give_up_all();
            return;
        }
        let ask_at = now + REORDER_TOLERANCE;
        self.missing.extend((highest.0 + 1..seq.0).map(|lost| Missing {
            seq: SeqNo(lost),
            since: now,
            ask_at,
            tries: 0,
        }));
        self.due = Some(self.due.map_or(ask_at, |due| due.min(ask_at)));
    }

    /// When [`Self::poll`] has something to do.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        self.due
    }

    /// Appends the sequence numbers to ask for at `now` to `lost`, ascending.
    pub(crate) fn poll(&mut self, now: Instant, round_trip: Duration, lost: &mut Vec<u16>) {
        if self.due.is_none_or(|due| due > now) {
            return;
        }
        let before = self.missing.len();
        self.missing.retain(|missing| {
            missing.tries < TRIES_MAX && now.saturating_duration_since(missing.since) < AGE_MAX
        });
        self.has_given_up |= self.missing.len() < before;
        let retry = (round_trip + round_trip / 4).clamp(RETRY_MIN, RETRY_MAX);
        for missing in self.missing.iter_mut().filter(|missing| missing.ask_at <= now) {
            missing.tries += 1;
            missing.ask_at = now + retry;
            lost.push(missing.seq.wire());
        }
        self.due = self.missing.iter().map(|missing| missing.ask_at).min();
    }

    /// Whether packets were given up since the last time this was asked: what depends on them cannot be decoded.
    pub(crate) fn take_given_up(&mut self) -> bool {
        std::mem::take(&mut self.has_given_up)
    }

    /// Forgets all gaps, as when the stream stops.
    pub(crate) fn clear(&mut self) {
        self.missing = Vec::new();
        self.due = None;
    }

    fn forget(&mut self, seq: SeqNo) {
        if let Ok(index) = self.missing.binary_search_by_key(&seq, |missing| missing.seq) {
            self.missing.remove(index);
            if self.missing.is_empty() {
                self.due = None;
            }
        }
    }

    fn give_up_all(&mut self) {
        self.missing.clear();
        self.due = None;
        self.has_given_up = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRIP: Duration = Duration::from_millis(80);

    fn arrive(nack: &mut NackGenerator, now: Instant, seqs: &[u64]) {
        for &seq in seqs {
            nack.handle_arrival(now, SeqNo(seq));
        }
    }

    fn asked(nack: &mut NackGenerator, now: Instant) -> Vec<u16> {
        let mut lost = Vec::new();
        nack.poll(now, TRIP, &mut lost);
        lost
    }

    #[test]
    fn a_gap_is_asked_for_after_the_reorder_tolerance() {
        let (now, mut nack) = (Instant::now(), NackGenerator::default());
        arrive(&mut nack, now, &[10, 13]);
        assert!(asked(&mut nack, now).is_empty());
        assert_eq!(asked(&mut nack, now + REORDER_TOLERANCE), [11, 12]);
    }

    #[test]
    fn a_packet_that_was_only_overtaken_is_never_asked_for() {
        let (now, mut nack) = (Instant::now(), NackGenerator::default());
        arrive(&mut nack, now, &[10, 12, 11]);
        assert_eq!(nack.poll_timeout(), None);
        assert!(asked(&mut nack, now + Duration::from_secs(1)).is_empty());
    }

    #[test]
    fn asking_again_waits_for_more_than_a_round_trip() {
        let (now, mut nack) = (Instant::now(), NackGenerator::default());
        arrive(&mut nack, now, &[10, 12]);
        let first = now + REORDER_TOLERANCE;
        assert_eq!(asked(&mut nack, first), [11]);
        assert!(asked(&mut nack, first + TRIP).is_empty());
        assert_eq!(nack.poll_timeout(), Some(first + TRIP * 5 / 4));
        assert_eq!(asked(&mut nack, first + TRIP * 5 / 4), [11]);
    }

    #[test]
    fn a_packet_asked_for_often_enough_is_given_up_once() {
        let (now, mut nack) = (Instant::now(), NackGenerator::default());
        arrive(&mut nack, now, &[10, 12]);
        let mut asks = 0;
        while let Some(due) = nack.poll_timeout() {
            let mut lost = Vec::new();
            nack.poll(due, Duration::ZERO, &mut lost);
            asks += lost.len();
        }
        assert_eq!(asks, usize::from(TRIES_MAX));
        assert!(nack.take_given_up());
        assert!(!nack.take_given_up());
    }

    #[test]
    fn a_packet_missing_for_too_long_is_given_up() {
        let (now, mut nack) = (Instant::now(), NackGenerator::default());
        arrive(&mut nack, now, &[10, 12]);
        assert!(asked(&mut nack, now + AGE_MAX).is_empty());
        assert!(nack.take_given_up());
        assert_eq!(nack.poll_timeout(), None);
    }

    #[test]
    fn an_outage_is_given_up_at_once() {
        let (now, mut nack) = (Instant::now(), NackGenerator::default());
        arrive(&mut nack, now, &[10, 12, 13 + MISSING_MAX as u64]);
        assert!(nack.take_given_up());
        assert_eq!(nack.poll_timeout(), None);
    }

    #[test]
    fn the_first_packet_opens_no_gap() {
        let (now, mut nack) = (Instant::now(), NackGenerator::default());
        arrive(&mut nack, now, &[60_000]);
        assert_eq!(nack.poll_timeout(), None);
    }
}
