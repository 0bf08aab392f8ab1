//! Estimates the bitrate that a path takes, on the side that sends: from transport-wide feedback, which says when each packet
//! came (draft-ietf-rmcat-gcc-02 with its controller at the sender, as sections 2 and 4 recommend).
//!
//! Delay says most: where groups of packets take longer and longer a queue grows. Losses beyond a tenth say it too, for queues
//! that are short. What came through while no queue grew is carried, however much else was guessed.

mod history;
mod timeline;

use std::time::{Duration, Instant};

use motet_rtp::rtcp::TransportCcView;

use self::history::History;
use self::timeline::Timeline;
use crate::gcc::{Aimd, EstimateLimits, Groups, SendTime, Trend, Usage};
use crate::rate::RateMeter;

/// One per transport whose peer gives transport-wide feedback.
///
/// Feed it with [`Self::handle_sent`] and [`Self::handle_feedback`]; [`Self::estimate_bps`] may be asked at any time.
#[derive(Debug)]
pub struct SendEstimator {
    epoch: Instant,
    history: History,
    timeline: Timeline,
    groups: Groups,
    trend: Trend,
    aimd: Aimd,
    acked: Acked,
    losses: Losses,
    /// When the path was last seen to be over-used.
    pressed_at: Option<Instant>,
    /// When a queue was last seen to grow.
    queued_at: Option<Instant>,
    /// When something was sent that no feedback has followed.
    unheard_since: Option<Instant>,
}

/// After so long without feedback for what is sent, the peer gives none.
const DEAF: Duration = Duration::from_secs(5);
/// For so long after over-use what comes through may still be a queue's.
const DRAINING: Duration = Duration::from_secs(3);
/// Packets reported on by one feedback at most; no receiver reports so many, and each costs a look.
const STATUSES_MAX: usize = 4_096;
/// More lost than this forbids growth (draft-ietf-rmcat-gcc-02 section 6).
const LOSS_HELD: f32 = 0.02;

impl SendEstimator {
    /// Knows nothing yet. `epoch` is any moment not after the first packet.
    pub fn new(epoch: Instant, limits: EstimateLimits) -> Self {
        Self {
            epoch,
            history: History::new(),
            timeline: Timeline::new(epoch),
            groups: Groups::default(),
            trend: Trend::new(),
            aimd: Aimd::new(limits),
            acked: Acked::default(),
            losses: Losses::default(),
            pressed_at: None,
            queued_at: None,
            unheard_since: None,
        }
    }

    /// A packet of `size_bytes` went out under this transport-wide number.
    pub fn handle_sent(&mut self, now: Instant, transport_seq: u16, size_bytes: usize) {
        let sent = SendTime::new(now.saturating_duration_since(self.epoch));
        self.history.push(transport_seq, sent, size_bytes);
        self.unheard_since.get_or_insert(now);
    }

    /// The peer tells what came. Whatever it makes up harms the estimate of its own path and nothing else.
    pub fn handle_feedback(&mut self, now: Instant, feedback: &TransportCcView<'_>) {
        self.unheard_since = None;
        let (mut usage, mut is_over) = (self.trend.usage(), false);
        let mut moments = self.timeline.begin(feedback.reference_time_64ms);
        for (seq, delta) in feedback.arrivals().take(STATUSES_MAX) {
            let Some(delta) = delta else {
                self.losses.lost += u32::from(self.history.is_unacknowledged(seq));
                continue;
            };
            let Some(came) = moments.step(delta) else { break };
            let Some((sent, size_bytes)) = self.history.acknowledge(seq) else { continue };
            self.losses.arrived += 1;
            if self.acked.add(came, size_bytes) {
                (self.groups, self.trend) = (Groups::default(), Trend::new());
            }
            if let Some(spacing) = self.groups.handle_arrival(came, sent) {
                usage = self.trend.update(came, &spacing);
                is_over |= usage == Usage::Over;
            }
        }
        self.update(now, if is_over { Usage::Over } else { usage });
    }

    /// What the path takes, in bits per second; `None` where the peer does not say what comes.
    pub fn estimate_bps(&self, now: Instant) -> Option<u64> {
        (!self.is_deaf(now)).then(|| self.aimd.estimate_bps())
    }

    /// When the path was last seen to be over-used.
    pub fn pressed_at(&self) -> Option<Instant> {
        self.pressed_at
    }

    /// When a queue on the path was last seen to grow. Packets that are lost where none does are lost by chance.
    pub fn queued_at(&self) -> Option<Instant> {
        self.queued_at
    }

    fn is_deaf(&self, now: Instant) -> bool {
        self.unheard_since.is_some_and(|since| now.saturating_duration_since(since) > DEAF)
    }

    fn update(&mut self, now: Instant, usage: Usage) {
        let acked_bps = self.acked.bitrate_bps();
        // A queue lets out what the path takes at that moment, however little was sent before.
        let queued_bps = self.acked.momentary_bps();
        if usage == Usage::Over {
            self.pressed_at = Some(now);
            self.queued_at = Some(now);
        }
        if let Some(share) = self.losses.take_share(now)
            && self.aimd.handle_loss(now, share, queued_bps)
        {
            self.pressed_at = Some(now);
        }
        if usage == Usage::Normal && self.losses.share > LOSS_HELD {
            return;
        }
        self.aimd.update(now, usage, if usage == Usage::Over { queued_bps } else { acked_bps });
        let is_calm = self.pressed_at.is_none_or(|at| now.saturating_duration_since(at) >= DRAINING);
        if usage == Usage::Normal && is_calm {
            self.aimd.prove(acked_bps);
        }
    }
}

/// What came through, by the receiver's clock.
#[derive(Debug, Default)]
struct Acked {
    meter: RateMeter,
    /// When the stream of packets began that has not paused since.
    since: Option<Instant>,
    newest: Option<Instant>,
}

/// After so long a silence what is known about the path's delay is void.
const SILENCE: Duration = Duration::from_secs(2);
/// What came within so long says nothing about a rate yet.
const SPAN_MIN: Duration = Duration::from_millis(300);
const SECOND: Duration = Duration::from_secs(1);

impl Acked {
    /// Counts a packet. Tells whether a silence, or a clock set back, makes it the first of a new stream.
    fn add(&mut self, came: Instant, size_bytes: usize) -> bool {
        let is_apart = |newest: Instant| {
            came.saturating_duration_since(newest) > SILENCE
                || newest.saturating_duration_since(came) > SILENCE
        };
        let is_new = self.newest.is_some_and(is_apart);
        if is_new {
            *self = Self::default();
        }
        self.since.get_or_insert(came);
        self.newest = Some(self.newest.map_or(came, |newest| newest.max(came)));
        self.meter.add(came, size_bytes);
        is_new
    }

    /// Bits per second over a moment.
    fn momentary_bps(&self) -> u64 {
        self.newest.map_or(0, |newest| self.meter.momentary_bps(newest))
    }

    /// Bits per second over the last second, or over as much of it as there was anything.
    fn bitrate_bps(&self) -> u64 {
        let (Some(since), Some(newest)) = (self.since, self.newest) else { return 0 };
        let bps = self.meter.bitrate_bps(newest);
        let span = newest.saturating_duration_since(since).max(SPAN_MIN);
        if span >= SECOND { bps } else { (bps as f64 / span.as_secs_f64()) as u64 }
    }
}

/// Packets that came and did not since the share was last taken.
#[derive(Debug, Default)]
struct Losses {
    arrived: u32,
    lost: u32,
    since: Option<Instant>,
    /// As last taken.
    share: f32,
}

/// A share of fewer packets, or of a shorter time, is chance.
const LOSS_PACKETS_MIN: u32 = 20;
const LOSS_INTERVAL: Duration = Duration::from_millis(500);

impl Losses {
    /// The share lost, once enough packets make one.
    fn take_share(&mut self, now: Instant) -> Option<f32> {
        let since = *self.since.get_or_insert(now);
        let packets = self.arrived.saturating_add(self.lost);
        if packets < LOSS_PACKETS_MIN || now.saturating_duration_since(since) < LOSS_INTERVAL {
            return None;
        }
        let share = self.lost as f32 / packets as f32;
        *self = Self { since: Some(now), share, ..Self::default() };
        Some(share)
    }
}

#[cfg(test)]
mod tests;
