//! The door: requests to mixers in, and from them requests to the worker, in the same order.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use motet_control::{
    Codec, ConsumerId, MediaKind, MixAudio, MixMember, MixStats, MixerAsk, MixerId, MixerNews,
    MixerNotification, MixerOpen, MixerRequest, ProducerId, Request, RtpParameters,
};

use super::audio::{AudioCommand, AudioTask, HeardSource};
use super::seat::{Seat, Voice};
use super::stats::Board;
use super::stream::{Stream, mix_parameters, source_parameters};
use super::thread::{self, Commands, Standing};
use super::video::{SeenSource, VideoCommand, VideoTask};
use crate::link::Link;
use crate::random;
use crate::worker::Worker;

/// Mixers of one worker at most: each has threads of its own, and work for a part of a core.
const MIXERS_MAX: usize = 1024;
/// Sound is little work, and listeners hear when it is late.
const AUDIO: Standing = Standing::Shares { nice: 1 };
/// Pictures are much work, and one that is late by some milliseconds is not seen. Where cores are short they get half of a worker's
/// share; much less, and pictures stop on a machine that is busy with others' work.
const VIDEO: Standing = Standing::LeavesItsShare { nice: 3 };

/// All mixers on one worker's routers.
pub struct Mixers {
    link: Arc<Link>,
    tell: Arc<dyn Fn(MixerNotification) + Send + Sync>,
    mixers: HashMap<MixerId, Mixer>,
}

/// One mixer, as its owner sees it. Dropping it closes it.
struct Mixer {
    voice: Arc<Voice>,
    board: Board,
    audio_seat: Seat,
    audio: Commands<AudioCommand>,
    /// Where there is a picture.
    video: Option<(Seat, Commands<VideoCommand>)>,
    /// The mixer's consumers, by what they consume.
    sources: HashMap<ProducerId, Source>,
}

struct Source {
    member: MixMember,
    kind: MediaKind,
    consumer_id: ConsumerId,
}

impl Mixers {
    /// No mixers yet. `tell` is called by the mixers' threads and must not wait.
    pub fn new(worker: &Worker, tell: impl Fn(MixerNotification) + Send + Sync + 'static) -> Self {
        Self { link: Arc::clone(worker.link()), tell: Arc::new(tell), mixers: HashMap::new() }
    }

    /// Carries a request out, without waiting. What is to reach the worker for it has been sent when this returns, so that
    /// a [`Worker::send`] after it finds the producers that it opened.
    pub fn handle(&mut self, request: MixerRequest) {
        let MixerRequest { mixer_id, ask } = request;
        match ask {
            MixerAsk::Open(open) => self.open(mixer_id, *open),
            MixerAsk::Close => _ = self.mixers.remove(&mixer_id),
            ask => {
                if let Some(mixer) = self.mixers.get_mut(&mixer_id) {
                    mixer.handle(ask);
                }
            }
        }
    }

    /// What a mixer has done, as of a second ago at most.
    pub fn stats(&self, mixer_id: MixerId) -> Option<MixStats> {
        Some(self.mixers.get(&mixer_id)?.board.stats())
    }

    /// The same of all mixers that are open.
    pub fn all_stats(&self) -> Vec<(MixerId, MixStats)> {
        self.mixers.iter().map(|(id, mixer)| (*id, mixer.board.stats())).collect()
    }

    fn open(&mut self, id: MixerId, open: MixerOpen) {
        let tell = Arc::clone(&self.tell);
        let voice = Voice::new(id, move |notification| tell(notification));
        if self.mixers.len() >= MIXERS_MAX || self.mixers.contains_key(&id) {
            return voice.tell(MixerNews::Refused { why: format!("mixer {id} cannot be opened") });
        }
        self.mixers.insert(id, Mixer::open(&self.link, id, open, voice));
    }
}

impl Mixer {
    fn open(link: &Arc<Link>, id: MixerId, open: MixerOpen, voice: Arc<Voice>) -> Self {
        let MixerOpen { router_id, audio_producer_id, audio, video, layout } = open;
        let board = Board::default();
        let (audio_seat, sender, receiver) = Seat::take(link, router_id, Arc::clone(&voice));
        let shared = Stream::new();
        produce(&audio_seat, audio_producer_id, &shared, audio);
        let (seat, thread_board) = (audio_seat.clone(), board.clone());
        let seed = random::seed().unwrap_or_default();
        let make = move || {
            AudioTask::new((seat, sender, receiver), (audio_producer_id, shared), audio, (seed, thread_board))
        };
        let audio = thread::start(&format!("mix-{id}-audio"), AUDIO, &voice, make);
        let video = video.map(|settings| {
            let (video_seat, sender, receiver) = Seat::take(link, router_id, Arc::clone(&voice));
            let (seat, thread_board) = (video_seat.clone(), board.clone());
            let make =
                move || Ok(VideoTask::new((seat, sender, receiver), settings, layout, (seed, thread_board)));
            (video_seat, thread::start(&format!("mix-{id}-video"), VIDEO, &voice, make))
        });
        Self { voice, board, audio_seat, audio, video, sources: HashMap::new() }
    }

    fn handle(&mut self, ask: MixerAsk) {
        match ask {
            MixerAsk::Open(_) | MixerAsk::Close => {}
            MixerAsk::SetMember { member, settings } => {
                self.to_video(|| VideoCommand::SetMember { member, settings: settings.clone() });
                self.audio.send(AudioCommand::SetMember { member, settings });
            }
            MixerAsk::RemoveMember { member } => self.remove_member(member),
            MixerAsk::AddSource { member, producer_id, kind, is_screen, rtp_parameters } => {
                self.add_source((member, producer_id, kind), is_screen, &rtp_parameters);
            }
            MixerAsk::RemoveSource { producer_id } => self.remove_source(producer_id),
            MixerAsk::SetSourceMuted { producer_id, muted } => {
                self.to_video(|| VideoCommand::SetMuted { producer_id, muted });
                self.audio.send(AudioCommand::SetMuted { producer_id, muted });
            }
            MixerAsk::OpenPicture { producer_id, codec } => self.open_picture(producer_id, codec),
            MixerAsk::ClosePicture { producer_id } => {
                self.to_video(|| VideoCommand::ClosePicture { producer_id });
            }
            MixerAsk::AddListener { member, audio_consumer_id, video_consumer_id } => {
                self.set_listener(member, audio_consumer_id, video_consumer_id);
            }
            MixerAsk::RemoveListener { member } => self.set_listener(member, None, None),
            MixerAsk::SetLayout { layout } => self.to_video(|| VideoCommand::SetLayout { layout }),
            MixerAsk::Play { announcement_id, announcement } => {
                self.audio.send(AudioCommand::Play { announcement_id, announcement });
            }
            MixerAsk::StopPlaying { announcement_id } => {
                self.audio.send(AudioCommand::StopPlaying { announcement_id });
            }
        }
    }

    fn add_source(
        &mut self,
        (member, producer_id, kind): (MixMember, ProducerId, MediaKind),
        is_screen: bool,
        produced: &RtpParameters,
    ) {
        if self.sources.contains_key(&producer_id) {
            return;
        }
        let ssrc = random::ssrc();
        let parameters = match source_parameters(produced, ssrc) {
            Ok(parameters) => parameters,
            Err(error) => return self.voice.tell(MixerNews::Refused { why: error.to_string() }),
        };
        let consumer_id = match (kind, &self.video) {
            (MediaKind::Audio, _) => {
                let consumer_id = self.audio_seat.consume(producer_id, parameters.clone(), false);
                self.audio.send(AudioCommand::AddSource(HeardSource {
                    member,
                    producer_id,
                    parameters,
                    ssrc,
                }));
                consumer_id
            }
            (MediaKind::Video, Some((seat, commands))) => {
                // The thread that composes takes it as soon as anybody looks.
                let consumer_id = seat.consume(producer_id, parameters.clone(), true);
                commands.send(VideoCommand::AddSource(SeenSource {
                    member,
                    producer_id,
                    consumer_id,
                    is_screen,
                    parameters,
                    ssrc,
                }));
                consumer_id
            }
            (MediaKind::Video, None) => return,
        };
        self.sources.insert(producer_id, Source { member, kind, consumer_id });
    }

    /// The producer is opened here and now, so that consumers of it may be asked for next.
    fn open_picture(&mut self, producer_id: ProducerId, codec: Codec) {
        let refuse = |why: &str| self.voice.tell(MixerNews::Refused { why: why.to_owned() });
        let Some((seat, commands)) = &self.video else { return refuse("the mixer has no picture") };
        if !matches!(codec, Codec::Vp8 | Codec::H264) {
            return refuse("the picture is encoded as VP8 or H264");
        }
        let stream = Stream::new();
        let parameters = mix_parameters(codec, stream.ssrc, false);
        let Some(payload_type) = parameters.codecs.first().map(|codec| codec.payload_type) else { return };
        seat.produce(producer_id, parameters);
        commands.send(VideoCommand::OpenPicture { producer_id, codec, payload_type, stream });
    }

    fn set_listener(&self, member: MixMember, audio: Option<ConsumerId>, video: Option<ConsumerId>) {
        self.audio.send(AudioCommand::SetListener { member, consumer_id: audio });
        self.to_video(|| VideoCommand::SetListener { member, consumer_id: video });
    }

    fn to_video(&self, command: impl FnOnce() -> VideoCommand) {
        if let Some((_, commands)) = &self.video {
            commands.send(command());
        }
    }

    fn remove_source(&mut self, producer_id: ProducerId) {
        let Some(source) = self.sources.remove(&producer_id) else { return };
        // It may have ended with its producer.
        self.audio_seat.hint(Request::CloseConsumer { consumer_id: source.consumer_id });
        match source.kind {
            MediaKind::Audio => self.audio.send(AudioCommand::RemoveSource { producer_id }),
            MediaKind::Video => self.to_video(|| VideoCommand::RemoveSource { producer_id }),
        }
    }

    fn remove_member(&mut self, member: MixMember) {
        let theirs = self.sources.iter().filter(|(_, source)| source.member == member);
        let theirs: Vec<ProducerId> = theirs.map(|(id, _)| *id).collect();
        theirs.into_iter().for_each(|id| self.remove_source(id));
        self.to_video(|| VideoCommand::RemoveMember { member });
        self.audio.send(AudioCommand::RemoveMember { member });
    }
}

fn produce(seat: &Seat, id: ProducerId, stream: &Stream, audio: MixAudio) {
    seat.produce(id, mix_parameters(Codec::Opus, stream.ssrc, audio.stereo));
}

impl fmt::Debug for Mixers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mixers").field("mixers", &self.mixers.len()).finish_non_exhaustive()
    }
}
