//! Encoded frames to payloads: VP8 (RFC 7741) and H.264 (RFC 6184, packetization mode 1).

use std::collections::VecDeque;
use std::ops::Range;

use motet_codec::video::PictureCodec;
use motet_rtp::payload::vp8;

/// Bytes of one payload at most: with RTP's header, its extensions, SRTP's tag, UDP and IPv6 a packet stays below 1280 bytes, which
/// every path carries.
pub(super) const PAYLOAD_MAX: usize = 1120;

/// One frame as packets that are yet to be sent.
#[derive(Debug, Default)]
pub(super) struct Packetizer {
    pub(super) frame: Vec<u8>,
    pieces: VecDeque<Piece>,
}

/// A part of the frame behind a prefix: the descriptor of its format.
#[derive(Clone, Debug)]
struct Piece {
    prefix: [u8; 4],
    prefix_len: u8,
    part: Range<usize>,
}

impl Packetizer {
    /// Cuts `frame`. What was not sent of the frame before is gone: its owner polls until there is nothing left.
    pub(super) fn cut(&mut self, codec: PictureCodec, picture_id: u16) {
        self.pieces.clear();
        match codec {
            PictureCodec::Vp8 => self.cut_vp8(picture_id),
            PictureCodec::H264 => self.cut_h264(),
        }
    }

    /// Whether the next payload is the frame's last.
    pub(super) fn is_at_last(&self) -> bool {
        self.pieces.len() == 1
    }

    /// Adds the next payload to `out`; `false`: there is none.
    pub(super) fn pop(&mut self, out: &mut Vec<u8>) -> bool {
        let Some(piece) = self.pieces.pop_front() else { return false };
        out.extend_from_slice(&piece.prefix[..usize::from(piece.prefix_len)]);
        out.extend_from_slice(&self.frame[piece.part]);
        true
    }

    fn cut_vp8(&mut self, picture_id: u16) {
        for (index, part) in equal_parts(0..self.frame.len(), PAYLOAD_MAX - 4).enumerate() {
            let descriptor = vp8::Descriptor {
                starts_partition: index == 0,
                picture_id: Some(vp8::PictureId::Long(picture_id & 0x7fff)),
                ..Default::default()
            };
            let mut prefix = [0; 4];
            let prefix_len = descriptor.write(&mut prefix).unwrap_or_default() as u8;
            self.pieces.push_back(Piece { prefix, prefix_len, part });
        }
    }

    fn cut_h264(&mut self) {
        const FU_A: u8 = 28;
        for nal in nal_units(&self.frame) {
            if nal.len() <= PAYLOAD_MAX {
                self.pieces.push_back(Piece { prefix: [0; 4], prefix_len: 0, part: nal });
                continue;
            }
            let header = self.frame[nal.start];
            let body = nal.start + 1..nal.end;
            for part in equal_parts(body.clone(), PAYLOAD_MAX - 2) {
                let first = if part.start == body.start { 0x80 } else { 0 };
                let last = if part.end == body.end { 0x40 } else { 0 };
                let prefix = [header & 0xe0 | FU_A, first | last | header & 0x1f, 0, 0];
                self.pieces.push_back(Piece { prefix, prefix_len: 2, part });
            }
        }
    }
}

/// As few parts as fit, of nearly one length: bursts of equal packets are sent as one.
fn equal_parts(whole: Range<usize>, len_max: usize) -> impl Iterator<Item = Range<usize>> {
    let count = whole.len().div_ceil(len_max);
    let len = if count == 0 { 0 } else { whole.len().div_ceil(count) };
    (0..count).map(move |index| {
        let start = whole.start + index * len;
        start..(start + len).min(whole.end)
    })
}

/// Where the NAL units stand that begin behind start codes of three or four bytes. Empty ones are left away.
fn nal_units(frame: &[u8]) -> Vec<Range<usize>> {
    let mut units = Vec::new();
    let mut start = None;
    let mut at = 0;
    while at + 3 <= frame.len() {
        if frame[at..at + 3] == [0, 0, 1] {
            let end = if at > 0 && frame[at - 1] == 0 { at - 1 } else { at };
            units.extend(start.map(|start| start..end));
            start = Some(at + 3);
            at += 3;
        } else {
            at += 1;
        }
    }
    units.extend(start.map(|start| start..frame.len()));
    units.retain(|unit| unit.start < unit.end);
    units
}

#[cfg(test)]
mod tests {
    use super::*;

    fn payloads(packetizer: &mut Packetizer) -> Vec<Vec<u8>> {
        let mut payloads = Vec::new();
        let mut payload = Vec::new();
        while packetizer.pop(&mut payload) {
            payloads.push(std::mem::take(&mut payload));
        }
        payloads
    }

    #[test]
    fn a_vp8_frame_is_cut_into_equal_parts_behind_descriptors() {
        let frame: Vec<u8> = (0..3000u32).map(|n| n as u8).collect();
        let mut packetizer = Packetizer { frame: frame.clone(), ..Default::default() };
        packetizer.cut(PictureCodec::Vp8, 0x1234);
        let payloads = payloads(&mut packetizer);
        assert_eq!(payloads.iter().map(Vec::len).collect::<Vec<_>>(), [1004; 3]);
        let mut whole = Vec::new();
        for (index, payload) in payloads.iter().enumerate() {
            let descriptor = vp8::parse(payload).unwrap();
            assert_eq!(descriptor.picture_id, Some(vp8::PictureId::Long(0x1234)));
            assert_eq!(descriptor.starts_partition, index == 0);
            whole.extend_from_slice(&payload[descriptor.len..]);
        }
        assert_eq!(whole, frame);
    }

    #[test]
    fn h264_units_that_are_too_long_are_cut_and_come_back_whole() {
        let mut frame = vec![0, 0, 0, 1, 0x67, 1, 2, 3, 0, 0, 0, 1, 0x68, 4, 0, 0, 1, 0x65];
        frame.extend((0..5000u32).map(|n| n as u8 | 1));
        let mut packetizer = Packetizer { frame: frame.clone(), ..Default::default() };
        packetizer.cut(PictureCodec::H264, 0);
        let payloads = payloads(&mut packetizer);
        assert!(payloads.iter().all(|payload| payload.len() <= PAYLOAD_MAX));
        assert_eq!(payloads[0], [0x67, 1, 2, 3]);
        assert_eq!(payloads[1], [0x68, 4]);
        assert_eq!(payloads[2][..2], [0x7c, 0x85]);
        assert_eq!(payloads.last().unwrap()[..2], [0x7c, 0x45]);
        let body: Vec<u8> = payloads[2..].iter().flat_map(|payload| payload[2..].to_vec()).collect();
        assert_eq!(body, frame[18..]);
    }
}
