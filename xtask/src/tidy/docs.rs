//! Pages that must stay true: every dependency has its reason, every path that ARCHITECTURE.md names exists, and nothing
//! says on whose machine it was written.

use std::fs;
use std::path::Path;

use super::Finding;
use super::packages::Package;
use crate::process::{Outcome, command, take};

/// Words that belong to one machine.
const PRIVATE_PATHS: &[&str] = &["/work/", "/root/", "/home/"];

pub(crate) fn check(root: &Path, packages: &[Package]) -> Outcome<Vec<Finding>> {
    let mut findings = dependency_reasons(root, packages)?;
    findings.extend(named_paths(root)?);
    findings.extend(private_paths(root)?);
    Ok(findings)
}

fn dependency_reasons(root: &Path, packages: &[Package]) -> Outcome<Vec<Finding>> {
    const PAGE: &str = "docs/dependencies.md";
    let page = read(root, PAGE)?;
    let mut names: Vec<&str> = packages
        .iter()
        .flat_map(|package| &package.dependencies)
        .filter(|dependency| !dependency.is_own)
        .map(|dependency| dependency.name.as_str())
        .collect();
    names.sort_unstable();
    names.dedup();
    let lacking = names.into_iter().filter(|name| !page.contains(&format!("`{name}`")));
    Ok(lacking.map(|name| Finding::new(PAGE, format!("does not say why `{name}` is used"))).collect())
}

/// Paths in backticks that hold a slash and end in a known way must exist.
fn named_paths(root: &Path) -> Outcome<Vec<Finding>> {
    const PAGE: &str = "ARCHITECTURE.md";
    let page = read(root, PAGE)?;
    let quoted = page.split('`').skip(1).step_by(2);
    let looks_like_a_path = |text: &&str| {
        text.contains('/')
            && !text.contains([' ', '*', ':', '{', '<'])
            && [".rs", ".md", ".js", ".mjs", ".toml", ".txt", "/"].iter().any(|end| text.ends_with(end))
    };
    Ok(quoted
        .filter(looks_like_a_path)
        .filter(|path| !path.starts_with('/') && !root.join(path).exists())
        .map(|path| Finding::new(PAGE, format!("names {path}, which does not exist")))
        .collect())
}

fn private_paths(root: &Path) -> Outcome<Vec<Finding>> {
    let files = take(command("git", &["ls-files"]).current_dir(root))?;
    let mut findings = Vec::new();
    for file in
        files.lines().filter(|file| !file.starts_with("xtask/src/tidy/") && !file.starts_with("fuzz/corpus/"))
    {
        // What is not text names no path; what is deleted but not yet committed says nothing.
        let Ok(text) = fs::read_to_string(root.join(file)) else { continue };
        for (index, line) in text.lines().enumerate() {
            if let Some(path) = PRIVATE_PATHS.iter().find(|path| line.contains(*path)) {
                findings.push(Finding::new(
                    format!("{file}:{}", index + 1),
                    format!("names a path of one machine: {path}"),
                ));
            }
        }
    }
    Ok(findings)
}

fn read(root: &Path, page: &str) -> Outcome<String> {
    fs::read_to_string(root.join(page)).map_err(|error| format!("{page}: {error}"))
}
