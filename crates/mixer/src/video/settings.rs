//! What the owner of a compositor chooses.

use std::time::Duration;

use motet_codec::video::{DecodeLimits, PictureCodec, VideoCodec};
use motet_rtp::ext::ExtensionMap;
use motet_rtp::{PayloadType, Ssrc};

/// Sources of one compositor at most: cells of a layout, and as many again that wait. More are refused.
pub const SOURCES_MAX: usize = 128;
/// Outputs of one compositor at most: three sizes in two codecs.
pub const OUTPUTS_MAX: usize = 6;

/// What holds for a compositor from beginning to end.
#[derive(Clone, Debug)]
pub struct VideoSettings {
    /// Pictures in a second, 1 to 60.
    pub fps: u8,
    /// Red, green, blue behind the cells.
    pub background: [u8; 3],
    /// Whether names are drawn on pictures. Placeholders always have them.
    pub show_names: bool,
    /// A camera that sent nothing for so long gets the placeholder. Screens may rest for as long as they like.
    pub frozen_after: Duration,
    /// How long a frame waits for packets that are missing, before it is given up and a keyframe is asked for: a
    /// retransmission over a long path fits in.
    pub loss_wait: Duration,
    /// What a source may cost.
    pub limits: SourceLimits,
    /// libvpx's speed for outputs, -1 to -16: less is faster and coarser.
    pub vp8_speed: i32,
    /// Sequence numbers, timestamps and picture ids begin where this says.
    pub seed: u64,
}

impl Default for VideoSettings {
    fn default() -> Self {
        Self {
            fps: 25,
            background: [0x18, 0x1a, 0x20],
            show_names: true,
            frozen_after: Duration::from_secs(3),
            loss_wait: Duration::from_millis(200),
            limits: SourceLimits::default(),
            vp8_speed: motet_codec::video::EncoderSettings::VP8_SPEED,
            seed: 0,
        }
    }
}

/// What a source may cost before its placeholder is shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SourceLimits {
    /// Larger frames are not decoded.
    pub decode: DecodeLimits,
    /// Decoded pixels in a second. A source may save up one second's worth; beyond that it must wait.
    pub pixels_per_second_max: u64,
    /// Changes of size that may come at once; one is earned back every two seconds. Each costs the decoder its memory.
    pub size_changes_max: u8,
}

impl Default for SourceLimits {
    /// 4K at 30 frames a second, or 1080p at 120; a sender adapting to its link changes its size every few seconds.
    fn default() -> Self {
        Self { decode: DecodeLimits::default(), pixels_per_second_max: 3840 * 2160 * 30, size_changes_max: 8 }
    }
}

/// What a source's packets hold.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VideoFormat {
    /// Payload types and their codecs. A sender may change from one to another with a keyframe.
    pub payload_types: Vec<(PayloadType, VideoCodec)>,
    /// Ids of header extensions; of them only the video orientation is looked at.
    pub extensions: ExtensionMap,
}

/// One encode of the picture, as its owner calls it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct OutputId(pub u64);

/// How an output is encoded and sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OutputFormat {
    /// Into what.
    pub codec: PictureCodec,
    /// Pixels in a row: even, 64 to 1920.
    pub width: u16,
    /// Rows: even, 64 to 1920.
    pub height: u16,
    /// Pictures in a second; at most the compositor's.
    pub fps: u8,
    /// Bits in a second.
    pub bitrate_bps: u32,
    /// Of its packets.
    pub payload_type: PayloadType,
    /// Of its packets.
    pub ssrc: Ssrc,
}
