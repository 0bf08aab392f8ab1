//! One stream's decoder, whatever the codec.

use super::av1::Av1Decoder;
use super::h264::H264Decoder;
use super::picture::PictureView;
use super::vpx::VpxDecoder;

/// Codecs that can be decoded.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum VideoCodec {
    /// RFC 6386.
    Vp8,
    /// Profile 0: 8 bit, 4:2:0.
    Vp9,
    /// As openh264 reads it: constrained baseline, main and high of 8 bit, 4:2:0.
    H264,
    /// Main profile of 8 bit, 4:2:0.
    Av1,
}

/// What is not even tried.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DecodeLimits {
    /// The longest side, in pixels.
    pub side_max: u32,
    /// Width times height.
    pub pixels_max: u32,
    /// Bytes of one frame.
    pub frame_bytes_max: usize,
}

impl Default for DecodeLimits {
    /// 4K either way round: larger screens are scaled down by browsers; a keyframe of that is below four megabytes.
    fn default() -> Self {
        Self { side_max: 4096, pixels_max: 4096 * 2304, frame_bytes_max: 4 << 20 }
    }
}

impl DecodeLimits {
    pub(super) fn check(&self, width: u32, height: u32) -> Result<(), DecodeError> {
        let is_small = width.max(height) <= self.side_max
            && u64::from(width) * u64::from(height) <= u64::from(self.pixels_max);
        if is_small { Ok(()) } else { Err(DecodeError::TooLarge { width, height }) }
    }
}

/// Why a frame gave no picture. The decoder has lost its references: the next frame must be a keyframe, and after any but
/// [`DecodeError::Corrupt`] a new decoder is the surer way.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum DecodeError {
    /// Larger than the limits.
    #[error("{width}x{height} pixels are too many")]
    TooLarge {
        /// Pixels in a row.
        width: u32,
        /// Rows.
        height: u32,
    },
    /// More bytes than the limits allow.
    #[error("a frame of {0} bytes is too long")]
    TooLong(usize),
    /// The bytes are no frame of the codec.
    #[error("the bytes are no frame of the codec")]
    Corrupt,
    /// A profile, a depth or a chroma format that is not decoded.
    #[error("the profile is not 8 bit 4:2:0")]
    Format,
    /// The library did not start.
    #[error("the codec's library did not start")]
    Library,
}

/// A decoder of one stream. Frames go in in their order, beginning with a keyframe; the picture stays in its memory.
pub struct Decoder {
    codec: VideoCodec,
    limits: DecodeLimits,
    door: Door,
}

enum Door {
    Vpx(VpxDecoder),
    H264(H264Decoder),
    Av1(Av1Decoder),
}

impl Decoder {
    /// Starts a decoder.
    pub fn new(codec: VideoCodec, limits: DecodeLimits) -> Result<Self, DecodeError> {
        let door = match codec {
            VideoCodec::Vp8 => Door::Vpx(VpxDecoder::new(false, limits)?),
            VideoCodec::Vp9 => Door::Vpx(VpxDecoder::new(true, limits)?),
            VideoCodec::H264 => Door::H264(H264Decoder::new(limits)?),
            VideoCodec::Av1 => Door::Av1(Av1Decoder::new(limits)?),
        };
        Ok(Self { codec, limits, door })
    }

    /// What it decodes.
    pub fn codec(&self) -> VideoCodec {
        self.codec
    }

    /// Takes a frame: for VP8 and VP9 as it is, for H264 NAL units each behind a start code, for AV1 a temporal unit
    /// whose OBUs have sizes. Answers whether there is a new picture; the one before is gone either way.
    pub fn decode(&mut self, frame: &[u8]) -> Result<bool, DecodeError> {
        if frame.len() > self.limits.frame_bytes_max {
            return Err(DecodeError::TooLong(frame.len()));
        }
        if frame.is_empty() {
            return Err(DecodeError::Corrupt);
        }
        match &mut self.door {
            Door::Vpx(door) => door.decode(frame),
            Door::H264(door) => door.decode(frame),
            Door::Av1(door) => door.decode(frame),
        }
    }

    /// The picture of the last frame, if it gave one.
    pub fn picture(&self) -> Option<PictureView<'_>> {
        match &self.door {
            Door::Vpx(door) => door.picture(),
            Door::H264(door) => door.picture(),
            Door::Av1(door) => door.picture(),
        }
    }
}

impl std::fmt::Debug for Decoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Decoder").field("codec", &self.codec).finish_non_exhaustive()
    }
}
