//! `cargo xtask bench NAME`: figures, as ratios of work per CPU-second, with the rival in the same run where there is one.

use crate::process::{Outcome, command, say, show};
use crate::setup::for_bench;

/// A bench: its name, what it measures, the cargo arguments that run it.
const BENCHES: &[(&str, &str, &[&str])] = &[
    (
        "mixer",
        "an MCU room's sound beside Janus and its picture beside GStreamer; one of them with --bench audio or --bench video",
        &["bench", "--quiet", "--package", "motet-mixer"],
    ),
    (
        "mixer-latency",
        "how much later sound and picture come by the mix than forwarded",
        &["run", "--quiet", "--release", "--package", "motet-hall", "--", "latency"],
    ),
    (
        "mixer-neighbours",
        "how long packets of a busy forwarded room take, without and with mixed rooms beside it, in turns",
        &["run", "--quiet", "--release", "--package", "motet-hall", "--", "neighbours"],
    ),
    (
        "turn",
        "the TURN server beside coturn: packets and allocations by a CPU-second, memory of an allocation",
        &[
            "run",
            "--quiet",
            "--release",
            "--package",
            "motet-loadgen",
            "--bin",
            "motet-loadgen",
            "--",
            "turn-bench",
        ],
    ),
];

/// Runs the named bench, or lists them.
pub(crate) fn bench(arguments: &[&str]) -> Outcome {
    let [name, rest @ ..] = arguments else {
        for (name, what, _) in BENCHES {
            say(&format!("{name:17} {what}"));
        }
        return Ok(());
    };
    let Some((_, _, cargo)) = BENCHES.iter().find(|(known, ..)| known == name) else {
        return Err(format!("no bench is called {name}; `cargo xtask bench` lists them"));
    };
    for_bench()?;
    if *name == "turn" {
        // The server that is measured is the one that people run.
        show(&mut command(
            "cargo",
            &["build", "--quiet", "--release", "--package", "motet-server", "--bin", "motet"],
        ))?;
    }
    show(&mut command("cargo", &[cargo, rest].concat()))
}
