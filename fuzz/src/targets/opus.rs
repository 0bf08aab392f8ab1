//! Opus payloads.

use motet_rtp::payload::opus;

/// Reads `data` as a payload.
pub fn opus(data: &[u8]) {
    let is_keyframe_start = opus::is_keyframe_start(data);
    assert!(!is_keyframe_start || opus::parse(data).is_ok());
    let Ok(descriptor) = opus::parse(data) else { return };
    assert!((1..=5760).contains(&descriptor.samples()));
}
