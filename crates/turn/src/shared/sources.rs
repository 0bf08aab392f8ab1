//! How often those without credentials are answered, by all servers together.

use std::hash::BuildHasher;
use std::sync::atomic::{AtomicU64, Ordering};

use super::Tick;
use crate::Rate;
use crate::hashing::SipKey;

/// Places for sources. Two that share one share their rate; a secret decides which do, and nothing grows with their number.
const PLACES: usize = 16_384;
const SECOND_NS: Tick = 1_000_000_000;

/// For each source, when it will have been at its rate again. Without a lock: strangers ask most when there are most of them.
#[derive(Debug)]
pub(crate) struct Sources {
    rate: Option<Rate>,
    key: SipKey,
    clear_at: Box<[AtomicU64]>,
}

impl Sources {
    pub(super) fn new(rate: Option<Rate>, hash_key: &[u8; 16]) -> Self {
        let places = if rate.is_some() { PLACES } else { 0 };
        let clear_at = std::iter::repeat_with(AtomicU64::default).take(places).collect();
        Self { rate, key: SipKey::new(hash_key), clear_at }
    }

    /// Whether this source is answered once more.
    pub(crate) fn admit(&self, now: Tick, source: u128) -> bool {
        let Some(rate) = self.rate else { return true };
        let ahead_max = price(rate) * Tick::from(rate.burst.max(1));
        // Threads read the clock moments apart: whoever reads it earlier finds less room, never more.
        let answered_once_more = |clear_at: Tick| {
            let next = clear_at.max(now) + price(rate);
            (next - now <= ahead_max).then_some(next)
        };
        self.place(source).fetch_update(Ordering::Relaxed, Ordering::Relaxed, answered_once_more).is_ok()
    }

    /// Somebody there has shown credentials: the answer that told them how was no answer to a stranger. So that one address
    /// with many users behind it is as good as many, while one that only asks, or is only pretended to, gets no more.
    pub(crate) fn forgive(&self, now: Tick, source: u128) {
        let Some(rate) = self.rate else { return };
        let forgiven =
            |clear_at: Tick| (clear_at > now).then(|| clear_at.saturating_sub(price(rate)).max(now));
        // Nothing is to be forgiven where it fails.
        let _ = self.place(source).fetch_update(Ordering::Relaxed, Ordering::Relaxed, forgiven);
    }

    fn place(&self, source: u128) -> &AtomicU64 {
        &self.clear_at[self.key.hash_one(source) as usize % PLACES]
    }
}

/// What an answer costs a source, of its time.
fn price(rate: Rate) -> Tick {
    SECOND_NS / Tick::from(rate.per_second.max(1))
}
