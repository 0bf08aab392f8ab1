//! `cargo xtask tidy`: the rules of the house, each a check that fails. ARCHITECTURE.md says why each stands.

mod docs;
mod doors;
mod floors;
mod names;
mod packages;
mod sizes;
mod source;

use crate::process::{Outcome, command, root, say, show};

/// A broken rule: where, and what is wrong there.
pub(crate) struct Finding {
    place: String,
    what: String,
}

impl Finding {
    fn new(place: impl Into<String>, what: impl Into<String>) -> Self {
        Self { place: place.into(), what: what.into() }
    }
}

/// Checks everything; `bless` writes the size ratchet anew, which may only fall.
pub(crate) fn tidy(bless: bool) -> Outcome {
    rules(bless)?;
    show(&mut command("cargo", &["fmt", "--all", "--check"]))?;
    let clippy = ["clippy", "--quiet", "--workspace", "--all-targets", "--", "--deny", "warnings"];
    show(&mut command("cargo", &clippy))
}

fn rules(bless: bool) -> Outcome {
    let packages = packages::read()?;
    let sources = source::read(&root())?;
    let mut findings = floors::check(&packages);
    findings.extend(doors::check(&packages));
    findings.extend(source::check(&packages, &sources));
    findings.extend(names::check(&root())?);
    findings.extend(sizes::check(&root(), &sources, bless)?);
    findings.extend(docs::check(&root(), &packages)?);
    for finding in &findings {
        say(&format!("{}: {}", finding.place, finding.what));
    }
    match findings.len() {
        0 => Ok(()),
        count => Err(format!("tidy: {count} broken rules")),
    }
}
