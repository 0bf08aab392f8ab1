//! How long packets should wait: as long as all but the latest few percent take more than the fastest.

use std::time::{Duration, Instant};

use super::pcm::SAMPLE_RATE;

/// The shortest wait. A turn of the mixer is as long, so less would not be heard.
pub(super) const DELAY_MIN: Duration = Duration::from_millis(20);
/// Lateness is counted in steps of this.
const STEP: Duration = Duration::from_millis(5);
/// The most that is told apart; what is later still counts as this late.
const STEPS: usize = 100;
/// Packets that may come too late. Waiting for the very last would make everyone's delay that of the worst moment.
const LATE_SHARE: f32 = 0.03;
/// What a new packet counts against all before it: about the last second of packets matters.
const FORGET: f32 = 0.015;
/// For so long the fastest packet is remembered, twice over. Clocks drift apart by less than a step meanwhile.
const FASTEST_WINDOW: Duration = Duration::from_secs(4);
/// A packet this much earlier or later than all others means that the sender's clock was set anew.
const JUMP: Duration = Duration::from_secs(2);

/// Watches one stream's packets come.
#[derive(Debug)]
pub(super) struct Delay {
    lateness: [f32; STEPS],
    packets: u32,
    epoch: Instant,
    window_ends: Instant,
    fastest_us: i64,
    fastest_before_us: i64,
}

impl Delay {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            lateness: [0.0; STEPS],
            packets: 0,
            epoch: now,
            window_ends: now + FASTEST_WINDOW,
            fastest_us: i64::MAX,
            fastest_before_us: i64::MAX,
        }
    }

    /// A packet came whose first sample is `time`, in samples at 48 kHz. Says how much slower it was than the fastest.
    pub(super) fn observe(&mut self, now: Instant, time: i64) -> Duration {
        let arrived_us = now.saturating_duration_since(self.epoch).as_micros() as i64;
        let transit_us = arrived_us - (i128::from(time) * 1_000_000 / SAMPLE_RATE as i128) as i64;
        let fastest_us = self.fastest_us.min(self.fastest_before_us);
        if fastest_us != i64::MAX && transit_us.abs_diff(fastest_us) > JUMP.as_micros() as u64 {
            *self = Self::new(now);
            return self.observe(now, time);
        }
        if now >= self.window_ends {
            self.window_ends = now + FASTEST_WINDOW;
            self.fastest_before_us = std::mem::replace(&mut self.fastest_us, i64::MAX);
        }
        self.fastest_us = self.fastest_us.min(transit_us);
        let fastest_us = self.fastest_us.min(self.fastest_before_us);
        let late = Duration::from_micros(transit_us.abs_diff(fastest_us));
        self.count(late);
        late
    }

    fn count(&mut self, late: Duration) {
        self.packets = self.packets.saturating_add(1);
        let weight = FORGET.max(1.0 / self.packets as f32);
        for share in &mut self.lateness {
            *share *= 1.0 - weight;
        }
        let step = (late.as_micros() / STEP.as_micros()) as usize;
        self.lateness[step.min(STEPS - 1)] += weight;
    }

    /// What a packet should wait, beyond the fastest one's way.
    pub(super) fn target(&self) -> Duration {
        let mut beyond = 0.0;
        let later = self.lateness.iter().rposition(|share| {
            beyond += share;
            beyond > LATE_SHARE
        });
        (STEP * (later.map_or(0, |step| step + 1)) as u32).max(DELAY_MIN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target_of(lateness_ms: impl Fn(u64) -> u64, packets: u64) -> Duration {
        let epoch = Instant::now();
        let mut delay = Delay::new(epoch);
        for index in 0..packets {
            let arrival = epoch + Duration::from_millis(index * 20 + lateness_ms(index));
            delay.observe(arrival, index as i64 * 960);
        }
        delay.target()
    }

    #[test]
    fn a_steady_path_needs_the_least() {
        assert_eq!(target_of(|_| 7, 500), DELAY_MIN);
    }

    #[test]
    fn jitter_is_waited_for_and_forgotten() {
        let jittery = target_of(|index| index * 37 % 60, 500);
        assert!((55..=65).contains(&jittery.as_millis()), "{jittery:?}");
        let calm_again = target_of(|index| if index < 500 { index * 37 % 60 } else { 5 }, 900);
        assert_eq!(calm_again, DELAY_MIN);
    }

    #[test]
    fn one_late_packet_in_a_hundred_is_not_waited_for() {
        assert_eq!(target_of(|index| if index % 100 == 0 { 300 } else { 0 }, 1000), DELAY_MIN);
    }

    #[test]
    fn a_clock_set_anew_starts_over() {
        let epoch = Instant::now();
        let mut delay = Delay::new(epoch);
        delay.observe(epoch, 0);
        let later = epoch + Duration::from_millis(20);
        assert_eq!(delay.observe(later, 1_000_000_000), Duration::ZERO);
        assert_eq!(delay.observe(later, i64::MIN / 4), Duration::ZERO);
    }
}
