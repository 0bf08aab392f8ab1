//! VP8 payloads.

use motet_rtp::payload::vp8;

/// Reads `data` as a payload.
pub fn vp8(data: &[u8]) {
    let is_keyframe_start = vp8::is_keyframe_start(data);
    assert!(!is_keyframe_start || vp8::parse(data).is_ok());
    let Ok(descriptor) = vp8::parse(data) else { return };
    assert!(descriptor.len < data.len());
    let mut out = [0; vp8::Descriptor::LEN_MAX + 1];
    let len = descriptor.write(&mut out).expect("the buffer is as large as any descriptor");
    let again = vp8::parse(&out[..len + 1]).expect("what is written can be read");
    assert_eq!(again, vp8::Descriptor { len, ..descriptor });
}
