//! The mix's latency beside that of plain forwarding: one who sounds and flashes, and one who takes both ways at once.

#![expect(clippy::print_stdout, reason = "figures are what it is for")]

use std::time::{Duration, Instant};

use clap::Args;
use motet::control::{
    Arrangement, Codec, Fit, Layout, MediaKind, MemberSettings, MixAudio, MixMember, MixVideo, MixerAsk,
    MixerOpen, ProducerId,
};
use motet_codec::video::Yuv;
use motet_hall::{Hall, Published, Room, Wish};

use crate::spread::spread;

#[derive(Args)]
pub(crate) struct LatencyArguments {
    /// How long to measure.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
}

const DARK: Yuv = Yuv { y: 40, u: 128, v: 128 };
const BRIGHT: Yuv = Yuv { y: 200, u: 128, v: 128 };
/// Between dark and bright.
const EDGE: u8 = 120;
/// How long it sounds and is bright, and how long it is not, and by how much that varies.
const PHASE: Duration = Duration::from_millis(700);
const VARIES_MS: u64 = 140;
/// Later than this is no echo of the same beginning.
const LATE: Duration = Duration::from_millis(600);

/// Measures, and prints the difference between both ways.
pub(crate) fn run(arguments: &LatencyArguments) {
    let mut hall = Hall::open();
    let room = hall.open_room();
    let mix = open_mixer(&mut hall, room);
    let (sender, published) = hall.come(room, Wish::of(500.0, DARK));
    let member = MixMember(1);
    hall.ask(room, MixerAsk::SetMember { member, settings: MemberSettings::default() });
    hall.add_sources(room, member, &published);
    let (taker, _) = hall.come(room, Wish::nothing());
    let tracks = [published.clone(), mix].concat();
    let taken = hall.take(room, taker, &tracks);
    hall.pass(Duration::from_secs(5));
    [taken[0], taken[2]].iter().for_each(|consumer| hall.guests[taker].heard(*consumer).forget());

    let end = Instant::now() + Duration::from_secs(arguments.seconds);
    let mut is_on = false;
    while Instant::now() < end {
        is_on = !is_on;
        let guest = &mut hall.guests[sender];
        if let (Some(singer), Some(painter)) = (&mut guest.singer, &mut guest.painter) {
            singer.volume = if is_on { 0.4 } else { 0.0 };
            painter.colour = if is_on { BRIGHT } else { DARK };
        }
        hall.pass(PHASE + Duration::from_millis(fastrand::u64(0..VARIES_MS)));
    }

    let guest = &mut hall.guests[taker];
    let direct = guest.heard(taken[0]).onsets();
    let mixed = guest.heard(taken[2]).onsets();
    println!("sound, added by the mix:   {}", spread(&mut differences(&direct, &mixed)));
    let direct = guest.seen(taken[1]).flashes(EDGE);
    let mixed = guest.seen(taken[3]).flashes(EDGE);
    println!("picture, added by the mix: {}", spread(&mut differences(&direct, &mixed)));
    if let Some(stats) = hall.mix_stats(room) {
        let delays: Vec<u32> = stats.heard.iter().map(|heard| heard.delay_ms).collect();
        println!("the jitter buffer's part at the end: {delays:?} ms");
    }
}

/// For each beginning of one way, how much later it came by the other.
fn differences(direct: &[Instant], mixed: &[Instant]) -> Vec<Duration> {
    let later = |at: &Instant| mixed.iter().find(|mixed| *mixed >= at).map(|mixed| *mixed - *at);
    direct.iter().filter_map(later).filter(|late| *late < LATE).collect()
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
