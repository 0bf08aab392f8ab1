//! The receiver's clock, as feedback tells it, in moments.

use std::time::{Duration, Instant};

/// Extends the reference times of feedback, which wrap each twelve days.
#[derive(Debug)]
pub(super) struct Timeline {
    /// The moment of reference time 0. Which it is says nothing: only differences count.
    zero: Instant,
    /// The newest reference time, in 64 ms, extended.
    reference: Option<u64>,
}

const REFERENCE_BITS: u32 = 24;
const TICKS_PER_REFERENCE: u64 = 256;
const TICK: Duration = Duration::from_micros(250);

impl Timeline {
    pub(super) fn new(zero: Instant) -> Self {
        Self { zero, reference: None }
    }

    /// The moments that a feedback with this reference time tells.
    pub(super) fn begin(&mut self, reference_time_64ms: u32) -> Moments {
        let told = u64::from(reference_time_64ms);
        let extended = match self.reference {
            // A cycle of room below, for a feedback that is older than the first.
            None => (1 << REFERENCE_BITS) + told,
            Some(newest) => {
                let unused = u64::BITS - REFERENCE_BITS;
                let step = (told.wrapping_sub(newest) << unused).cast_signed() >> unused;
                newest.saturating_add_signed(step)
            }
        };
        self.reference = Some(self.reference.map_or(extended, |newest| newest.max(extended)));
        Moments { zero: self.zero, ticks: extended.saturating_mul(TICKS_PER_REFERENCE) }
    }
}

/// Steps from one arrival to the next.
pub(super) struct Moments {
    zero: Instant,
    ticks: u64,
}

impl Moments {
    /// The moment so many ticks of 250 us after the one before; `None` where no clock could show it.
    pub(super) fn step(&mut self, delta: i16) -> Option<Instant> {
        self.ticks = self.ticks.checked_add_signed(i64::from(delta))?;
        let elapsed = Duration::from_micros(self.ticks.checked_mul(TICK.as_micros() as u64)?);
        self.zero.checked_add(elapsed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reference_times_wrap_and_come_out_of_order() {
        let mut timeline = Timeline::new(Instant::now());
        let mut at = |reference, delta| timeline.begin(reference).step(delta).unwrap();
        let first = at(0xff_ffff, 4);
        let later = at(1, 0);
        assert_eq!(later - first, Duration::from_millis(127));
        assert_eq!(at(0xff_ffff, 8) - first, Duration::from_millis(1), "an older feedback");
        assert_eq!(at(1, -4) + Duration::from_millis(1), later);
    }
}
