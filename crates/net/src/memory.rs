//! Memory that was freed and that the process still holds.

/// Has the allocator give freed memory back to the system. It keeps what calls have left otherwise, in places between what is
/// in use, for as long as the process runs. Takes milliseconds, and threads that allocate meanwhile may wait as long: for a
/// thread that nobody waits for. Does nothing where the allocator is not glibc's.
pub fn give_back_memory() {
    // SAFETY: `malloc_trim` takes an integer only, locks what it looks at, and touches no memory that is in use.
    #[cfg(target_env = "gnu")]
    #[expect(unsafe_code, reason = "a call of the C library that std does not offer")]
    unsafe {
        libc::malloc_trim(0);
    }
}

/// What may stay free at the end of a heap.
#[cfg(target_env = "gnu")]
const SPARE_BYTES: libc::c_int = 128 * 1024;

/// Has the allocator give back at once what becomes free at the end of its heaps. It learns otherwise to keep as much there as
/// the largest piece that it was ever given back, and [`give_back_memory`] does not look there. What is larger than 128 KiB is
/// asked of the system each time from then on: for programs that hold many small things and few large ones. Does nothing where
/// the allocator is not glibc's.
pub fn spare_little_memory() {
    // SAFETY: `mallopt` takes integers only, and may be called at any time (mallopt(3)).
    #[cfg(target_env = "gnu")]
    #[expect(unsafe_code, reason = "a call of the C library that std does not offer")]
    unsafe {
        libc::mallopt(libc::M_TRIM_THRESHOLD, SPARE_BYTES);
    }
}

#[cfg(test)]
mod tests {
    #[test]
    #[cfg(target_os = "linux")]
    fn what_was_freed_between_what_is_in_use_goes_back() {
        let resident = || {
            let status = std::fs::read_to_string("/proc/self/status").unwrap();
            let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
            line.trim().trim_end_matches("kB").trim().parse::<u64>().unwrap()
        };
        let (mut kept, mut freed) = (Vec::new(), Vec::new());
        for _ in 0..512 {
            freed.push(vec![1u8; 64 * 1024]);
            kept.push(vec![1u8; 64]);
        }
        let during = resident();
        drop(freed);
        super::give_back_memory();
        assert_eq!(kept.iter().map(Vec::len).sum::<usize>(), 512 * 64);
        if cfg!(target_env = "gnu") {
            assert!(resident() + 16 * 1024 < during, "{} KiB of {during} are left", resident());
        }
    }
}
