//! What each payload format says in front of its media: one file per format.
//!
//! Each has `parse`, which reads the descriptor, and `is_keyframe_start`, which tells the first packet of a keyframe: the
//! one from which a decoder can start.

pub mod av1;
pub mod h264;
pub mod opus;
pub mod vp8;
pub mod vp9;

/// The payload ends within its descriptor, or its descriptor contradicts itself.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, thiserror::Error)]
#[error("the payload ends within its descriptor, or its descriptor contradicts itself")]
pub struct BadPayload;
