//! Names that name nothing are not used for files and folders.

use std::path::Path;

use super::Finding;
use crate::process::{Outcome, command, take};

const EMPTY_NAMES: &[&str] = &["util", "utils", "common", "helper", "helpers", "manager", "managers", "misc"];

pub(crate) fn check(root: &Path) -> Outcome<Vec<Finding>> {
    let files =
        take(command("git", &["ls-files", "--cached", "--others", "--exclude-standard"]).current_dir(root))?;
    let mut findings = Vec::new();
    for file in files.lines() {
        let empty = file.split(['/', '.', '-', '_']).find(|part| EMPTY_NAMES.contains(part));
        if let Some(name) = empty {
            findings.push(Finding::new(file, format!("`{name}` names nothing")));
        }
    }
    Ok(findings)
}
