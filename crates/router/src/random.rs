//! Chance from a seed: first sequence numbers, the SSRCs of reports, the times between reports.

use std::time::Duration;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

/// One router's chance. The same seed and the same calls give the same numbers.
pub(crate) struct Chance(ChaCha8Rng);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    pub(crate) fn u32(&mut self) -> u32 {
        self.0.next_u32()
    }

    /// Between half and one and a half times `interval`, as RFC 3550 section 6.3.1 spreads reports.
    pub(crate) fn around(&mut self, interval: Duration) -> Duration {
        interval / 2 + interval.mul_f64(f64::from(self.0.next_u32()) / f64::from(u32::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_stay_around_their_mean() {
        let (mut chance, second) = (Chance::new(1), Duration::from_secs(1));
        let drawn: Vec<Duration> = (0..1_000).map(|_| chance.around(second)).collect();
        assert!(drawn.iter().all(|interval| *interval >= second / 2 && *interval <= second * 3 / 2));
        assert!(drawn.iter().any(|interval| *interval < second * 6 / 10));
        assert!(drawn.iter().any(|interval| *interval > second * 14 / 10));
    }
}
