//! How many messages a second one socket may send.

use std::time::Instant;

/// A bucket that holds one second's messages and fills as time passes.
pub(super) struct MessageRate {
    per_second: f64,
    tokens: f64,
    filled_at: Instant,
}

impl MessageRate {
    pub(super) fn new(per_second_max: u32, now: Instant) -> Self {
        let per_second = f64::from(per_second_max);
        Self { per_second, tokens: per_second, filled_at: now }
    }

    /// Whether one more message may come.
    pub(super) fn takes(&mut self, now: Instant) -> bool {
        let passed = now.saturating_duration_since(self.filled_at).as_secs_f64();
        self.tokens = (self.tokens + passed * self.per_second).min(self.per_second);
        self.filled_at = now;
        let takes = self.tokens >= 1.0;
        if takes {
            self.tokens -= 1.0;
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
        assert_eq!((0..1_000).filter(|_| rate.takes(start)).count(), 100);
        assert_eq!((0..1_000).filter(|_| rate.takes(start + Duration::from_millis(500))).count(), 50);
        let steady = |n: u32| start + Duration::from_secs(10) + Duration::from_millis(10) * n;
        assert!((0..1_000).all(|n| rate.takes(steady(n))));
    }
}
