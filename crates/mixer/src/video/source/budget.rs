//! What a source may cost: pixels decoded, and changes of size.

use std::time::{Duration, Instant};

use super::super::event::Trouble;
use super::super::settings::SourceLimits;

/// A frame costs as much as this many pixels at least: small ones cost more than their pixels.
const FRAME_PIXELS_MIN: u64 = 64 * 1024;
/// One change of size is earned back in this time.
const SIZE_CHANGE_INTERVAL: Duration = Duration::from_secs(2);

pub(super) struct Budget {
    limits: SourceLimits,
    pixels: u64,
    pixels_at: Instant,
    size_changes: u8,
    size_changes_at: Instant,
}

impl Budget {
    pub(super) fn new(now: Instant, limits: &SourceLimits) -> Self {
        Self {
            limits: *limits,
            pixels: limits.pixels_per_second_max,
            pixels_at: now,
            size_changes: limits.size_changes_max,
            size_changes_at: now,
        }
    }

    /// Pays for a frame; an error when the source lives beyond its means.
    pub(super) fn spend(
        &mut self,
        now: Instant,
        size: (u32, u32),
        is_other_size: bool,
    ) -> Result<(), Trouble> {
        self.earn(now);
        let cost = (u64::from(size.0) * u64::from(size.1)).max(FRAME_PIXELS_MIN);
        self.pixels = self.pixels.checked_sub(cost).ok_or(Trouble::TooFast)?;
        if is_other_size {
            self.size_changes = self.size_changes.checked_sub(1).ok_or(Trouble::Restless)?;
        }
        Ok(())
    }

    fn earn(&mut self, now: Instant) {
        let elapsed = now.saturating_duration_since(self.pixels_at).min(Duration::from_secs(1));
        let earned = u128::from(self.limits.pixels_per_second_max) * elapsed.as_micros() / 1_000_000;
        self.pixels = (self.pixels + earned as u64).min(self.limits.pixels_per_second_max);
        self.pixels_at = now;
        while self.size_changes < self.limits.size_changes_max
            && now.saturating_duration_since(self.size_changes_at) >= SIZE_CHANGE_INTERVAL
        {
            self.size_changes += 1;
            self.size_changes_at += SIZE_CHANGE_INTERVAL;
        }
        if self.size_changes == self.limits.size_changes_max {
            self.size_changes_at = now;
        }
    }
}
