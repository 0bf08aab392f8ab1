//! Finding out whether a path takes more than is sent: padding beside the media, a little more than the path is known to take.

use std::time::{Duration, Instant};

use crate::send::SendEstimator;

/// One attempt. It ends when the estimate has reached the goal, when the path shows over-use, or after a while.
///
/// Feed it with [`Self::handle_sent`]; [`Self::poll_timeout`] says when [`Self::poll`] is due.
#[derive(Debug)]
pub struct Probe {
    goal_bps: u64,
    begun_at: Instant,
    paced_at: Instant,
    /// What may go out by now, in bytes; below zero after a burst of media.
    credit_bytes: f64,
}

/// An attempt's length: the estimate can grow fivefold and more meanwhile.
const LENGTH: Duration = Duration::from_secs(10);
/// How often padding goes out.
const INTERVAL: Duration = Duration::from_millis(20);
/// How far beyond the estimate is tried: so little that the queue of a path that does not take it grows by a quarter of the
/// time until that shows.
const BEYOND: f64 = 1.25;
/// What a burst of media is held against the padding that follows: at most so long.
const DEBT_MAX: Duration = Duration::from_millis(500);

impl Probe {
    /// Tries whether the path takes `goal_bps`.
    pub fn new(now: Instant, goal_bps: u64) -> Self {
        Self { goal_bps, begun_at: now, paced_at: now, credit_bytes: 0.0 }
    }

    /// So much went out, media or padding.
    pub fn handle_sent(&mut self, size_bytes: usize) {
        self.credit_bytes -= size_bytes as f64;
    }

    /// When [`Self::poll`] is due.
    pub fn poll_timeout(&self) -> Instant {
        self.paced_at + INTERVAL
    }

    /// How many bytes of padding to send now; `None` when the attempt is over.
    pub fn poll(&mut self, now: Instant, estimator: &SendEstimator) -> Option<usize> {
        let estimate_bps = estimator.estimate_bps(now)?;
        let is_pressed = estimator.pressed_at().is_some_and(|at| at >= self.begun_at);
        if is_pressed || estimate_bps >= self.goal_bps || now >= self.begun_at + LENGTH {
            return None;
        }
        let rate = (estimate_bps as f64 * BEYOND).min(self.goal_bps as f64) / 8.0;
        let elapsed = now.saturating_duration_since(self.paced_at).min(2 * INTERVAL);
        self.paced_at = now;
        let credit = self.credit_bytes + rate * elapsed.as_secs_f64();
        self.credit_bytes = credit.clamp(-rate * DEBT_MAX.as_secs_f64(), rate * INTERVAL.as_secs_f64());
        Some(self.credit_bytes.max(0.0) as usize)
    }
}
