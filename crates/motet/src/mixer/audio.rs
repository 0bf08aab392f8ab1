//! The thread that mixes sound.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use motet_control::{
    Announcement, AnnouncementId, ConsumerId, MemberSettings, MixAudio, MixMember, MixerNews, ProducerId,
    RtpParameters,
};
use motet_mixer::audio::{
    self, AudioCodec, AudioEvent, AudioFormat, AudioMixer, AudioOutput, AudioSettings, Mix, Voice,
};
use motet_mixer::{MemberId, SourceId};
use motet_rtp::{RtpView, Ssrc, is_rtcp};
use motet_worker::{DirectReceiver, DirectSender};

use super::own::OwnMixes;
use super::seat::Seat;
use super::stats::{Board, heard_stats};
use super::stream::{Stream, mix_parameters};
use super::thread::Task;

/// What the owner of a mixer has its audio thread do.
pub(super) enum AudioCommand {
    SetMember { member: MixMember, settings: MemberSettings },
    RemoveMember { member: MixMember },
    AddSource(HeardSource),
    RemoveSource { producer_id: ProducerId },
    SetMuted { producer_id: ProducerId, muted: bool },
    SetListener { member: MixMember, consumer_id: Option<ConsumerId> },
    Play { announcement_id: AnnouncementId, announcement: Announcement },
    StopPlaying { announcement_id: AnnouncementId },
}

/// A source as it comes to the mixer.
pub(super) struct HeardSource {
    pub(super) member: MixMember,
    pub(super) producer_id: ProducerId,
    /// As the mixer consumes it.
    pub(super) parameters: RtpParameters,
    pub(super) ssrc: Ssrc,
}

/// How often statistics are laid out for whoever asks.
const STATS_INTERVAL: Duration = Duration::from_secs(1);

/// See the module.
pub(super) struct AudioTask {
    mixer: AudioMixer,
    seat: Seat,
    sender: DirectSender,
    receiver: DirectReceiver,
    shared: Stream,
    own: OwnMixes,
    sources: HashMap<SourceId, Source>,
    by_ssrc: HashMap<Ssrc, SourceId>,
    members: HashMap<MixMember, MemberSettings>,
    board: Board,
    stats_at: Instant,
    packet: Vec<u8>,
}

struct Source {
    member: MixMember,
    ssrc: Ssrc,
    is_muted: bool,
}

impl AudioTask {
    pub(super) fn new(
        (seat, sender, receiver): (Seat, DirectSender, DirectReceiver),
        (shared_id, shared): (ProducerId, Stream),
        settings: MixAudio,
        (seed, board): (u64, Board),
    ) -> Result<Self, String> {
        let now = Instant::now();
        let own = OwnMixes::new(seat.clone(), shared_id, settings.stereo);
        let mixer =
            AudioMixer::new(now, mixer_settings(settings), seed).map_err(|error| error.to_string())?;
        Ok(Self {
            mixer,
            seat,
            sender,
            receiver,
            shared,
            own,
            sources: HashMap::new(),
            by_ssrc: HashMap::new(),
            members: HashMap::new(),
            board,
            stats_at: now,
            packet: Vec::new(),
        })
    }

    fn add_source(&mut self, added: HeardSource) {
        let id = SourceId(added.producer_id.0);
        let member = MemberId(added.member.0);
        let trouble = match self.mixer.add_source(id, member, format(&added.parameters)) {
            Ok(()) => {
                let source = Source { member: added.member, ssrc: added.ssrc, is_muted: false };
                self.sources.insert(id, source);
                self.by_ssrc.insert(added.ssrc, id);
                self.set_voice(id);
                None
            }
            Err(error) => Some(error.to_string()),
        };
        self.tell(MixerNews::SourceHeard { producer_id: added.producer_id, trouble });
    }

    fn remove_source(&mut self, id: SourceId) {
        if let Some(source) = self.sources.remove(&id) {
            self.by_ssrc.remove(&source.ssrc);
            self.mixer.remove_source(id);
        }
    }

    fn set_voice(&mut self, id: SourceId) {
        let Some(source) = self.sources.get(&id) else { return };
        let member = self.members.get(&source.member).cloned().unwrap_or_default();
        let voice = Voice {
            muted: member.muted || source.is_muted,
            gain: member.gain.clamp(0.0, 4.0),
            position: member.position.clamp(-1.0, 1.0),
        };
        // It was added before.
        let _ = self.mixer.set_source(id, voice);
    }

    fn sources_of(&self, member: MixMember) -> Vec<SourceId> {
        self.sources.iter().filter(|(_, source)| source.member == member).map(|(id, _)| *id).collect()
    }

    fn play(&mut self, id: AnnouncementId, announcement: Announcement) {
        let parsed = audio::Announcement::parse(announcement.file).map_err(|error| error.to_string());
        let outcome = parsed.and_then(|parsed| {
            let playing = audio::AnnouncementId(id.0);
            self.mixer.play(playing, parsed, announcement.times.max(1)).map_err(|error| error.to_string())
        });
        if let Err(trouble) = outcome {
            self.tell(MixerNews::AnnouncementEnded { announcement_id: id, trouble: Some(trouble) });
        }
    }

    /// Gives the mixer what the router has forwarded, with the times at which it came.
    fn listen(&mut self) {
        while let Some(packet) = self.receiver.try_recv() {
            if is_rtcp(packet.bytes) {
                continue;
            }
            let Ok(view) = RtpView::parse(packet.bytes) else { continue };
            // One that is not known has just been removed.
            if let Some(source) = self.by_ssrc.get(&view.ssrc()) {
                self.mixer.handle_rtp(packet.at, *source, packet.bytes);
            }
        }
    }

    fn speak(&mut self, now: Instant) {
        while let Some(event) = self.mixer.poll_event() {
            self.handle_event(now, event);
        }
        while let Some(mix) = self.mixer.poll_packet(&mut self.packet) {
            let stream = match mix {
                Mix::Shared => Some(&mut self.shared),
                Mix::Without(member) => self.own.stream(MixMember(member.0)),
            };
            let Some(stream) = stream else { continue };
            if let Some(report) = stream.claim(now, &mut self.packet) {
                self.sender.push(&report);
            }
            self.sender.push(&self.packet);
        }
        self.sender.flush();
    }

    fn handle_event(&mut self, now: Instant, event: AudioEvent) {
        match event {
            AudioEvent::Speaks(member) => self.own.speaks(MixMember(member.0)),
            AudioEvent::Quiet(member) => self.own.quiet(now, MixMember(member.0)),
            AudioEvent::ActiveSpeaker(member) => {
                let member = member.map(|member| MixMember(member.0));
                self.board.set_active(member);
                self.tell(MixerNews::ActiveSpeaker { member });
            }
            AudioEvent::Levels(levels) => {
                let level = |(member, level): (MemberId, audio::Level)| {
                    (MixMember(member.0), -i8::try_from(level.0.min(127)).unwrap_or(i8::MAX))
                };
                self.tell(MixerNews::Levels { levels: levels.into_iter().map(level).collect() });
            }
            AudioEvent::AnnouncementEnded(id) => {
                let announcement_id = AnnouncementId(id.0);
                self.tell(MixerNews::AnnouncementEnded { announcement_id, trouble: None });
            }
        }
    }

    fn lay_out_stats(&mut self, now: Instant) {
        if now < self.stats_at {
            return;
        }
        self.stats_at = now + STATS_INTERVAL;
        let sources = self.sources.iter().filter_map(|(id, source)| {
            let stats = self.mixer.source_stats(*id)?;
            Some(heard_stats(ProducerId(id.0), source.member, &stats))
        });
        self.board.set_audio(&self.mixer.stats(), sources.collect());
        self.own.close_unused(now);
    }

    fn tell(&self, news: MixerNews) {
        self.seat.voice().tell(news);
    }
}

impl Task<AudioCommand> for AudioTask {
    fn handle(&mut self, command: AudioCommand) {
        match command {
            AudioCommand::SetMember { member, settings } => {
                self.members.insert(member, settings);
                self.sources_of(member).into_iter().for_each(|source| self.set_voice(source));
            }
            AudioCommand::RemoveMember { member } => {
                self.members.remove(&member);
                self.sources_of(member).into_iter().for_each(|source| self.remove_source(source));
            }
            AudioCommand::AddSource(source) => self.add_source(source),
            AudioCommand::RemoveSource { producer_id } => self.remove_source(SourceId(producer_id.0)),
            AudioCommand::SetMuted { producer_id, muted } => {
                let id = SourceId(producer_id.0);
                if let Some(source) = self.sources.get_mut(&id) {
                    source.is_muted = muted;
                    self.set_voice(id);
                }
            }
            AudioCommand::SetListener { member, consumer_id } => self.own.set_listener(member, consumer_id),
            AudioCommand::Play { announcement_id, announcement } => self.play(announcement_id, announcement),
            AudioCommand::StopPlaying { announcement_id } => {
                self.mixer.stop(audio::AnnouncementId(announcement_id.0));
                self.tell(MixerNews::AnnouncementEnded { announcement_id, trouble: None });
            }
        }
    }

    fn run(&mut self, now: Instant) -> Instant {
        self.listen();
        let is_due = self.mixer.poll_timeout().is_some_and(|at| at <= now);
        if is_due {
            self.mixer.handle_timeout(now);
        }
        self.speak(now);
        self.lay_out_stats(now);
        self.mixer.poll_timeout().unwrap_or(now + STATS_INTERVAL)
    }

    fn is_over(&self) -> bool {
        self.receiver.is_closed()
    }
}

fn mixer_settings(settings: MixAudio) -> AudioSettings {
    let parameters = mix_parameters(motet_control::Codec::Opus, Ssrc(1), false);
    let codec = parameters.codecs.first().expect("the router's capabilities have Opus");
    let payload_type = codec.payload_type;
    let output = AudioOutput {
        bitrate_bps: settings.bitrate_bps.clamp(6_000, 510_000),
        stereo: settings.stereo,
        ..AudioOutput::default()
    };
    AudioSettings { output, ..AudioSettings::new(payload_type) }
}

/// What each payload type of a source means.
fn format(parameters: &RtpParameters) -> AudioFormat {
    let codecs = parameters.codecs.iter().filter_map(|codec| {
        let means = match codec.codec {
            motet_control::Codec::Opus => AudioCodec::Opus,
            motet_control::Codec::Pcmu => AudioCodec::Pcmu,
            motet_control::Codec::Pcma => AudioCodec::Pcma,
            motet_control::Codec::G722 => AudioCodec::G722,
            _ => return None,
        };
        Some((codec.payload_type, means))
    });
    AudioFormat { payload_types: codecs.collect() }
}
