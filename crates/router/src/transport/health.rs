//! How well a transport carries media: loss and round trip, smoothed, and the verdict.

use std::time::{Duration, Instant};

use motet_control::Quality;

/// Nothing at all came for this long: checks alone come every few seconds.
pub(crate) const SILENCE: Duration = Duration::from_secs(10);
/// The weight of a new sample of loss.
const SMOOTHING: f32 = 0.3;

const POOR_LOSS: f32 = 0.08;
const GOOD_LOSS: f32 = 0.02;
const POOR_TRIP: Duration = Duration::from_millis(500);
const GOOD_TRIP: Duration = Duration::from_millis(250);

/// One transport's health.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Health {
    /// The last round trip measured.
    pub(crate) round_trip: Option<Duration>,
    /// When anything came last.
    pub(crate) received_at: Option<Instant>,
    loss_in: f32,
    loss_out: f32,
    told: Option<Quality>,
}

impl Health {
    /// A report of ours says that this share of a stream was lost on its way here.
    pub(crate) fn handle_loss_in(&mut self, fraction: f32) {
        self.loss_in += (fraction - self.loss_in) * SMOOTHING;
    }

    /// A report of the peer's says that this share was lost on its way there.
    pub(crate) fn handle_loss_out(&mut self, fraction: f32) {
        self.loss_out += (fraction - self.loss_out) * SMOOTHING;
    }

    /// The verdict, if it changed. Before anything was ever ready there is none.
    pub(crate) fn judge(&mut self, now: Instant, is_ready: bool) -> Option<Quality> {
        if !is_ready && self.told.is_none() {
            return None;
        }
        let quality = self.quality(now, is_ready);
        (self.told.replace(quality) != Some(quality)).then_some(quality)
    }

    fn quality(&self, now: Instant, is_ready: bool) -> Quality {
        let is_silent = self.received_at.is_none_or(|at| now.saturating_duration_since(at) >= SILENCE);
        let loss = self.loss_in.max(self.loss_out);
        let trip = self.round_trip.unwrap_or_default();
        if !is_ready || is_silent {
            Quality::Lost
        } else if loss > POOR_LOSS || trip > POOR_TRIP {
            Quality::Poor
        } else if loss > GOOD_LOSS || trip > GOOD_TRIP {
            Quality::Good
        } else {
            Quality::Excellent
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(now: Instant) -> Health {
        Health { received_at: Some(now), ..Health::default() }
    }

    #[test]
    fn a_verdict_is_told_when_it_changes() {
        let now = Instant::now();
        let mut health = heard(now);
        assert_eq!(health.judge(now, false), None, "never ready yet");
        assert_eq!(health.judge(now, true), Some(Quality::Excellent));
        assert_eq!(health.judge(now, true), None);
        health.round_trip = Some(Duration::from_millis(300));
        assert_eq!(health.judge(now, true), Some(Quality::Good));
        (0..10).for_each(|_| health.handle_loss_out(0.2));
        assert_eq!(health.judge(now, true), Some(Quality::Poor));
        assert_eq!(health.judge(now + SILENCE, true), Some(Quality::Lost));
    }

    #[test]
    fn losing_the_path_is_told() {
        let now = Instant::now();
        let mut health = heard(now);
        health.judge(now, true);
        assert_eq!(health.judge(now, false), Some(Quality::Lost));
    }
}
