//! The trend of the delay, and whether it means over-use.

use std::time::Instant;

use super::groups::Spacing;

/// What the path's queue does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Usage {
    /// It stays.
    Normal,
    /// It grows.
    Over,
    /// It drains.
    Under,
}

/// A line through the smoothed delays of the last groups; its slope against an adaptive threshold
/// (draft-ietf-rmcat-gcc-02 section 5.4).
#[derive(Debug)]
pub(crate) struct Trend {
    first_came: Option<Instant>,
    /// Time since the first group and smoothed delay, in ms; a ring.
    points: [(f64, f64); WINDOW],
    len: usize,
    next: usize,
    groups: u32,
    delay_ms: f64,
    smoothed_ms: f64,
    slope: f64,
    threshold_ms: f64,
    adapted_at: Option<Instant>,
    over_ms: f64,
    over_count: u32,
    usage: Usage,
}

/// Groups that the line is laid through.
const WINDOW: usize = 20;
const SMOOTHING: f64 = 0.9;
/// The slope is scaled to the size of the threshold: by the number of groups known, up to this, and by the gain.
const GROUPS_MAX: u32 = 60;
const GAIN: f64 = 4.0;

const THRESHOLD_START_MS: f64 = 12.5;
const THRESHOLD_MIN_MS: f64 = 6.0;
const THRESHOLD_MAX_MS: f64 = 600.0;
/// The threshold rises slowly to a trend beyond it and falls faster, per ms.
const RISE: f64 = 0.0087;
const FALL: f64 = 0.039;
/// A trend so far beyond the threshold is a route change or a hiccup and adapts nothing.
const OUTLIER_MS: f64 = 15.0;
/// A trend has to last so long, and over more than one group, to count as over-use.
const OVER_MS: f64 = 10.0;

impl Trend {
    pub(crate) fn new() -> Self {
        Self {
            first_came: None,
            points: [(0.0, 0.0); WINDOW],
            len: 0,
            next: 0,
            groups: 0,
            delay_ms: 0.0,
            smoothed_ms: 0.0,
            slope: 0.0,
            threshold_ms: THRESHOLD_START_MS,
            adapted_at: None,
            over_ms: 0.0,
            over_count: 0,
            usage: Usage::Normal,
        }
    }

    pub(crate) const fn usage(&self) -> Usage {
        self.usage
    }

    /// Takes the spacing of two groups that followed each other.
    pub(crate) fn update(&mut self, now: Instant, spacing: &Spacing) -> Usage {
        let came_ms = now.duration_since(*self.first_came.get_or_insert(now)).as_secs_f64() * 1_000.0;
        self.groups = (self.groups + 1).min(GROUPS_MAX);
        self.delay_ms += spacing.came_ms - spacing.sent_ms;
        self.smoothed_ms = SMOOTHING * self.smoothed_ms + (1.0 - SMOOTHING) * self.delay_ms;
        self.points[self.next] = (came_ms, self.smoothed_ms);
        self.next = (self.next + 1) % WINDOW;
        self.len = (self.len + 1).min(WINDOW);
        let slope_before = self.slope;
        if self.len == WINDOW {
            self.slope = slope(&self.points).unwrap_or(self.slope);
        }
        self.detect(now, spacing, slope_before);
        self.usage
    }

    fn detect(&mut self, now: Instant, spacing: &Spacing, slope_before: f64) {
        let trend_ms = f64::from(self.groups) * self.slope * GAIN;
        if trend_ms > self.threshold_ms {
            // Half of the first spacing, for somewhere in it the over-use began.
            self.over_ms += if self.over_count == 0 { spacing.sent_ms / 2.0 } else { spacing.sent_ms };
            self.over_count += 1;
            if self.over_ms > OVER_MS && self.over_count > 1 && self.slope >= slope_before {
                (self.over_ms, self.over_count) = (0.0, 0);
                self.usage = Usage::Over;
            }
        } else {
            (self.over_ms, self.over_count) = (0.0, 0);
            self.usage = if trend_ms < -self.threshold_ms { Usage::Under } else { Usage::Normal };
        }
        self.adapt(now, trend_ms.abs());
    }

    fn adapt(&mut self, now: Instant, trend_ms: f64) {
        let adapted_at = self.adapted_at.replace(now).unwrap_or(now);
        if trend_ms > self.threshold_ms + OUTLIER_MS {
            return;
        }
        let rate = if trend_ms < self.threshold_ms { FALL } else { RISE };
        let elapsed_ms = (now.duration_since(adapted_at).as_secs_f64() * 1_000.0).min(100.0);
        self.threshold_ms += rate * (trend_ms - self.threshold_ms) * elapsed_ms;
        self.threshold_ms = self.threshold_ms.clamp(THRESHOLD_MIN_MS, THRESHOLD_MAX_MS);
    }
}

/// The least-squares slope through the points. `None` where all stand at one moment.
fn slope(points: &[(f64, f64); WINDOW]) -> Option<f64> {
    let count = WINDOW as f64;
    let mean_x = points.iter().map(|(x, _)| x).sum::<f64>() / count;
    let mean_y = points.iter().map(|(_, y)| y).sum::<f64>() / count;
    let covariance: f64 = points.iter().map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
    let variance: f64 = points.iter().map(|(x, _)| (x - mean_x).powi(2)).sum();
    (variance > 0.0).then(|| covariance / variance)
}
