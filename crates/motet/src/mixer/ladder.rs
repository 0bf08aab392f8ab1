//! Which size of the picture a listener's link carries: a pure policy over what the link's far end reports.

use std::time::{Duration, Instant};

/// More lost than this is no accident: a smaller picture leaves room.
const BAD_LOSS: f32 = 0.08;
/// So much lost that one report suffices.
const TERRIBLE_LOSS: f32 = 0.25;
/// Less lost than this is a link that may carry more.
const GOOD_LOSS: f32 = 0.02;
/// Bad reports in a row before a step down.
const BAD_REPORTS: u8 = 2;
/// How long a link must be good before a step up; doubled each time that the step did not last, up to the second.
const HOLD: Duration = Duration::from_secs(10);
const HOLD_MAX: Duration = Duration::from_secs(160);
/// A step up that has lasted so long was right.
const LASTED: Duration = Duration::from_secs(30);

/// One listener's place among the sizes; 0 is the largest.
#[derive(Clone, Debug)]
pub(super) struct Ladder {
    rung: usize,
    bad: u8,
    good_since: Option<Instant>,
    hold: Duration,
    stepped_up_at: Option<Instant>,
}

impl Ladder {
    /// Begins with the largest.
    pub(super) fn new() -> Self {
        Self { rung: 0, bad: 0, good_since: None, hold: HOLD, stepped_up_at: None }
    }

    /// Takes a report: the share lost since the one before. Answers where to go, if elsewhere; `rungs` is how many sizes
    /// there are.
    pub(super) fn report(&mut self, now: Instant, fraction_lost: f32, rungs: usize) -> Option<usize> {
        if self.stepped_up_at.is_some_and(|at| now >= at + LASTED) {
            self.stepped_up_at = None;
            self.hold = HOLD;
        }
        self.bad = if fraction_lost > BAD_LOSS { self.bad + 1 } else { 0 };
        if fraction_lost > GOOD_LOSS {
            self.good_since = None;
        }
        if self.bad >= BAD_REPORTS || fraction_lost > TERRIBLE_LOSS {
            return self.step_down(rungs);
        }
        if fraction_lost <= GOOD_LOSS && self.rung > 0 {
            let since = *self.good_since.get_or_insert(now);
            if now >= since + self.hold {
                return self.step_up(now);
            }
        }
        None
    }

    fn step_down(&mut self, rungs: usize) -> Option<usize> {
        self.bad = 0;
        if self.rung + 1 >= rungs {
            return None;
        }
        if self.stepped_up_at.take().is_some() {
            self.hold = (self.hold * 2).min(HOLD_MAX);
        }
        self.rung += 1;
        Some(self.rung)
    }

    fn step_up(&mut self, now: Instant) -> Option<usize> {
        self.good_since = None;
        self.stepped_up_at = Some(now);
        self.rung -= 1;
        Some(self.rung)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reports once a second for so long; where it went.
    fn pass(ladder: &mut Ladder, now: &mut Instant, seconds: u64, lost: f32) -> Vec<usize> {
        let mut moves = Vec::new();
        for _ in 0..seconds {
            *now += Duration::from_secs(1);
            moves.extend(ladder.report(*now, lost, 3));
        }
        moves
    }

    #[test]
    fn a_bad_link_gets_smaller_pictures_and_a_good_one_larger_again() {
        let (mut ladder, mut now) = (Ladder::new(), Instant::now());
        assert_eq!(pass(&mut ladder, &mut now, 60, 0.0), []);
        assert_eq!(pass(&mut ladder, &mut now, 10, 0.1), [1, 2]);
        assert_eq!(pass(&mut ladder, &mut now, 30, 0.0), [1, 0]);
    }

    #[test]
    fn one_bad_report_is_an_accident_unless_it_is_terrible() {
        let (mut ladder, mut now) = (Ladder::new(), Instant::now());
        assert_eq!(pass(&mut ladder, &mut now, 1, 0.2), []);
        assert_eq!(pass(&mut ladder, &mut now, 1, 0.0), []);
        assert_eq!(pass(&mut ladder, &mut now, 1, 0.5), [1]);
    }

    #[test]
    fn a_link_between_good_and_bad_stays_where_it_is() {
        let (mut ladder, mut now) = (Ladder::new(), Instant::now());
        pass(&mut ladder, &mut now, 2, 0.1);
        assert_eq!(pass(&mut ladder, &mut now, 300, 0.05), []);
    }

    #[test]
    fn whoever_cannot_carry_more_is_tried_ever_less_often() {
        let (mut ladder, mut now) = (Ladder::new(), Instant::now());
        let mut ups = 0;
        for _ in 0..600 {
            now += Duration::from_secs(1);
            let lost = if ladder.rung == 0 { 0.2 } else { 0.0 };
            ups += usize::from(ladder.report(now, lost, 2) == Some(0));
        }
        assert!((3..=8).contains(&ups), "{ups} steps up in ten minutes");
    }
}
