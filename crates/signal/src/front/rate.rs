//! How much one socket may send.

use std::time::Instant;

/// Bytes a second, beside the number of messages: what an answer in the biggest room is long, a few times over.
const BYTES_PER_SECOND: u32 = 2 * 1024 * 1024;
/// Bytes at once, after a quiet while.
const BYTES_MAX: u32 = 8 * 1024 * 1024;

/// Messages and bytes, each in its bucket.
pub(super) struct MessageRate {
    messages: Bucket,
    bytes: Bucket,
}

/// Holds what may come at once, and fills as time passes.
struct Bucket {
    per_second: f64,
    size: f64,
    left: f64,
    filled_at: Instant,
}

impl MessageRate {
    pub(super) fn new(per_second_max: u32, now: Instant) -> Self {
        Self {
            messages: Bucket::new(per_second_max, per_second_max, now),
            bytes: Bucket::new(BYTES_PER_SECOND, BYTES_MAX, now),
        }
    }

    /// Whether one more message of `len` bytes may come.
    pub(super) fn takes(&mut self, now: Instant, len: usize) -> bool {
        // Messages are far shorter than what a float counts exactly.
        self.messages.takes(now, 1.0) && self.bytes.takes(now, len as f64)
    }
}

impl Bucket {
    fn new(per_second: u32, size: u32, now: Instant) -> Self {
        let (per_second, size) = (f64::from(per_second), f64::from(size));
        Self { per_second, size, left: size, filled_at: now }
    }

    fn takes(&mut self, now: Instant, amount: f64) -> bool {
        let passed = now.saturating_duration_since(self.filled_at).as_secs_f64();
        self.left = (self.left + passed * self.per_second).min(self.size);
        self.filled_at = now;
        let takes = self.left >= amount;
        if takes {
            self.left -= amount;
        }
        takes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_second_holds_its_messages_and_no_more() {
        let start = Instant::now();
        let mut rate = MessageRate::new(100, start);
        assert_eq!((0..1_000).filter(|_| rate.takes(start, 9)).count(), 100);
        assert_eq!((0..1_000).filter(|_| rate.takes(start + Duration::from_millis(500), 9)).count(), 50);
        let steady = |n: u32| start + Duration::from_secs(10) + Duration::from_millis(10) * n;
        assert!((0..1_000).all(|n| rate.takes(steady(n), 9)));
    }

    #[test]
    fn long_messages_count_by_their_bytes() {
        let start = Instant::now();
        let mut rate = MessageRate::new(100, start);
        let longest = 512 * 1024;
        assert_eq!((0..100).filter(|_| rate.takes(start, longest)).count(), 16);
        let later = start + Duration::from_secs(1);
        assert_eq!((0..100).filter(|_| rate.takes(later, longest)).count(), 4);
    }
}
