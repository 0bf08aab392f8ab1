//! The rate of a stream over the last second.

use std::time::Instant;

/// Counts bytes over a sliding second, in steps of 50 ms.
#[derive(Clone, Debug, Default)]
pub struct RateMeter {}

impl RateMeter {
    /// Nothing counted.
    pub fn new() -> Self {
        Self::default()
    }

    /// Counts `bytes` at `now`.
    pub fn add(&mut self, now: Instant, bytes: usize) {
        let _ = (now, bytes);
        todo!()
    }

    /// Bits per second over the second before `now`.
    pub fn bitrate_bps(&self, now: Instant) -> u64 {
        let _ = now;
        todo!()
    }
}
