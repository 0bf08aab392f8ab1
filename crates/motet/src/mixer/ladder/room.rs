//! The choice of size by what a link carries.

use std::time::{Duration, Instant};

use super::{Hold, Step};

/// So much of what a size may use has to be there before it is sent, in percent: for keyframes, retransmissions, and what
/// others begin to send.
const MARGIN_PERCENT: u64 = 115;
/// A link that carries less than this share of what is sent, in percent, has a queue that grows by the moment.
const SHORT_PERCENT: u64 = 80;
/// One that carries a little less than is sent is given so long: estimates are cautious for moments.
const SHORT: Duration = Duration::from_secs(4);
/// For so long after a step down, what was sent lately is what the larger size sent.
const SETTLING: Duration = Duration::from_millis(1_500);
/// Between a step up and the next.
const PAUSE: Duration = Duration::from_secs(2);

/// What is remembered of a link.
#[derive(Clone, Debug, Default)]
pub(super) struct Room {
    is_placed: bool,
    /// What is sent is compared from then on.
    settled_at: Option<Instant>,
    short_since: Option<Instant>,
    /// No step up before this.
    up_at: Option<Instant>,
    /// No try before this.
    try_at: Option<Instant>,
}

impl Room {
    pub(super) fn judge(
        &mut self,
        now: Instant,
        rung: usize,
        (available_bps, used_bps): (u64, u64),
        sizes: &[u64],
        hold: &mut Hold,
    ) -> Option<Step> {
        if !std::mem::replace(&mut self.is_placed, true) {
            // Nothing is sent yet: this is what the link is known, or thought, to carry.
            return fitting(sizes, rung, available_bps).filter(|place| *place != rung).map(Step::Go);
        }
        let size_bps = *sizes.get(rung)?;
        // A keyframe makes a burst that says nothing about what the size needs, and what was sent before a step down says
        // nothing about what is sent after it.
        let needed_bps = if self.has_settled(now) { used_bps.min(size_bps) } else { size_bps };
        if self.is_short(now, available_bps, needed_bps) {
            let below = fitting(sizes, rung + 1, available_bps)?;
            hold.step_down();
            self.settled_at = Some(now + SETTLING);
            (self.up_at, self.try_at) = (Some(now + hold.length), None);
            return Some(Step::Go(below));
        }
        let above = rung.checked_sub(1)?;
        self.rise(now, above, available_bps, sizes[above] * MARGIN_PERCENT / 100, hold)
    }

    /// Whether the link carries less than what is sent, and not just for a moment.
    fn is_short(&mut self, now: Instant, available_bps: u64, needed_bps: u64) -> bool {
        if available_bps >= needed_bps {
            self.short_since = None;
            return false;
        }
        let since = *self.short_since.get_or_insert(now);
        let has_lasted = now >= since + SHORT && self.has_settled(now);
        let is_short = available_bps < needed_bps * SHORT_PERCENT / 100 || has_lasted;
        if is_short {
            self.short_since = None;
        }
        is_short
    }

    fn has_settled(&self, now: Instant) -> bool {
        self.settled_at.is_none_or(|at| now >= at)
    }

    /// Steps up where that is known to be carried, or has it tried.
    fn rise(
        &mut self,
        now: Instant,
        above: usize,
        available_bps: u64,
        wanted_bps: u64,
        hold: &mut Hold,
    ) -> Option<Step> {
        let is_due = |at: Option<Instant>| at.is_none_or(|at| now >= at);
        if !is_due(self.up_at) || self.short_since.is_some() {
            return None;
        }
        if available_bps >= wanted_bps {
            hold.step_up(now);
            (self.up_at, self.try_at) = (Some(now + PAUSE), None);
            return Some(Step::Go(above));
        }
        if !is_due(self.try_at) {
            return None;
        }
        self.try_at = Some(now + hold.length);
        hold.lengthen();
        Some(Step::Try(wanted_bps))
    }
}

/// The largest size from this one on that the link carries, or the smallest. `None` where there is none.
fn fitting(sizes: &[u64], from: usize, available_bps: u64) -> Option<usize> {
    let is_carried = |rung: &usize| sizes[*rung] <= available_bps;
    (from..sizes.len()).find(is_carried).or_else(|| sizes.len().checked_sub(1).filter(|last| *last >= from))
}
