//! The board on which a mixer's threads lay out what they have done, and by which the one that composes learns who speaks.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use motet_control::{HeardStats, MixMember, MixOutputStats, MixStats, ProducerId, SeenStats};
use motet_mixer::audio::{AudioStats, SourceStats};
use motet_mixer::video::{CompositorStats, VideoSourceStats};

use super::picture::Picture;

/// See the module. Held only to copy.
#[derive(Clone, Default)]
pub(super) struct Board(Arc<Mutex<Sheet>>);

#[derive(Default)]
struct Sheet {
    stats: MixStats,
    active: Option<MixMember>,
}

impl Board {
    pub(super) fn stats(&self) -> MixStats {
        self.lock().stats.clone()
    }

    pub(super) fn active(&self) -> Option<MixMember> {
        self.lock().active
    }

    pub(super) fn set_active(&self, member: Option<MixMember>) {
        self.lock().active = member;
    }

    pub(super) fn set_audio(&self, audio: &AudioStats, heard: Vec<HeardStats>) {
        let stats = &mut self.lock().stats;
        stats.audio_frames = audio.frames;
        stats.skipped_audio_frames = audio.skipped_frames;
        stats.encoded_audio_frames = audio.encoded_frames;
        stats.heard = heard;
    }

    pub(super) fn set_video(
        &self,
        video: &CompositorStats,
        seen: Vec<SeenStats>,
        outputs: Vec<MixOutputStats>,
    ) {
        let stats = &mut self.lock().stats;
        stats.composed_pictures = video.ticks;
        stats.skipped_pictures = video.skipped_ticks;
        stats.encoded_pictures = video.encoded_frames;
        stats.seen = seen;
        stats.outputs = outputs;
    }

    /// Nothing panics while the lock is held, so that a poisoned one holds nothing half done.
    fn lock(&self) -> MutexGuard<'_, Sheet> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) fn heard_stats(producer_id: ProducerId, member: MixMember, stats: &SourceStats) -> HeardStats {
    HeardStats {
        producer_id,
        member,
        packets: stats.packets,
        lost_packets: stats.lost_packets,
        fec_packets: stats.fec_packets,
        late_packets: stats.late_packets,
        concealed_ms: stats.concealed_samples / 48,
        bad_packets: stats.malformed_packets + stats.undecodable_packets,
        delay_ms: millis(stats.delay),
    }
}

pub(super) fn seen_stats(producer_id: ProducerId, member: MixMember, stats: &VideoSourceStats) -> SeenStats {
    SeenStats {
        producer_id,
        member,
        packets: stats.packets,
        frames: stats.frames,
        losses: stats.losses,
        refused_frames: stats.refused_frames,
        bad_packets: stats.malformed_packets + stats.unknown_packets,
        size: stats.size,
    }
}

/// The sizes of a picture that are encoded.
pub(super) fn output_stats(picture: &Picture) -> impl Iterator<Item = MixOutputStats> {
    let codec = picture.codec();
    picture.rungs().iter().filter(|rung| rung.is_encoded).map(move |rung| MixOutputStats {
        producer_id: rung.producer_id,
        codec,
        width: rung.size.width,
        height: rung.size.height,
        consumers: rung.consumers,
    })
}

fn millis(time: Duration) -> u32 {
    u32::try_from(time.as_millis()).unwrap_or(u32::MAX)
}
