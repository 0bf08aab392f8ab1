//! A reference model as judge: random requests, valid and not, from seeds, under simulated time. After each step the server and the
//! model agree on the answer, on what passes, and on what there is.

#[path = "../world/mod.rs"]
mod world;

mod reference;
mod run;

/// Each once showed something, or stands for its kind; a seed that fails is added here.
const SEEDS: std::ops::Range<u64> = 0..60;
const STEPS: usize = 1_500;

#[test]
fn the_server_agrees_with_the_model() {
    let mut seen = run::Seen::default();
    for seed in SEEDS {
        run::Run::new(seed).go(STEPS, &mut seen);
    }
    // Random steps that never get anywhere prove nothing.
    for code in [0, 400, 401, 403, 437, 438, 441, 442, 443, 486, 508] {
        assert!(seen.codes.get(&code).is_some_and(|count| *count > 10), "{code} is rare: {:?}", seen.codes);
    }
    assert!(seen.relayed > 1_000 && seen.dropped > 1_000, "{seen:?}");
    assert!(seen.redeemed > 10, "{seen:?}");
}
