//! What a target's binary does: fuzz when built for it, else run the files that it is given.

use std::process::ExitCode;

/// The `main` of a target's binary.
#[macro_export]
macro_rules! main {
    ($name:ident) => {
        #[cfg(fuzzing)]
        libfuzzer_sys::fuzz_target!(|data: &[u8]| motet_fuzz::$name(data));

        #[cfg(not(fuzzing))]
        fn main() -> std::process::ExitCode {
            motet_fuzz::run_files(motet_fuzz::$name)
        }
    };
}

/// Runs `target` on each file named on the command line, so that a finding can be looked at without a fuzzer.
pub fn run_files(target: fn(&[u8])) -> ExitCode {
    for path in std::env::args_os().skip(1) {
        match std::fs::read(&path) {
            Ok(data) => target(&data),
            Err(error) => {
                eprintln!("{}: {error}", path.display());
                return ExitCode::FAILURE;
            }
        }
    }
    ExitCode::SUCCESS
}
