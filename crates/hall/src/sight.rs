//! Colours: painted into video, seen out of it.

use std::time::Instant;

use motet_codec::video::{
    DecodeLimits, Decoder, Encoded, Encoder, EncoderSettings, Picture, PictureCodec, Rect, VideoCodec, Yuv,
};

/// One camera: a colour.
pub struct Painter {
    encoder: Encoder,
    picture: Picture,
    time: i64,
    fps: u32,
    /// What it shows.
    pub colour: Yuv,
    /// The number of the next frame, shown in place of the colour, for one that is to number its frames.
    pub number: Option<u8>,
}

/// Upright bars that show a number, a bit each.
const BARS: usize = 8;
const DARK: Yuv = Yuv { y: 40, u: 128, v: 128 };
const BRIGHT: Yuv = Yuv { y: 200, u: 128, v: 128 };
/// Between dark and bright.
const EDGE: u8 = 120;

impl Painter {
    /// A camera of this size.
    pub fn new(codec: PictureCodec, (width, height): (u16, u16), fps: u32, colour: Yuv) -> Self {
        let settings = EncoderSettings {
            codec,
            width,
            height,
            fps,
            bitrate_bps: 500_000,
            vp8_speed: EncoderSettings::VP8_SPEED,
        };
        let encoder = Encoder::new(settings).expect("the encoder takes a camera's size");
        let picture = Picture::new(usize::from(width), usize::from(height));
        Self { encoder, picture, time: 0, fps, colour, number: None }
    }

    /// The next frame.
    pub fn paint(&mut self, is_key: bool) -> Vec<u8> {
        match self.number {
            None => {
                let whole = self.picture.rect();
                self.picture.part_mut(whole).fill(self.colour);
            }
            Some(number) => {
                self.paint_bars(number);
                self.number = Some(number.wrapping_add(1));
            }
        }
        self.encode(is_key)
    }

    /// Gray's code: from one number to the next a single bar changes, which costs few bits.
    fn paint_bars(&mut self, number: u8) {
        let code = number ^ (number >> 1);
        let (width, height) = (self.picture.width() / BARS, self.picture.height());
        for bar in 0..BARS {
            let colour = if code >> bar & 1 == 1 { BRIGHT } else { DARK };
            self.picture.part_mut(Rect { x: bar * width, y: 0, width, height }).fill(colour);
        }
    }

    /// A frame with much in it that moves: of the bitrate that is asked for.
    pub fn paint_busy(&mut self, is_key: bool, dice: &mut fastrand::Rng) -> Vec<u8> {
        for _ in 0..12 {
            let (width, height) = (2 * dice.usize(8..60), 2 * dice.usize(8..40));
            let x = 2 * dice.usize(0..(self.picture.width() - width) / 2);
            let y = 2 * dice.usize(0..(self.picture.height() - height) / 2);
            let colour = Yuv { y: dice.u8(16..235), u: dice.u8(16..240), v: dice.u8(16..240) };
            self.picture.part_mut(Rect { x, y, width, height }).fill(colour);
        }
        self.encode(is_key)
    }

    fn encode(&mut self, is_key: bool) -> Vec<u8> {
        self.time += i64::from(90_000 / self.fps);
        let mut frame = Vec::new();
        let encoded = self.encoder.encode(&self.picture.view(), self.time, is_key, &mut frame);
        match encoded.expect("a picture of the right size is encoded") {
            Encoded::Frame { .. } => frame,
            Encoded::LeftOut => Vec::new(),
        }
    }
}

/// Two seconds of something that moves, in VP8 of 640x360 at 25 frames a second; the first frame is a keyframe.
pub fn film() -> Vec<Vec<u8>> {
    let mut painter = Painter::new(PictureCodec::Vp8, (640, 360), 25, Yuv { y: 80, u: 128, v: 128 });
    let mut dice = fastrand::Rng::with_seed(7);
    (0..50).map(|number| painter.paint_busy(number == 0, &mut dice)).collect()
}

/// What is seen of one track.
pub struct Viewer {
    decoder: Decoder,
    /// Frames decoded.
    pub frames: u64,
    /// Frames that could not be.
    pub refused: u64,
    /// When each frame came, with its number if its sender numbers them.
    pub numbers: Vec<(Instant, u8)>,
}

impl Viewer {
    /// Nothing seen yet.
    pub fn new(codec: VideoCodec) -> Self {
        let decoder = Decoder::new(codec, DecodeLimits::default()).expect("the codec can be decoded");
        Self { decoder, frames: 0, refused: 0, numbers: Vec::new() }
    }

    /// A frame came.
    pub fn see(&mut self, at: Instant, frame: &[u8]) {
        match self.decoder.decode(frame) {
            Ok(true) => self.frames += 1,
            Ok(false) => {}
            Err(_) => self.refused += 1,
        }
        if let Some(number) = self.number() {
            self.numbers.push((at, number));
        }
    }

    fn number(&self) -> Option<u8> {
        let mut code = 0u8;
        for bar in 0..BARS {
            let colour = self.colour_at((bar as f32 + 0.5) / BARS as f32, 0.5)?;
            code |= u8::from(colour.y > EDGE) << bar;
        }
        let mut number = code;
        for shift in [1, 2, 4] {
            number ^= number >> shift;
        }
        Some(number)
    }

    /// The colour at a place of the newest picture, in fractions of it.
    pub fn colour_at(&self, x: f32, y: f32) -> Option<Yuv> {
        let picture = self.decoder.picture()?;
        let at = |fraction: f32, whole: usize| ((fraction * whole as f32) as usize).min(whole - 1);
        Some(picture.pixel(at(x, picture.width()), at(y, picture.height())))
    }

    /// Width and height of the newest picture.
    pub fn size(&self) -> Option<(usize, usize)> {
        self.decoder.picture().map(|picture| (picture.width(), picture.height()))
    }
}

/// Whether two colours are one, up to what encoding does to them.
pub fn close_to(one: Yuv, other: Yuv) -> bool {
    let near = |one: u8, other: u8| one.abs_diff(other) < 14;
    near(one.y, other.y) && near(one.u, other.u) && near(one.v, other.v)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_known_by_their_numbers() {
        let mut painter = Painter::new(PictureCodec::Vp8, (640, 360), 25, DARK);
        let mut viewer = Viewer::new(VideoCodec::Vp8);
        painter.number = Some(200);
        (0..100).for_each(|frame| viewer.see(Instant::now(), &painter.paint(frame == 0)));
        let seen: Vec<u8> = viewer.numbers.iter().map(|(_, number)| *number).collect();
        assert_eq!(seen, (0..100).map(|frame| 200u8.wrapping_add(frame)).collect::<Vec<u8>>());
    }
}
