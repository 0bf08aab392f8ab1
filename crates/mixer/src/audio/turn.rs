//! One turn of the mixer, 20 ms.

use motet_codec::audio::Channels;
use motet_rtp::{PayloadType, RtpTime};
use rustc_hash::FxHashMap;

use crate::{MemberId, SourceId};

use super::leader::Standing;
use super::member::Change;
use super::mixer::AudioMixer;
use super::output::{Frame, Output};
use super::pcm::{FRAME, SILENCE_DB};
use super::queue::Queue;
use super::source::Heard;
use super::{AudioEvent, AudioStats, Level, Mix};

/// A mix stays stereo for so many turns after the last that was, two seconds: each change begins an encoder anew.
const STEREO_HOLD: u32 = 100;
/// Levels are told each so many turns.
const TURNS_PER_LEVELS: u32 = 10;

impl AudioMixer {
    pub(super) fn turn(&mut self) {
        self.stats.frames += 1;
        // 1. Everyone's samples of this turn.
        self.take_frames();
        let announced = self.take_announcement();
        // 2. Who speaks, who leads, how loud.
        self.judge_members();
        // 3. The sum of all.
        let channels = self.choose_channels(announced.as_ref());
        let total = self.sum(announced.as_ref(), channels);
        // 4. The sum for those who listen, and for each speaker what it is without that speaker.
        self.encode(total, channels);
    }

    fn take_frames(&mut self) {
        let (now, delay_max) = (self.next_frame, self.settings.delay_max);
        let mut ended: Vec<SourceId> = Vec::new();
        for (id, source) in &mut self.sources {
            if source.take_frame(now, delay_max) {
                ended.push(*id);
            }
        }
        for id in ended {
            let heard = self.sources.get_mut(&id).map_or(Heard::Nothing, |source| source.listen());
            self.admit(now, id, heard);
        }
    }

    /// The announcement's samples of this turn with its channels.
    fn take_announcement(&mut self) -> Option<(Vec<f32>, usize)> {
        let player = self.players.front_mut()?;
        let mut frame = Vec::new();
        if player.take_frame(&mut frame) {
            return Some((frame, player.channels()));
        }
        let id = player.id;
        self.players.pop_front();
        self.tell(AudioEvent::AnnouncementEnded(id));
        None
    }

    fn judge_members(&mut self) {
        let mut quiet: Vec<MemberId> = Vec::new();
        let mut loudness: FxHashMap<MemberId, (f32, bool)> = FxHashMap::default();
        for source in self.sources.values().filter(|source| source.is_open() || source.sounds()) {
            let (level_db, is_open) = loudness.entry(source.member).or_insert((SILENCE_DB, false));
            *level_db = level_db.max(source.level_db);
            *is_open |= source.is_open();
        }
        for (id, member) in &mut self.members {
            let (level_db, is_open) = loudness.get(id).copied().unwrap_or((SILENCE_DB, false));
            if member.turn(level_db, is_open) == Change::FellQuiet {
                member.end_output();
                quiet.push(*id);
            }
        }
        for member in quiet {
            self.tell(AudioEvent::Quiet(member));
        }
        let standings = self.members.iter().map(|(id, member)| Standing {
            member: *id,
            score: member.score(),
            speaks: member.speaks(),
        });
        if let Some(leader) = self.leader.turn(standings) {
            self.tell(AudioEvent::ActiveSpeaker(Some(leader)));
        }
        self.tell_levels();
    }

    fn tell_levels(&mut self) {
        self.turns_to_levels = self.turns_to_levels.wrapping_add(1);
        if !self.turns_to_levels.is_multiple_of(TURNS_PER_LEVELS) {
            return;
        }
        let sounding = self.members.iter().filter(|(_, member)| member.level_db() > SILENCE_DB);
        let level = |db: f32| Level((-db).clamp(0.0, 127.0) as u8);
        let mut levels: Vec<_> = sounding.map(|(id, member)| (*id, level(member.level_db()))).collect();
        levels.sort_by_key(|(_, level)| *level);
        if !levels.is_empty() {
            self.tell(AudioEvent::Levels(levels));
        }
    }

    fn choose_channels(&mut self, announced: Option<&(Vec<f32>, usize)>) -> Channels {
        let sounding = self.sources.values().filter(|source| source.sounds());
        let is_stereo = sounding
            .fold(announced.is_some_and(|(_, channels)| *channels == 2), |is_stereo, source| {
                is_stereo || source.wants_stereo()
            });
        self.mono_turns = if is_stereo { 0 } else { self.mono_turns.saturating_add(1) };
        if self.settings.output.stereo && self.mono_turns < STEREO_HOLD {
            Channels::Stereo
        } else {
            Channels::Mono
        }
    }

    fn sum(&mut self, announced: Option<&(Vec<f32>, usize)>, channels: Channels) -> Vec<f32> {
        let mut total = vec![0.0; FRAME * channels.count()];
        if let Some((frame, of)) = announced {
            match (of, channels) {
                (1, Channels::Stereo) => {
                    let pairs = total.as_chunks_mut::<2>().0;
                    pairs.iter_mut().zip(frame).for_each(|(pair, sample)| *pair = [*sample; 2]);
                }
                (2, Channels::Mono) => {
                    let pairs = frame.as_chunks().0;
                    total.iter_mut().zip(pairs).for_each(|(sum, [left, right])| *sum = (left + right) / 2.0);
                }
                _ => total.copy_from_slice(frame),
            }
        }
        for source in self.sources.values_mut().filter(|source| source.sounds()) {
            source.add_to(&mut total, channels.count());
        }
        total
    }

    /// Every mix of this turn: each speaker's own, split from the shared one before that is encoded, then the shared.
    fn encode(&mut self, mut total: Vec<f32>, channels: Channels) {
        let Self { queue, stats, settings, rtp_time, shared, members, sources, .. } = self;
        let rtp_time = RtpTime(*rtp_time);
        let mut press = Press { queue, stats, payload_type: settings.payload_type, rtp_time, channels };
        let mut frame = Vec::with_capacity(total.len());
        for (id, member) in members.iter_mut().filter(|(_, member)| member.speaks()) {
            frame.clear();
            frame.extend_from_slice(&total);
            for source in sources.values().filter(|source| source.member == *id && source.sounds()) {
                source.subtract_from(&mut frame);
            }
            let output = member.output.get_or_insert_with(|| shared.split(member.ssrc, member.seq));
            press.encode(Mix::Without(*id), output, &mut frame);
        }
        press.encode(Mix::Shared, shared, &mut total);
    }
}

/// Where all mixes of a turn are encoded.
struct Press<'a> {
    queue: &'a mut Queue,
    stats: &'a mut AudioStats,
    payload_type: PayloadType,
    rtp_time: RtpTime,
    channels: Channels,
}

impl Press<'_> {
    fn encode(&mut self, mix: Mix, output: &mut Output, frame: &mut [f32]) {
        let mut packet = self.queue.buffer();
        let encoded = output
            .set_channels(self.channels)
            .and_then(|()| output.encode(frame, self.payload_type, self.rtp_time, &mut packet));
        self.stats.limited_frames += u64::from(output.was_limited);
        *match encoded {
            Ok(Frame::Sent | Frame::Omitted) => &mut self.stats.encoded_frames,
            Ok(Frame::Silent) => &mut self.stats.silent_frames,
            // libopus refuses no frame of this length; were it to, the mix has a hole of 20 ms.
            Err(_) => &mut self.stats.failed_frames,
        } += 1;
        match encoded {
            Ok(Frame::Sent) => self.queue.push(mix, packet),
            _ => self.queue.give_back(packet),
        }
    }
}
