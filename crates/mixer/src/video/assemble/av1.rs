//! AV1 temporal units (RTP Payload Format For AV1): OBUs in the low overhead format, each with its size.

use motet_rtp::payload::BadPayload;
use motet_rtp::payload::av1::{self, OBU_SEQUENCE_HEADER};

use super::Frame;

const TEMPORAL_DELIMITER: u8 = 2;
const TILE_LIST: u8 = 8;
const PADDING: u8 = 15;
const HAS_EXTENSION: u8 = 0x04;
const HAS_SIZE: u8 = 0x02;

pub(super) fn depacketize(
    payloads: &mut dyn Iterator<Item = &[u8]>,
    out: &mut Vec<u8>,
) -> Result<Frame, BadPayload> {
    let mut frame = Frame { is_key: false, is_whole: true };
    out.extend_from_slice(&[TEMPORAL_DELIMITER << 3 | HAS_SIZE, 0]);
    // An OBU that goes on in the next packet.
    let mut open: Vec<u8> = Vec::new();
    let mut is_open = false;
    for (index, payload) in payloads.enumerate() {
        let descriptor = av1::parse(payload)?;
        if descriptor.continues_first != is_open {
            if index == 0 {
                frame.is_whole = false;
                return Ok(frame);
            }
            return Err(BadPayload);
        }
        frame.is_key |= descriptor.begins.contains(OBU_SEQUENCE_HEADER);
        let mut elements =
            Elements { rest: &payload[1..], announced: payload[0] >> 4 & 3, index: 0 }.peekable();
        while let Some(element) = elements.next() {
            open.extend_from_slice(element?);
            is_open = elements.peek().is_none() && descriptor.last_continues;
            if !is_open {
                push(&open, out)?;
                open.clear();
            }
        }
    }
    frame.is_whole &= !is_open;
    Ok(frame)
}

/// Adds an OBU with its size, unless it is one that a decoder need not see.
fn push(obu: &[u8], out: &mut Vec<u8>) -> Result<(), BadPayload> {
    // An empty element is no OBU, and no error.
    let Some(header) = obu.first() else { return Ok(()) };
    if matches!(header >> 3 & 0x0f, TEMPORAL_DELIMITER | TILE_LIST | PADDING) {
        return Ok(());
    }
    let header_len = if header & HAS_EXTENSION != 0 { 2 } else { 1 };
    let (head, mut body) = obu.split_at_checked(header_len).ok_or(BadPayload)?;
    if header & HAS_SIZE != 0 {
        // Senders should leave the size away, and some do not.
        let (size, after) = leb128(body).ok_or(BadPayload)?;
        body = after.get(..size).ok_or(BadPayload)?;
    }
    out.push(header | HAS_SIZE);
    out.extend_from_slice(&head[1..]);
    let mut size = body.len();
    while size >= 0x80 {
        out.push(size as u8 | 0x80);
        size >>= 7;
    }
    out.push(size as u8);
    out.extend_from_slice(body);
    Ok(())
}

/// The OBU elements of a payload that has been parsed.
struct Elements<'a> {
    rest: &'a [u8],
    announced: u8,
    index: u8,
}

impl<'a> Iterator for Elements<'a> {
    type Item = Result<&'a [u8], BadPayload>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        self.index = self.index.saturating_add(1);
        if self.index == self.announced {
            return Some(Ok(std::mem::take(&mut self.rest)));
        }
        let split = leb128(self.rest).and_then(|(len, after)| after.split_at_checked(len));
        let Some((element, after)) = split else {
            self.rest = &[];
            return Some(Err(BadPayload));
        };
        self.rest = after;
        Some(Ok(element))
    }
}

/// A number (AV1 specification section 4.10.5) and what stands behind it.
fn leb128(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut value = 0u64;
    for (index, byte) in bytes.iter().take(8).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Some((usize::try_from(value).ok()?, &bytes[index + 1..]));
        }
    }
    None
}
