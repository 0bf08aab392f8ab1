//! The choice of size by what a receiver says it lost, where it says nothing else.

use std::time::Instant;

use super::{Hold, Step};

/// More lost than this is no accident: a smaller picture leaves room.
const BAD_LOSS: f32 = 0.08;
/// So much lost that one report suffices.
const TERRIBLE_LOSS: f32 = 0.25;
/// Less lost than this is a link that may carry more.
const GOOD_LOSS: f32 = 0.02;
/// Bad reports in a row before a step down.
const BAD_REPORTS: u8 = 2;

/// What is remembered of a link.
#[derive(Clone, Debug, Default)]
pub(super) struct Loss {
    bad: u8,
    good_since: Option<Instant>,
}

impl Loss {
    /// Takes a report, one a second or so.
    pub(super) fn judge(
        &mut self,
        now: Instant,
        rung: usize,
        lost: f32,
        rungs: usize,
        hold: &mut Hold,
    ) -> Option<Step> {
        self.bad = if lost > BAD_LOSS { self.bad + 1 } else { 0 };
        if lost > GOOD_LOSS {
            self.good_since = None;
        }
        if self.bad >= BAD_REPORTS || lost > TERRIBLE_LOSS {
            self.bad = 0;
            let below = Some(rung + 1).filter(|below| *below < rungs)?;
            hold.step_down();
            return Some(Step::Go(below));
        }
        let above = rung.checked_sub(1).filter(|_| lost <= GOOD_LOSS)?;
        let since = *self.good_since.get_or_insert(now);
        if now < since + hold.length {
            return None;
        }
        self.good_since = None;
        hold.step_up(now);
        Some(Step::Go(above))
    }
}
