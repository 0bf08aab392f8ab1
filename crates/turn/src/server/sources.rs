//! How often those without credentials are answered.

use std::hash::BuildHasher;

use crate::Rate;
use crate::hashing::SipKey;
use crate::shared::Tick;

/// Places for sources. Two that share one share their rate; a secret decides which do, and nothing grows with their number.
const PLACES: usize = 16_384;
const SECOND_NS: Tick = 1_000_000_000;

/// For each source, when it will have been at its rate again.
#[derive(Debug)]
pub(super) struct Sources {
    rate: Option<Rate>,
    key: SipKey,
    clear_at: Vec<Tick>,
}

impl Sources {
    pub(super) fn new(rate: Option<Rate>, key: SipKey) -> Self {
        Self { clear_at: vec![0; if rate.is_some() { PLACES } else { 0 }], rate, key }
    }

    /// Whether this source is answered once more.
    pub(super) fn admit(&mut self, now: Tick, source: u128) -> bool {
        let Some(rate) = self.rate else { return true };
        let price = SECOND_NS / Tick::from(rate.per_second.max(1));
        let place = self.key.hash_one(source) as usize % PLACES;
        let next = self.clear_at[place].max(now) + price;
        let is_within = next - now <= price * Tick::from(rate.burst.max(1));
        if is_within {
            self.clear_at[place] = next;
        }
        is_within
    }

    /// Somebody there has shown credentials: the answer that told them how was no answer to a stranger. So that one address
    /// with many users behind it is as good as many, while one that only asks, or is only pretended to, gets no more.
    pub(super) fn forgive(&mut self, now: Tick, source: u128) {
        let Some(rate) = self.rate else { return };
        let price = SECOND_NS / Tick::from(rate.per_second.max(1));
        let clear_at = &mut self.clear_at[self.key.hash_one(source) as usize % PLACES];
        *clear_at = clear_at.saturating_sub(price).max(now);
    }
}
