//! The mix's latency beside that of plain forwarding: one who sounds and shows, and one who takes both ways at once.
//!
//! Each frame of the camera shows its number, and each sound has one of a few loudnesses, so that what comes by one way is known
//! again when it comes by the other. Cameras, voices and mixers have clocks of one speed but not of one phase; so mixers are
//! opened anew several times, at another moment each.

#![expect(clippy::print_stdout, reason = "figures are what it is for")]

use std::time::{Duration, Instant};

use clap::Args;
use motet::WorkerSettings;
use motet::control::{
    Arrangement, Codec, Fit, Layout, MediaKind, MemberSettings, MixAudio, MixMember, MixVideo, MixerAsk,
    MixerId, MixerOpen, ProducerId,
};
use motet_codec::video::Yuv;
use motet_hall::{Hall, Listener, Published, Room, Wish};

use crate::spread::spread;
use crate::threads::Used;

#[derive(Args)]
pub(crate) struct LatencyArguments {
    /// How long to measure.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
}

/// Mixers that are opened one after the other.
const PARTS: u32 = 6;
/// For connections to come about and jitter buffers to settle.
const SETTLING: Duration = Duration::from_secs(4);
/// Sounds have one loudness after the other.
const VOLUMES: [f32; 3] = [0.15, 0.3, 0.6];
/// How long it sounds, and how long it does not, and by how much that varies.
const SOUND: Duration = Duration::from_millis(80);
const SILENCE: Duration = Duration::from_millis(100);
const VARIES_MS: u64 = 30;
/// Later than this is not what came by the other way: the next sound of the same loudness is.
const LATE: Duration = Duration::from_millis(450);

/// Measures, and prints the difference between both ways.
pub(crate) fn run(arguments: &LatencyArguments) {
    let mut hall = Hall::open();
    let room = hall.open_room();
    let (sender, published) = hall.come(room, Wish::of(500.0, Yuv { y: 40, u: 128, v: 128 }));
    if let Some(painter) = &mut hall.guests[sender].painter {
        painter.number = Some(0);
    }
    let (mut sounds, mut pictures, mut delays) = (Vec::new(), Vec::new(), Vec::new());
    let before = Used::so_far(&WorkerSettings::default().name);
    for _ in 0..PARTS {
        let room = Room { mixer_id: MixerId(hall.fresh_id()), ..room };
        let mix = open_mixer(&mut hall, room);
        let member = MixMember(1);
        hall.ask(room, MixerAsk::SetMember { member, settings: MemberSettings::default() });
        hall.add_sources(room, member, &published);
        let (taker, _) = hall.come(room, Wish::nothing());
        let taken = hall.take(room, taker, &[published.clone(), mix].concat());
        hall.pass(SETTLING);
        [taken[0], taken[2]].iter().for_each(|consumer| hall.guests[taker].heard(*consumer).forget());
        sing(&mut hall, sender, Duration::from_secs(arguments.seconds) / PARTS);
        let guest = &mut hall.guests[taker];
        sounds.extend(later(&loudnesses(guest.heard(taken[0])), &loudnesses(guest.heard(taken[2]))));
        let direct = std::mem::take(&mut guest.seen(taken[1]).numbers);
        pictures.extend(later(&direct, &guest.seen(taken[3]).numbers));
        let stats = hall.mix_stats(room);
        delays.extend(stats.iter().flat_map(|stats| stats.heard.iter().map(|heard| heard.delay_ms)));
        hall.ask(room, MixerAsk::Close);
        // It came last, and leaves.
        hall.guests.pop();
    }
    println!("sound, later by the mix:   {}", spread(&mut sounds));
    println!("picture, later by the mix: {}", spread(&mut pictures));
    println!("of the sound's, the jitter buffer at the end of each part: {delays:?} ms");
    let others = Used::so_far(&WorkerSettings::default().name).since(&before).others;
    println!("other programs used {others:.2} cores meanwhile");
}

/// Sounds and is silent in turns.
fn sing(hall: &mut Hall, sender: usize, time: Duration) {
    let end = Instant::now() + time;
    for volume in VOLUMES.iter().cycle().take_while(|_| Instant::now() < end) {
        let silence = SILENCE + Duration::from_millis(fastrand::u64(0..VARIES_MS));
        for (volume, phase) in [(*volume, SOUND), (0.0, silence)] {
            if let Some(singer) = &mut hall.guests[sender].singer {
                singer.volume = volume;
            }
            hall.pass(phase);
        }
    }
}

/// When each sound began, with the place of its loudness among [`VOLUMES`].
fn loudnesses(listener: &Listener) -> Vec<(Instant, u8)> {
    let nearest = |peak: f32| {
        let far = |volume: &f32| (peak / volume).ln().abs();
        let ordered = (0u8..).zip(&VOLUMES).min_by(|one, other| far(one.1).total_cmp(&far(other.1)));
        ordered.map_or(0, |(place, _)| place)
    };
    listener.onsets().into_iter().map(|(at, peak)| (at, nearest(peak))).collect()
}

/// For each thing that came by one way, how much later it came first by the other.
fn later(direct: &[(Instant, u8)], mixed: &[(Instant, u8)]) -> Vec<Duration> {
    let late = |(at, what): &(Instant, u8)| {
        let same = mixed.iter().find(|(mixed_at, mixed)| mixed_at >= at && mixed == what);
        same.map(|(mixed_at, _)| *mixed_at - *at)
    };
    direct.iter().filter_map(late).filter(|late| *late < LATE).collect()
}

fn open_mixer(hall: &mut Hall, room: Room) -> Vec<Published> {
    let audio = MixAudio::default();
    let audio_producer_id = ProducerId(hall.fresh_id());
    let producer_id = ProducerId(hall.fresh_id());
    let open = MixerOpen {
        router_id: room.router_id,
        audio_producer_id,
        audio,
        video: Some(MixVideo::default()),
        layout: Layout { arrangement: Arrangement::Single, fit: Fit::Crop },
    };
    hall.ask(room, MixerAsk::Open(Box::new(open)));
    hall.ask(room, MixerAsk::OpenPicture { producer_id, codec: Codec::Vp8 });
    let picture = MixVideo::rtp_parameters(Codec::Vp8);
    vec![
        Published {
            producer_id: audio_producer_id,
            rtp_parameters: audio.rtp_parameters(),
            kind: MediaKind::Audio,
        },
        Published { producer_id, rtp_parameters: picture, kind: MediaKind::Video },
    ]
}
