//! Deadlines of people and rooms, soonest first.

use std::collections::BTreeSet;
use std::time::Instant;

use motet_control::RouterId;

use crate::ids::ParticipantId;

/// Whose time is up.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Timer {
    /// A dropped participant did not come back.
    ResumeGrace(ParticipantId),
    /// Nobody came to an empty room.
    EmptyGrace(RouterId),
    /// Time may change how a room moves media.
    Review(RouterId),
}

/// At most one deadline for each participant and two for each room, so as bounded as they are.
#[derive(Default)]
pub(super) struct Timers(BTreeSet<(Instant, Timer)>);

impl Timers {
    pub(super) fn set(&mut self, at: Instant, timer: Timer) {
        self.0.insert((at, timer));
    }

    /// `at` as it was set.
    pub(super) fn cancel(&mut self, at: Instant, timer: Timer) {
        self.0.remove(&(at, timer));
    }

    pub(super) fn next(&self) -> Option<Instant> {
        self.0.first().map(|(at, _)| *at)
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn pop_due(&mut self, now: Instant) -> Option<Timer> {
        if self.next()? > now {
            return None;
        }
        self.0.pop_first().map(|(_, timer)| timer)
    }
}
