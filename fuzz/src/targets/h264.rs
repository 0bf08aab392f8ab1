//! H.264 payloads.

use motet_rtp::payload::h264;

/// Reads `data` as a payload.
pub fn h264(data: &[u8]) {
    let is_keyframe_start = h264::is_keyframe_start(data);
    assert!(!is_keyframe_start || h264::parse(data).is_ok());
    let Ok(descriptor) = h264::parse(data) else { return };
    assert!(descriptor.begins.iter().all(|nal_type| descriptor.begins.contains(nal_type)));
}
