//! Grows the estimate while the path takes it and cuts it when it does not (draft-ietf-rmcat-gcc-02 section 5.5).

use std::time::{Duration, Instant};

use super::EstimateLimits;
use super::trend::Usage;

#[derive(Debug)]
pub(crate) struct Aimd {
    limits: EstimateLimits,
    estimate_bps: f64,
    /// Waits for the queue to drain after a cut; the next normal usage ends it.
    is_holding: bool,
    capacity: Option<Capacity>,
    was_over: bool,
    updated_at: Option<Instant>,
    reduced_at: Option<Instant>,
    loss_handled_at: Option<Instant>,
}

/// What came through while the path was over-used: its capacity, and how much that varies, relative to its square root.
#[derive(Clone, Copy, Debug)]
struct Capacity {
    kbps: f64,
    deviation: f64,
}

/// A cut goes to this share of what came through, so that the queue drains.
const CUT: f64 = 0.85;
/// Growth per second far from the capacity, and before any over-use was seen.
const GROWTH: f64 = 1.08;
const GROWTH_AT_START: f64 = 1.25;
/// Growth near the capacity: a packet per response time. A frame each 33 ms is packets of at most this.
const PACKET_BITS_MAX: f64 = 1_200.0 * 8.0;
const FRAMES_PER_SECOND: f64 = 30.0;
const RESPONSE: Duration = Duration::from_millis(300);
/// The path has to be given time to answer a cut with a shorter queue.
const CUT_INTERVAL: Duration = Duration::from_millis(200);
/// Losses beyond this share are congestion; fewer are left to the sender's retransmissions and its own judgement.
const LOSS_MAX: f32 = 0.1;
const LOSS_INTERVAL: Duration = Duration::from_millis(300);
/// Losses so soon after over-use mean that the queue is full: its delay cannot grow any more to tell of itself.
const FULL_QUEUE: Duration = Duration::from_secs(10);

impl Aimd {
    pub(crate) fn new(limits: EstimateLimits) -> Self {
        Self {
            limits,
            estimate_bps: (limits.start_bps as f64).clamp(limits.min_bps as f64, limits.max_bps as f64),
            is_holding: false,
            capacity: None,
            was_over: false,
            updated_at: None,
            reduced_at: None,
            loss_handled_at: None,
        }
    }

    pub(crate) fn estimate_bps(&self) -> u64 {
        self.estimate_bps as u64
    }

    /// Whether a cut would make sense already: the last one has had its time, or was far from enough.
    pub(crate) fn may_reduce(&self, now: Instant, incoming_bps: u64) -> bool {
        let is_rested = self.reduced_at.is_none_or(|at| now.duration_since(at) >= CUT_INTERVAL);
        is_rested || (incoming_bps as f64) < 0.5 * self.estimate_bps
    }

    /// Takes what the path does and what comes through it.
    pub(crate) fn update(&mut self, now: Instant, usage: Usage, incoming_bps: u64) {
        let incoming_bps = incoming_bps as f64;
        let elapsed = self.updated_at.replace(now).map_or(Duration::ZERO, |at| now.duration_since(at));
        match usage {
            Usage::Over if self.may_reduce(now, incoming_bps as u64) => self.cut(now, incoming_bps),
            Usage::Over => {}
            Usage::Under => self.is_holding = true,
            Usage::Normal if self.is_holding => self.is_holding = false,
            Usage::Normal => self.grow(elapsed.min(Duration::from_secs(1)), incoming_bps),
        }
        self.clamp();
    }

    /// So much came through while no queue grew.
    pub(crate) fn prove(&mut self, incoming_bps: u64) {
        self.estimate_bps = self.estimate_bps.max(incoming_bps as f64);
        self.clamp();
    }

    /// Cuts by half of the share lost, where that is too much for chance, and by as much as for over-use where it is that.
    /// Tells whether it did.
    pub(crate) fn handle_loss(&mut self, now: Instant, fraction_lost: f32, incoming_bps: u64) -> bool {
        let is_rested = self.loss_handled_at.is_none_or(|at| now.duration_since(at) >= LOSS_INTERVAL);
        if fraction_lost <= LOSS_MAX || !is_rested {
            return false;
        }
        self.loss_handled_at = Some(now);
        let came_bps = self.estimate_bps.min(CUT * incoming_bps as f64);
        // However much is lost, what comes is carried.
        self.estimate_bps =
            (self.estimate_bps * (1.0 - 0.5 * f64::from(fraction_lost.min(1.0)))).max(came_bps);
        if self.reduced_at.is_some_and(|at| now.duration_since(at) <= FULL_QUEUE) {
            self.cut(now, incoming_bps as f64);
        }
        self.is_holding = true;
        self.was_over = true;
        self.clamp();
        true
    }

    fn cut(&mut self, now: Instant, incoming_bps: f64) {
        if self.capacity.is_some_and(|capacity| incoming_bps < capacity.lowest_bps()) {
            self.capacity = None;
        }
        self.estimate_bps = self.estimate_bps.min(CUT * incoming_bps);
        self.capacity = Some(Capacity::averaged(self.capacity, incoming_bps));
        self.reduced_at = Some(now);
        self.is_holding = true;
        self.was_over = true;
    }

    fn grow(&mut self, elapsed: Duration, incoming_bps: f64) {
        if self.capacity.is_some_and(|capacity| incoming_bps > capacity.highest_bps()) {
            self.capacity = None;
        }
        let seconds = elapsed.as_secs_f64();
        let growth = if self.was_over { GROWTH } else { GROWTH_AT_START };
        let grown = match self.capacity {
            Some(_) => self.estimate_bps + self.packet_bits() / RESPONSE.as_secs_f64() * seconds,
            None => self.estimate_bps * growth.powf(seconds),
        };
        // What a sender does not use is not known to be there.
        let ceiling = 1.5 * incoming_bps + 10_000.0;
        self.estimate_bps = grown.min(ceiling).max(self.estimate_bps);
    }

    fn packet_bits(&self) -> f64 {
        let frame_bits = self.estimate_bps / FRAMES_PER_SECOND;
        frame_bits / (frame_bits / PACKET_BITS_MAX).ceil().max(1.0)
    }

    fn clamp(&mut self) {
        self.estimate_bps = self
            .estimate_bps
            .clamp(self.limits.min_bps as f64, self.limits.max_bps.max(self.limits.min_bps) as f64);
    }
}

impl Capacity {
    fn averaged(before: Option<Self>, sample_bps: f64) -> Self {
        const WEIGHT: f64 = 0.05;
        let sample = sample_bps / 1_000.0;
        let Some(before) = before else { return Self { kbps: sample, deviation: 0.4 } };
        let kbps = (1.0 - WEIGHT) * before.kbps + WEIGHT * sample;
        let error = before.kbps - sample;
        let deviation = (1.0 - WEIGHT) * before.deviation + WEIGHT * error * error / kbps.max(1.0);
        Self { kbps, deviation: deviation.clamp(0.4, 2.5) }
    }

    fn lowest_bps(self) -> f64 {
        1_000.0 * (self.kbps - 3.0 * (self.deviation * self.kbps).sqrt()).max(0.0)
    }

    fn highest_bps(self) -> f64 {
        1_000.0 * (self.kbps + 3.0 * (self.deviation * self.kbps).sqrt())
    }
}
