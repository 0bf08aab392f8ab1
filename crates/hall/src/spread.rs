//! Many durations in a few numbers.

use std::time::Duration;

/// The time that this share of them does not exceed; `times` are in order.
pub(crate) fn at(times: &[Duration], share: f64) -> Option<Duration> {
    let last = times.len().checked_sub(1)?;
    times.get((last as f64 * share).round() as usize).copied()
}

/// Median, 90th and 99th percentile and maximum, in a line.
pub(crate) fn spread(times: &mut [Duration]) -> String {
    times.sort_unstable();
    let ms = |share| at(times, share).map(|time| time.as_secs_f64() * 1e3);
    match (ms(0.5), ms(0.9), ms(0.99), ms(1.0)) {
        (Some(p50), Some(p90), Some(p99), Some(max)) => {
            format!("p50 {p50:.2} ms  p90 {p90:.2} ms  p99 {p99:.2} ms  max {max:.1} ms of {}", times.len())
        }
        _ => "nothing measured".to_owned(),
    }
}
