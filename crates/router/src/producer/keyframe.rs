//! When to ask a producer's stream for a keyframe: many ask, one request goes out.

use std::time::{Duration, Instant};

/// A sender gets at most one request in this time: a keyframe costs many times an ordinary frame.
const SPACING_MIN: Duration = Duration::from_millis(500);
/// A keyframe that has not come after this is asked for again.
const REPEAT_AFTER: Duration = Duration::from_secs(1);
/// Asked this often without anybody wishing for one anew, the sender is left alone: it is mute or gone.
const REPEATS_MAX: u8 = 3;

/// What to send.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Ask {
    /// A new request: an FIR takes the next command number.
    New,
    /// The last request anew: an FIR repeats its command number (RFC 5104 section 4.3.1.2).
    Repeat,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum State {
    /// Nobody waits.
    #[default]
    Satisfied,
    /// Wished for; to be sent once the spacing allows.
    Wished,
    /// Sent, not come yet.
    Awaited { repeats: u8 },
}

/// Merges and paces the requests for keyframes of one stream.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct KeyFrameRequests {
    state: State,
    sent_at: Option<Instant>,
    due: Option<Instant>,
}

impl KeyFrameRequests {
    /// Somebody needs a keyframe. Cheap: a consumer that waits says so with every packet that it cannot use.
    pub(crate) fn wish(&mut self, now: Instant) {
        match self.state {
            State::Satisfied => {
                self.state = State::Wished;
                self.due = Some(self.sent_at.map_or(now, |sent| now.max(sent + SPACING_MIN)));
            }
            State::Wished => {}
            State::Awaited { .. } => {
                self.state = State::Awaited { repeats: 0 };
                self.due = self.sent_at.map(|sent| sent + REPEAT_AFTER);
            }
        }
    }

    /// A keyframe starts: whoever waits for it gets it.
    pub(crate) fn handle_key_frame(&mut self) {
        self.state = State::Satisfied;
        self.due = None;
    }

    /// When [`Self::poll`] has something to do.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        self.due
    }

    /// What to send at `now`.
    pub(crate) fn poll(&mut self, now: Instant) -> Option<Ask> {
        if self.due.is_none_or(|due| due > now) {
            return None;
        }
        let (ask, repeats) = match self.state {
            State::Satisfied => return None,
            State::Wished => (Ask::New, 0),
            State::Awaited { repeats } => (Ask::Repeat, repeats + 1),
        };
        self.state = State::Awaited { repeats };
        self.sent_at = Some(now);
        self.due = (repeats < REPEATS_MAX).then_some(now + REPEAT_AFTER);
        Some(ask)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_wish_goes_out_at_once_and_others_merge_into_it() {
        let (now, mut requests) = (Instant::now(), KeyFrameRequests::default());
        requests.wish(now);
        requests.wish(now);
        assert_eq!(requests.poll(now), Some(Ask::New));
        requests.wish(now);
        assert_eq!(requests.poll(now), None);
    }

    #[test]
    fn a_wish_right_after_a_keyframe_waits_for_the_spacing() {
        let (now, mut requests) = (Instant::now(), KeyFrameRequests::default());
        requests.wish(now);
        requests.poll(now);
        requests.handle_key_frame();
        requests.wish(now + Duration::from_millis(100));
        assert_eq!(requests.poll(now + Duration::from_millis(100)), None);
        assert_eq!(requests.poll_timeout(), Some(now + SPACING_MIN));
        assert_eq!(requests.poll(now + SPACING_MIN), Some(Ask::New));
    }

    #[test]
    fn a_keyframe_that_does_not_come_is_asked_for_again_a_few_times() {
        let (mut now, mut requests) = (Instant::now(), KeyFrameRequests::default());
        requests.wish(now);
        requests.poll(now);
        for _ in 0..REPEATS_MAX {
            now += REPEAT_AFTER;
            assert_eq!(requests.poll(now), Some(Ask::Repeat));
        }
        assert_eq!(requests.poll_timeout(), None);
    }

    #[test]
    fn whoever_still_waits_keeps_the_asking_alive() {
        let (mut now, mut requests) = (Instant::now(), KeyFrameRequests::default());
        requests.wish(now);
        requests.poll(now);
        for _ in 0..20 {
            now += REPEAT_AFTER;
            requests.wish(now);
            assert_eq!(requests.poll(now), Some(Ask::Repeat));
        }
    }

    #[test]
    fn a_keyframe_ends_the_asking() {
        let (now, mut requests) = (Instant::now(), KeyFrameRequests::default());
        requests.wish(now);
        requests.poll(now);
        requests.handle_key_frame();
        assert_eq!(requests.poll_timeout(), None);
    }
}
