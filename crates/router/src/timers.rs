//! Which entity is due when. Every entity stands here once at most, whatever number of things it waits for.

use std::collections::BTreeSet;
use std::time::Instant;

use crate::table::{ObserverKey, TransportKey};

/// Whoever waits for time to pass. Producers and consumers wait through their transports.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Sleeper {
    Transport(TransportKey),
    Observer(ObserverKey),
}

/// An entity's place among the [`Timers`].
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Alarm(Option<Instant>);

/// All sleepers of a router.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    queue: BTreeSet<(Instant, Sleeper)>,
}

impl Timers {
    /// The earliest moment at which anybody is due.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.queue.first().map(|(at, _)| *at)
    }

    /// Has `sleeper` wake at `at` or before. Costs a comparison when it will wake early enough already.
    pub(crate) fn wake_by(&mut self, sleeper: Sleeper, alarm: &mut Alarm, at: Option<Instant>) {
        let Some(at) = at else { return };
        if alarm.0.is_none_or(|armed| at < armed) {
            self.disarm(sleeper, alarm);
            self.queue.insert((at, sleeper));
            alarm.0 = Some(at);
        }
    }

    /// Takes `sleeper` out.
    pub(crate) fn disarm(&mut self, sleeper: Sleeper, alarm: &mut Alarm) {
        if let Some(at) = alarm.0.take() {
            self.queue.remove(&(at, sleeper));
        }
    }

    /// Moves whoever is due at `now` to `due`; their alarms are to be set again.
    pub(crate) fn take_due(&mut self, now: Instant, due: &mut Vec<Sleeper>) {
        while let Some(&(at, sleeper)) = self.queue.first()
            && at <= now
        {
            self.queue.pop_first();
            due.push(sleeper);
        }
    }
}

impl Alarm {
    /// The alarm rang: [`Timers::take_due`] has taken it out.
    pub(crate) fn rang(&mut self) {
        self.0 = None;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::table::Key as _;

    #[test]
    fn only_the_earliest_moment_of_a_sleeper_counts() {
        let (now, mut timers, mut alarm) = (Instant::now(), Timers::default(), Alarm::default());
        let sleeper = Sleeper::Transport(TransportKey::from_index(0));
        for seconds in [5, 3, 4] {
            timers.wake_by(sleeper, &mut alarm, Some(now + Duration::from_secs(seconds)));
        }
        assert_eq!(timers.next(), Some(now + Duration::from_secs(3)));
        let mut due = Vec::new();
        timers.take_due(now + Duration::from_secs(10), &mut due);
        assert_eq!(due, [sleeper]);
        assert_eq!(timers.next(), None);
    }
}
