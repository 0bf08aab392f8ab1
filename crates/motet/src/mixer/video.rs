//! The thread that composes pictures.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use motet_control::{
    Codec, ConsumerId, Layout, MemberSettings, MixCell, MixMember, MixSourceMax, MixVideo, MixerNews,
    Placeholder, PlaceholderReason, ProducerId, Request, RtpParameters, Shown,
};
use motet_mixer::video::{
    Compositor, SeenCell, SourceLimits, Trouble, VideoCodec, VideoEvent, VideoFormat, VideoSettings,
};
use motet_mixer::{MemberId, SourceId};
use motet_rtp::ext::ExtensionMap;
use motet_rtp::rtcp::{self, Packet, Writer};
use motet_rtp::{PayloadType, RtpView, Ssrc, is_rtcp};
use motet_worker::{DirectReceiver, DirectSender};

use super::links::{Answer, Links};
use super::picture::Picture;
use super::seat::Seat;
use super::stats::{Board, output_stats, seen_stats};
use super::stream::Stream;
use super::thread::Task;

/// What the owner of a mixer has its video thread do.
pub(super) enum VideoCommand {
    SetMember { member: MixMember, settings: MemberSettings },
    RemoveMember { member: MixMember },
    AddSource(SeenSource),
    RemoveSource { producer_id: ProducerId },
    SetMuted { producer_id: ProducerId, muted: bool },
    OpenPicture { producer_id: ProducerId, codec: Codec, payload_type: PayloadType, stream: Stream },
    ClosePicture { producer_id: ProducerId },
    SetListener { member: MixMember, consumer_id: Option<ConsumerId> },
    SetLayout { layout: Layout },
}

/// A source as it comes to the mixer.
pub(super) struct SeenSource {
    pub(super) member: MixMember,
    pub(super) producer_id: ProducerId,
    pub(super) consumer_id: ConsumerId,
    pub(super) is_screen: bool,
    /// As the mixer consumes it.
    pub(super) parameters: RtpParameters,
    pub(super) ssrc: Ssrc,
}

/// How often sources' packets are taken: frames are decoded as they come, and not all at once when it is time to compose.
const LISTEN_INTERVAL: Duration = Duration::from_millis(10);
/// How often consumers are counted, and statistics are laid out.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);
/// Packets that go out at once, and the pause behind them: a keyframe for many viewers is not to stand in others' way.
const SLICE: usize = 24;
const SLICE_PAUSE: Duration = Duration::from_millis(1);
/// See the module.
pub(super) struct VideoTask {
    compositor: Compositor,
    settings: MixVideo,
    seat: Seat,
    sender: DirectSender,
    receiver: DirectReceiver,
    pictures: Vec<Picture>,
    sources: HashMap<SourceId, Source>,
    by_ssrc: HashMap<Ssrc, SourceId>,
    links: Links,
    active: Option<MixMember>,
    board: Board,
    look_at: Instant,
    /// Whether sources are taken: not while nobody looks.
    is_watching: bool,
    outgoing: VecDeque<Vec<u8>>,
    /// Memory of packets that were sent.
    spare: Vec<Vec<u8>>,
}

struct Source {
    member: MixMember,
    consumer_id: ConsumerId,
    ssrc: Ssrc,
}

impl VideoTask {
    pub(super) fn new(
        (seat, sender, receiver): (Seat, DirectSender, DirectReceiver),
        settings: MixVideo,
        layout: Layout,
        (seed, board): (u64, Board),
    ) -> Self {
        let now = Instant::now();
        let mut compositor = Compositor::new(
            now,
            VideoSettings {
                fps: settings.fps.clamp(1, 30),
                background: settings.background,
                show_names: settings.show_names,
                limits: limits(settings.source_max),
                seed,
                ..VideoSettings::default()
            },
        );
        compositor.set_layout(layout);
        Self {
            compositor,
            settings,
            seat,
            sender,
            receiver,
            pictures: Vec::new(),
            sources: HashMap::new(),
            by_ssrc: HashMap::new(),
            links: Links::new(),
            active: None,
            board,
            look_at: now,
            is_watching: false,
            outgoing: VecDeque::new(),
            spare: Vec::new(),
        }
    }

    fn add_source(&mut self, added: SeenSource) {
        let now = Instant::now();
        let SeenSource { member, producer_id, consumer_id, is_screen, parameters, ssrc } = added;
        let id = SourceId(producer_id.0);
        if !self.compositor.add_source(now, id, MemberId(member.0), is_screen, format(&parameters)) {
            let placeholder = Placeholder {
                reason: PlaceholderReason::TooMany,
                explanation: "too many pictures".to_owned(),
            };
            let shown = Shown::Placeholder(placeholder);
            return self.tell(MixerNews::SourceShown { producer_id, shown });
        }
        self.sources.insert(id, Source { member, consumer_id, ssrc });
        self.by_ssrc.insert(ssrc, id);
        if self.is_watching {
            self.seat.hint(Request::SetConsumerPaused { consumer_id, paused: false });
        }
    }

    fn remove_source(&mut self, id: SourceId) {
        if let Some(source) = self.sources.remove(&id) {
            self.by_ssrc.remove(&source.ssrc);
            self.compositor.remove_source(id);
        }
    }

    fn remove_member(&mut self, member: MixMember) {
        let theirs = self.sources.iter().filter(|(_, source)| source.member == member);
        let theirs: Vec<SourceId> = theirs.map(|(id, _)| *id).collect();
        theirs.into_iter().for_each(|id| self.remove_source(id));
        self.compositor.remove_member(MemberId(member.0));
    }

    fn close_picture(&mut self, producer_id: ProducerId) {
        let Some(place) = self.pictures.iter().position(|picture| picture.id() == Some(producer_id)) else {
            return;
        };
        let mut picture = self.pictures.remove(place);
        picture.end(&mut self.compositor);
        for producer_id in picture.open_producers() {
            self.seat.hint(Request::CloseProducer { producer_id });
        }
    }

    /// Takes what came over the transport: sources' packets, and viewers' wishes for keyframes.
    fn listen(&mut self, now: Instant) {
        let mut wanted: Vec<Ssrc> = Vec::new();
        while let Some(packet) = self.receiver.try_recv() {
            if is_rtcp(packet.bytes) {
                wanted.extend(key_frames_wanted(packet.bytes));
                continue;
            }
            let Ok(view) = RtpView::parse(packet.bytes) else { continue };
            // One that is not known has just been removed.
            if let Some(source) = self.by_ssrc.get(&view.ssrc()) {
                self.compositor.handle_rtp(packet.at, *source, packet.bytes);
            }
        }
        wanted.into_iter().for_each(|ssrc| self.want_key_frame(now, ssrc));
    }

    fn want_key_frame(&mut self, now: Instant, ssrc: Ssrc) {
        let fps = self.settings.fps.clamp(1, 30);
        for picture in &mut self.pictures {
            if let Some(rung) = picture.by_ssrc(ssrc)
                && let Err(why) = picture.want_key_frame(now, &mut self.compositor, rung, fps)
            {
                self.seat.voice().tell(MixerNews::Refused { why: format!("the picture: {why}") });
            }
        }
        self.watch();
    }

    /// Takes sources while anybody looks, and no longer.
    fn watch(&mut self) {
        let has_viewers =
            self.pictures.iter().any(|picture| picture.rungs().iter().any(|rung| rung.is_encoded));
        if has_viewers != self.is_watching {
            self.is_watching = has_viewers;
            for source in self.sources.values() {
                let consumer_id = source.consumer_id;
                self.seat.hint(Request::SetConsumerPaused { consumer_id, paused: !has_viewers });
            }
        }
    }

    fn compose(&mut self, now: Instant) {
        let active = self.board.active();
        if active != self.active {
            for (member, speaks) in [(self.active, false), (active, true)] {
                if let Some(member) = member {
                    self.compositor.set_speaking(MemberId(member.0), speaks);
                }
            }
            self.active = active;
            self.compositor.set_active(active.map(|member| MemberId(member.0)));
        }
        self.compositor.handle_timeout(now);
        loop {
            let mut packet = self.spare.pop().unwrap_or_default();
            let Some(output) = self.compositor.poll_packet(&mut packet) else {
                self.spare.push(packet);
                return;
            };
            let rung = self.pictures.iter_mut().find_map(|picture| picture.by_output(output));
            let Some(rung) = rung else { continue };
            let report = rung.stream.claim(now, &mut packet);
            self.outgoing.extend(report);
            self.outgoing.push_back(packet);
        }
    }

    fn tell_events(&mut self) {
        while let Some(event) = self.compositor.poll_event() {
            match event {
                VideoEvent::KeyFrameWanted(source) => {
                    if let Some(source) = self.sources.get(&source) {
                        self.outgoing.push_front(picture_loss(source.ssrc));
                    }
                }
                VideoEvent::SourceShown { source, trouble } => {
                    let placeholder = trouble.map(Trouble::placeholder);
                    let shown = placeholder.map_or(Shown::Picture, Shown::Placeholder);
                    self.tell(MixerNews::SourceShown { producer_id: ProducerId(source.0), shown });
                }
                VideoEvent::Arranged(cells) => {
                    let cells = cells.into_iter().map(mix_cell).collect();
                    self.tell(MixerNews::Arranged { cells });
                }
            }
        }
    }

    /// Sends a slice of what there is.
    fn send(&mut self) {
        for packet in self.outgoing.drain(..SLICE.min(self.outgoing.len())) {
            self.sender.push(&packet);
            if self.spare.len() < SLICE {
                self.spare.push(packet);
            }
        }
        self.sender.flush();
    }

    /// Asks after the links, and lays out what was done.
    fn look(&mut self, now: Instant) {
        self.links.ask_listeners(now, &self.seat);
        if now < self.look_at {
            return;
        }
        self.look_at = now + LOOK_INTERVAL;
        self.links.ask_consumers(&self.seat, &self.pictures);
        let seen = self.sources.iter().filter_map(|(id, source)| {
            let stats = self.compositor.source_stats(*id)?;
            Some(seen_stats(ProducerId(id.0), source.member, &stats))
        });
        let outputs = self.pictures.iter().flat_map(output_stats);
        self.board.set_video(&self.compositor.stats(), seen.collect(), outputs.collect());
    }

    fn take_answers(&mut self, now: Instant) {
        while let Some(answer) = self.links.poll() {
            match answer {
                Answer::Consumers(producer_id, consumers) => {
                    let fps = self.settings.fps.clamp(1, 30);
                    for picture in &mut self.pictures {
                        let looked = (producer_id, consumers);
                        if let Err(why) = picture.look(now, &mut self.compositor, looked, fps) {
                            self.seat.voice().tell(MixerNews::Refused { why: format!("the picture: {why}") });
                        }
                    }
                    self.watch();
                }
                Answer::Listener(member, stats) => {
                    self.links.judge(now, (member, &stats), &mut self.pictures, &self.seat);
                }
            }
        }
    }

    fn tell(&self, news: MixerNews) {
        self.seat.voice().tell(news);
    }
}

impl Task<VideoCommand> for VideoTask {
    fn handle(&mut self, command: VideoCommand) {
        match command {
            VideoCommand::SetMember { member, settings } => {
                self.compositor.set_member(MemberId(member.0), &settings.name, settings.shown);
            }
            VideoCommand::RemoveMember { member } => self.remove_member(member),
            VideoCommand::AddSource(source) => self.add_source(source),
            VideoCommand::RemoveSource { producer_id } => self.remove_source(SourceId(producer_id.0)),
            VideoCommand::SetMuted { producer_id, muted } => {
                self.compositor.set_source_muted(SourceId(producer_id.0), muted);
            }
            VideoCommand::OpenPicture { producer_id, codec, payload_type, stream } => {
                let sizes = &self.settings.sizes;
                let picture = Picture::new(&self.seat, (codec, payload_type), (producer_id, stream), sizes);
                self.pictures.push(picture);
            }
            VideoCommand::ClosePicture { producer_id } => self.close_picture(producer_id),
            VideoCommand::SetListener { member, consumer_id } => self.links.set(member, consumer_id),
            VideoCommand::SetLayout { layout } => self.compositor.set_layout(layout),
        }
    }

    fn run(&mut self, now: Instant) -> Instant {
        self.listen(now);
        self.take_answers(now);
        self.look(now);
        if self.compositor.poll_timeout().is_some_and(|at| at <= now) {
            self.compose(now);
        }
        self.tell_events();
        self.send();
        let pause = if self.outgoing.is_empty() { LISTEN_INTERVAL } else { SLICE_PAUSE };
        // What was done took its time.
        let now = Instant::now();
        self.compositor.poll_timeout().map_or(now + pause, |at| at.min(now + pause))
    }

    fn is_over(&self) -> bool {
        self.receiver.is_closed()
    }
}

/// The streams that a compound asks a keyframe of.
fn key_frames_wanted(compound: &[u8]) -> impl Iterator<Item = Ssrc> {
    rtcp::packets(compound).filter_map(|packet| match packet {
        Ok(Packet::Pli { media, .. }) => Some(media),
        _ => None,
    })
}

/// Asks a source's sender for a keyframe.
fn picture_loss(media: Ssrc) -> Vec<u8> {
    let mut compound = [0; 32];
    let mut writer = Writer::new(&mut compound);
    // Twelve bytes fit.
    let _ = writer.pli(Ssrc(1), media);
    let len = writer.len();
    compound[..len].to_vec()
}

fn mix_cell(cell: SeenCell) -> MixCell {
    let SeenCell { x, y, w, h, member, source } = cell;
    MixCell { x, y, w, h, member: MixMember(member.0), producer_id: source.map(|id| ProducerId(id.0)) }
}

/// What each payload type and header extension of a source means.
fn format(parameters: &RtpParameters) -> VideoFormat {
    let codecs = parameters.codecs.iter().filter_map(|codec| {
        let means = match codec.codec {
            Codec::Vp8 => VideoCodec::Vp8,
            Codec::Vp9 => VideoCodec::Vp9,
            Codec::H264 => VideoCodec::H264,
            Codec::Av1 => VideoCodec::Av1,
            _ => return None,
        };
        Some((codec.payload_type, means))
    });
    let extensions = parameters.header_extensions.iter().map(|extension| (extension.kind, extension.id));
    VideoFormat { payload_types: codecs.collect(), extensions: ExtensionMap::new(extensions) }
}

/// What a source may cost, in the compositor's words.
fn limits(max: MixSourceMax) -> SourceLimits {
    let mut limits = SourceLimits { pixels_per_second_max: max.pixels_per_second, ..SourceLimits::default() };
    limits.decode.pixels_max = max.frame_pixels;
    limits
}
