//! Frames that name themselves: what comes out at the far end tells which frame of which track it is, and whether a single
//! byte of it is other than it was.
//!
//! A frame is a body in the dress of its codec: enough of a bitstream that packetizers and routers take it for what it
//! is, not enough to decode. No byte of a body is zero, so that no start code of H.264 can stand in it.

use motet_control::Codec;

/// What a body says of itself. In packets a frame is split, and each packet has a body of its own.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Name {
    /// Which track.
    pub track: u32,
    /// Which frame of it, from 0.
    pub number: u32,
    /// Which part of it, from 0.
    pub part: u32,
    /// How many parts it has.
    pub parts: u32,
    /// Whether it is a keyframe.
    pub is_key: bool,
}

/// Bytes of a name.
const NAME_LEN: usize = 21;
/// The shortest body: with enough filler that a damaged name does not go unnoticed.
pub(crate) const BODY_LEN_MIN: usize = NAME_LEN + 8;

impl Name {
    /// A body of `len` bytes: the name, then filler that follows from it.
    pub(crate) fn body(self, len: usize) -> Vec<u8> {
        let len = len.max(BODY_LEN_MIN);
        let mut body = Vec::with_capacity(len);
        for number in [self.track, self.number, self.part, self.parts] {
            // Seven bits a byte, the high bit set: never zero.
            body.extend([28, 21, 14, 7, 0].map(|shift| 0x80 | (number >> shift) as u8));
        }
        body.push(if self.is_key { 0xc1 } else { 0x81 });
        let mix = |state: u32, byte: &u8| (state ^ u32::from(*byte)).wrapping_mul(0x0100_0193);
        let mut state = body.iter().fold(0x811c_9dc5, mix);
        while body.len() < len {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            body.push((state >> 24) as u8 | 1);
        }
        body
    }

    /// The name of a body, if each byte of it is as it was.
    pub(crate) fn read(body: &[u8]) -> Option<Name> {
        let mut numbers = body
            .get(..20)?
            .chunks_exact(5)
            .map(|chunk| chunk.iter().fold(0u32, |number, byte| (number << 7) | u32::from(byte & 0x7f)));
        let mut next = || numbers.next();
        let name = Name {
            track: next()?,
            number: next()?,
            part: next()?,
            parts: next()?,
            is_key: *body.get(20)? == 0xc1,
        };
        (name.body(body.len()) == body).then_some(name)
    }
}

/// A whole frame: `body` in the dress of `codec`.
pub(crate) fn dress(codec: Codec, is_key: bool, body: &[u8]) -> Vec<u8> {
    let mut frame = front(codec, is_key, body.len());
    frame.extend_from_slice(body);
    frame
}

/// The body of a frame, if its dress is as it was.
pub(crate) fn undress(codec: Codec, frame: &[u8]) -> Option<&[u8]> {
    [true, false].into_iter().find_map(|is_key| {
        // The dress of AV1 tells the body's length; its own length varies by it.
        let longest = front(codec, is_key, frame.len()).len();
        (longest.saturating_sub(1)..=longest).find_map(|len| {
            let body = frame.get(len..)?;
            (front(codec, is_key, body.len()) == frame[..len]).then_some(body)
        })
    })
}

/// What stands before the body.
fn front(codec: Codec, is_key: bool, body_len: usize) -> Vec<u8> {
    match (codec, is_key) {
        // RFC 6386 section 9.1: the frame tag; a keyframe has a start code and its size, 640 by 480, after it.
        (Codec::Vp8, true) => vec![0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0xe0, 0x01],
        (Codec::Vp8, false) => vec![0x11, 0x02, 0x00],
        // VP9 bitstream section 6.2: marker, profile 0, frame type, shown; a keyframe has the sync code after it.
        (Codec::Vp9, true) => vec![0x82, 0x49, 0x83, 0x42],
        (Codec::Vp9, false) => vec![0x86],
        (Codec::H264, true) => {
            let parameters: [&[u8]; 3] =
                [&[0x67, 0x42, 0xe0, 0x1f, 0x8c, 0x68, 0x05], &[0x68, 0xce, 0x3c, 0x80], &[0x65]];
            parameters.iter().flat_map(|unit| [&[0, 0, 0, 1], *unit].concat()).collect()
        }
        (Codec::H264, false) => vec![0, 0, 0, 1, 0x41],
        // AV1 section 5.3: a sequence header before a keyframe, then a frame, each with its size.
        (Codec::Av1, true) => {
            let sequence = [0x0a, 0x0b, 0x01, 0x01, 0x01, 0x04, 0x3f, 0x77, 0x9f, 0x55, 0x9d, 0x01, 0x01];
            [&sequence[..], &[0x32], &leb128(body_len)].concat()
        }
        (Codec::Av1, false) => [&[0x32], &leb128(body_len)[..]].concat(),
        // RFC 6716 section 3.1: 20 ms of CELT, one frame.
        (Codec::Opus, _) => vec![0xfc],
        (Codec::Pcmu | Codec::Pcma | Codec::G722, _) => Vec::new(),
    }
}

/// AV1 section 4.10.5.
fn leb128(mut value: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = (value & 0x7f) as u8;
        value >>= 7;
        if value == 0 {
            bytes.push(low);
            return bytes;
        }
        bytes.push(low | 0x80);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: Name = Name { track: 3, number: 300, part: 1, parts: 2, is_key: true };

    #[test]
    fn a_body_names_itself_and_betrays_any_change() {
        let body = NAME.body(500);
        assert_eq!(Name::read(&body), Some(NAME));
        assert!(!body.contains(&0));
        for index in 0..body.len() {
            let mut damaged = body.clone();
            damaged[index] ^= 4;
            assert_eq!(Name::read(&damaged), None, "byte {index}");
        }
        assert_eq!(Name::read(&body[..499]).map(|name| name.number), Some(300), "a shorter body is one too");
    }

    #[test]
    fn each_dress_comes_off_again() {
        for codec in [Codec::Vp8, Codec::Vp9, Codec::H264, Codec::Av1, Codec::Opus] {
            for (is_key, len) in [(true, 3_000), (false, 90), (false, 130)] {
                let body = Name { is_key, ..NAME }.body(len);
                assert_eq!(undress(codec, &dress(codec, is_key, &body)), Some(&body[..]), "{codec:?} {len}");
            }
        }
    }
}
