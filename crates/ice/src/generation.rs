//! Local credentials and their succession over ICE restarts (RFC 8445 section 9).

use std::time::{Duration, Instant};

use motet_control::IceCredentials;
use stun_types::message::{IntegrityKey, ShortTermCredentials};

/// One set of credentials.
pub(crate) struct Generation {
    /// Counts restarts: a higher one is newer.
    pub(crate) number: u32,
    pub(crate) ufrag: String,
    pub(crate) key: IntegrityKey,
    /// The peer's fragment, where signaled.
    pub(crate) remote_ufrag: Option<String>,
}

impl Generation {
    fn new(number: u32, credentials: IceCredentials, remote_ufrag: Option<String>) -> Self {
        let key = ShortTermCredentials::new(credentials.password).make_key();
        Self { number, ufrag: credentials.ufrag, key, remote_ufrag }
    }
}

/// The newest credentials, and around a restart the ones in use before.
pub(crate) struct Generations {
    current: Generation,
    former: Option<Former>,
}

struct Former {
    generation: Generation,
    /// Set once the peer has used the current ones.
    retire_at: Option<Instant>,
}

/// How long the former credentials still serve after the first check with the new ones: the peer's media stays on the
/// old tuple until its own side has selected a new one.
const RETIRE_AFTER: Duration = Duration::from_secs(10);

impl Generations {
    pub(crate) fn new(credentials: IceCredentials, remote_ufrag: Option<String>) -> Self {
        Self { current: Generation::new(0, credentials, remote_ufrag), former: None }
    }

    pub(crate) fn find(&self, ufrag: &str) -> Option<&Generation> {
        self.newest_first().find(|generation| generation.ufrag == ufrag)
    }

    pub(crate) fn newest_first(&self) -> impl Iterator<Item = &Generation> {
        std::iter::once(&self.current).chain(self.former.as_ref().map(|former| &former.generation))
    }

    /// Puts new credentials first, and returns those that gave way: whichever of the two before is not in use.
    pub(crate) fn restart(&mut self, credentials: IceCredentials) -> Option<Generation> {
        let next = Generation::new(self.current.number + 1, credentials, None);
        let current = std::mem::replace(&mut self.current, next);
        let keep = |generation| Some(Former { generation, retire_at: None });
        match self.former.take() {
            None => {
                self.former = keep(current);
                None
            }
            Some(Former { generation, retire_at: Some(_) }) => {
                self.former = keep(current);
                Some(generation)
            }
            Some(former) => {
                self.former = Some(former);
                Some(current)
            }
        }
    }

    pub(crate) fn set_remote_ufrag(&mut self, remote_ufrag: String) {
        self.current.remote_ufrag = Some(remote_ufrag);
    }

    /// A valid check with the credentials of `number` came.
    pub(crate) fn confirm(&mut self, now: Instant, number: u32) {
        if let Some(former) = self.former.as_mut().filter(|_| number == self.current.number) {
            former.retire_at.get_or_insert(now + RETIRE_AFTER);
        }
    }

    /// Takes out the former credentials if their time is over.
    pub(crate) fn expire(&mut self, now: Instant) -> Option<Generation> {
        let is_over = self.retire_at().is_some_and(|at| at <= now);
        if is_over { self.former.take().map(|former| former.generation) } else { None }
    }

    pub(crate) fn retire_at(&self) -> Option<Instant> {
        self.former.as_ref()?.retire_at
    }
}
