//! Two runs of one seed are the same: see the crate for what exactly that says.

use std::time::Instant;

use motet_control::Codec;
use motet_sim::{Conditions, Media, PeerId, PeerSetup, Scenario};

use crate::call::{ms, secs};

/// Three of whom each sees the next, over networks that do all that networks do. One camera for each connection: str0m keeps
/// the streams of a connection in a hash map, and asks for lost packets of several in whatever order that gives.
fn history(base: Instant, seed: u64) -> Vec<String> {
    let mut scenario = Scenario::starting_at(base, seed);
    scenario.keep_journal();
    let people: Vec<PeerId> = (0..3).map(|_| scenario.join(PeerSetup::default())).collect();
    let media = [Media::camera(Codec::Vp8), Media::microphone()];
    let tracks: Vec<_> = people.iter().map(|person| scenario.publish(*person, &media)).collect();
    for (index, person) in people.iter().enumerate() {
        scenario.subscribe(*person, &tracks[(index + 1) % 3]);
    }
    scenario.run_for(secs(1));
    for person in &people {
        let ip = scenario.ip(*person);
        let messy = Conditions {
            delay: ms(20),
            jitter: ms(10),
            loss: 0.05,
            duplication: 0.02,
            overtaking: 0.05,
            rate_bps: Some(4_000_000),
            ..Conditions::default()
        };
        scenario.network().set_both(ip, messy);
    }
    scenario.run_for(secs(3));
    scenario.leave(people[0]);
    scenario.run_for(secs(1));
    scenario.journal().map(|journal| journal.lines().to_vec()).unwrap_or_default()
}

#[test]
fn two_runs_of_one_seed_are_the_same() {
    let base = Instant::now();
    for seed in [151, 152, 153] {
        let (first, second) = (history(base, seed), history(base, seed));
        assert!(first.len() > 5_000, "{} things happened", first.len());
        let difference = first.iter().zip(&second).find(|(one, other)| one != other);
        assert_eq!(difference, None, "seed {seed}");
        assert_eq!(first.len(), second.len(), "seed {seed}");
    }
}

#[test]
fn another_seed_is_another_history() {
    let base = Instant::now();
    assert_ne!(history(base, 151), history(base, 152));
}
