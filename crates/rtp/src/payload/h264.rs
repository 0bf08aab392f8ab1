//! Being written.

use super::BadPayload;

/// What the payload says of itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Descriptor {}

/// Reads the descriptor.
pub fn parse(_payload: &[u8]) -> Result<Descriptor, BadPayload> {
    Err(BadPayload)
}

/// Whether the packet is the first of a keyframe.
pub fn is_keyframe_start(_payload: &[u8]) -> bool {
    false
}
