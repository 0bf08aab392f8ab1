//! Bytes a second, counted without a lock.

use std::sync::atomic::{AtomicU64, Ordering};

use super::Tick;
use crate::Quotas;

/// What each relayed datagram costs beside its payload: the headers of IPv4 and UDP. Without it empty ones would be free.
const OVERHEAD_BYTES: u64 = 28;
/// How far ahead of its rate somebody may be: a keyframe and a scene change fit.
const BURST_NS: u64 = 1_000_000_000;
/// Fractional bits of a byte's price.
const PRICE_BITS: u32 = 10;

/// What one user or address has relayed: the moment at which it will have been at its rate again.
#[derive(Debug, Default)]
pub(crate) struct Budget(AtomicU64);

impl Budget {
    /// When nothing of what was relayed matters any more.
    pub(crate) fn clear_at(&self) -> Tick {
        self.0.load(Ordering::Relaxed)
    }

    /// Takes a price. Whoever is ahead by more than the burst gets nothing; others get all of it.
    fn spend(&self, now: Tick, price_ns: u64) -> bool {
        let spend = |clear_at: Tick| {
            (clear_at.saturating_sub(now) <= BURST_NS).then(|| clear_at.max(now).saturating_add(price_ns))
        };
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, spend).is_ok()
    }

    fn is_spent(&self, now: Tick) -> bool {
        self.clear_at().saturating_sub(now) > BURST_NS
    }
}

/// What a byte costs a user and an address, in nanoseconds of their time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Budgets {
    user_price: Option<u64>,
    address_price: Option<u64>,
}

impl Budgets {
    pub(crate) fn new(quotas: &Quotas) -> Self {
        let price = |rate: Option<u64>| rate.map(|rate| (1_000_000_000 << PRICE_BITS) / rate.max(1));
        Self {
            user_price: price(quotas.bytes_per_second_per_user_max),
            address_price: price(quotas.bytes_per_second_per_address_max),
        }
    }

    /// Whether both may relay so many bytes more; if not, neither is charged.
    pub(crate) fn spend(&self, now: Tick, user: &Budget, address: &Budget, bytes: usize) -> bool {
        let cost = |price: u64| price.saturating_mul(bytes as u64 + OVERHEAD_BYTES) >> PRICE_BITS;
        if self.address_price.is_some() && address.is_spent(now) {
            return false;
        }
        self.user_price.is_none_or(|price| user.spend(now, cost(price)))
            && self.address_price.is_none_or(|price| address.spend(now, cost(price)))
    }
}
