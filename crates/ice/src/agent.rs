//! The agent: judges each datagram, answers it, and keeps credentials and tuples up to date.

use std::time::Instant;

use motet_control::{IceCredentials, IceState};
use stun_types::message::{IntegrityAlgorithm, Message, MessageHeader, StunParseError};

use crate::answer::{Answer, Answers, Signature, StrangersBudget, Verdict};
use crate::check::CheckAttributes;
use crate::error::IceError;
use crate::event::{Event, Events};
use crate::generation::{Generation, Generations};
use crate::paths::Paths;
use crate::peek::{Check, Class, Outline};
use crate::seen::Seen;
use crate::tuple::Tuple;

/// One peer's ICE, this side lite and controlled.
///
/// After each `handle_*`, [`Self::restart`] and [`Self::tuple_closed`], poll in this order until each is empty:
/// [`Self::poll_transmit`], [`Self::poll_event`], then [`Self::poll_timeout`] once.
pub struct IceLite {
    generations: Generations,
    paths: Paths,
    answers: Answers,
    events: Events,
    strangers: StrangersBudget,
    seen: Seen,
}

impl IceLite {
    /// `remote_ufrag`, where known, must stand in every check's USERNAME.
    pub fn new(credentials: IceCredentials, remote_ufrag: Option<String>) -> Self {
        Self {
            generations: Generations::new(credentials, remote_ufrag),
            paths: Paths::default(),
            answers: Answers::default(),
            events: Events::default(),
            strangers: StrangersBudget::new(),
            seen: Seen::default(),
        }
    }

    /// Takes a STUN datagram that came over `tuple`; an answer, if it deserves one, is queued.
    ///
    /// # Errors
    /// Says why the datagram was no valid check. Nothing but the queue of answers has changed then.
    pub fn handle_datagram(&mut self, now: Instant, tuple: Tuple, datagram: &[u8]) -> Result<(), IceError> {
        let outline = Outline::read(datagram)?;
        match outline.class {
            Class::Request => self.handle_request(now, tuple, datagram, &outline),
            Class::Indication => self.handle_indication(now, &tuple, datagram, &outline),
            Class::Response => Err(IceError::UnexpectedResponse),
        }
    }

    /// Tells that authenticated DTLS or SRTP came over `tuple`: a sign of life beside the peer's checks, for peers that
    /// stop checking once a pair is selected. Does nothing for a tuple that is not validated. Cheap enough per packet.
    pub fn heard(&mut self, now: Instant, tuple: &Tuple) {
        self.paths.heard(now, tuple);
    }

    /// Lets time pass: expires what is silent.
    pub fn handle_timeout(&mut self, now: Instant) {
        if let Some(generation) = self.generations.expire(now) {
            self.retire(&generation);
        }
        self.paths.expire(now, &mut self.events);
    }

    /// When to call [`Self::handle_timeout`] next.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.paths.next_expiry().into_iter().chain(self.generations.retire_at()).min()
    }

    /// The next answer, written over what `out` held, and where it goes.
    pub fn poll_transmit(&mut self, out: &mut Vec<u8>) -> Option<Tuple> {
        let (to, answer) = self.answers.pop()?;
        out.clear();
        out.extend_from_slice(answer.bytes());
        Some(to)
    }

    /// The next event.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop()
    }

    /// Whether DTLS and media from `tuple` may be looked at.
    pub fn is_validated(&self, tuple: &Tuple) -> bool {
        self.paths.contains(tuple)
    }

    /// Where to send: the nominated tuple; until there is one, the tuple validated first.
    pub const fn selected(&self) -> Option<Tuple> {
        self.paths.selected()
    }

    /// The state as the control API tells it: `Connected` without, `Completed` with a nomination.
    pub const fn state(&self) -> IceState {
        self.paths.state()
    }

    /// New local credentials (RFC 8445 section 9), of another username fragment. The former ones and their tuples serve on
    /// until shortly after the first valid check with the new ones; of three sets the one that the peer does not use goes
    /// at once. The remote fragment of the new generation is unknown until told.
    pub fn restart(&mut self, credentials: IceCredentials) {
        if let Some(generation) = self.generations.restart(credentials) {
            self.retire(&generation);
        }
    }

    /// The peer's username fragment that goes with the newest local credentials; checks that name another are refused.
    pub fn set_remote_ufrag(&mut self, remote_ufrag: String) {
        self.generations.set_remote_ufrag(remote_ufrag);
    }

    /// The TCP connection of `tuple` ended.
    pub fn tuple_closed(&mut self, tuple: Tuple) {
        self.paths.close(&tuple, &mut self.events);
    }

    /// The local username fragments accepted, newest first: one, or two around a restart.
    pub fn ufrags(&self) -> impl Iterator<Item = &str> {
        self.generations.newest_first().map(|generation| generation.ufrag.as_str())
    }

    /// A Binding request (RFC 8489 sections 6.3.1 and 9.1.3, RFC 8445 section 7.3).
    fn handle_request(
        &mut self,
        now: Instant,
        tuple: Tuple,
        datagram: &[u8],
        outline: &Outline<'_>,
    ) -> Result<(), IceError> {
        let authentic = match authenticate(&self.generations, datagram, outline) {
            Ok(authentic) => authentic,
            Err(error) => {
                self.refuse_stranger(now, tuple, datagram, error);
                return Err(error);
            }
        };
        let attributes = CheckAttributes::read(&authentic.message)?;
        let transaction = authentic.message.transaction_id();
        // A peer that sends a check again does so over the same tuple (RFC 8489 section 6.2.1).
        if self.seen.contains(transaction) && !self.paths.contains(&tuple) {
            return Err(IceError::Copied);
        }
        let number = authentic.generation.number;
        let (verdict, outcome) = judge(&attributes, &tuple);
        let signature = Signature { key: &authentic.generation.key, algorithm: authentic.algorithm };
        let answer = Answer::write(transaction, &verdict, Some(&signature));
        self.answers.push(tuple, answer);
        outcome?;
        self.seen.note(transaction);
        self.generations.confirm(now, number);
        self.paths.accept(now, tuple, number, &attributes, &mut self.events);
        Ok(())
    }

    /// A keepalive (RFC 8445 section 11): it carries no credentials, so it only prolongs what a check has validated.
    fn handle_indication(
        &mut self,
        now: Instant,
        tuple: &Tuple,
        datagram: &[u8],
        outline: &Outline<'_>,
    ) -> Result<(), IceError> {
        if !self.paths.contains(tuple) {
            return Err(IceError::UnknownTuple);
        }
        if outline.has_fingerprint {
            parse(datagram)?;
        }
        self.paths.keepalive(now, tuple);
        Ok(())
    }

    /// Answers a check that could not be authenticated, if that cannot be used to flood somebody: seldom, and never with
    /// more bytes than came.
    fn refuse_stranger(&mut self, now: Instant, tuple: Tuple, datagram: &[u8], error: IceError) {
        let code = match error {
            IceError::MissingCredentials => 400,
            IceError::UnknownUsername | IceError::WrongRemoteUfrag | IceError::WrongIntegrity => 401,
            _ => return,
        };
        if !self.strangers.take(now) {
            return;
        }
        let Ok(header) = MessageHeader::from_bytes(datagram) else { return };
        let answer = Answer::write(header.transaction_id(), &Verdict::Error(code), None);
        if answer.bytes().len() <= datagram.len() {
            self.answers.push(tuple, answer);
        }
    }

    fn retire(&mut self, generation: &Generation) {
        self.paths.retire(generation.number, &mut self.events);
        // A restart that repeats a fragment leaves it in use.
        if self.generations.find(&generation.ufrag).is_none() {
            self.events.push(Event::CredentialsRetired(generation.ufrag.clone()));
        }
    }
}

/// A check that was made by whoever knows this side's password.
struct Authentic<'a> {
    message: Message<'a>,
    generation: &'a Generation,
    algorithm: IntegrityAlgorithm,
}

/// Cheapest first: the username, the fingerprint, then the integrity, which the library compares in constant time.
fn authenticate<'a>(
    generations: &'a Generations,
    datagram: &'a [u8],
    outline: &Outline<'a>,
) -> Result<Authentic<'a>, IceError> {
    if !outline.has_fingerprint {
        return Err(IceError::BadFingerprint);
    }
    let Check { local_ufrag, remote_ufrag } =
        outline.check.filter(|_| outline.has_integrity).ok_or(IceError::MissingCredentials)?;
    let generation = generations.find(local_ufrag).ok_or(IceError::UnknownUsername)?;
    let message = parse(datagram)?;
    let algorithm =
        message.validate_integrity_with_key(&generation.key).map_err(|_| IceError::WrongIntegrity)?;
    if generation.remote_ufrag.as_ref().is_some_and(|known| known != remote_ufrag) {
        return Err(IceError::WrongRemoteUfrag);
    }
    Ok(Authentic { message, generation, algorithm })
}

/// What an authenticated check is answered, and whether it counts.
fn judge<'a>(attributes: &'a CheckAttributes, tuple: &Tuple) -> (Verdict<'a>, Result<(), IceError>) {
    if !attributes.unknown().is_empty() {
        return (Verdict::UnknownAttributes(attributes.unknown()), Err(IceError::UnknownAttribute));
    }
    // A lite agent cannot take the controlling role (RFC 8445 section 6.1.1), so the peer has to, whatever the tie-breaker.
    if attributes.claims_controlled {
        return (Verdict::Error(487), Err(IceError::RoleConflict));
    }
    (Verdict::Success(tuple.remote), Ok(()))
}

fn parse(datagram: &[u8]) -> Result<Message<'_>, IceError> {
    Message::from_bytes(datagram).map_err(|error| match error {
        StunParseError::FingerprintMismatch => IceError::BadFingerprint,
        _ => IceError::Malformed,
    })
}
