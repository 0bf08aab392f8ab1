//! VP9 pictures (RFC 9628): what stands behind the descriptors, all spatial layers one behind another.

use motet_rtp::payload::{BadPayload, vp9};

use super::Frame;

pub(super) fn depacketize(
    payloads: &mut dyn Iterator<Item = &[u8]>,
    out: &mut Vec<u8>,
) -> Result<Frame, BadPayload> {
    let mut frame = Frame { is_key: false, is_whole: false };
    for (index, payload) in payloads.enumerate() {
        let descriptor = vp9::parse(payload)?;
        if index == 0 {
            let is_lowest = descriptor.layers.is_none_or(|layers| layers.spatial_layer == 0);
            frame.is_whole = descriptor.starts_frame;
            frame.is_key = !descriptor.inter_picture_predicted && is_lowest;
        }
        out.extend_from_slice(&payload[descriptor.len..]);
    }
    Ok(frame)
}
