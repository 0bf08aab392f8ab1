//! Runs every target on its corpus and on deterministic mutations of it, on stable Rust and without a fuzzer.

use std::fmt::Write;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use motet_fuzz::mutate::Mutator;
use motet_fuzz::{TARGETS, Target};

/// Mutations of each seed.
const MUTATIONS: u64 = 4_000;
/// A target that is too slow for all its mutations stops here.
const TIME_MAX: Duration = Duration::from_secs(1);

#[test]
fn every_target_survives_its_corpus() {
    for target in TARGETS {
        for (path, seed) in corpus(target) {
            run(target, &seed, &path.display().to_string());
        }
    }
}

#[test]
fn every_target_survives_mutations_of_its_corpus() {
    for target in TARGETS {
        let seeds = corpus(target);
        let started = Instant::now();
        // Round by round over the seeds, so that each has its share when the time runs out.
        let rounds = (0..MUTATIONS).flat_map(|round| (0..seeds.len()).map(move |index| (round, index)));
        for (round, index) in rounds.take_while(|_| started.elapsed() < TIME_MAX) {
            let mut mutator = Mutator::new(round << 16 | index as u64);
            let mut input = seeds[index].1.clone();
            mutator.mutate(&mut input, &seeds[(index + round as usize) % seeds.len()].1);
            run(target, &input, &format!("mutation {round} of {}", seeds[index].0.display()));
        }
    }
}

#[test]
fn every_target_has_a_binary() {
    let manifest = std::fs::read_to_string(here().join("Cargo.toml")).unwrap();
    for Target { name, .. } in TARGETS {
        assert!(here().join(format!("targets/{name}.rs")).exists(), "fuzz/targets/{name}.rs is missing");
        assert!(manifest.contains(&format!("name = \"{name}\"")), "fuzz/Cargo.toml has no [[bin]] {name}");
    }
}

#[test]
fn every_corpus_has_a_target() {
    for entry in std::fs::read_dir(here().join("corpus")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(TARGETS.iter().any(|target| target.name == name), "fuzz/corpus/{name} is nobody's");
    }
}

/// The seeds of a target, by name, so that runs are alike.
fn corpus(target: &Target) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = here().join("corpus").join(target.name);
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(!paths.is_empty(), "{} has no seed", folder.display());
    paths.into_iter().map(|path| (path.clone(), std::fs::read(path).unwrap())).collect()
}

fn run(target: &Target, input: &[u8], origin: &str) {
    if catch_unwind(|| (target.run)(input)).is_err() {
        let hex = input.iter().fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        });
        panic!("target {} panicked on {origin}: {hex}", target.name);
    }
}

fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
