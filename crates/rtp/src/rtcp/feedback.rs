//! Feedback on packets and pictures: NACK (RFC 4585 section 6.2.1) and FIR (RFC 5104 section 4.3.1).

use crate::Ssrc;
use crate::wire::Reader;

/// A generic NACK.
#[derive(Clone, Copy, Debug)]
pub struct NackView<'a> {
    /// Who misses packets.
    pub sender: Ssrc,
    /// Of which source.
    pub media: Ssrc,
    entries: &'a [[u8; 4]],
}

impl<'a> NackView<'a> {
    /// Packets that one entry can name: the one with its sequence number and 16 after it.
    pub(super) const SPAN: u16 = 17;

    pub(super) fn parse(body: &'a [u8]) -> Option<Self> {
        let mut reader = Reader::new(body);
        let (sender, media) = (Ssrc(reader.u32()?), Ssrc(reader.u32()?));
        Some(Self { sender, media, entries: whole_chunks(reader.rest())? })
    }

    /// The missing sequence numbers, as the entries give them: not sorted, perhaps repeated. One packet may name some
    /// 5,000, so a caller that does work for each sets its own limit.
    pub fn lost(&self) -> impl Iterator<Item = u16> + use<'a> {
        self.entries.iter().flat_map(|[a, b, c, d]| {
            let (first, bitmap) = (u16::from_be_bytes([*a, *b]), u16::from_be_bytes([*c, *d]));
            // Bit 0 stands for the packet itself, bit n for the nth after it.
            let mask = u32::from(bitmap) << 1 | 1;
            (0..Self::SPAN).filter(move |n| mask >> n & 1 != 0).map(move |n| first.wrapping_add(n))
        })
    }
}

/// A full intra request: each entry asks one source for a keyframe.
#[derive(Clone, Copy, Debug)]
pub struct Fir<'a> {
    /// Who asks.
    pub sender: Ssrc,
    entries: &'a [[u8; 8]],
}

/// One request of a [`Fir`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FirEntry {
    /// Who is asked.
    pub ssrc: Ssrc,
    /// The command's sequence number: a repetition of the same number asks for nothing more.
    pub seq: u8,
}

impl<'a> Fir<'a> {
    pub(super) fn parse(body: &'a [u8]) -> Option<Self> {
        let mut reader = Reader::new(body);
        let sender = Ssrc(reader.u32()?);
        // The media source of the common feedback header is unused: the entries name their own.
        reader.u32()?;
        Some(Self { sender, entries: whole_chunks(reader.rest())? })
    }

    /// The requests.
    pub fn entries(&self) -> impl ExactSizeIterator<Item = FirEntry> + use<'a> {
        self.entries.iter().map(|[a, b, c, d, seq, ..]| FirEntry {
            ssrc: Ssrc(u32::from_be_bytes([*a, *b, *c, *d])),
            seq: *seq,
        })
    }
}

/// `None` when the bytes do not divide into chunks.
fn whole_chunks<const N: usize>(bytes: &[u8]) -> Option<&[[u8; N]]> {
    let (chunks, rest) = bytes.as_chunks();
    rest.is_empty().then_some(chunks)
}
