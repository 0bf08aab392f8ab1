//! A busy room that is forwarded, alone and beside rooms that are mixed on the same worker, in turns: how long its packets take
//! from the sender's socket to the viewer's.
//!
//! The cameras of the rooms that are mixed send all the time, so that what differs is the mixers alone. What other programs do to
//! the machine differs too; hence the turns, the ratio within each of them, and what others used.

#![expect(clippy::print_stdout, reason = "figures are what it is for")]

use std::thread::sleep;
use std::time::Duration;

use clap::Args;
use motet::WorkerSettings;
use motet::control::{Request, Response};
use motet_hall::{Busy, Hall};

use crate::mixed::{Mix, Mixed};
use crate::spread::{at, spread};
use crate::threads::{Cores, Used};

#[derive(Args)]
pub(crate) struct NeighboursArguments {
    /// How long to measure each time.
    #[arg(long, default_value_t = 6)]
    seconds: u64,
    /// How often to measure without mixers and with them.
    #[arg(long, default_value_t = 9)]
    rounds: usize,
    /// Rooms that are mixed.
    #[arg(long, default_value_t = 2)]
    mixers: usize,
    /// Cameras in each of them.
    #[arg(long, default_value_t = 9)]
    cameras: usize,
    /// Publishers of the room that is forwarded.
    #[arg(long, default_value_t = 4)]
    publishers: usize,
    /// Its viewers.
    #[arg(long, default_value_t = 20)]
    viewers: usize,
}

/// For connections to come about.
const OPENING: Duration = Duration::from_secs(4);
/// For mixers to come into their stride, and to end: they give way altogether after two calm seconds.
const SETTLING: Duration = Duration::from_secs(4);
const SHARES: [(&str, f64); 3] = [("p50", 0.5), ("p90", 0.9), ("p99", 0.99)];

/// Measures in turns, and compares.
pub(crate) fn run(arguments: &NeighboursArguments) {
    let &NeighboursArguments { seconds, rounds, mixers, cameras, publishers, viewers } = arguments;
    let mut hall = Hall::open();
    let room = hall.open_room();
    let busy = Busy::open(&mut hall, room, publishers, viewers);
    let mixed: Vec<Mixed> = (0..mixers).map(|_| Mixed::open(&mut hall, cameras)).collect();
    sleep(OPENING);
    println!(
        "a room of {publishers} publishers and {viewers} viewers, without and with {mixers} mixers of {cameras} cameras"
    );
    let time = Duration::from_secs(seconds);
    let mut pairs = Vec::new();
    for round in 1..=rounds {
        let mut without = Phase::measure(&hall, &busy, time);
        println!("{round:2} without  {}", without.line());
        let mixes: Vec<Mix> = mixed.iter().map(|mixed| mixed.mix(&mut hall)).collect();
        sleep(SETTLING);
        let mut with = Phase::measure(&hall, &busy, time);
        println!("   with     {}; {}", with.line(), done(&hall, &mixes));
        mixes.into_iter().for_each(|mix| mix.close(&mut hall));
        sleep(SETTLING);
        pairs.push((without, with));
    }
    busy.stop();
    mixed.into_iter().for_each(Mixed::stop);
    tell(&pairs);
}

/// What was measured at a stretch.
struct Phase {
    /// In order.
    times: Vec<Duration>,
    cores: Cores,
    longest_turn: Duration,
    seconds: f64,
}

impl Phase {
    fn measure(hall: &Hall, busy: &Busy, time: Duration) -> Self {
        let worker = WorkerSettings::default().name;
        longest_turn(hall);
        let before = Used::so_far(&worker);
        busy.take();
        sleep(time);
        let mut times = busy.take();
        let cores = Used::so_far(&worker).since(&before);
        times.sort_unstable();
        Self { times, cores, longest_turn: longest_turn(hall), seconds: time.as_secs_f64() }
    }

    fn line(&mut self) -> String {
        let Cores { mixers, worker, worker_waited, others } = self.cores;
        format!(
            "{}: {:.0}/s; worker {worker:.2} of a core, waited {worker_waited:.3}, longest turn {:.1} ms; mixers {mixers:.2}, other programs {others:.2}",
            spread(&mut self.times),
            self.times.len() as f64 / self.seconds,
            self.longest_turn.as_secs_f64() * 1e3,
        )
    }
}

fn longest_turn(hall: &Hall) -> Duration {
    match hall.must(Request::GetWorkerStats) {
        Response::WorkerStats(stats) => stats.longest_turn,
        other => unreachable!("GetWorkerStats is not answered by {other:?}"),
    }
}

/// What the mixers made, and what they left out where cores were short.
fn done(hall: &Hall, mixes: &[Mix]) -> String {
    let stats: Vec<_> = mixes.iter().filter_map(|mix| mix.stats(hall)).collect();
    let pictures: u64 = stats.iter().map(|stats| stats.composed_pictures).sum();
    let left_out: u64 = stats.iter().map(|stats| stats.skipped_pictures).sum();
    let silent: u64 = stats.iter().map(|stats| stats.skipped_audio_frames).sum();
    format!("{pictures} pictures composed, {left_out} left out, {silent} frames of sound left out")
}

fn tell(pairs: &[(Phase, Phase)]) {
    let all = |of: fn(&(Phase, Phase)) -> &Phase| -> Vec<Duration> {
        pairs.iter().flat_map(|pair| of(pair).times.iter().copied()).collect()
    };
    println!("all without {}", spread(&mut all(|pair| &pair.0)));
    println!("all with    {}", spread(&mut all(|pair| &pair.1)));
    for (name, share) in SHARES {
        let ratio = |(without, with): &(Phase, Phase)| {
            Some(at(&with.times, share)?.as_secs_f64() / at(&without.times, share)?.as_secs_f64())
        };
        let mut ratios: Vec<f64> = pairs.iter().filter_map(ratio).collect();
        ratios.sort_by(f64::total_cmp);
        let (Some(least), Some(most)) = (ratios.first(), ratios.last()) else { continue };
        let median = ratios[ratios.len() / 2];
        println!(
            "{name}: with mixers {median:.2} times that without, the median of {} rounds ({least:.2} to {most:.2})",
            ratios.len()
        );
    }
}
