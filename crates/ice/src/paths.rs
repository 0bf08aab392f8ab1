//! The validated tuples of a peer: which of them is selected, and until when each lives.

use std::time::{Duration, Instant};

use motet_control::{CandidateProtocol, IceState};

use crate::check::CheckAttributes;
use crate::event::{Event, Events};
use crate::tuple::Tuple;

/// Validated tuples, bounded per transport protocol; when full, the one heard least recently goes.
#[derive(Default)]
pub(crate) struct Paths {
    paths: Vec<Path>,
    selected: Option<Tuple>,
    is_nominated: bool,
    was_connected: bool,
}

struct Path {
    tuple: Tuple,
    /// Of the credentials that its latest check used.
    generation: u32,
    /// The greatest PRIORITY its checks have told.
    priority: u32,
    /// When the controlling side last nominated it, if its latest check did.
    nominated_at: Option<Instant>,
    /// The value of its latest NOMINATION.
    nomination: Option<u32>,
    heard_at: Instant,
    alive_until: Instant,
}

/// How many tuples of one transport protocol are kept: more than a browser with several interfaces has candidates for.
const PATHS_PER_PROTOCOL_MAX: usize = 8;

/// A tuple without a check for so long has lost the peer's consent (RFC 7675 section 5.1).
const CONSENT: Duration = Duration::from_secs(30);

/// Peers that know no consent checks send a Binding indication every 15 s or more (RFC 8445 section 11), libnice one every
/// 25 s: two may take so long that one lost is forgiven.
const KEEPALIVE: Duration = Duration::from_secs(60);

/// A selected tuple whose nomination the peer has not repeated for so long gives way to any other that is nominated.
const NOMINATION_STALE: Duration = Duration::from_secs(3);

/// Authenticated traffic moves a tuple's time no oftener than this, so that timers are not rearmed per packet.
const HEARD_STEP: Duration = Duration::from_secs(1);

impl Paths {
    /// A valid check with the credentials of `generation` came.
    pub(crate) fn accept(
        &mut self,
        now: Instant,
        tuple: Tuple,
        generation: u32,
        check: &CheckAttributes,
        events: &mut Events,
    ) {
        let index = self.index_of(&tuple).unwrap_or_else(|| self.admit(now, tuple, generation, events));
        let path = &mut self.paths[index];
        if generation > path.generation {
            (path.generation, path.nominated_at, path.nomination) = (generation, None, None);
        }
        let was_nominated = path.nominated_at.is_some();
        path.priority = path.priority.max(check.priority);
        path.nominated_at = check.uses_candidate.then_some(now);
        path.nomination = check.nomination.filter(|_| check.uses_candidate).or(path.nomination);
        path.live_on(now, CONSENT);
        if check.uses_candidate && self.takes_over(now, index, was_nominated) {
            self.select(tuple, true, events);
        } else if self.selected.is_none() {
            self.select(tuple, false, events);
        }
    }

    /// Whether the nominated path at `index` is to be selected. The latest nomination wins. A peer that nominates each pair
    /// it checks (RFC 5245's aggressive nomination) means the best of them: there a worse one stands back while the
    /// selected one keeps being nominated.
    fn takes_over(&self, now: Instant, index: usize, was_nominated: bool) -> bool {
        let path = &self.paths[index];
        let Some(selected) = self.selected_path().filter(|_| self.is_nominated) else {
            return true;
        };
        if path.tuple == selected.tuple || path.generation != selected.generation {
            return path.generation >= selected.generation;
        }
        if let (Some(value), Some(selected_value)) = (path.nomination, selected.nomination) {
            return value >= selected_value;
        }
        let is_stale = selected.nominated_at.is_none_or(|at| now.duration_since(at) > NOMINATION_STALE);
        !was_nominated || is_stale || path.rank() >= selected.rank()
    }

    /// Authenticated traffic came over `tuple`.
    pub(crate) fn heard(&mut self, now: Instant, tuple: &Tuple) {
        let path = self.paths.iter_mut().find(|path| path.tuple == *tuple);
        if let Some(path) = path.filter(|path| now.duration_since(path.heard_at) >= HEARD_STEP) {
            path.live_on(now, CONSENT);
        }
    }

    /// A keepalive came over `tuple`; false when that is not validated.
    pub(crate) fn keepalive(&mut self, now: Instant, tuple: &Tuple) -> bool {
        let path = self.paths.iter_mut().find(|path| path.tuple == *tuple);
        path.map(|path| path.live_on(now, KEEPALIVE)).is_some()
    }

    /// Removes what has been silent for too long.
    pub(crate) fn expire(&mut self, now: Instant, events: &mut Events) {
        self.remove_if(|path| path.alive_until <= now, events);
    }

    /// Removes what was validated with the credentials of `generation` and not with newer ones.
    pub(crate) fn retire(&mut self, generation: u32, events: &mut Events) {
        self.remove_if(|path| path.generation == generation, events);
    }

    /// Removes `tuple`, if it is there.
    pub(crate) fn close(&mut self, tuple: &Tuple, events: &mut Events) {
        self.remove_if(|path| path.tuple == *tuple, events);
    }

    pub(crate) fn next_expiry(&self) -> Option<Instant> {
        self.paths.iter().map(|path| path.alive_until).min()
    }

    pub(crate) fn contains(&self, tuple: &Tuple) -> bool {
        self.index_of(tuple).is_some()
    }

    pub(crate) const fn selected(&self) -> Option<Tuple> {
        self.selected
    }

    pub(crate) const fn state(&self) -> IceState {
        match (self.selected, self.is_nominated, self.was_connected) {
            (Some(_), true, _) => IceState::Completed,
            (Some(_), false, _) => IceState::Connected,
            (None, _, true) => IceState::Disconnected,
            (None, _, false) => IceState::New,
        }
    }

    /// Adds a path, in place of the one heard least recently where there is no room; returns its index.
    fn admit(&mut self, now: Instant, tuple: Tuple, generation: u32, events: &mut Events) -> usize {
        let is_rival = |path: &&Path| path.tuple.protocol == tuple.protocol;
        if self.paths.iter().filter(is_rival).count() >= PATHS_PER_PROTOCOL_MAX {
            let others = self.paths.iter().filter(is_rival).filter(|path| Some(path.tuple) != self.selected);
            if let Some(quietest) = others.min_by_key(|path| path.heard_at).map(|path| path.tuple) {
                self.close(&quietest, events);
            }
        }
        self.paths.push(Path {
            tuple,
            generation,
            priority: 0,
            nominated_at: None,
            nomination: None,
            heard_at: now,
            alive_until: now,
        });
        events.push(Event::Validated(tuple));
        self.paths.len() - 1
    }

    fn remove_if(&mut self, is_lost: impl Fn(&Path) -> bool, events: &mut Events) {
        self.paths.retain(|path| {
            let stays = !is_lost(path);
            if !stays {
                events.push(Event::Removed(path.tuple));
            }
            stays
        });
        if self.selected.is_some() && self.selected_path().is_none() {
            self.fall_back(events);
        }
    }

    /// Selects the best of what is left: of the newest credentials, and of these the one heard last.
    fn fall_back(&mut self, events: &mut Events) {
        self.selected = None;
        self.is_nominated = false;
        let best = self.paths.iter().max_by_key(|path| (path.generation, path.heard_at));
        match best.map(|path| (path.tuple, path.nominated_at.is_some())) {
            Some((tuple, is_nominated)) => self.select(tuple, is_nominated, events),
            None => events.push(Event::Disconnected),
        }
    }

    fn select(&mut self, tuple: Tuple, is_nominated: bool, events: &mut Events) {
        if self.selected != Some(tuple) || self.is_nominated != is_nominated {
            events.push(Event::Selected(tuple));
        }
        self.selected = Some(tuple);
        self.is_nominated = is_nominated;
        self.was_connected = true;
    }

    fn selected_path(&self) -> Option<&Path> {
        self.paths.iter().find(|path| Some(path.tuple) == self.selected)
    }

    fn index_of(&self, tuple: &Tuple) -> Option<usize> {
        self.paths.iter().position(|path| path.tuple == *tuple)
    }
}

impl Path {
    /// UDP before TCP, then as the peer prefers its own candidates.
    fn rank(&self) -> (bool, u32) {
        (self.tuple.protocol == CandidateProtocol::Udp, self.priority)
    }

    fn live_on(&mut self, now: Instant, lease: Duration) {
        self.heard_at = now;
        self.alive_until = self.alive_until.max(now + lease);
    }
}
