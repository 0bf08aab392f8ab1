//! Files of at most 400 lines, functions of at most 70. What is larger stands in a ratchet and may only shrink.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use super::Finding;
use super::source::Source;
use crate::process::Outcome;

const FILE_LINES_MAX: usize = 400;
const FUNCTION_LINES_MAX: usize = 70;
const RATCHET: &str = "xtask/tidy-ratchet.txt";

pub(crate) fn check(root: &Path, sources: &[Source], bless: bool) -> Outcome<Vec<Finding>> {
    let large = measure(root, sources)?;
    let text = fs::read_to_string(root.join(RATCHET)).unwrap_or_default();
    let allowed = read_ratchet(&text)?;
    let mut findings = Vec::new();
    for (place, (lines, limit)) in &large {
        match allowed.get(place) {
            None => findings.push(Finding::new(place, format!("{lines} lines; at most {limit}"))),
            Some(before) if lines > before => {
                findings.push(Finding::new(
                    place,
                    format!("grew from {before} to {lines} lines; it may only shrink"),
                ));
            }
            Some(before) if lines < before && !bless => {
                findings.push(Finding::new(place, "became smaller: `cargo xtask tidy --bless` keeps it so"));
            }
            Some(_) => {}
        }
    }
    let gone = allowed.keys().filter(|place| !large.contains_key(*place));
    if bless {
        fs::write(root.join(RATCHET), write_ratchet(&large, &allowed))
            .map_err(|error| format!("{RATCHET}: {error}"))?;
    } else {
        findings
            .extend(gone.map(|place| Finding::new(place, "is within the limits: take it out with --bless")));
    }
    Ok(findings)
}

/// Whatever is above its limit: its place, its lines, its limit.
fn measure(root: &Path, sources: &[Source]) -> Outcome<BTreeMap<String, (usize, usize)>> {
    let mut large = BTreeMap::new();
    for source in sources {
        if source.lines > FILE_LINES_MAX {
            large.insert(source.path.clone(), (source.lines, FILE_LINES_MAX));
        }
        for function in source.functions.iter().filter(|function| function.lines > FUNCTION_LINES_MAX) {
            large.insert(format!("{}:{}", source.path, function.name), (function.lines, FUNCTION_LINES_MAX));
        }
    }
    for file in super::source::files(root, &[".js", ".mjs", ".py", ".css"])? {
        let text = fs::read_to_string(root.join(&file)).map_err(|error| format!("{file}: {error}"))?;
        let lines = text.lines().count();
        if lines > FILE_LINES_MAX {
            large.insert(file, (lines, FILE_LINES_MAX));
        }
    }
    Ok(large)
}

fn read_ratchet(text: &str) -> Outcome<BTreeMap<String, usize>> {
    text.lines()
        .filter(|line| !line.trim().is_empty() && !line.starts_with('#'))
        .map(|line| {
            let (lines, place) =
                line.split_once(' ').ok_or_else(|| format!("{RATCHET}: bad line: {line}"))?;
            let lines = lines.parse().map_err(|error| format!("{RATCHET}: {line}: {error}"))?;
            Ok((place.to_owned(), lines))
        })
        .collect()
}

fn write_ratchet(large: &BTreeMap<String, (usize, usize)>, allowed: &BTreeMap<String, usize>) -> String {
    let mut text = String::from(
        "# Larger than the house likes; each may only shrink. Written by `cargo xtask tidy --bless`.\n",
    );
    for (place, (lines, _)) in large {
        if let Some(before) = allowed.get(place) {
            let _ = writeln!(text, "{} {place}", lines.min(before));
        }
    }
    text
}
