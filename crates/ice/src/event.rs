//! What the agent tells, and the queue it waits in.

use std::collections::VecDeque;

use crate::tuple::Tuple;

/// What happened; see [`crate::IceLite::poll_event`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Event {
    /// A first valid check came over this tuple: DTLS and media may be taken from it.
    Validated(Tuple),
    /// The tuple is no longer valid: too quiet, pushed out by newer ones, closed, or of a retired set of credentials.
    Removed(Tuple),
    /// Everything is to be sent over this tuple. Told again when the tuple in use is nominated.
    Selected(Tuple),
    /// No tuple is left; nothing may be sent until one is selected again.
    Disconnected,
    /// The credentials of this local username fragment are no longer accepted, after a restart.
    CredentialsRetired(String),
}

/// Several times what one call can cause: retiring a generation removes at most sixteen tuples.
const EVENTS_MAX: usize = 128;

/// Events not polled yet. The owner polls after each call; one that never does loses the oldest, not memory.
#[derive(Default)]
pub(crate) struct Events(VecDeque<Event>);

impl Events {
    pub(crate) fn push(&mut self, event: Event) {
        if self.0.len() == EVENTS_MAX {
            self.0.pop_front();
        }
        self.0.push_back(event);
    }

    pub(crate) fn pop(&mut self) -> Option<Event> {
        self.0.pop_front()
    }
}
