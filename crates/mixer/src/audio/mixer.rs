//! The mixer's doors.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use motet_rtp::Ssrc;

use crate::{MemberId, SourceId};

use super::announcement::Player;
use super::leader::Leader;
use super::member::Member;
use super::output::Output;
use super::pcm::SILENCE_DB;
use super::queue::Queue;
use super::source::{Heard, Source};
use super::{
    Announcement, AnnouncementId, AudioError, AudioEvent, AudioFormat, AudioOutput, AudioSettings,
    AudioStats, Mix, SourceStats, Voice,
};

/// How late the owner may come and still have every frame made; beyond that, time is left out.
pub const CATCH_UP_MAX: Duration = Duration::from_millis(200);
/// Sources of one mixer: more than a hall's. Quiet ones cost next to nothing, but each has memory.
pub const SOURCES_MAX: usize = 2000;
/// Announcements that wait for their turn, the playing one included.
pub const ANNOUNCEMENTS_MAX: usize = 16;
/// Events that wait for an owner who does not ask. Full means that it is gone; the oldest are forgotten.
const EVENTS_MAX: usize = 4 * SOURCES_MAX;
/// How much louder a voice must be than the quietest that sounds, to take its place where there is no other.
const CROWD_OUT_DB: f32 = 6.0;
pub(super) const FRAME_TIME: Duration = Duration::from_millis(20);

/// A room's voices. In: [`Self::handle_rtp`] as packets come, [`Self::handle_timeout`] when [`Self::poll_timeout`] says.
/// Out, after each of either: [`Self::poll_event`] until it is empty, then [`Self::poll_packet`] until it is empty: whoever
/// begins to speak is told first, so that it can be moved to its own mix before the shared one has its voice.
pub struct AudioMixer {
    pub(super) settings: AudioSettings,
    pub(super) sources: BTreeMap<SourceId, Source>,
    pub(super) members: BTreeMap<MemberId, Member>,
    /// The first one plays.
    pub(super) players: VecDeque<Player>,
    pub(super) shared: Output,
    pub(super) shared_ssrc: Ssrc,
    pub(super) leader: Leader,
    pub(super) queue: Queue,
    pub(super) events: VecDeque<AudioEvent>,
    pub(super) stats: AudioStats,
    pub(super) next_frame: Instant,
    /// The RTP time of `next_frame`, the same in all mixes.
    pub(super) rtp_time: u32,
    /// Turns since something in the mix was stereo.
    pub(super) mono_turns: u32,
    pub(super) turns_to_levels: u32,
    seed: u64,
}

impl AudioMixer {
    /// A mixer without a voice. `seed` gives SSRCs and the beginnings of sequence numbers and timestamps.
    pub fn new(now: Instant, settings: AudioSettings, mut seed: u64) -> Result<Self, AudioError> {
        let shared_ssrc = Ssrc(chance(&mut seed) as u32);
        let shared = Output::new(settings.output, shared_ssrc, chance(&mut seed) as u16)
            .map_err(|_| AudioError::Codec)?;
        Ok(Self {
            settings,
            sources: BTreeMap::new(),
            members: BTreeMap::new(),
            players: VecDeque::new(),
            shared,
            shared_ssrc,
            leader: Leader::default(),
            queue: Queue::default(),
            events: VecDeque::new(),
            stats: AudioStats::default(),
            next_frame: now + FRAME_TIME,
            rtp_time: chance(&mut seed) as u32,
            mono_turns: u32::MAX,
            turns_to_levels: 0,
            seed,
        })
    }

    /// A stream that the member sends.
    pub fn add_source(
        &mut self,
        source: SourceId,
        member: MemberId,
        format: AudioFormat,
    ) -> Result<(), AudioError> {
        if self.sources.contains_key(&source) {
            return Err(AudioError::SourceExists);
        }
        if self.sources.len() >= SOURCES_MAX {
            return Err(AudioError::TooManySources);
        }
        self.sources.insert(source, Source::new(member, format));
        if !self.members.contains_key(&member) {
            let (ssrc, seq) = (self.fresh_ssrc(), chance(&mut self.seed) as u16);
            self.members.insert(member, Member::new(ssrc, seq));
        }
        if let Some(member) = self.members.get_mut(&member) {
            member.sources += 1;
        }
        Ok(())
    }

    fn fresh_ssrc(&mut self) -> Ssrc {
        loop {
            let ssrc = Ssrc(chance(&mut self.seed) as u32);
            let is_taken = self.members.values().any(|member| member.ssrc == ssrc);
            if !is_taken && ssrc != self.shared_ssrc {
                return ssrc;
            }
        }
    }

    /// The stream ended. Unknown ones are ignored.
    pub fn remove_source(&mut self, source: SourceId) {
        let Some(removed) = self.sources.remove(&source) else { return };
        let Some(member) = self.members.get_mut(&removed.member) else { return };
        member.sources -= 1;
        if member.sources > 0 {
            return;
        }
        if member.speaks() {
            self.tell(AudioEvent::Quiet(removed.member));
        }
        self.members.remove(&removed.member);
        if self.leader.remove(removed.member) {
            self.tell(AudioEvent::ActiveSpeaker(None));
        }
    }

    /// How the source is heard, from the next frame on.
    pub fn set_source(&mut self, source: SourceId, voice: Voice) -> Result<(), AudioError> {
        self.sources.get_mut(&source).ok_or(AudioError::NoSuchSource)?.set(voice);
        Ok(())
    }

    /// How mixes are encoded, from the next frame on.
    pub fn set_output(&mut self, output: AudioOutput) -> Result<(), AudioError> {
        self.settings.output = output;
        let own = self.members.values_mut().filter_map(|member| member.output.as_mut());
        for mix in own.chain([&mut self.shared]) {
            mix.set(output).map_err(|_| AudioError::Codec)?;
        }
        Ok(())
    }

    /// The SSRC of a mix: the shared one's, or that of a member with a source here. It stays as long as the member does.
    pub fn ssrc(&self, mix: Mix) -> Option<Ssrc> {
        match mix {
            Mix::Shared => Some(self.shared_ssrc),
            Mix::Without(member) => self.members.get(&member).map(|member| member.ssrc),
        }
    }

    /// A packet of the source's, in plain RTP.
    pub fn handle_rtp(&mut self, now: Instant, source: SourceId, packet: &[u8]) {
        let Some(found) = self.sources.get_mut(&source) else {
            self.stats.stray_packets += 1;
            return;
        };
        let heard = found.handle_rtp(now, packet);
        self.admit(now, source, heard);
    }

    /// Lets a voice in that a source has found, or keeps it out.
    pub(super) fn admit(&mut self, now: Instant, id: SourceId, mut heard: Heard) {
        while let Heard::Voice { level_db } = heard {
            let has_place = self.make_place(id, level_db);
            let Some(source) = self.sources.get_mut(&id) else { return };
            if has_place {
                source.open(now, self.settings.delay_max);
                let member = source.member;
                if self.members.get_mut(&member).is_some_and(Member::begin) {
                    self.tell(AudioEvent::Speaks(member));
                }
                return;
            }
            self.stats.crowded_out_voices += 1;
            source.refuse();
            heard = source.listen();
        }
    }

    /// Whether there is a place for one more voice; the quietest one gives way to a much louder.
    fn make_place(&mut self, id: SourceId, level_db: f32) -> bool {
        let others = || self.sources.iter().filter(|(other, source)| **other != id && source.is_open());
        if others().count() < self.settings.voices_max {
            return true;
        }
        let quietest = others().min_by(|(_, a), (_, b)| a.level_db.total_cmp(&b.level_db));
        // One that still waits for its first frame has no level yet, and keeps its place.
        let quietest = quietest.filter(|(_, source)| source.level_db > SILENCE_DB);
        let Some(quietest) =
            quietest.filter(|(_, source)| source.level_db + CROWD_OUT_DB < level_db).map(|(id, _)| *id)
        else {
            return false;
        };
        if let Some(source) = self.sources.get_mut(&quietest) {
            source.refuse();
            self.stats.crowded_out_voices += 1;
        }
        true
    }

    /// When the next frame is due.
    pub fn poll_timeout(&self) -> Option<Instant> {
        Some(self.next_frame)
    }

    /// Makes every frame that is due.
    pub fn handle_timeout(&mut self, now: Instant) {
        let behind = now.saturating_duration_since(self.next_frame);
        if behind > CATCH_UP_MAX {
            let frames = (behind.as_micros() / FRAME_TIME.as_micros()) as u32;
            self.stats.skipped_frames += u64::from(frames);
            self.pass(frames);
        }
        while self.next_frame <= now {
            self.turn();
            self.pass(1);
        }
    }

    fn pass(&mut self, frames: u32) {
        self.next_frame += FRAME_TIME * frames;
        self.rtp_time = self.rtp_time.wrapping_add(frames.wrapping_mul(super::pcm::FRAME as u32));
    }

    /// The next packet to send, written over `out`.
    pub fn poll_packet(&mut self, out: &mut Vec<u8>) -> Option<Mix> {
        self.queue.pop(out)
    }

    /// The next thing that happened.
    pub fn poll_event(&mut self) -> Option<AudioEvent> {
        self.events.pop_front()
    }

    pub(super) fn tell(&mut self, event: AudioEvent) {
        if self.events.len() >= EVENTS_MAX {
            self.events.pop_front();
        }
        self.events.push_back(event);
    }

    /// Plays a recording into every mix, `times` times, after those that wait already.
    pub fn play(
        &mut self,
        id: AnnouncementId,
        announcement: Announcement,
        times: u32,
    ) -> Result<(), AudioError> {
        if self.players.len() >= ANNOUNCEMENTS_MAX {
            return Err(AudioError::TooManyAnnouncements);
        }
        self.players.push_back(Player::new(id, announcement, times));
        Ok(())
    }

    /// Ends an announcement, which is then told like any other's end. Unknown ones are ignored.
    pub fn stop(&mut self, id: AnnouncementId) {
        let before = self.players.len();
        self.players.retain(|player| player.id != id);
        if self.players.len() < before {
            self.tell(AudioEvent::AnnouncementEnded(id));
        }
    }

    /// What the mixer has done.
    pub fn stats(&self) -> AudioStats {
        self.stats
    }

    /// What a source has been through.
    pub fn source_stats(&self, source: SourceId) -> Option<SourceStats> {
        let source = self.sources.get(&source)?;
        Some(source.stats(self.next_frame, self.settings.delay_max))
    }
}

/// The next of a row of numbers that a seed determines (SplitMix64). For numbers that must differ, not for secrets.
fn chance(seed: &mut u64) -> u64 {
    *seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (*seed ^ *seed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ mixed >> 31
}
