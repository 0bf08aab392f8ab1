//! AV1 payloads.

use motet_rtp::payload::av1;

/// Reads `data` as a payload.
pub fn av1(data: &[u8]) {
    let is_keyframe_start = av1::is_keyframe_start(data);
    assert!(!is_keyframe_start || av1::parse(data).is_ok());
    let Ok(descriptor) = av1::parse(data) else { return };
    assert!(descriptor.begins.iter().all(|obu_type| descriptor.begins.contains(obu_type)));
}
