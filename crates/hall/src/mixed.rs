//! Rooms that are mixed: cameras and voices out of a file, whether a mixer takes them or not, and one who takes the mix.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use motet::control::{
    Arrangement, Codec, Encoding, Fit, Layout, MediaKind, MemberSettings, MixAudio, MixMember, MixStats,
    MixVideo, MixerAsk, MixerId, MixerOpen, ProducerId, RtpParameters,
};
use motet::rtp::ext::{ExtensionMap, ExtensionValues};
use motet::rtp::{HEADER_LEN_MAX, PayloadType, RtpHeader, RtpTime, Ssrc, write_header};
use motet::{ConsumerSettings, DirectReceiver, DirectSender, DirectTransport, Producer, ProducerSettings};
use motet_hall::{Hall, Room, Singer, film};

/// Bytes of an RTP payload.
const PAYLOAD_MAX: usize = 1_100;
/// Those who speak in each room.
const SPEAKERS: usize = 3;
/// Cameras and voices send in turns of so long, each in its own.
const TURN: Duration = Duration::from_millis(5);
const TURNS_OF_SOUND: u32 = 4;
const TURNS_OF_PICTURE: u32 = 8;
/// What is said repeats after this many packets.
const PACKETS_OF_SPEECH: usize = 500;

/// A room whose cameras send.
pub(crate) struct Mixed {
    room: Room,
    producers: Vec<(MixMember, MediaKind, Producer)>,
    is_over: Arc<AtomicBool>,
    thread: JoinHandle<()>,
    _feed: (DirectTransport, DirectReceiver),
}

/// Its mixer, while it has one.
pub(crate) struct Mix {
    room: Room,
    _viewer: (DirectTransport, motet::Consumer, DirectReceiver, DirectSender),
}

impl Mixed {
    pub(crate) fn open(hall: &mut Hall, cameras: usize) -> Self {
        let room = hall.open_room();
        let (feed, sender, receiver) = hall.open_direct(room);
        let mut producers = Vec::new();
        for camera in 0..cameras {
            for (kind, codec) in [(MediaKind::Audio, Codec::Opus), (MediaKind::Video, Codec::Vp8)] {
                let rtp_parameters = parameters(codec, ssrc(kind, camera));
                let settings = ProducerSettings { kind, rtp_parameters, paused: false };
                let producer = hall.wait(feed.produce(settings)).expect("a producer opens");
                producers.push((MixMember(camera as u64), kind, producer));
            }
        }
        let is_over = Arc::new(AtomicBool::new(false));
        let thread_is_over = Arc::clone(&is_over);
        let thread = std::thread::spawn(move || feed_room(sender, cameras, &thread_is_over));
        Self { room, producers, is_over, thread, _feed: (feed, receiver) }
    }

    /// Has the room mixed.
    pub(crate) fn mix(&self, hall: &mut Hall) -> Mix {
        let room = Room { mixer_id: MixerId(hall.fresh_id()), ..self.room };
        let (audio_producer_id, picture) = (ProducerId(hall.fresh_id()), ProducerId(hall.fresh_id()));
        let open = MixerOpen {
            router_id: room.router_id,
            audio_producer_id,
            audio: MixAudio::default(),
            video: Some(MixVideo::default()),
            layout: Layout { arrangement: Arrangement::Grid, fit: Fit::Crop },
        };
        hall.ask(room, MixerAsk::Open(Box::new(open)));
        hall.ask(room, MixerAsk::OpenPicture { producer_id: picture, codec: Codec::Vp8 });
        for (member, kind, producer) in &self.producers {
            let (member, kind, producer_id) = (*member, *kind, producer.id());
            if kind == MediaKind::Audio {
                let settings =
                    MemberSettings { name: format!("camera {}", member.0), ..MemberSettings::default() };
                hall.ask(room, MixerAsk::SetMember { member, settings });
            }
            let codec = if kind == MediaKind::Audio { Codec::Opus } else { Codec::Vp8 };
            let rtp_parameters = parameters(codec, ssrc(kind, member.0 as usize));
            let is_screen = false;
            hall.ask(room, MixerAsk::AddSource { member, producer_id, kind, is_screen, rtp_parameters });
        }
        let (transport, sender, receiver) = hall.open_direct(room);
        let settings = ConsumerSettings {
            producer_id: picture,
            rtp_parameters: parameters(Codec::Vp8, Ssrc(9)),
            paused: false,
        };
        let consumer = hall.wait(transport.consume(settings)).expect("a consumer opens");
        Mix { room, _viewer: (transport, consumer, receiver, sender) }
    }

    pub(crate) fn stop(self) {
        self.is_over.store(true, Ordering::Relaxed);
        let _ = self.thread.join();
    }
}

impl Mix {
    pub(crate) fn stats(&self, hall: &Hall) -> Option<MixStats> {
        hall.mix_stats(self.room)
    }

    pub(crate) fn close(self, hall: &mut Hall) {
        hall.ask(self.room, MixerAsk::Close);
    }
}

fn ssrc(kind: MediaKind, camera: usize) -> Ssrc {
    let base = if kind == MediaKind::Audio { 1_000 } else { 2_000 };
    Ssrc(base + camera as u32)
}

fn parameters(codec: Codec, ssrc: Ssrc) -> RtpParameters {
    let parameters = match codec.kind() {
        MediaKind::Audio => MixAudio::default().rtp_parameters(),
        MediaKind::Video => MixVideo::rtp_parameters(codec),
    };
    RtpParameters { encodings: vec![Encoding { ssrc: Some(ssrc), ..Encoding::default() }], ..parameters }
}

fn feed_room(mut sender: DirectSender, cameras: usize, is_over: &AtomicBool) {
    let frames = film();
    let voices: Vec<Vec<Vec<u8>>> = (0..cameras.min(SPEAKERS))
        .map(|place| {
            let mut singer = Singer::new(300.0 + 100.0 * place as f32);
            (0..PACKETS_OF_SPEECH).map(|_| singer.sing()).collect()
        })
        .collect();
    let mut seqs = vec![0u16; cameras];
    let began = Instant::now();
    for turn in 0u32.. {
        if is_over.load(Ordering::Relaxed) {
            return;
        }
        for (camera, seq) in seqs.iter_mut().enumerate() {
            // Each at a moment of its own, as people do.
            let turn = turn + camera as u32;
            if let Some(voice) = voices.get(camera).filter(|_| turn.is_multiple_of(TURNS_OF_SOUND)) {
                sender.push(&sound(camera, turn / TURNS_OF_SOUND, voice));
            }
            if turn.is_multiple_of(TURNS_OF_PICTURE) {
                picture(camera, turn / TURNS_OF_PICTURE, &frames, seq).iter().for_each(|packet| {
                    sender.push(packet);
                });
            }
        }
        sender.flush();
        let next = began + TURN * (turn + 1);
        std::thread::sleep(next.saturating_duration_since(Instant::now()));
    }
}

fn sound(camera: usize, number: u32, voice: &[Vec<u8>]) -> Vec<u8> {
    let header = RtpHeader {
        marker: false,
        payload_type: PayloadType::new(111).expect("seven bits"),
        seq: number as u16,
        rtp_time: RtpTime(number.wrapping_mul(960)),
        ssrc: ssrc(MediaKind::Audio, camera),
    };
    packet(&header, &voice[number as usize % voice.len()])
}

fn picture(camera: usize, number: u32, frames: &[Vec<u8>], seq: &mut u16) -> Vec<Vec<u8>> {
    let pieces = frames[number as usize % frames.len()].chunks(PAYLOAD_MAX);
    let last = pieces.len().saturating_sub(1);
    let packets = pieces.enumerate().map(|(index, piece)| {
        let header = RtpHeader {
            marker: index == last,
            payload_type: PayloadType::new(96).expect("seven bits"),
            seq: *seq,
            rtp_time: RtpTime(number.wrapping_mul(3_600)),
            ssrc: ssrc(MediaKind::Video, camera),
        };
        *seq = seq.wrapping_add(1);
        // VP8's payload descriptor: whether a partition begins here.
        packet(&header, &[&[if index == 0 { 0x10 } else { 0x00 }], piece].concat())
    });
    packets.collect()
}

fn packet(header: &RtpHeader, payload: &[u8]) -> Vec<u8> {
    let mut packet = vec![0; HEADER_LEN_MAX];
    let len = write_header(header, &ExtensionValues::default(), &ExtensionMap::default(), &mut packet);
    packet.truncate(len.expect("a header without extensions fits"));
    packet.extend_from_slice(payload);
    packet
}
