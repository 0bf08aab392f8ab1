//! Threads that shall give way to those that move packets.

use std::io;
use std::time::Duration;

/// Has the calling thread give way to others by `nice` steps, 0 to 19: it gets its full time while a core is free, and little
/// beside threads that did not call this. Only where the system tells a thread's priority from its process's.
///
/// # Errors
/// Where the system refuses, as where the process has given way further already.
pub fn give_way(nice: u8) -> io::Result<()> {
    // SAFETY: `setpriority` takes integers only and touches no memory of this process. On Linux the id 0 with
    // `PRIO_PROCESS` means the calling thread.
    #[cfg(target_os = "linux")]
    #[expect(unsafe_code, reason = "a system call that std does not offer")]
    let outcome = unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, i32::from(nice.min(19))) };
    #[cfg(not(target_os = "linux"))]
    let outcome = {
        let _ = nice;
        0
    };
    if outcome == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Has the calling thread run only where nothing else wants the core: whatever else wakes takes the core from it at once
/// (`SCHED_IDLE`, sched(7)). For good: a thread without special rights cannot take it back. Only on Linux.
///
/// # Errors
/// Where the system refuses.
pub fn take_what_is_left() -> io::Result<()> {
    #[cfg(target_os = "linux")]
    {
        let nothing = libc::sched_param { sched_priority: 0 };
        // SAFETY: `sched_setscheduler` reads the struct that it is given; the id 0 means the calling thread.
        #[expect(unsafe_code, reason = "a system call that std does not offer")]
        let outcome = unsafe { libc::sched_setscheduler(0, libc::SCHED_IDLE, &raw const nothing) };
        if outcome != 0 {
            return Err(io::Error::last_os_error());
        }
    }
    Ok(())
}

/// What a thread had of the cores since it began.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct ThreadTimes {
    /// It ran for so long.
    pub ran: Duration,
    /// It could have run for so long more, but had no core.
    pub waited: Duration,
}

impl ThreadTimes {
    /// The calling thread's (`/proc/thread-self/schedstat`, proc(5)). Zeros where the system does not tell.
    pub fn of_this_thread() -> Self {
        let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
        let mut nanoseconds = text.split_whitespace().map(|word| word.parse().unwrap_or(0));
        let mut next = || Duration::from_nanos(nanoseconds.next().unwrap_or(0));
        Self { ran: next(), waited: next() }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_thread_gives_way_alone() {
        let given = std::thread::spawn(|| super::give_way(5)).join().unwrap();
        given.unwrap();
        // This thread may still go to 1, which one that was at 5 could not without rights that are not assumed here.
        std::thread::spawn(|| super::give_way(1)).join().unwrap().unwrap();
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_thread_that_takes_what_is_left_does_so_alone() {
        let policy = || {
            let stat = std::fs::read_to_string("/proc/thread-self/stat").unwrap();
            // The 41st field; the name, the second, may hold blanks (proc_pid_stat(5)).
            stat.rsplit(')')
                .next()
                .unwrap()
                .split_whitespace()
                .nth(38)
                .unwrap()
                .parse::<libc::c_int>()
                .unwrap()
        };
        let taken = std::thread::spawn(move || {
            super::take_what_is_left().unwrap();
            policy()
        });
        assert_eq!(taken.join().unwrap(), libc::SCHED_IDLE);
        assert_ne!(policy(), libc::SCHED_IDLE);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_thread_knows_its_own_times() {
        let times = std::thread::spawn(|| {
            let mut sum = 0u64;
            while super::ThreadTimes::of_this_thread().ran < super::Duration::from_millis(5) {
                sum = std::hint::black_box(sum + 1);
            }
            super::ThreadTimes::of_this_thread()
        });
        let others = std::thread::spawn(super::ThreadTimes::of_this_thread).join().unwrap();
        assert!(others.ran < times.join().unwrap().ran);
    }
}
