//! What a compositor tells its owner.

use std::fmt;

use motet_codec::video::DecodeError;
use motet_control::{Placeholder, PlaceholderReason};

use crate::{MemberId, SourceId};

/// What a compositor has to tell.
#[derive(Clone, PartialEq, Debug)]
pub enum VideoEvent {
    /// Send this source's sender a picture loss indication. Asked twice a second at most for each source, and less often
    /// where none comes.
    KeyFrameWanted(SourceId),
    /// The picture has these cells from its next frame on; those further down the list cover those before.
    Arranged(Vec<SeenCell>),
    /// A source is shown, or its placeholder is. One that has just begun to wait for its first picture is not told of, and
    /// one that changes all the time about once a second.
    SourceShown {
        /// Which.
        source: SourceId,
        /// `None`: its picture is shown. Else why not.
        trouble: Option<Trouble>,
    },
}

/// A cell and whom it shows, in fractions of the picture.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct SeenCell {
    /// Left edge, 0 to 1.
    pub x: f32,
    /// Upper edge, 0 to 1.
    pub y: f32,
    /// Width.
    pub w: f32,
    /// Height.
    pub h: f32,
    /// Whom.
    pub member: MemberId,
    /// By which source; `None`: the member has none.
    pub source: Option<SourceId>,
}

/// Why a cell shows the placeholder. Its `Display` is for people.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Trouble {
    /// The member has no camera on, or its sender has muted it.
    CameraOff,
    /// No keyframe has come yet.
    Waiting,
    /// Nothing has come for [`super::VideoSettings::frozen_after`].
    Frozen,
    /// The frames are larger than the limits.
    TooLarge {
        /// Pixels in a row, 0 where only the bytes of the frame are too many.
        width: u32,
        /// Rows.
        height: u32,
    },
    /// Too many pixels in a second.
    TooFast,
    /// The size changes all the time.
    Restless,
    /// What comes is no video of its codec.
    Broken,
    /// A profile that is not decoded.
    Profile,
    /// A payload type that was not announced.
    UnknownCodec,
    /// The decoder could not be started.
    NoDecoder,
}

impl Trouble {
    /// The same in the words of control.
    pub fn placeholder(self) -> Placeholder {
        let reason = match self {
            Self::CameraOff => PlaceholderReason::CameraOff,
            Self::Waiting => PlaceholderReason::Waiting,
            Self::Frozen => PlaceholderReason::Frozen,
            Self::TooLarge { .. } => PlaceholderReason::TooLarge,
            Self::TooFast => PlaceholderReason::TooFast,
            Self::Restless => PlaceholderReason::Restless,
            Self::Broken => PlaceholderReason::Broken,
            Self::Profile => PlaceholderReason::Profile,
            Self::UnknownCodec => PlaceholderReason::Codec,
            Self::NoDecoder => PlaceholderReason::NoDecoder,
        };
        Placeholder { reason, explanation: self.to_string() }
    }

    pub(super) fn of(error: DecodeError) -> Self {
        match error {
            DecodeError::TooLarge { width, height } => Self::TooLarge { width, height },
            DecodeError::TooLong(_) => Self::TooLarge { width: 0, height: 0 },
            DecodeError::Corrupt => Self::Broken,
            DecodeError::Format => Self::Profile,
            DecodeError::Library => Self::NoDecoder,
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CameraOff => f.write_str("camera off"),
            Self::Waiting => f.write_str("waiting for video"),
            Self::Frozen => f.write_str("video stopped"),
            Self::TooLarge { width: 0, .. } => f.write_str("video too large"),
            Self::TooLarge { width, height } => write!(f, "video too large: {width}x{height}"),
            Self::TooFast => f.write_str("too many frames"),
            Self::Restless => f.write_str("size changes too often"),
            Self::Broken => f.write_str("video cannot be read"),
            Self::Profile => f.write_str("video profile not supported"),
            Self::UnknownCodec => f.write_str("video codec not supported"),
            Self::NoDecoder => f.write_str("no decoder"),
        }
    }
}

/// What a source's stream has been through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VideoSourceStats {
    /// Packets taken.
    pub packets: u64,
    /// Packets that are no RTP, or whose payload is none of its codec.
    pub malformed_packets: u64,
    /// Packets of a payload type that was not announced.
    pub unknown_packets: u64,
    /// Packets that came after their frame was given up or decoded, or twice.
    pub late_packets: u64,
    /// Packets that found the assembly full.
    pub overflow_packets: u64,
    /// Packets that were not looked at: no cell shows the source, or it pays for having broken a limit.
    pub ignored_packets: u64,
    /// Frames decoded.
    pub frames: u64,
    /// Times that frames were given up because packets never came.
    pub losses: u64,
    /// Frames that the decoder refused.
    pub refused_frames: u64,
    /// Keyframes asked for.
    pub key_requests: u64,
    /// Width and height of the newest picture.
    pub size: (u32, u32),
}

/// What the compositor as a whole has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CompositorStats {
    /// Turns at the steady rate.
    pub ticks: u64,
    /// Turns left out because the owner came late.
    pub skipped_ticks: u64,
    /// Cells drawn.
    pub drawn_cells: u64,
    /// Cells that were as before.
    pub kept_cells: u64,
    /// Frames encoded, of all outputs.
    pub encoded_frames: u64,
    /// Frames not encoded, because nothing had changed for a while.
    pub rested_frames: u64,
    /// Frames that an encoder failed on.
    pub failed_frames: u64,
    /// Packets for a source that is not there.
    pub stray_packets: u64,
}
