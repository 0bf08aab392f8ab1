//! VP8 frames (RFC 7741): what stands behind the descriptors.

use motet_rtp::payload::{BadPayload, vp8};

use super::Frame;

pub(super) fn depacketize(
    payloads: &mut dyn Iterator<Item = &[u8]>,
    out: &mut Vec<u8>,
) -> Result<Frame, BadPayload> {
    let mut is_whole = false;
    for (index, payload) in payloads.enumerate() {
        let descriptor = vp8::parse(payload)?;
        let begins_frame = descriptor.starts_partition && descriptor.partition == 0;
        if index == 0 {
            is_whole = begins_frame;
        } else if begins_frame {
            return Err(BadPayload);
        }
        out.extend_from_slice(&payload[descriptor.len..]);
    }
    // The frame header's P bit is 0 in keyframes (RFC 6386 section 9.1).
    Ok(Frame { is_key: out.first().is_some_and(|first| first & 1 == 0), is_whole })
}
