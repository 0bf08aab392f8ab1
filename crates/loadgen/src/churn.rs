//! Many short stays in one room, a few at a time, while one participant stays: each publishes, connects, sends, receives
//! and goes. One in four goes without a word, as a closed laptop does.

use std::time::{Duration, Instant};

use clap::Args;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::json;

use crate::told::{Failure, tell};
use crate::visitor::{Place, Seen, Visitor};

/// How long a stay may take until media flows both ways, on a busy machine.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);
/// One in so many vanishes.
const VANISHES: usize = 4;

#[derive(Args)]
pub(crate) struct ChurnArguments {
    #[command(flatten)]
    place: Place,
    /// How many stays.
    #[arg(long, default_value_t = 200)]
    joins: usize,
    /// How many at a time.
    #[arg(long, default_value_t = 4)]
    together: usize,
}

pub(crate) async fn run(arguments: ChurnArguments) -> Result<(), Failure> {
    str0m::crypto::from_feature_flags().install_process_default();
    let mut resident = Visitor::join(&arguments.place, "resident").await?;
    tell("published", &json!({}));
    let began_at = Instant::now();
    let total = tokio::select! {
        total = visits(&arguments) => total?,
        end = stay(&mut resident) => return end,
    };
    let residents = resident.seen;
    resident.leave().await?;
    tell(
        "done",
        &json!({
            "joins": arguments.joins,
            "seconds": began_at.elapsed().as_secs_f64(),
            "slowestSeconds": total.slowest.as_secs_f64(),
            "videoFrames": total.seen.video_frames,
            "audioFrames": total.seen.audio_frames,
            "residentVideoFrames": residents.video_frames,
            "residentAudioFrames": residents.audio_frames,
            "bytes": total.seen.bytes + residents.bytes,
        }),
    );
    Ok(())
}

/// Only an error ends it.
async fn stay(resident: &mut Visitor) -> Result<(), Failure> {
    loop {
        resident.turn().await?;
    }
}

/// What all visits come to.
#[derive(Default)]
struct Total {
    seen: Seen,
    slowest: Duration,
}

async fn visits(arguments: &ChurnArguments) -> Result<Total, Failure> {
    stream::iter(0..arguments.joins)
        .map(|number| visit(&arguments.place, number))
        .buffer_unordered(arguments.together)
        .try_fold(Total::default(), |mut total, (seen, took)| async move {
            total.seen.audio_frames += seen.audio_frames;
            total.seen.video_frames += seen.video_frames;
            total.seen.bytes += seen.bytes;
            total.slowest = total.slowest.max(took);
            Ok(total)
        })
        .await
}

/// One stay: what it saw, and how long it took.
async fn visit(place: &Place, number: usize) -> Result<(Seen, Duration), Failure> {
    let began_at = Instant::now();
    let mut visitor = Visitor::join(place, &format!("visitor {number}")).await?;
    while !visitor.is_in_the_call() {
        visitor.turn().await?;
        if began_at.elapsed() > CONNECT_TIMEOUT {
            return Err(format!("visitor {number} is not in the call after {CONNECT_TIMEOUT:?}").into());
        }
    }
    let seen = visitor.seen;
    if number % VANISHES != VANISHES - 1 {
        visitor.leave().await?;
    }
    Ok((seen, began_at.elapsed()))
}
