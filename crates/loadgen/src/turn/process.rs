//! What the kernel says of a process.

use std::fs;
use std::time::Duration;

use crate::told::Failure;

/// By its number.
#[derive(Clone, Copy)]
pub(crate) struct Process(pub(crate) u32);

/// CPU time.
#[derive(Clone, Copy)]
pub(crate) struct Cpu {
    pub(crate) user: Duration,
    pub(crate) system: Duration,
}

impl Cpu {
    pub(crate) fn total(self) -> Duration {
        self.user + self.system
    }
}

/// The kernel's unit of CPU time in this file, on every system that Rust's Linux targets know.
const TICK: Duration = Duration::from_millis(10);

impl Process {
    pub(crate) fn cpu(self) -> Result<Cpu, Failure> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.0))?;
        // The name, in parentheses, may hold spaces.
        let fields = stat.rsplit_once(')').ok_or("no name in the process's stat")?.1;
        let mut times = fields.split_whitespace().skip(11).map(str::parse::<u32>);
        let mut next = || -> Result<Duration, Failure> { Ok(TICK * times.next().ok_or("stat is short")??) };
        Ok(Cpu { user: next()?, system: next()? })
    }

    pub(crate) fn resident_bytes(self) -> Result<i64, Failure> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
        let kibibytes: i64 = line.trim().trim_end_matches("kB").trim().parse()?;
        Ok(kibibytes * 1024)
    }
}
