//! The rate of a stream over the last second.

use std::time::{Duration, Instant};

/// Counts bytes over a sliding second, in steps of 50 ms.
#[derive(Clone, Debug, Default)]
pub struct RateMeter {
    /// Bytes per step; the step of number `n` is counted in `n % STEPS`.
    steps: [u32; STEPS],
    origin: Option<Instant>,
    /// The number of the newest step counted in.
    newest: u64,
}

const STEPS: usize = 20;
const MOMENT_STEPS: usize = 10;
const STEP: Duration = Duration::from_millis(50);

impl RateMeter {
    /// Nothing counted.
    pub fn new() -> Self {
        Self::default()
    }

    /// Counts `bytes` at `now`.
    pub fn add(&mut self, now: Instant, bytes: usize) {
        self.origin.get_or_insert(now);
        let number = self.number_of(now).max(self.newest);
        for emptied in (self.newest + 1..=number).take(STEPS) {
            self.steps[emptied as usize % STEPS] = 0;
        }
        self.newest = number;
        let step = &mut self.steps[number as usize % STEPS];
        *step = step.saturating_add(u32::try_from(bytes).unwrap_or(u32::MAX));
    }

    /// Bits per second over the second before `now`; a stream that only just started counts as silent before.
    pub fn bitrate_bps(&self, now: Instant) -> u64 {
        self.bitrate_over(now, STEPS)
    }

    /// As [`Self::bitrate_bps`], over the last half second.
    pub(crate) fn momentary_bps(&self, now: Instant) -> u64 {
        self.bitrate_over(now, MOMENT_STEPS)
    }

    fn bitrate_over(&self, now: Instant, steps: usize) -> u64 {
        let Some(origin) = self.origin else { return 0 };
        let number = self.number_of(now).max(self.newest);
        let oldest = (number + 1).saturating_sub(steps as u64);
        let bytes: u64 =
            (oldest..=self.newest).map(|number| u64::from(self.steps[number as usize % STEPS])).sum();
        // The newest step is not over yet: of a second, what is counted lies between 950 and 1000 ms back.
        let into_step = now.saturating_duration_since(origin).as_micros() as u64 % STEP.as_micros() as u64;
        let covered = (STEP * (steps as u32 - 1)).as_micros() as u64 + into_step;
        bytes * 8 * 1_000_000 / covered
    }

    fn number_of(&self, now: Instant) -> u64 {
        let elapsed = self.origin.map_or(Duration::ZERO, |origin| now.saturating_duration_since(origin));
        (elapsed.as_micros() / STEP.as_micros()) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(count: u64) -> Duration {
        Duration::from_millis(count)
    }

    #[test]
    fn a_steady_stream_shows_its_rate() {
        let (mut meter, start) = (RateMeter::new(), Instant::now());
        for at in 0..3_000 {
            meter.add(start + ms(at), 125);
            if at > 1_000 {
                let bitrate = meter.bitrate_bps(start + ms(at));
                assert!((990_000..=1_010_000).contains(&bitrate), "{bitrate} at {at}");
            }
        }
    }

    #[test]
    fn silence_ends_in_zero_after_a_second() {
        let (mut meter, start) = (RateMeter::new(), Instant::now());
        assert_eq!(meter.bitrate_bps(start), 0);
        meter.add(start, 1_000);
        assert!(meter.bitrate_bps(start + ms(900)) > 8_000);
        assert_eq!(meter.bitrate_bps(start + ms(1_000)), 0);
        assert_eq!(meter.bitrate_bps(start + ms(100_000)), 0);
    }

    #[test]
    fn what_was_counted_before_a_silence_is_not_counted_after_it() {
        let (mut meter, start) = (RateMeter::new(), Instant::now());
        for at in [0, 100, 5_010] {
            meter.add(start + ms(at), 125);
        }
        assert!(meter.bitrate_bps(start + ms(5_010)) < 1_100);
    }
}
