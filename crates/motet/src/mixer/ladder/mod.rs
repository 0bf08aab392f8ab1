//! Which size of the picture a listener's link carries: a pure policy over what is known of the link.

mod loss;
mod room;

use std::time::{Duration, Instant};

use self::loss::Loss;
use self::room::Room;

/// What is known of a link.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Report {
    /// The receiver says what comes, from which this is estimated, in bits per second.
    Carries {
        /// What the link carries of the picture.
        available_bps: u64,
        /// What of the picture is sent.
        used_bps: u64,
    },
    /// The receiver says no more than the share that was lost since the report before.
    Loses(f32),
}

/// What to do about it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Step {
    /// Another size suits the link.
    Go(usize),
    /// Find out whether the link carries so much, in bits per second.
    Try(u64),
}

/// How long after a step down more is tried; doubled each time that it turns out wrong, up to the second.
const HOLD: Duration = Duration::from_secs(10);
const HOLD_MAX: Duration = Duration::from_secs(80);
/// A step up that has lasted so long was right.
const LASTED: Duration = Duration::from_secs(30);

/// One listener's place among the sizes; 0 is the largest.
#[derive(Clone, Debug)]
pub(super) struct Ladder {
    rung: usize,
    hold: Hold,
    room: Room,
    loss: Loss,
}

impl Ladder {
    /// Begins with the largest, for that is what a listener consumes at first.
    pub(super) fn new() -> Self {
        Self { rung: 0, hold: Hold::new(), room: Room::default(), loss: Loss::default() }
    }

    /// Takes a report. `sizes` are what each size may use at most, in bits per second, largest first.
    pub(super) fn report(&mut self, now: Instant, report: Report, sizes: &[u64]) -> Option<Step> {
        self.hold.pass(now);
        let step = match report {
            Report::Carries { available_bps, used_bps } => {
                self.room.judge(now, self.rung, (available_bps, used_bps), sizes, &mut self.hold)
            }
            Report::Loses(lost) => self.loss.judge(now, self.rung, lost, sizes.len(), &mut self.hold),
        };
        if let Some(Step::Go(rung)) = step {
            self.rung = rung;
        }
        step
    }
}

/// How patient a ladder is.
#[derive(Clone, Debug)]
struct Hold {
    length: Duration,
    /// The last step up, which may yet turn out wrong.
    stepped_up_at: Option<Instant>,
}

impl Hold {
    fn new() -> Self {
        Self { length: HOLD, stepped_up_at: None }
    }

    fn pass(&mut self, now: Instant) {
        if self.stepped_up_at.is_some_and(|at| now >= at + LASTED) {
            *self = Self::new();
        }
    }

    fn step_up(&mut self, now: Instant) {
        self.stepped_up_at = Some(now);
    }

    fn step_down(&mut self) {
        if self.stepped_up_at.take().is_some() {
            self.lengthen();
        }
    }

    fn lengthen(&mut self) {
        self.length = (self.length * 2).min(HOLD_MAX);
    }
}

#[cfg(test)]
mod tests;
