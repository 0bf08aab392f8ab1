//! VP9 payloads.

use motet_rtp::payload::vp9;

/// Reads `data` as a payload.
pub fn vp9(data: &[u8]) {
    let is_keyframe_start = vp9::is_keyframe_start(data);
    assert!(!is_keyframe_start || vp9::parse(data).is_ok());
    let Ok(descriptor) = vp9::parse(data) else { return };
    assert!(descriptor.len < data.len());
    let layers = descriptor.scalability_structure.map_or(1, |structure| structure.spatial_layers);
    assert!((1..=8).contains(&layers));
}
