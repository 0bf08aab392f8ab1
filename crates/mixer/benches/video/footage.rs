//! Cameras that never were: a head that moves and speaks before a room, with the noise of a sensor.

use motet_codec::video::{Encoded, Encoder, EncoderSettings, Picture, PictureCodec};

use super::FPS;

pub(crate) const SOURCES: usize = 9;
pub(crate) const WIDTH: usize = 640;
pub(crate) const HEIGHT: usize = 360;
const BITRATE_BPS: u32 = 500_000;

/// What nine cameras recorded, as VP8 frames.
pub(crate) struct Footage {
    pub(crate) streams: Vec<Vec<Vec<u8>>>,
}

impl Footage {
    pub(crate) fn shoot(frames: usize) -> Self {
        Self { streams: (0..SOURCES).map(|source| encode(source, frames)).collect() }
    }
}

fn encode(source: usize, frames: usize) -> Vec<Vec<u8>> {
    let settings = EncoderSettings {
        codec: PictureCodec::Vp8,
        width: WIDTH as u16,
        height: HEIGHT as u16,
        fps: FPS,
        bitrate_bps: BITRATE_BPS,
        vp8_speed: -6,
    };
    let mut encoder = Encoder::new(settings).expect("an encoder");
    let encode = |frame: usize| {
        let mut bytes = Vec::new();
        let time = frame as i64 * 90_000 / i64::from(FPS);
        let encoded = encoder.encode(&picture(source, frame).view(), time, frame == 0, &mut bytes);
        assert!(matches!(encoded, Ok(Encoded::Frame { .. })));
        bytes
    };
    (0..frames).map(encode).collect()
}

/// What a camera saw in a frame.
pub(crate) fn picture(source: usize, frame: usize) -> Picture {
    let mut picture = Picture::new(WIDTH, HEIGHT);
    let time = frame as f32 / FPS as f32;
    let phase = source as f32 * 0.7;
    let sway = (time * 1.3 + phase).sin() * 22.0 + (time * 3.1 + phase).sin() * 5.0;
    let nod = (time * 1.9 + phase * 2.0).sin() * 9.0;
    let head = Head { x: 320.0 + sway, y: 170.0 + nod, mouth: ((time * 9.0 + phase).sin() * 9.0).max(0.0) };
    let mut noise = Noise(((source as u32) << 16 | frame as u32) ^ 0x9e37_79b9);
    for (index, mut plane) in picture.view_mut().planes.into_iter().enumerate() {
        let step = if index == 0 { 1.0 } else { 2.0 };
        for row in 0..plane.height() {
            for (column, byte) in plane.row(row).iter_mut().enumerate() {
                let (x, y) = (column as f32 * step, row as f32 * step);
                let value = match head.part(x, y) {
                    Part::Room => room(index, x, y, source),
                    Part::Skin => skin(index, x - head.x, y - head.y),
                    Part::Eye => [50.0, 128.0, 128.0][index],
                    Part::Mouth => [70.0, 118.0, 165.0][index],
                    Part::Shirt => shirt(index, x - head.x, y, source),
                };
                let grain = if index == 0 { noise.next() } else { 0.0 };
                *byte = (value + grain).clamp(16.0, 235.0) as u8;
            }
        }
    }
    picture
}

struct Head {
    x: f32,
    y: f32,
    mouth: f32,
}

enum Part {
    Room,
    Skin,
    Eye,
    Mouth,
    Shirt,
}

impl Head {
    fn part(&self, x: f32, y: f32) -> Part {
        let (dx, dy) = (x - self.x, y - self.y);
        let within =
            |cx: f32, cy: f32, w: f32, h: f32| ((dx - cx) / w).powi(2) + ((dy - cy) / h).powi(2) < 1.0;
        if within(0.0, 0.0, 75.0, 100.0) {
            if within(-28.0, -22.0, 10.0, 6.0) || within(28.0, -22.0, 10.0, 6.0) {
                Part::Eye
            } else if within(0.0, 48.0, 26.0, 4.0 + self.mouth) {
                Part::Mouth
            } else {
                Part::Skin
            }
        } else if within(0.0, 230.0, 190.0, 130.0) {
            Part::Shirt
        } else {
            Part::Room
        }
    }
}

fn room(plane: usize, x: f32, y: f32, source: usize) -> f32 {
    let shelf = if (y as usize / 60).is_multiple_of(2) && (x as usize / 14 + source).is_multiple_of(3) {
        34.0
    } else {
        0.0
    };
    let hue = source as f32 * 9.0;
    match plane {
        0 => 70.0 + x * 0.09 + y * 0.05 + shelf + ((x * 0.31).sin() + (y * 0.23).sin()) * 6.0,
        1 => 96.0 + hue + shelf * 0.4,
        _ => 150.0 - hue - shelf * 0.3,
    }
}

fn skin(plane: usize, dx: f32, dy: f32) -> f32 {
    match plane {
        0 => 165.0 - dx * 0.35 - dy * 0.1 + (dx * 0.45).sin() * (dy * 0.37).cos() * 7.0,
        1 => 108.0,
        _ => 154.0,
    }
}

fn shirt(plane: usize, dx: f32, y: f32, source: usize) -> f32 {
    match plane {
        0 => {
            90.0 + if (dx.abs() as usize / 9).is_multiple_of(2) { 24.0 } else { 0.0 } + (y * 0.5).sin() * 5.0
        }
        1 => 110.0 + source as f32 * 6.0,
        _ => 120.0,
    }
}

/// Grain between -2 and 2 (xorshift).
struct Noise(u32);

impl Noise {
    fn next(&mut self) -> f32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        (self.0 >> 24) as f32 / 64.0 - 2.0
    }
}
