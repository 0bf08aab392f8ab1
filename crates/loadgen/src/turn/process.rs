//! What the kernel says of a process.

use std::fs;
use std::time::Duration;

use nix::time::{clock_getcpuclockid, clock_gettime};
use nix::unistd::Pid;

use crate::told::Failure;

/// By its number.
#[derive(Clone, Copy)]
pub(crate) struct Process(pub(crate) u32);

impl Process {
    /// CPU time that all its threads have had, to the nanosecond: what /proc tells comes in ticks of ten milliseconds, which is
    /// much beside a small load.
    pub(crate) fn cpu(self) -> Result<Duration, Failure> {
        let clock = clock_getcpuclockid(Pid::from_raw(i32::try_from(self.0)?))?;
        Ok(clock_gettime(clock)?.into())
    }

    pub(crate) fn resident_bytes(self) -> Result<i64, Failure> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
        let kibibytes: i64 = line.trim().trim_end_matches("kB").trim().parse()?;
        Ok(kibibytes * 1024)
    }
}
