//! H.264 access units (RFC 6184): NAL units, each behind a start code.

use motet_rtp::payload::BadPayload;
use motet_rtp::payload::h264::{self, NAL_IDR, NAL_SPS, Packetization};

use super::Frame;

const START_CODE: [u8; 4] = [0, 0, 0, 1];

pub(super) fn depacketize(
    payloads: &mut dyn Iterator<Item = &[u8]>,
    out: &mut Vec<u8>,
) -> Result<Frame, BadPayload> {
    let mut frame = Frame { is_key: false, is_whole: true };
    let mut fragment_is_open = false;
    for payload in payloads {
        let descriptor = h264::parse(payload)?;
        frame.is_key |= descriptor.begins.contains(NAL_SPS) || descriptor.begins.contains(NAL_IDR);
        match descriptor.packetization {
            Packetization::Single if !fragment_is_open => push(payload, out),
            Packetization::StapA if !fragment_is_open => push_aggregate(&payload[1..], out)?,
            Packetization::FuA { is_first, is_last, nal_type } => {
                if is_first {
                    push(&[payload[0] & 0xe0 | nal_type], out);
                } else if !fragment_is_open {
                    // A fragment whose first part never came.
                    frame.is_whole = false;
                }
                out.extend_from_slice(&payload[2..]);
                fragment_is_open = !is_last;
            }
            _ => return Err(BadPayload),
        }
    }
    frame.is_whole &= !fragment_is_open;
    Ok(frame)
}

fn push(nal: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(&START_CODE);
    out.extend_from_slice(nal);
}

fn push_aggregate(mut rest: &[u8], out: &mut Vec<u8>) -> Result<(), BadPayload> {
    while let Some((len, after)) = rest.split_first_chunk::<2>() {
        let (nal, after) = after.split_at_checked(usize::from(u16::from_be_bytes(*len))).ok_or(BadPayload)?;
        push(nal, out);
        rest = after;
    }
    Ok(())
}
