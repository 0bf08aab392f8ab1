//! What one transport waits for.

use std::time::{Duration, Instant};

/// The things that a transport waits for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(usize)]
pub(crate) enum Due {
    /// The link's own timers: ICE, DTLS.
    Link,
    /// A keyframe request to send.
    KeyFrames,
    /// Lost packets to ask for.
    Nacks,
    /// Transport-wide feedback to send.
    Feedback,
    /// A bitrate estimate to send.
    Estimate,
    /// Sender or receiver reports to send.
    Reports,
    /// Padding to send.
    Padding,
    /// Something may have fallen silent.
    Silence,
}

/// The shortest sleep.
const AGAIN_AFTER: Duration = Duration::from_millis(1);

impl Due {
    const COUNT: usize = 8;
}

/// When each is due.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Deadlines([Option<Instant>; Due::COUNT]);

impl Deadlines {
    /// `due` is due at `at`, or earlier if it is already; no moment asks for nothing.
    pub(crate) fn want(&mut self, due: Due, at: Option<Instant>) {
        let slot = &mut self.0[due as usize];
        if let Some(at) = at {
            *slot = Some(slot.map_or(at, |before| before.min(at)));
        }
    }

    /// As [`Self::want`], for a machine of another crate that was just served: at `now` it is not due again, whatever it
    /// says, so that it cannot keep the loop awake.
    pub(crate) fn want_again(&mut self, due: Due, at: Option<Instant>, now: Instant) {
        self.want(due, at.map(|at| at.max(now + AGAIN_AFTER)));
    }

    /// When `due` is due.
    pub(crate) fn at(&self, due: Due) -> Option<Instant> {
        self.0[due as usize]
    }

    /// The earliest of all.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.0.iter().flatten().min().copied()
    }

    /// Whether `due` is due at `now`; it is then to be wanted anew.
    pub(crate) fn take(&mut self, due: Due, now: Instant) -> bool {
        self.0[due as usize].take_if(|at| *at <= now).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_earliest_wish_counts_until_it_is_taken() {
        let (now, mut deadlines) = (Instant::now(), Deadlines::default());
        let later = now + Duration::from_secs(1);
        deadlines.want(Due::Nacks, Some(later));
        deadlines.want(Due::Nacks, Some(now));
        deadlines.want(Due::Nacks, None);
        deadlines.want(Due::Link, Some(later));
        assert_eq!(deadlines.next(), Some(now));
        assert!(deadlines.take(Due::Nacks, now));
        assert!(!deadlines.take(Due::Link, now));
        assert_eq!(deadlines.next(), Some(later));
    }

    #[test]
    fn whoever_was_just_served_cannot_keep_the_loop_awake() {
        let (now, mut deadlines) = (Instant::now(), Deadlines::default());
        deadlines.want_again(Due::Link, Some(now), now);
        assert!(deadlines.next().unwrap() > now);
    }
}
