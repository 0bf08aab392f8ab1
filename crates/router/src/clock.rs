//! Wall-clock time made from the monotonic clock, and the units in which RTP and RTCP count it.

use std::time::{Duration, Instant};

use motet_rtp::NtpTime;

/// Wall-clock time as NTP counts it. It follows the monotonic clock from one anchor on, so that it never steps.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NtpClock {
    anchor: Instant,
    ntp: NtpTime,
}

impl NtpClock {
    pub(crate) fn new((anchor, ntp): (Instant, NtpTime)) -> Self {
        Self { anchor, ntp }
    }

    /// The wall-clock time at `now`; moments before the anchor count as the anchor.
    pub(crate) fn ntp(&self, now: Instant) -> NtpTime {
        self.ntp.plus(now.saturating_duration_since(self.anchor))
    }

    /// `now` as the header extension abs-send-time counts it: 6.18 fixed point seconds, 24 bits.
    pub(crate) fn abs_send_time(&self, now: Instant) -> u32 {
        ((self.ntp(now).0 >> 14) & 0x00ff_ffff) as u32
    }

    /// `now` in units of an RTP clock, from an arbitrary origin: for differences only (RFC 3550 appendix A.8).
    pub(crate) fn rtp_units(&self, now: Instant, clock_rate: u32) -> u32 {
        let elapsed_us = now.saturating_duration_since(self.anchor).as_micros() as u64;
        (elapsed_us.wrapping_mul(u64::from(clock_rate)) / 1_000_000) as u32
    }
}

/// A duration in units of 1/65536 s, as DLSR and DLRR count it (RFC 3550 section 6.4.1); the longest that fits at most.
pub(crate) fn to_compact(duration: Duration) -> u32 {
    u32::try_from(duration.as_micros() * 65_536 / 1_000_000).unwrap_or(u32::MAX)
}

/// The round trip that a report block yields, if it is one: `now - lsr - dlsr` in 1/65536 s (RFC 3550 section 6.4.1).
/// A difference that is negative or above a minute is a peer's mistake.
pub(crate) fn round_trip(now: NtpTime, last_report: u32, delay: u32) -> Option<Duration> {
    if last_report == 0 {
        return None;
    }
    let compact = now.middle().wrapping_sub(last_report).wrapping_sub(delay);
    // Clocks of different resolution may make a very short trip look slightly negative.
    let compact = if compact > u32::MAX - 66 { 0 } else { compact };
    (compact <= 60 << 16).then(|| Duration::from_micros(u64::from(compact) * 1_000_000 / 65_536))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ntp_follows_the_monotonic_clock_from_the_anchor_on() {
        let anchor = Instant::now();
        let clock = NtpClock::new((anchor, NtpTime(5 << 32)));
        assert_eq!(clock.ntp(anchor + Duration::from_millis(500)), NtpTime((5 << 32) | (1 << 31)));
        assert_eq!(clock.rtp_units(anchor + Duration::from_secs(2), 48_000), 96_000);
    }

    #[test]
    fn abs_send_time_wraps_every_64_seconds() {
        let anchor = Instant::now();
        let clock = NtpClock::new((anchor, NtpTime(0)));
        assert_eq!(clock.abs_send_time(anchor + Duration::from_secs(1)), 1 << 18);
        assert_eq!(clock.abs_send_time(anchor + Duration::from_secs(65)), 1 << 18);
    }

    #[test]
    fn the_example_of_rfc_3550_yields_its_round_trip() {
        // RFC 3550 figure 2: A = 0xb710:8000, LSR = 0xb705:2000, DLSR = 0x0005:4000, round trip 0x0006:2000.
        let now = NtpTime(0x0000_b710_8000_0000);
        let trip = round_trip(now, 0xb705_2000, 0x0005_4000).unwrap();
        assert_eq!(trip, Duration::from_millis(6_125));
    }

    #[test]
    fn a_report_without_last_report_or_from_the_future_yields_none() {
        assert_eq!(round_trip(NtpTime(10 << 32), 0, 0), None);
        assert_eq!(round_trip(NtpTime(10 << 32), 11 << 16, 0), None);
        assert_eq!(round_trip(NtpTime(10 << 32), 10 << 16, 3), Some(Duration::ZERO));
    }
}
