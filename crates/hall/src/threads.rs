//! Who used the machine's cores: threads of this process by their names, and everybody else (proc(5)).

use std::fs;
use std::time::{Duration, Instant};

/// What was used since some moment, growing.
#[derive(Clone, Copy)]
pub(crate) struct Used {
    at: Instant,
    /// By the mixers that are open.
    mixers: Duration,
    /// By the worker, and for how long it was ready and no core was free.
    worker: Duration,
    worker_waited: Duration,
    process: Duration,
    machine: Duration,
}

/// What was used in between, in cores.
#[derive(Clone, Copy, Default)]
pub(crate) struct Cores {
    pub(crate) mixers: f64,
    pub(crate) worker: f64,
    pub(crate) worker_waited: f64,
    /// By other processes.
    pub(crate) others: f64,
}

impl Used {
    pub(crate) fn so_far(worker_name: &str) -> Self {
        let nothing = Duration::ZERO;
        let mut used = Self {
            at: Instant::now(),
            mixers: nothing,
            worker: nothing,
            worker_waited: nothing,
            process: process_time(),
            machine: machine_time(),
        };
        for task in fs::read_dir("/proc/self/task").into_iter().flatten().flatten() {
            // A thread may end meanwhile.
            let read = |file| fs::read_to_string(task.path().join(file));
            let (Ok(name), Ok(times)) = (read("comm"), read("schedstat")) else { continue };
            let mut times = times.split_whitespace().filter_map(|word| word.parse().ok());
            let mut next = || Duration::from_nanos(times.next().unwrap_or_default());
            let (ran, waited) = (next(), next());
            if name.starts_with("mix-") {
                used.mixers += ran;
            } else if name.trim_end() == worker_name {
                used.worker += ran;
                used.worker_waited += waited;
            }
        }
        used
    }

    /// From `before` to this.
    pub(crate) fn since(&self, before: &Self) -> Cores {
        let time = self.at.duration_since(before.at).as_secs_f64();
        let cores =
            |of: fn(&Self) -> Duration| of(self).saturating_sub(of(before)).as_secs_f64() / time.max(1e-9);
        Cores {
            mixers: cores(|used| used.mixers),
            worker: cores(|used| used.worker),
            worker_waited: cores(|used| used.worker_waited),
            others: (cores(|used| used.machine) - cores(|used| used.process)).max(0.0),
        }
    }
}

/// A tick of `/proc` is a hundredth of a second, on every Linux of today.
fn ticks(count: u64) -> Duration {
    Duration::from_millis(count * 10)
}

/// User and system time of this process, threads that have ended included.
fn process_time() -> Duration {
    let text = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name may hold blanks; fields are counted from behind its bracket.
    let fields = text.rsplit(')').next().unwrap_or_default().split_whitespace();
    ticks(fields.skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum())
}

/// What all processes used: all of the first line but idle time and waits for disks.
fn machine_time() -> Duration {
    let text = fs::read_to_string("/proc/stat").unwrap_or_default();
    let fields = text.lines().next().unwrap_or_default().split_whitespace().skip(1);
    let counts = fields.take(7).filter_map(|field| field.parse::<u64>().ok()).enumerate();
    ticks(counts.filter(|(place, _)| !matches!(place, 3 | 4)).map(|(_, count)| count).sum())
}
