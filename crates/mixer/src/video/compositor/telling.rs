//! What the owner is told of a source's cell, and how often.

use std::time::{Duration, Instant};

use super::super::event::Trouble;

/// A source that waits for its first picture is not told of before: most have one by then.
const PATIENCE: Duration = Duration::from_secs(1);
/// Changes that are told at once; one more is earned in each interval. A sender that is well and broken in turns is told
/// of no more often, as each change goes to everyone.
const CHANGES_MAX: u8 = 6;
const CHANGE_INTERVAL: Duration = Duration::from_secs(1);

pub(super) struct Telling {
    told: Option<Option<Trouble>>,
    waits_since: Option<Instant>,
    changes: u8,
    earned_at: Instant,
}

impl Telling {
    pub(super) fn new(now: Instant) -> Self {
        Self { told: None, waits_since: None, changes: CHANGES_MAX, earned_at: now }
    }

    /// Whether this is to be told now; then it counts as told.
    pub(super) fn is_news(&mut self, now: Instant, trouble: Option<Trouble>) -> bool {
        if trouble == Some(Trouble::Waiting) {
            let since = *self.waits_since.get_or_insert(now);
            if now.saturating_duration_since(since) < PATIENCE {
                return false;
            }
        } else {
            self.waits_since = None;
        }
        if self.told == Some(trouble) {
            return false;
        }
        self.earn(now);
        if self.changes == 0 {
            return false;
        }
        self.changes -= 1;
        self.told = Some(trouble);
        true
    }

    fn earn(&mut self, now: Instant) {
        while self.changes < CHANGES_MAX && now.saturating_duration_since(self.earned_at) >= CHANGE_INTERVAL {
            self.changes += 1;
            self.earned_at += CHANGE_INTERVAL;
        }
        if self.changes == CHANGES_MAX {
            self.earned_at = now;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changes_all_the_time_is_told_now_and_then_and_ends_with_the_truth() {
        let (mut telling, start) = (Telling::new(Instant::now()), Instant::now());
        let mut told = 0;
        for turn in 0..1000u64 {
            let trouble = (turn % 2 == 0).then_some(Trouble::Broken);
            told += usize::from(telling.is_news(start + Duration::from_millis(turn * 20), trouble));
        }
        assert!((20..30).contains(&told), "told {told} times in 20 s");
        let settled = (0..100u64)
            .filter(|turn| telling.is_news(start + Duration::from_millis(20_000 + turn * 20), None))
            .count();
        assert!(settled <= 1);
        assert_eq!(telling.told, Some(None));
    }

    #[test]
    fn a_first_picture_is_waited_for_before_its_lack_is_told() {
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        let mut telling = Telling::new(start);
        assert!(!telling.is_news(at(0), Some(Trouble::Waiting)));
        assert!(!telling.is_news(at(900), Some(Trouble::Waiting)));
        assert!(telling.is_news(at(1000), Some(Trouble::Waiting)));
        assert!(telling.is_news(at(1100), None));
        assert!(!telling.is_news(at(1200), Some(Trouble::Waiting)));
        assert!(!telling.is_news(at(1300), None), "nobody was told of the gap");
    }
}
