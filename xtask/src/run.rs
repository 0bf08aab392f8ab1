//! `cargo xtask run`: from a machine with the Rust toolchain to a running server.

use crate::process::{Outcome, command, show, target};
use crate::setup;

/// Installs what the build needs, builds the release and starts it in the development mode.
pub(crate) fn run(arguments: &[&str]) -> Outcome {
    setup::for_build()?;
    show(&mut command("cargo", &["build", "--release", "--package", "motet-server"]))?;
    let mut words = vec!["--dev"];
    words.extend(arguments);
    show(&mut command(target().join("release/motet"), &words))
}
