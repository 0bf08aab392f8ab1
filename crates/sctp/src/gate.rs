//! What is looked at before the library sees a packet: what it would take at a price, or hold without a limit.

use crate::drop_reason::DropReason;

/// How many streams there are each way, as in browsers. The library keeps a little for each that was ever used.
pub const STREAMS_MAX: u16 = 1024;
/// The longest packet that is taken, in bytes: peers make theirs to fit a datagram.
pub const PACKET_BYTES_RECEIVED_MAX: usize = 2048;
/// The most chunks in a packet. A packet of one-byte messages has about a hundred.
const CHUNKS_MAX: usize = 128;
/// The most chunks that are not data. Some of them are answered by a packet each.
const CONTROL_CHUNKS_MAX: usize = 16;
/// The most re-configurations. Each makes the library compare all its streams with all that are listed.
const RECONFIGURATIONS_MAX: usize = 2;

const HEADER_BYTES: usize = 12;
const CHUNK_HEADER_BYTES: usize = 4;

const DATA: u8 = 0;
const RE_CONFIG: u8 = 130;
const FORWARD_TSN: u8 = 192;

/// What a packet holds.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Seen {
    pub(crate) has_data: bool,
    /// The peer gives data up (RFC 3758).
    pub(crate) has_forward: bool,
}

/// Walks over the chunks. What is inside them, and the checksum, is the library's to judge.
pub(crate) fn inspect(packet: &[u8]) -> Result<Seen, DropReason> {
    if packet.len() > PACKET_BYTES_RECEIVED_MAX {
        return Err(DropReason::PacketTooLong);
    }
    let mut rest = packet.get(HEADER_BYTES..).ok_or(DropReason::Malformed)?;
    let (mut seen, mut chunks, mut controls, mut reconfigurations) = (Seen::default(), 0, 0, 0);
    while !rest.is_empty() {
        let (kind, chunk, next) = split_chunk(rest)?;
        rest = next;
        chunks += 1;
        controls += usize::from(kind != DATA);
        match kind {
            DATA => {
                seen.has_data = true;
                check_data(chunk)?;
            }
            FORWARD_TSN => {
                seen.has_forward = true;
                check_forward(chunk)?;
            }
            RE_CONFIG => reconfigurations += 1,
            _ => {}
        }
        if chunks > CHUNKS_MAX || controls > CONTROL_CHUNKS_MAX || reconfigurations > RECONFIGURATIONS_MAX {
            return Err(DropReason::TooManyChunks);
        }
    }
    Ok(seen)
}

/// The first chunk's type, its value, and what follows its padding.
fn split_chunk(rest: &[u8]) -> Result<(u8, &[u8], &[u8]), DropReason> {
    let &[kind, _, l0, l1] = rest.first_chunk().ok_or(DropReason::Malformed)?;
    let length = usize::from(u16::from_be_bytes([l0, l1]));
    let chunk = rest.get(CHUNK_HEADER_BYTES..length).ok_or(DropReason::Malformed)?;
    let padded = length.next_multiple_of(4).min(rest.len());
    Ok((kind, chunk, &rest[padded..]))
}

/// TSN, stream, sequence number, payload protocol, and at least a byte of data (RFC 9260 section 3.3.1).
fn check_data(chunk: &[u8]) -> Result<(), DropReason> {
    let &[_, _, _, _, s0, s1, _, _, _, _, _, _] = chunk.first_chunk::<12>().ok_or(DropReason::Malformed)?;
    check_stream([s0, s1])?;
    if chunk.len() == 12 { Err(DropReason::NoUserData) } else { Ok(()) }
}

/// TSN, then pairs of stream and sequence number (RFC 3758 section 3.2).
fn check_forward(chunk: &[u8]) -> Result<(), DropReason> {
    let pairs = chunk.get(4..).ok_or(DropReason::Malformed)?;
    pairs.as_chunks::<4>().0.iter().try_for_each(|&[s0, s1, _, _]| check_stream([s0, s1]))
}

fn check_stream(stream: [u8; 2]) -> Result<(), DropReason> {
    if u16::from_be_bytes(stream) < STREAMS_MAX { Ok(()) } else { Err(DropReason::StreamOutOfRange) }
}
