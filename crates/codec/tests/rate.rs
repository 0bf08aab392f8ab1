//! Encoders keep to their bitrate whatever the moments at which pictures come: a busy machine composes them late and leaves some out.

use motet_codec::video::{Encoded, Encoder, EncoderSettings, Picture, PictureCodec, Rect, Yuv};

const WIDTH: usize = 320;
const HEIGHT: usize = 180;
const BLOCK: usize = 20;
const BITRATE_BPS: u64 = 150_000;
const SECONDS: u64 = 12;
/// The first seconds pay for the keyframe.
const SETTLED: u64 = 2;

/// A scene of grey blocks that all change fifteen times a second: more than the bitrate can show well.
struct Scene {
    picture: Picture,
    changes: u64,
    state: u32,
}

impl Scene {
    fn new() -> Self {
        Self { picture: Picture::new(WIDTH, HEIGHT), changes: 0, state: 1 }
    }

    fn go_on_to(&mut self, time_ms: u64) {
        while self.changes <= time_ms * 15 / 1_000 {
            self.changes += 1;
            for (y, x) in
                (0..HEIGHT).step_by(BLOCK).flat_map(|y| (0..WIDTH).step_by(BLOCK).map(move |x| (y, x)))
            {
                self.state = self.state.wrapping_mul(1_103_515_245).wrapping_add(12_345);
                let colour = Yuv { y: 100 + ((self.state >> 16) % 50) as u8, u: 128, v: 128 };
                self.picture.part_mut(Rect { x, y, width: BLOCK, height: BLOCK }).fill(colour);
            }
        }
    }
}

/// What is sent per second once it has settled, of pictures that come so many milliseconds apart, over and over.
fn rate_bps(codec: PictureCodec, steps_ms: &[u64]) -> u64 {
    let mut encoder = Encoder::new(EncoderSettings {
        codec,
        width: WIDTH as u16,
        height: HEIGHT as u16,
        fps: 25,
        bitrate_bps: BITRATE_BPS as u32,
        vp8_speed: EncoderSettings::VP8_SPEED,
    })
    .unwrap();
    let (mut scene, mut time_ms, mut bits) = (Scene::new(), 0, 0);
    let mut frame = Vec::new();
    for step in steps_ms.iter().cycle() {
        time_ms += step;
        if time_ms >= SECONDS * 1_000 {
            break;
        }
        scene.go_on_to(time_ms);
        frame.clear();
        let encoded = encoder.encode(&scene.picture.view(), time_ms as i64 * 90, false, &mut frame).unwrap();
        if encoded != Encoded::LeftOut && time_ms >= SETTLED * 1_000 {
            bits += frame.len() as u64 * 8;
        }
    }
    bits / (SECONDS - SETTLED)
}

#[test]
fn whatever_the_cadence_no_more_is_sent_than_the_bitrate() {
    let cadences: [&[u64]; 8] = [
        &[40],
        &[80],
        &[40, 80],
        &[40, 40, 40, 80],
        &[40, 40, 80, 40, 120, 40, 40, 40, 160],
        &[10, 70],
        &[10, 30, 40, 80, 120],
        &[40, 40, 40, 1_000],
    ];
    for codec in [PictureCodec::Vp8, PictureCodec::H264] {
        for cadence in cadences {
            let rate = rate_bps(codec, cadence);
            assert!(rate <= BITRATE_BPS * 105 / 100, "{codec:?} at {cadence:?}: {rate}");
        }
    }
}

#[test]
fn vp8_uses_its_bitrate_though_pictures_come_late() {
    for cadence in [&[40][..], &[80], &[40, 40, 40, 80], &[10, 30, 40, 80, 120]] {
        let rate = rate_bps(PictureCodec::Vp8, cadence);
        assert!(rate >= BITRATE_BPS * 80 / 100, "at {cadence:?}: {rate}");
    }
}
