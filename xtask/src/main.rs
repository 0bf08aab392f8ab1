//! `cargo xtask COMMAND`: all of the project's automation.

mod bench;
mod process;
mod run;
mod setup;
mod test;
mod tidy;

use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask COMMAND

  run [ARGS]     install what the system lacks, build the release, start `motet --dev ARGS`
  test [NAME]    install what the tests need and run all that must hold, or one of:
                 tidy, rust, web, interop [FILTER]; or explore [ROUNDS]: the Rust tests
                 with other random cases than always
  tidy           format, clippy, floors and the other rules of the house
  tidy --bless   the same, and write the size ratchet anew where files became smaller
  bench [NAME]   run a bench, or list them";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["run", rest @ ..] => run::run(rest),
        ["test", rest @ ..] => test::test(rest),
        ["tidy"] => tidy::tidy(false),
        ["tidy", "--bless"] => tidy::tidy(true),
        ["bench", rest @ ..] => bench::bench(rest),
        _ => Err(USAGE.to_owned()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            process::say_error(&message);
            ExitCode::FAILURE
        }
    }
}
