//! Many durations in a few numbers.

use std::time::Duration;

/// Median, 99th percentile and maximum, in a line.
pub(crate) fn spread(times: &mut [Duration]) -> String {
    times.sort_unstable();
    let Some(last) = times.len().checked_sub(1) else { return "nothing measured".to_owned() };
    let at = |share: f64| times[(last as f64 * share).round() as usize].as_secs_f64() * 1_000.0;
    format!(
        "p50 {:8.2} ms   p90 {:8.2} ms   p99 {:8.2} ms   max {:8.2} ms   of {}",
        at(0.5),
        at(0.9),
        at(0.99),
        at(1.0),
        times.len()
    )
}
