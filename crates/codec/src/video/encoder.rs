//! One picture stream's encoder.

use super::h264::H264Encoder;
use super::picture::PictureView;
use super::vpx::Vp8Encoder;

/// Codecs that can be encoded.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum PictureCodec {
    /// RFC 6386.
    Vp8,
    /// Constrained baseline.
    H264,
}

/// What is to be encoded, and how.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EncoderSettings {
    /// Into what.
    pub codec: PictureCodec,
    /// Pixels in a row, even.
    pub width: u16,
    /// Rows, even.
    pub height: u16,
    /// Pictures in a second.
    pub fps: u32,
    /// Bits in a second.
    pub bitrate_bps: u32,
    /// libvpx's speed: -1 to -16, less is faster and coarser.
    pub vp8_speed: i32,
}

impl EncoderSettings {
    /// Measured: the fastest that loses no quality which can be seen.
    pub const VP8_SPEED: i32 = -8;
}

/// What became of a picture.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Encoded {
    /// A frame.
    Frame {
        /// Whether a decoder can start with it.
        is_key: bool,
    },
    /// The rate control left it out.
    LeftOut,
}

/// Why nothing was encoded.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum EncodeError {
    /// The library does not take these settings.
    #[error("the encoder does not take these settings")]
    Settings,
    /// The picture has another size than the settings.
    #[error("the picture has another size than the encoder")]
    Size,
    /// The library failed.
    #[error("the encoder failed")]
    Library,
}

/// An encoder of one stream for live viewers: no lookahead, a constant bitrate, keyframes only when asked for.
pub struct Encoder {
    settings: EncoderSettings,
    door: Door,
}

enum Door {
    Vp8(Vp8Encoder),
    H264(Box<H264Encoder>),
}

impl Encoder {
    /// Starts an encoder. Its first frame is a keyframe.
    pub fn new(settings: EncoderSettings) -> Result<Self, EncodeError> {
        let is_even = settings.width.is_multiple_of(2) && settings.height.is_multiple_of(2);
        if settings.width == 0 || settings.height == 0 || !is_even {
            return Err(EncodeError::Settings);
        }
        let door = match settings.codec {
            PictureCodec::Vp8 => Door::Vp8(Vp8Encoder::new(&settings)?),
            PictureCodec::H264 => Door::H264(Box::new(H264Encoder::new(&settings)?)),
        };
        Ok(Self { settings, door })
    }

    /// What it was started with.
    pub fn settings(&self) -> &EncoderSettings {
        &self.settings
    }

    /// Another bitrate from the next picture on.
    pub fn set_bitrate(&mut self, bitrate_bps: u32) -> Result<(), EncodeError> {
        match &mut self.door {
            Door::Vp8(door) => door.set_bitrate(bitrate_bps)?,
            Door::H264(door) => door.set_bitrate(bitrate_bps)?,
        }
        self.settings.bitrate_bps = bitrate_bps;
        Ok(())
    }

    /// Encodes a picture of time `time`, in 1/90000 s and rising, and adds the frame to `out`: for H264 NAL units each
    /// behind a start code, parameter sets in front of keyframes.
    pub fn encode(
        &mut self,
        picture: &PictureView<'_>,
        time: i64,
        force_key: bool,
        out: &mut Vec<u8>,
    ) -> Result<Encoded, EncodeError> {
        let size = (usize::from(self.settings.width), usize::from(self.settings.height));
        if (picture.width(), picture.height()) != size {
            return Err(EncodeError::Size);
        }
        match &mut self.door {
            Door::Vp8(door) => door.encode(picture, time, force_key, out),
            Door::H264(door) => door.encode(picture, time, force_key, out),
        }
    }
}

impl std::fmt::Debug for Encoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Encoder").field("settings", &self.settings).finish_non_exhaustive()
    }
}
