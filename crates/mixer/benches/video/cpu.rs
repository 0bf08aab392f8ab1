//! CPU time as Linux counts it.

use std::fs;

/// Nanoseconds that this thread has run.
pub(crate) fn thread_nanos() -> u64 {
    let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split_whitespace().next().and_then(|word| word.parse().ok()).unwrap_or_default()
}

/// Seconds that children which have ended took, in user and system mode.
pub(crate) fn children_seconds() -> f64 {
    /// A tick of `/proc`, on every Linux of today.
    const TICKS_A_SECOND: f64 = 100.0;
    let text = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name may hold blanks; fields are counted from behind its bracket.
    let fields: Vec<&str> = text.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let field =
        |index: usize| fields.get(index).and_then(|word| word.parse::<f64>().ok()).unwrap_or_default();
    (field(13) + field(14)) / TICKS_A_SECOND
}
