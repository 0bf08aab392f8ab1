//! Ports that wait for who reserved them (EVEN-PORT, RESERVATION-TOKEN).

use std::collections::HashMap;

use rustc_hash::FxBuildHasher;

use super::Tick;
use crate::HoldId;
use crate::hashing::shrink;

/// A bound socket that waits. Only the user who reserved it gets it.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    pub(crate) user: Box<str>,
    /// The address that it counts for.
    pub(crate) source: u128,
    /// Which of the relay addresses.
    pub(crate) relay: usize,
    pub(crate) port: u16,
    pub(crate) until: Tick,
}

/// All that wait. Each counts as an allocation of who reserved it, so quotas bound them.
#[derive(Debug, Default)]
pub(crate) struct Reservations(HashMap<HoldId, Held, FxBuildHasher>);

impl Reservations {
    pub(crate) fn insert(&mut self, hold: HoldId, held: Held) {
        self.0.insert(hold, held);
    }

    /// Takes what waits, if it is this user's and still waits.
    pub(crate) fn redeem(&mut self, now: Tick, hold: HoldId, user: &str) -> Option<Held> {
        let held = self.0.get(&hold)?;
        if *held.user != *user || held.until <= now { None } else { self.remove(hold) }
    }

    pub(crate) fn remove(&mut self, hold: HoldId) -> Option<Held> {
        let held = self.0.remove(&hold);
        shrink(&mut self.0);
        held
    }
}
