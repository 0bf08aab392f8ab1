//! Threads that shall give way to those that move packets.

use std::io;

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

#[cfg(test)]
mod tests {
    #[test]
    fn a_thread_gives_way_alone() {
        let given = std::thread::spawn(|| super::give_way(5)).join().unwrap();
        given.unwrap();
        // This thread may still go to 1, which one that was at 5 could not without rights that are not assumed here.
        std::thread::spawn(|| super::give_way(1)).join().unwrap().unwrap();
    }
}
