//! `cargo xtask test`: all that must hold.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crate::process::{Outcome, command, root, say, show, target};
use crate::{setup, tidy};

/// Runs everything, or the one part that is named.
pub(crate) fn test(arguments: &[&str]) -> Outcome {
    match arguments {
        [] => everything(),
        ["tidy"] => tidy::tidy(false),
        ["rust"] => setup::for_build().and_then(|()| rust()),
        ["web"] => setup::for_test().and_then(|()| web()),
        ["interop", filter @ ..] => setup::for_test().and_then(|()| interop(filter)),
        ["explore", rounds @ ..] => setup::for_build().and_then(|()| explore(rounds)),
        other => Err(format!(
            "no such part of the tests: {}; there are tidy, rust, web, interop, explore",
            other.join(" ")
        )),
    }
}

fn everything() -> Outcome {
    timed("set-up", setup::for_test)?;
    timed("tidy", || tidy::tidy(false))?;
    timed("rust", rust)?;
    timed("web", web)?;
    timed("interop", || interop(&[]))
}

fn timed(name: &str, part: impl FnOnce() -> Outcome) -> Outcome {
    let start = Instant::now();
    part()?;
    say(&format!("{name}: ok in {:.0} s", start.elapsed().as_secs_f32()));
    Ok(())
}

/// Unit, property, scenario and replayed fuzz tests, and the examples in the documentation.
fn rust() -> Outcome {
    show(&mut command("cargo", &["test", "--workspace", "--quiet"]))
}

/// The Rust tests with property tests on cases of their own each round, until one fails: its seed is told, and repeats it.
fn explore(rounds: &[&str]) -> Outcome {
    let rounds: u64 = match rounds {
        [] => 1,
        [rounds] => rounds.parse().map_err(|_| format!("rounds are a number, not {rounds}"))?,
        _ => return Err("explore takes the number of rounds".to_owned()),
    };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_err(|error| error.to_string())?;
    for round in 0..rounds {
        let seed = (now.as_nanos() as u64).wrapping_add(round).to_string();
        let mut tests = command("cargo", &["test", "--workspace", "--quiet", "--lib", "--tests"]);
        show(tests.env("PROPTEST_RNG_SEED", &seed))
            .map_err(|error| format!("{error}; repeat it with PROPTEST_RNG_SEED={seed}"))?;
    }
    Ok(())
}

/// Types and pure parts of the web app and the SDK.
fn web() -> Outcome {
    let web = root().join("web");
    show(command("node_modules/.bin/tsc", &["--noEmit", "-p", "."]).current_dir(&web))?;
    show(command("node", &["--test"]).current_dir(&web))
}

/// Real browsers, GStreamer and aiortc against a real server.
fn interop(filter: &[&str]) -> Outcome {
    // With the tests, though they are not run here: a build without them has other features of the same dependencies,
    // and would compile them all over again.
    show(&mut command("cargo", &["build", "--workspace", "--bins", "--tests"]))?;
    let mut arguments = vec!["run.mjs"];
    arguments.extend(filter);
    show(
        command("node", &arguments)
            .current_dir(root().join("interop"))
            .env("INTEROP_SERVER", target().join("debug/motet"))
            .env("INTEROP_LOADGEN", target().join("debug/motet-loadgen"))
            .env("INTEROP_PYTHON", setup::python()),
    )
}
