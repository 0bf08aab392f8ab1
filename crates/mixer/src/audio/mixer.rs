//! The mixer's doors.

use std::time::{Duration, Instant};

use motet_rtp::Ssrc;

use crate::{MemberId, SourceId};

use super::{
    Announcement, AnnouncementId, AudioError, AudioEvent, AudioFormat, AudioOutput, AudioSettings,
    AudioStats, Mix, SourceStats, Voice,
};

/// How late the owner may come and still have every frame made; beyond that, time is left out.
pub const CATCH_UP_MAX: Duration = Duration::from_millis(200);

/// A room's voices. In: [`Self::handle_rtp`] as packets come, [`Self::handle_timeout`] when [`Self::poll_timeout`] says.
/// Out, after each of either: [`Self::poll_event`] until it is empty, then [`Self::poll_packet`] until it is empty: whoever
/// begins to speak is told first, so that it can be moved to its own mix before the shared one has its voice.
pub struct AudioMixer {
    next_frame: Instant,
}

#[expect(unused_variables, clippy::needless_pass_by_ref_mut, reason = "bodies follow")]
impl AudioMixer {
    /// A mixer without a voice. `seed` gives SSRCs and the beginnings of sequence numbers and timestamps.
    pub fn new(now: Instant, settings: AudioSettings, seed: u64) -> Self {
        Self { next_frame: now }
    }

    /// A stream that the member sends.
    pub fn add_source(
        &mut self,
        source: SourceId,
        member: MemberId,
        format: AudioFormat,
    ) -> Result<(), AudioError> {
        Ok(())
    }

    /// The stream ended. Unknown ones are ignored.
    pub fn remove_source(&mut self, source: SourceId) {}

    /// How the source is heard, from the next frame on.
    pub fn set_source(&mut self, source: SourceId, voice: Voice) -> Result<(), AudioError> {
        Ok(())
    }

    /// How mixes are encoded, from the next frame on.
    pub fn set_output(&mut self, output: AudioOutput) {}

    /// The SSRC of a mix: the shared one's, or that of a member with a source here. It stays as long as the member does.
    pub fn ssrc(&self, mix: Mix) -> Option<Ssrc> {
        None
    }

    /// A packet of the source's, in plain RTP.
    pub fn handle_rtp(&mut self, now: Instant, source: SourceId, packet: &[u8]) {}

    /// When the next frame is due.
    pub fn poll_timeout(&self) -> Option<Instant> {
        Some(self.next_frame)
    }

    /// Makes every frame that is due.
    pub fn handle_timeout(&mut self, now: Instant) {}

    /// The next packet to send, written over `out`.
    pub fn poll_packet(&mut self, out: &mut Vec<u8>) -> Option<Mix> {
        None
    }

    /// The next thing that happened.
    pub fn poll_event(&mut self) -> Option<AudioEvent> {
        None
    }

    /// Plays a recording into every mix, `times` times.
    pub fn play(
        &mut self,
        id: AnnouncementId,
        announcement: Announcement,
        times: u32,
    ) -> Result<(), AudioError> {
        Ok(())
    }

    /// Ends an announcement. Unknown ones are ignored.
    pub fn stop(&mut self, id: AnnouncementId) {}

    /// What the mixer has done.
    pub fn stats(&self) -> AudioStats {
        AudioStats::default()
    }

    /// What a source has been through.
    pub fn source_stats(&self, source: SourceId) -> Option<SourceStats> {
        None
    }
}
