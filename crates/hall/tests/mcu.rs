//! A whole MCU room: guests that share no code with the server, a worker on real sockets, mixers on their threads. What each hears
//! has the others' tones and not its own; what each sees has the right colours in the right cells.
//!
//! One test at a time: each needs the machine's time.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use motet::control::{
    Arrangement, Cell, CellWho, Codec, ConsumerId, Fit, Layout, MediaKind, MemberSettings, MixAudio,
    MixMember, MixSize, MixVideo, MixerAsk, MixerNews, MixerOpen, ProducerId,
};
use motet::rtp::ext::ExtensionKind;
use motet_codec::video::{PictureCodec, Yuv};
use motet_hall::{Hall, Published, Room, Wish, close_to, loudness};

const TONES: [f32; 3] = [440.0, 620.0, 870.0];
/// Dark and of different colours, so that white names on them do not matter where they are looked at.
const COLOURS: [Yuv; 3] =
    [Yuv { y: 90, u: 90, v: 220 }, Yuv { y: 120, u: 60, v: 60 }, Yuv { y: 60, u: 220, v: 110 }];
const PATIENCE: Duration = Duration::from_secs(20);
/// A tone that is there, and one that is not.
const HEARD: f32 = 0.08;
const UNHEARD: f32 = 0.02;

static TURN: Mutex<()> = Mutex::new(());

fn my_turn() -> MutexGuard<'static, ()> {
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A room with a mixer, and guests in it who take the mix.
struct Mcu {
    hall: Hall,
    room: Room,
    audio: Published,
    picture: Published,
    /// By guest: what it hears and sees the mix by.
    ears: Vec<ConsumerId>,
    eyes: Vec<ConsumerId>,
    sources: Vec<Vec<Published>>,
}

fn open(arrangement: Arrangement) -> Mcu {
    let mut hall = Hall::open();
    let room = hall.open_room();
    let audio = MixAudio::default();
    let published = |hall: &mut Hall, kind, rtp_parameters| Published {
        producer_id: ProducerId(hall.fresh_id()),
        rtp_parameters,
        kind,
    };
    let audio_track = published(&mut hall, MediaKind::Audio, audio.rtp_parameters());
    let picture = published(&mut hall, MediaKind::Video, MixVideo::rtp_parameters(Codec::Vp8));
    let sizes = vec![
        // What a link of which nothing is known yet is thought to carry.
        MixSize { width: 640, height: 360, bitrate_bps: 500_000 },
        MixSize { width: 320, height: 180, bitrate_bps: 200_000 },
    ];
    let open = MixerOpen {
        router_id: room.router_id,
        audio_producer_id: audio_track.producer_id,
        audio,
        video: Some(MixVideo { sizes, ..MixVideo::default() }),
        layout: Layout { arrangement, fit: Fit::Crop },
    };
    hall.ask(room, MixerAsk::Open(Box::new(open)));
    let producer_id = picture.producer_id;
    hall.ask(room, MixerAsk::OpenPicture { producer_id, codec: Codec::Vp8 });
    Mcu { hall, room, audio: audio_track, picture, ears: vec![], eyes: vec![], sources: vec![] }
}

impl Mcu {
    /// A guest that publishes what it wishes and takes the mix.
    fn come(&mut self, wish: Wish) -> usize {
        let (guest, published) = self.hall.come(self.room, wish);
        let member = MixMember(guest as u64);
        let settings = MemberSettings { name: format!("guest {guest}"), ..MemberSettings::default() };
        self.hall.ask(self.room, MixerAsk::SetMember { member, settings });
        self.hall.add_sources(self.room, member, &published);
        let tracks = [self.audio.clone(), self.picture.clone()];
        let taken = self.hall.take(self.room, guest, &tracks);
        let ask = MixerAsk::AddListener {
            member,
            audio_consumer_id: Some(taken[0]),
            video_consumer_id: Some(taken[1]),
        };
        self.hall.ask(self.room, ask);
        self.ears.push(taken[0]);
        self.eyes.push(taken[1]);
        self.sources.push(published);
        guest
    }

    fn sees(&mut self, guest: usize, x: f32, y: f32) -> Option<Yuv> {
        let eyes = self.eyes[guest];
        self.hall.guests[guest].seen(eyes).colour_at(x, y)
    }

    /// Waits until everybody sees these colours at these places.
    fn all_see(&mut self, expected: &[(f32, f32, Yuv)]) {
        let guests = self.eyes.len();
        let mut seen = Vec::new();
        let mut is_right = |mcu: &mut Self| {
            seen = (0..guests)
                .map(|guest| expected.iter().map(|(x, y, _)| mcu.sees(guest, *x, *y)).collect::<Vec<_>>())
                .collect();
            seen.iter().all(|colours| {
                colours
                    .iter()
                    .zip(expected)
                    .all(|(seen, (.., expected))| seen.is_some_and(|seen| close_to(seen, *expected)))
            })
        };
        let is_seen = self.pass_until(PATIENCE, &mut is_right);
        assert!(is_seen, "expected {expected:?}, seen {seen:?}; {:?}", self.hall.mix_stats(self.room));
    }

    fn pass_until(&mut self, time: Duration, is_done: &mut dyn FnMut(&mut Self) -> bool) -> bool {
        let end = std::time::Instant::now() + time;
        while std::time::Instant::now() < end {
            self.hall.pass(Duration::from_millis(20));
            if is_done(self) {
                return true;
            }
        }
        false
    }

    /// How loud each tone is at a guest over a second from now.
    fn hears(&mut self, guest: usize) -> Vec<f32> {
        let ears = self.ears[guest];
        let samples = self.hall.guests[guest].heard(ears).samples.clone();
        let newest = &samples[samples.len().saturating_sub(40_000)..];
        TONES.iter().map(|hz| loudness(newest, *hz)).collect()
    }

    fn forget(&mut self) {
        for guest in 0..self.ears.len() {
            let ears = self.ears[guest];
            self.hall.guests[guest].heard(ears).forget();
        }
    }

    fn failures(&mut self) -> Vec<MixerNews> {
        let news = self.hall.news.try_iter().map(|notification| notification.news);
        news.filter(|news| matches!(news, MixerNews::Failed { .. } | MixerNews::Refused { .. })).collect()
    }
}

/// Three cells of a grid: two above, one below in the middle. Places away from names and borders.
const GRID: [(f32, f32); 3] = [(0.25, 0.2), (0.75, 0.2), (0.5, 0.7)];

#[test]
fn each_hears_the_others_and_not_itself_and_all_see_all() {
    let _turn = my_turn();
    let mut mcu = open(Arrangement::Grid);
    for (hz, colour) in TONES.into_iter().zip(COLOURS) {
        mcu.come(Wish::of(hz, colour));
    }
    let places: Vec<(f32, f32, Yuv)> =
        GRID.into_iter().zip(COLOURS).map(|((x, y), colour)| (x, y, colour)).collect();
    mcu.all_see(&places);
    let expected = |guest: usize, heard: &[f32]| {
        heard.iter().enumerate().all(|(other, loud)| match other == guest {
            true => *loud < UNHEARD,
            false => *loud > HEARD,
        })
    };
    let mut heard = Vec::new();
    mcu.forget();
    let is_right = mcu.pass_until(PATIENCE, &mut |mcu| {
        heard = (0..3).map(|guest| mcu.hears(guest)).collect();
        let is_long = mcu
            .ears
            .clone()
            .into_iter()
            .enumerate()
            .all(|(guest, ears)| mcu.hall.guests[guest].heard(ears).samples.len() > 45_000);
        is_long && heard.iter().enumerate().all(|(guest, heard)| expected(guest, heard))
    });
    assert!(is_right, "{heard:?}; {:?}", mcu.failures());

    // Who is silent again shares the mix of all, and hears nothing of the seam.
    mcu.hall.guests[0].singer.as_mut().unwrap().volume = 0.0;
    let mut heard = Vec::new();
    let is_right = mcu.pass_until(PATIENCE, &mut |mcu| {
        heard = (0..3).map(|guest| mcu.hears(guest)).collect();
        heard[0][1] > HEARD && heard[0][2] > HEARD && heard[1][0] < UNHEARD && heard[2][0] < UNHEARD
    });
    assert!(is_right, "{heard:?}");
    let stats = mcu.hall.mix_stats(mcu.room).unwrap();
    assert!(stats.heard.len() == 3 && stats.seen.len() == 3 && stats.outputs.len() == 1, "{stats:?}");
    assert_eq!(mcu.failures(), []);
}

#[test]
fn a_camera_on_its_side_is_shown_upright() {
    let _turn = my_turn();
    let mut mcu = open(Arrangement::Single);
    let layout = Layout { arrangement: Arrangement::Single, fit: Fit::Letterbox };
    mcu.hall.ask(mcu.room, MixerAsk::SetLayout { layout });
    mcu.come(Wish { hz: None, is_sideways: true, ..Wish::of(0.0, COLOURS[0]) });
    // 360x640 in the middle of 640x360: bars at both sides, where a camera that lies would be seen.
    let bar = Yuv::from_rgb(MixVideo::default().background);
    let colour = COLOURS[0];
    mcu.all_see(&[(0.5, 0.1, colour), (0.5, 0.8, colour), (0.1, 0.5, bar), (0.9, 0.5, bar)]);
    assert_eq!(mcu.failures(), []);
}

#[test]
fn layouts_change_while_it_runs() {
    let _turn = my_turn();
    let mut mcu = open(Arrangement::Grid);
    for colour in COLOURS {
        mcu.come(Wish { hz: None, ..Wish::of(0.0, colour) });
    }
    mcu.all_see(&[(0.25, 0.2, COLOURS[0]), (0.75, 0.2, COLOURS[1]), (0.5, 0.7, COLOURS[2])]);
    let cell = |x, y, who| Cell { x, y, w: 0.5, h: 0.5, z: 0, who: CellWho::Member(MixMember(who)) };
    let cells = vec![cell(0.0, 0.0, 2), cell(0.5, 0.5, 0)];
    let layout = Layout { arrangement: Arrangement::Custom(cells), fit: Fit::Crop };
    mcu.hall.ask(mcu.room, MixerAsk::SetLayout { layout });
    mcu.all_see(&[(0.25, 0.2, COLOURS[2]), (0.75, 0.7, COLOURS[0])]);
    let layout = Layout { arrangement: Arrangement::SideBySide, fit: Fit::Crop };
    mcu.hall.ask(mcu.room, MixerAsk::SetLayout { layout });
    mcu.all_see(&[(0.25, 0.5, COLOURS[0]), (0.75, 0.5, COLOURS[1])]);
    assert_eq!(mcu.failures(), []);
}

#[test]
fn an_h264_camera_meets_a_vp8_one_and_a_late_guest_sees_both() {
    let _turn = my_turn();
    let mut mcu = open(Arrangement::Grid);
    mcu.come(Wish { hz: None, codec: PictureCodec::H264, ..Wish::of(0.0, COLOURS[0]) });
    mcu.come(Wish { hz: None, ..Wish::of(0.0, COLOURS[1]) });
    let both = [(0.25, 0.4, COLOURS[0]), (0.75, 0.4, COLOURS[1])];
    mcu.all_see(&both);
    let late = mcu.come(Wish { hz: None, ..Wish::nothing() });
    let member = MixMember(late as u64);
    let settings = MemberSettings { shown: false, ..MemberSettings::default() };
    mcu.hall.ask(mcu.room, MixerAsk::SetMember { member, settings });
    mcu.all_see(&both);
    assert_eq!(mcu.failures(), []);
}

#[test]
fn nothing_is_encoded_that_nobody_sees_and_a_closed_mixer_leaves_nothing() {
    let _turn = my_turn();
    let mut mcu = open(Arrangement::Single);
    mcu.come(Wish::of(TONES[0], COLOURS[0]));
    mcu.all_see(&[(0.5, 0.4, COLOURS[0])]);
    let consumer_id = mcu.eyes[0];
    mcu.hall.must(motet::control::Request::CloseConsumer { consumer_id });
    let has_rested = mcu.pass_until(PATIENCE, &mut |mcu| {
        mcu.hall.mix_stats(mcu.room).is_some_and(|stats| stats.outputs.is_empty())
    });
    assert!(has_rested, "{:?}", mcu.hall.mix_stats(mcu.room));
    mcu.hall.ask(mcu.room, MixerAsk::Close);
    let transports = |mcu: &Mcu| match mcu.hall.must(motet::control::Request::GetWorkerStats) {
        motet::control::Response::WorkerStats(stats) => (stats.transports, stats.producers, stats.consumers),
        other => panic!("{other:?}"),
    };
    let is_gone = mcu.pass_until(PATIENCE, &mut |mcu| transports(mcu) == (2, 2, 0));
    assert!(is_gone, "{:?}", transports(&mcu));
    assert_eq!(mcu.failures(), []);
}

#[test]
fn a_listener_who_only_tells_of_heavy_loss_gets_the_smaller_picture_and_others_keep_theirs() {
    let _turn = my_turn();
    let mut mcu = open(Arrangement::Single);
    mcu.hall.offered.header_extensions.retain(|extension| extension.kind != ExtensionKind::TransportSeq);
    mcu.come(Wish { hz: None, ..Wish::of(0.0, COLOURS[0]) });
    mcu.come(Wish { hz: None, ..Wish::nothing() });
    let size = |mcu: &mut Mcu, guest: usize| {
        let eyes = mcu.eyes[guest];
        mcu.hall.guests[guest].seen(eyes).size()
    };
    let is_large =
        mcu.pass_until(PATIENCE, &mut |mcu| (0..2).all(|guest| size(mcu, guest) == Some((640, 360))));
    assert!(is_large);
    mcu.hall.guests[1].lose(0.3);
    let is_small = mcu.pass_until(PATIENCE, &mut |mcu| size(mcu, 1) == Some((320, 180)));
    assert!(is_small, "{:?}", mcu.hall.mix_stats(mcu.room));
    assert_eq!(size(&mut mcu, 0), Some((640, 360)));
    assert_eq!(mcu.failures(), []);
}
