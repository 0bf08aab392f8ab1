//! When a sender is asked for a keyframe: soon, again where none comes, and ever less often.

use std::time::{Duration, Instant};

/// A sender is asked so often at most: a keyframe is as long as many other frames.
const INTERVAL: Duration = Duration::from_millis(500);
/// Requests at that pace before they become rarer: some get lost, and a sender that answers none of these may have no camera.
const BRISK_ASKS: u8 = 6;
/// Rarer than this they never are, so that whoever has been deaf for an hour is seen seconds after.
const INTERVAL_MAX: Duration = Duration::from_secs(4);

/// Whether a keyframe is wanted, and how often that was said.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct KeyFrameWish {
    is_open: bool,
    asked_at: Option<Instant>,
    /// Since a keyframe came last.
    asks: u8,
}

impl KeyFrameWish {
    /// Asked for until one has come.
    pub(super) fn want(&mut self) {
        self.is_open = true;
    }

    /// One has come.
    pub(super) fn came(&mut self) {
        self.is_open = false;
        self.asks = 0;
    }

    /// None is of use any more.
    pub(super) fn forget(&mut self) {
        self.came();
    }

    /// Whether to ask now; then that counts as done.
    pub(super) fn take(&mut self, now: Instant) -> bool {
        let is_due =
            self.asked_at.is_none_or(|asked_at| now.saturating_duration_since(asked_at) >= self.interval());
        if !self.is_open || !is_due {
            return false;
        }
        self.asked_at = Some(now);
        self.asks = self.asks.saturating_add(1);
        true
    }

    fn interval(&self) -> Duration {
        let doublings = self.asks.saturating_sub(BRISK_ASKS).min(8);
        (INTERVAL * (1 << doublings)).min(INTERVAL_MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Moments in milliseconds at which it is asked, within this many seconds.
    fn asked(wish: &mut KeyFrameWish, start: Instant, seconds: u64) -> Vec<u64> {
        (0..seconds * 1000).step_by(100).filter(|at| wish.take(start + Duration::from_millis(*at))).collect()
    }

    #[test]
    fn a_keyframe_that_never_comes_is_asked_for_ever_less_often_and_for_ever() {
        let (mut wish, start) = (KeyFrameWish::default(), Instant::now());
        assert_eq!(asked(&mut wish, start, 1), [], "nobody wants one");
        wish.want();
        let at = asked(&mut wish, start, 20);
        assert_eq!(at, [0, 500, 1000, 1500, 2000, 2500, 3000, 4000, 6000, 10_000, 14_000, 18_000]);
        assert_eq!(asked(&mut wish, start + Duration::from_secs(3600), 12).len(), 3);
    }

    #[test]
    fn whoever_answers_is_asked_briskly_again() {
        let (mut wish, start) = (KeyFrameWish::default(), Instant::now());
        wish.want();
        asked(&mut wish, start, 20);
        wish.came();
        assert_eq!(asked(&mut wish, start + Duration::from_secs(20), 5), []);
        wish.want();
        assert_eq!(asked(&mut wish, start + Duration::from_secs(30), 2), [0, 500, 1000, 1500]);
    }
}
