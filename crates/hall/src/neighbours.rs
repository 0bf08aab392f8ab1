//! A busy room that is forwarded, alone and beside rooms that are mixed on the same worker: how long its packets wait.
//!
//! A probe is a program of the busy room that sends to itself through the router: from the moment that it sends to the moment
//! at which the worker takes the packet up is what any packet waits for that comes to the machine.

#![expect(clippy::print_stdout, reason = "figures are what it is for")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use clap::Args;
use motet::control::{
    Arrangement, Codec, Encoding, Fit, Layout, MediaKind, MemberSettings, MixAudio, MixMember, MixVideo,
    MixerAsk, MixerOpen, ProducerId, Request, Response, RtpParameters,
};
use motet::rtp::ext::{ExtensionMap, ExtensionValues};
use motet::rtp::{HEADER_LEN_MAX, PayloadType, RtpHeader, RtpTime, RtpView, Ssrc, is_rtcp, write_header};
use motet::{ConsumerSettings, DirectReceiver, DirectSender, DirectTransport, ProducerSettings};
use motet_codec::video::{PictureCodec, Yuv};
use motet_hall::{Hall, Painter, Room, Singer, Wish};

use crate::spread::spread;

#[derive(Args)]
pub(crate) struct NeighboursArguments {
    /// How long to measure each time.
    #[arg(long, default_value_t = 20)]
    seconds: u64,
    /// Rooms that are mixed.
    #[arg(long, default_value_t = 2)]
    mixers: usize,
    /// Cameras in each of them.
    #[arg(long, default_value_t = 9)]
    cameras: usize,
    /// Viewers of the room that is forwarded.
    #[arg(long, default_value_t = 20)]
    viewers: usize,
}

/// Between two probes.
const PROBE_INTERVAL: Duration = Duration::from_millis(5);
/// Bytes of an RTP payload.
const PAYLOAD_MAX: usize = 1_100;
const FPS: u32 = 25;
/// Those who speak in each room that is mixed.
const SPEAKERS: usize = 3;

/// Measures without mixers, with them, and without again.
pub(crate) fn run(arguments: &NeighboursArguments) {
    let mut hall = Hall::open();
    let busy = hall.open_room();
    let (_, published) = hall.come(busy, Wish::of(500.0, Yuv { y: 100, u: 90, v: 160 }));
    for _ in 0..arguments.viewers {
        let (viewer, _) = hall.come(busy, Wish::nothing());
        hall.take(busy, viewer, &published);
    }
    let probe = Probe::open(&mut hall, busy);
    hall.pass(Duration::from_secs(3));
    println!("a packet's wait for the worker, in a room of {} viewers:", arguments.viewers);
    measure(&mut hall, &probe, "no mixers", arguments.seconds);
    let rooms: Vec<Mixed> =
        (0..arguments.mixers).map(|_| Mixed::open(&mut hall, arguments.cameras)).collect();
    hall.pass(Duration::from_secs(3));
    let cpu = cpu_time();
    let began = Instant::now();
    measure(&mut hall, &probe, &format!("{} mixers", arguments.mixers), arguments.seconds);
    let load = (cpu_time() - cpu).as_secs_f64() / began.elapsed().as_secs_f64();
    for mixed in &rooms {
        if let Some(stats) = hall.mix_stats(mixed.room) {
            println!(
                "  a mixer: {} pictures, {} left out; {} frames of sound, {} left out; {} decoded",
                stats.composed_pictures,
                stats.skipped_pictures,
                stats.audio_frames,
                stats.skipped_audio_frames,
                stats.seen.iter().map(|seen| seen.frames).sum::<u64>(),
            );
        }
    }
    println!("  all of the process used {load:.2} cores meanwhile");
    for mixed in rooms {
        hall.ask(mixed.room, MixerAsk::Close);
        mixed.stop();
    }
    hall.pass(Duration::from_secs(2));
    measure(&mut hall, &probe, "none again", arguments.seconds);
    probe.stop();
}

fn measure(hall: &mut Hall, probe: &Probe, name: &str, seconds: u64) {
    probe.take();
    longest_turn(hall);
    hall.pass(Duration::from_secs(seconds));
    println!("  {name:12} {}   longest turn {:?}", spread(&mut probe.take()), longest_turn(hall));
}

fn longest_turn(hall: &Hall) -> Duration {
    match hall.must(Request::GetWorkerStats) {
        Response::WorkerStats(stats) => stats.longest_turn,
        other => unreachable!("GetWorkerStats is not answered by {other:?}"),
    }
}

/// User and system time of this process (proc(5)); 100 ticks a second everywhere that Linux runs.
fn cpu_time() -> Duration {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = text.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks: u64 = fields.skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 10)
}

fn parameters(codec: Codec, ssrc: Ssrc) -> RtpParameters {
    let parameters = match codec.kind() {
        MediaKind::Audio => MixAudio::default().rtp_parameters(),
        MediaKind::Video => MixVideo::rtp_parameters(codec),
    };
    RtpParameters { encodings: vec![Encoding { ssrc: Some(ssrc), ..Encoding::default() }], ..parameters }
}

fn packet(header: &RtpHeader, payload: &[u8]) -> Vec<u8> {
    let mut packet = vec![0; HEADER_LEN_MAX];
    let len = write_header(header, &ExtensionValues::default(), &ExtensionMap::default(), &mut packet);
    packet.truncate(len.expect("a header without extensions fits"));
    packet.extend_from_slice(payload);
    packet
}

/// See the module.
struct Probe {
    results: Arc<std::sync::Mutex<Vec<Duration>>>,
    is_over: Arc<AtomicBool>,
    thread: JoinHandle<()>,
    _transport: DirectTransport,
    _track: (motet::Producer, motet::Consumer),
}

impl Probe {
    fn open(hall: &mut Hall, room: Room) -> Self {
        let (transport, sender, receiver) = hall.open_direct(room);
        let settings = ProducerSettings {
            kind: MediaKind::Audio,
            rtp_parameters: parameters(Codec::Opus, Ssrc(1)),
            paused: false,
        };
        let producer = hall.wait(transport.produce(settings)).expect("a producer opens");
        let settings = ConsumerSettings {
            producer_id: producer.id(),
            rtp_parameters: parameters(Codec::Opus, Ssrc(2)),
            paused: false,
        };
        let consumer = hall.wait(transport.consume(settings)).expect("a consumer opens");
        let (results, is_over) =
            (Arc::new(std::sync::Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let (thread_results, thread_is_over) = (Arc::clone(&results), Arc::clone(&is_over));
        let work = move || probe(sender, receiver, &thread_results, &thread_is_over);
        let thread = std::thread::spawn(work);
        Self { results, is_over, thread, _transport: transport, _track: (producer, consumer) }
    }

    /// What was measured since the last time.
    fn take(&self) -> Vec<Duration> {
        std::mem::take(&mut self.results.lock().expect("the probe does not panic"))
    }

    fn stop(self) {
        self.is_over.store(true, Ordering::Relaxed);
        let _ = self.thread.join();
    }
}

fn probe(
    mut sender: DirectSender,
    mut receiver: DirectReceiver,
    results: &std::sync::Mutex<Vec<Duration>>,
    is_over: &AtomicBool,
) {
    let mut seq = 0u16;
    let mut sent = Instant::now();
    while !is_over.load(Ordering::Relaxed) {
        seq = seq.wrapping_add(1);
        let header = RtpHeader {
            marker: false,
            payload_type: PayloadType::new(111).expect("seven bits"),
            seq,
            rtp_time: RtpTime(u32::from(seq) * 240),
            ssrc: Ssrc(1),
        };
        // The number of the packet, so that a late one is not taken for the next.
        let probe = packet(&header, &seq.to_be_bytes());
        let before = sent;
        sent = Instant::now();
        sender.push(&probe);
        sender.flush();
        std::thread::sleep(PROBE_INTERVAL);
        while let Some(packet) = receiver.try_recv() {
            if is_rtcp(packet.bytes) {
                continue;
            }
            let Ok(view) = RtpView::parse(packet.bytes) else { continue };
            let number = view.payload().try_into().map_or(0, u16::from_be_bytes);
            // One that waited longer than the interval belongs to the send before.
            let at = if number == seq { sent } else { before };
            let wait = packet.at.saturating_duration_since(at);
            results.lock().expect("nobody panics while counting").push(wait);
        }
    }
}

/// A room that is mixed: cameras and voices out of a file, and one who takes the mix.
struct Mixed {
    room: Room,
    is_over: Arc<AtomicBool>,
    thread: JoinHandle<()>,
    _viewer: (DirectTransport, motet::Consumer, DirectReceiver, DirectSender),
    _feed: (DirectTransport, Vec<motet::Producer>, DirectReceiver),
}

impl Mixed {
    fn open(hall: &mut Hall, cameras: usize) -> Self {
        let room = hall.open_room();
        let (feed, sender, feed_receiver) = hall.open_direct(room);
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
        let mut producers = Vec::new();
        for camera in 0..cameras {
            let member = MixMember(camera as u64);
            let settings = MemberSettings { name: format!("camera {camera}"), ..MemberSettings::default() };
            hall.ask(room, MixerAsk::SetMember { member, settings });
            for (kind, codec) in [(MediaKind::Audio, Codec::Opus), (MediaKind::Video, Codec::Vp8)] {
                let rtp_parameters = parameters(codec, ssrc(kind, camera));
                let settings =
                    ProducerSettings { kind, rtp_parameters: rtp_parameters.clone(), paused: false };
                let producer = hall.wait(feed.produce(settings)).expect("a producer opens");
                let producer_id = producer.id();
                let is_screen = false;
                hall.ask(room, MixerAsk::AddSource { member, producer_id, kind, is_screen, rtp_parameters });
                producers.push(producer);
            }
        }
        let (transport, viewer_sender, receiver) = hall.open_direct(room);
        let settings = ConsumerSettings {
            producer_id: picture,
            rtp_parameters: parameters(Codec::Vp8, Ssrc(9)),
            paused: false,
        };
        let consumer = hall.wait(transport.consume(settings)).expect("a consumer opens");
        let is_over = Arc::new(AtomicBool::new(false));
        let thread_is_over = Arc::clone(&is_over);
        let thread = std::thread::spawn(move || feed_room(sender, cameras, &thread_is_over));
        Self {
            room,
            is_over,
            thread,
            _viewer: (transport, consumer, receiver, viewer_sender),
            _feed: (feed, producers, feed_receiver),
        }
    }

    fn stop(self) {
        self.is_over.store(true, Ordering::Relaxed);
        let _ = self.thread.join();
    }
}

fn ssrc(kind: MediaKind, camera: usize) -> Ssrc {
    let base = if kind == MediaKind::Audio { 1_000 } else { 2_000 };
    Ssrc(base + camera as u32)
}

/// Two seconds of something that moves, again and again; a keyframe begins each round.
fn feed_room(mut sender: DirectSender, cameras: usize, is_over: &AtomicBool) {
    let frames = film();
    let mut singers: Vec<Singer> =
        (0..cameras.min(SPEAKERS)).map(|place| Singer::new(300.0 + 100.0 * place as f32)).collect();
    let (mut video_seq, mut audio_seq) = (0u16, 0u16);
    let began = Instant::now();
    // A tick of 20 ms is a frame of sound; two are one of pictures.
    for tick in 0u32.. {
        if is_over.load(Ordering::Relaxed) {
            return;
        }
        for (camera, singer) in singers.iter_mut().enumerate() {
            let header = RtpHeader {
                marker: false,
                payload_type: PayloadType::new(111).expect("seven bits"),
                seq: audio_seq,
                rtp_time: RtpTime(tick * 960),
                ssrc: ssrc(MediaKind::Audio, camera),
            };
            sender.push(&packet(&header, &singer.sing()));
        }
        audio_seq = audio_seq.wrapping_add(1);
        if tick % 2 == 0 {
            let number = tick / 2;
            let pieces: Vec<&[u8]> = frames[number as usize % frames.len()].chunks(PAYLOAD_MAX).collect();
            for (index, piece) in pieces.iter().enumerate() {
                let payload = [&[if index == 0 { 0x10 } else { 0x00 }], *piece].concat();
                for camera in 0..cameras {
                    let header = RtpHeader {
                        marker: index + 1 == pieces.len(),
                        payload_type: PayloadType::new(96).expect("seven bits"),
                        seq: video_seq,
                        rtp_time: RtpTime(number * (90_000 / FPS)),
                        ssrc: ssrc(MediaKind::Video, camera),
                    };
                    sender.push(&packet(&header, &payload));
                }
                video_seq = video_seq.wrapping_add(1);
            }
        }
        sender.flush();
        let next = began + Duration::from_millis(20) * (tick + 1);
        std::thread::sleep(next.saturating_duration_since(Instant::now()));
    }
}

fn film() -> Vec<Vec<u8>> {
    let mut painter = Painter::new(PictureCodec::Vp8, (640, 360), FPS, Yuv { y: 80, u: 128, v: 128 });
    let mut dice = fastrand::Rng::with_seed(7);
    (0..2 * FPS).map(|number| painter.paint_busy(number == 0, &mut dice)).collect()
}
