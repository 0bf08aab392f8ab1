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
}

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
        Self { encoder, picture, time: 0, fps, colour }
    }

    /// The next frame.
    pub fn paint(&mut self, is_key: bool) -> Vec<u8> {
        let whole = self.picture.rect();
        self.picture.part_mut(whole).fill(self.colour);
        self.encode(is_key)
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

/// What is seen of one track.
pub struct Viewer {
    decoder: Decoder,
    /// Frames decoded.
    pub frames: u64,
    /// Frames that could not be.
    pub refused: u64,
    /// When each frame came, with the brightness in its middle.
    middles: Vec<(Instant, u8)>,
}

impl Viewer {
    /// Nothing seen yet.
    pub fn new(codec: VideoCodec) -> Self {
        let decoder = Decoder::new(codec, DecodeLimits::default()).expect("the codec can be decoded");
        Self { decoder, frames: 0, refused: 0, middles: Vec::new() }
    }

    /// A frame came.
    pub fn see(&mut self, at: Instant, frame: &[u8]) {
        match self.decoder.decode(frame) {
            Ok(true) => self.frames += 1,
            Ok(false) => {}
            Err(_) => self.refused += 1,
        }
        if let Some(middle) = self.colour_at(0.5, 0.5) {
            self.middles.push((at, middle.y));
        }
    }

    /// When the middle became brighter than this, each time.
    pub fn flashes(&self, edge: u8) -> Vec<Instant> {
        let pairs = self.middles.windows(2);
        pairs.filter(|pair| pair[0].1 <= edge && pair[1].1 > edge).map(|pair| pair[1].0).collect()
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
