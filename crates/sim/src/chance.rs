//! Chance from a seed: every part of a scenario draws from a stream of its own, so that a draw more in one part leaves
//! the others as they were.

use std::time::Duration;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

/// One stream of draws.
#[derive(Clone, Debug)]
pub struct Chance(ChaCha8Rng);

impl Chance {
    /// The stream of `seed` for `purpose`; two purposes never share draws.
    pub fn new(seed: u64, purpose: &str) -> Self {
        // FNV-1a: stable over releases, unlike std's hasher.
        let mix = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        let stream = purpose.bytes().fold(0xcbf2_9ce4_8422_2325, mix);
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(stream);
        Self(rng)
    }

    /// Any number.
    pub fn u64(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// Any number.
    pub fn u32(&mut self) -> u32 {
        self.0.next_u32()
    }

    /// A number below `end`; 0 where `end` is 0.
    pub fn below(&mut self, end: usize) -> usize {
        // The bias of the remainder is far below what any scenario could tell.
        (self.u64() % (end.max(1) as u64)) as usize
    }

    /// True with this probability.
    pub fn happens(&mut self, probability: f64) -> bool {
        // Drawn even where the outcome is certain: switching a condition on shifts no other draw.
        let drawn = f64::from(self.u32()) / (f64::from(u32::MAX) + 1.0);
        drawn < probability
    }

    /// A duration of at most `longest`.
    pub fn up_to(&mut self, longest: Duration) -> Duration {
        longest.mul_f64(f64::from(self.u32()) / f64::from(u32::MAX))
    }

    /// `len` lower-case letters, for ICE credentials.
    pub fn letters(&mut self, len: usize) -> String {
        (0..len).map(|_| char::from(b'a' + self.below(26) as u8)).collect()
    }

    /// `len` bytes.
    pub fn bytes(&mut self, len: usize) -> Vec<u8> {
        let mut bytes = vec![0; len];
        self.0.fill_bytes(&mut bytes);
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_seed_and_purpose_draw_one_stream() {
        let draws = |seed, purpose| {
            let mut chance = Chance::new(seed, purpose);
            [chance.u64(), chance.u64()]
        };
        assert_eq!(draws(1, "loss"), draws(1, "loss"));
        assert_ne!(draws(1, "loss"), draws(1, "delay"));
        assert_ne!(draws(1, "loss"), draws(2, "loss"));
    }

    #[test]
    fn a_probability_is_about_kept() {
        let mut chance = Chance::new(7, "test");
        let happened = (0..10_000).filter(|_| chance.happens(0.2)).count();
        assert!((1_800..2_200).contains(&happened), "{happened}");
    }
}
