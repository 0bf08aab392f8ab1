//! A sender's wall clock against ours, so that what a sender says of its times can be told on in our time.
//!
//! All streams of one transport share one clock: whatever offset is assumed, it is the same for a voice and its picture,
//! and what the sender synchronised stays synchronised for each receiver.

use std::time::{Duration, Instant};

use motet_rtp::{NtpTime, RtpTime};

/// A sample this far from the offset is a clock that was set, not drift or delay: 1 s in 32.32 fixed point.
const STEP: u64 = 1 << 32;
/// A sample moves the offset by this part of the difference: delays vary, clocks drift slowly.
const SMOOTHING: i64 = 8;

/// The offset between a sender's wall clock and ours, one-way delay included.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct SenderClock {
    /// Ours less theirs, in 32.32 fixed point seconds.
    offset: Option<i64>,
}

impl SenderClock {
    /// A sender report told `theirs` and came at `ours`.
    pub(crate) fn handle_report(&mut self, ours: NtpTime, theirs: NtpTime) {
        let sample = ours.0.wrapping_sub(theirs.0).cast_signed();
        self.offset = Some(match self.offset {
            Some(offset) if sample.abs_diff(offset) < STEP => offset + (sample - offset) / SMOOTHING,
            _ => sample,
        });
    }

    /// Our moment on the sender's clock, once it has reported.
    pub(crate) fn to_sender(self, ours: NtpTime) -> Option<NtpTime> {
        self.offset.map(|offset| NtpTime(ours.0.wrapping_sub(offset.cast_unsigned())))
    }
}

/// What a stream's last sender report said, and when it came (RFC 3550 section 6.4.1).
#[derive(Clone, Copy, Debug)]
pub(crate) struct HeardReport {
    pub(crate) ntp: NtpTime,
    pub(crate) rtp_time: RtpTime,
    pub(crate) at: Instant,
}

impl HeardReport {
    /// The stream's RTP time at a moment of its sender's clock.
    pub(crate) fn rtp_time_at(&self, theirs: NtpTime, clock_rate: u32) -> RtpTime {
        let elapsed = theirs.0.wrapping_sub(self.ntp.0).cast_signed();
        let ticks = (i128::from(elapsed) * i128::from(clock_rate)) >> 32;
        // RTP time wraps: its low 32 bits are all there is.
        RtpTime(self.rtp_time.0.wrapping_add(ticks as u32))
    }
}

/// An RTP time carried forward by `elapsed`: the best guess about a sender that has not reported yet.
pub(crate) fn advanced(rtp_time: RtpTime, elapsed: Duration, clock_rate: u32) -> RtpTime {
    let ticks = elapsed.as_micros() * u128::from(clock_rate) / 1_000_000;
    RtpTime(rtp_time.0.wrapping_add(ticks as u32))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1 << 32;

    #[test]
    fn two_streams_of_one_sender_stay_in_step() {
        let mut clock = SenderClock::default();
        clock.handle_report(NtpTime(100 * SECOND), NtpTime(7 * SECOND));
        let voice = HeardReport { ntp: NtpTime(7 * SECOND), rtp_time: RtpTime(0), at: Instant::now() };
        let picture = HeardReport { ntp: NtpTime(6 * SECOND), rtp_time: RtpTime(1_000), at: Instant::now() };
        let theirs = clock.to_sender(NtpTime(101 * SECOND)).unwrap();
        assert_eq!(voice.rtp_time_at(theirs, 48_000), RtpTime(48_000));
        assert_eq!(picture.rtp_time_at(theirs, 90_000), RtpTime(181_000));
    }

    #[test]
    fn a_late_report_moves_the_offset_a_little_and_a_set_clock_at_once() {
        let mut clock = SenderClock::default();
        clock.handle_report(NtpTime(10 * SECOND), NtpTime(10 * SECOND));
        clock.handle_report(NtpTime(11 * SECOND + SECOND / 10), NtpTime(11 * SECOND));
        let theirs = clock.to_sender(NtpTime(20 * SECOND)).unwrap();
        assert!(20 * SECOND - theirs.0 < SECOND / 50, "an eighth of the lateness");
        clock.handle_report(NtpTime(12 * SECOND), NtpTime(5 * SECOND));
        assert_eq!(clock.to_sender(NtpTime(13 * SECOND)), Some(NtpTime(6 * SECOND)));
    }

    #[test]
    fn a_moment_before_the_report_lies_before_its_rtp_time() {
        let heard = HeardReport { ntp: NtpTime(7 * SECOND), rtp_time: RtpTime(10), at: Instant::now() };
        assert_eq!(heard.rtp_time_at(NtpTime(6 * SECOND), 90_000), RtpTime(10u32.wrapping_sub(90_000)));
    }
}
