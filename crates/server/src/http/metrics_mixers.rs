//! What `/metrics` tells of mixers: one line each, which goes with its mixer.

use std::time::Duration;

use motet::control::{HeardStats, MixStats, MixerId, SeenStats};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;
use tokio::sync::mpsc;

use crate::rooms_task::RoomsHandle;

/// More answers than there are workers.
const ANSWERS_MAX: usize = 512;
/// How long the workers' queues have to come to the question.
const WAIT: Duration = Duration::from_secs(1);

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct MixerLabel {
    mixer: String,
}

/// What all mixers have done; those of a worker whose queue does not move are left out.
pub(super) async fn gather(rooms: &RoomsHandle) -> Vec<(MixerId, MixStats)> {
    let (reply, mut answers) = mpsc::channel(ANSWERS_MAX);
    rooms.mix_stats(reply).await;
    let mut all = Vec::new();
    let gathered = async {
        while let Some(some) = answers.recv().await {
            all.extend(some);
        }
    };
    let _ = tokio::time::timeout(WAIT, gathered).await;
    all
}

type Read = fn(&MixStats) -> u64;

pub(super) fn register(registry: &mut Registry, mixers: &[(MixerId, MixStats)]) {
    let counters: [(&str, &str, Read); 11] = [
        ("motet_mixer_audio_frames", "Frames of 20 ms mixed", |stats| stats.audio_frames),
        ("motet_mixer_skipped_audio_frames", "Frames left out: too busy", |stats| stats.skipped_audio_frames),
        ("motet_mixer_encoded_audio_frames", "Audio encodes", |stats| stats.encoded_audio_frames),
        ("motet_mixer_lost_packets", "Sound packets that never came in time", |stats| {
            heard(stats, |source| source.lost_packets)
        }),
        ("motet_mixer_fec_packets", "Lost packets whose sound came with the next", |stats| {
            heard(stats, |source| source.fec_packets)
        }),
        ("motet_mixer_concealed_milliseconds", "Sound made up for what never came", |stats| {
            heard(stats, |source| source.concealed_ms)
        }),
        ("motet_mixer_bad_packets", "Packets that could not be decoded", |stats| {
            heard(stats, |source| source.bad_packets) + seen(stats, |source| source.bad_packets)
        }),
        ("motet_mixer_composed_pictures", "Pictures composed", |stats| stats.composed_pictures),
        ("motet_mixer_skipped_pictures", "Pictures left out: too busy", |stats| stats.skipped_pictures),
        ("motet_mixer_encoded_pictures", "Video encodes", |stats| stats.encoded_pictures),
        ("motet_mixer_decoded_frames", "Frames of cameras and screens decoded", |stats| {
            seen(stats, |source| source.frames)
        }),
    ];
    for (name, help, read) in counters {
        let family: Family<MixerLabel, Counter> = Family::default();
        for (id, stats) in mixers {
            family.get_or_create(&MixerLabel { mixer: id.to_string() }).inc_by(read(stats));
        }
        registry.register(name, help, family);
    }
}

fn heard(stats: &MixStats, read: impl Fn(&HeardStats) -> u64) -> u64 {
    stats.heard.iter().map(read).sum()
}

fn seen(stats: &MixStats, read: impl Fn(&SeenStats) -> u64) -> u64 {
    stats.seen.iter().map(read).sum()
}
