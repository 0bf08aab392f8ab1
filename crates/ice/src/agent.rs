//! The agent: credentials, validated tuples, which of them is selected, and until when each lives.

use std::time::Instant;

use motet_control::{IceCredentials, IceState};

use crate::error::IceError;
use crate::tuple::Tuple;

/// What happened; see [`IceLite::poll_event`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Event {
    /// A first valid check came over this tuple: DTLS and media may be taken from it.
    Validated(Tuple),
    /// The tuple is no longer valid: too quiet, pushed out by newer ones, closed, or of a retired set of credentials.
    Removed(Tuple),
    /// Everything is to be sent over this tuple.
    Selected(Tuple),
    /// No tuple is left; nothing may be sent until one is selected again.
    Disconnected,
    /// The credentials of this local username fragment are no longer accepted, after a restart.
    CredentialsRetired(String),
}

/// One peer's ICE, this side lite and controlled.
///
/// After each `handle_*`, [`Self::restart`] and [`Self::tuple_closed`], poll in this order until each is empty:
/// [`Self::poll_transmit`], [`Self::poll_event`], then [`Self::poll_timeout`] once.
pub struct IceLite {
    _credentials: IceCredentials,
}

impl IceLite {
    /// `remote_ufrag`, where known, must stand in every check's USERNAME.
    pub fn new(credentials: IceCredentials, remote_ufrag: Option<String>) -> Self {
        let _ = remote_ufrag;
        Self { _credentials: credentials }
    }

    /// Takes a STUN datagram that came over `tuple`; an answer, if it deserves one, is queued.
    ///
    /// # Errors
    /// Says why the datagram was no valid check. Nothing but the queue of answers has changed then.
    pub fn handle_datagram(&mut self, now: Instant, tuple: Tuple, datagram: &[u8]) -> Result<(), IceError> {
        let _ = (now, tuple, datagram);
        todo!()
    }

    /// Tells that authenticated DTLS or SRTP came over `tuple`: a sign of life beside the peer's checks, for peers that
    /// stop checking once a pair is selected. Does nothing for a tuple that is not validated.
    pub fn heard(&mut self, now: Instant, tuple: &Tuple) {
        let _ = (now, tuple);
        todo!()
    }

    /// Lets time pass: expires what is silent.
    pub fn handle_timeout(&mut self, now: Instant) {
        let _ = now;
        todo!()
    }

    /// When to call [`Self::handle_timeout`] next.
    pub fn poll_timeout(&self) -> Option<Instant> {
        todo!()
    }

    /// The next answer, written over what `out` held, and where it goes.
    pub fn poll_transmit(&mut self, out: &mut Vec<u8>) -> Option<Tuple> {
        let _ = out;
        todo!()
    }

    /// The next event.
    pub fn poll_event(&mut self) -> Option<Event> {
        todo!()
    }

    /// Whether DTLS and media from `tuple` may be looked at.
    pub fn is_validated(&self, tuple: &Tuple) -> bool {
        let _ = tuple;
        todo!()
    }

    /// Where to send: the nominated tuple; until there is one, the tuple validated first.
    pub fn selected(&self) -> Option<Tuple> {
        todo!()
    }

    /// The state as the control API tells it: `Connected` without, `Completed` with a nomination.
    pub fn state(&self) -> IceState {
        todo!()
    }

    /// New local credentials (RFC 8445 section 9). The former ones and their tuples serve on until shortly after the
    /// first valid check with the new ones. The remote fragment of the new generation is unknown until told.
    pub fn restart(&mut self, credentials: IceCredentials) {
        let _ = credentials;
        todo!()
    }

    /// The peer's username fragment that goes with the newest local credentials; checks that name another are refused.
    pub fn set_remote_ufrag(&mut self, remote_ufrag: String) {
        let _ = remote_ufrag;
        todo!()
    }

    /// The TCP connection of `tuple` ended.
    pub fn tuple_closed(&mut self, now: Instant, tuple: Tuple) {
        let _ = (now, tuple);
        todo!()
    }

    /// The local username fragments accepted, newest first: one, or two around a restart.
    pub fn ufrags(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self._credentials.ufrag.as_str())
    }
}
