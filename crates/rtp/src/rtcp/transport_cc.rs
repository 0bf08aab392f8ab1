//! Transport-wide congestion control feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01 section 3.1).

use crate::Ssrc;
use crate::wire::{Reader, Sink};

/// When packets arrived, as a receiver tells the sender of a whole transport.
#[derive(Clone, Copy, Debug)]
pub struct TransportCcView<'a> {
    /// Who received the packets.
    pub sender: Ssrc,
    /// A source of the transport; means nothing.
    pub media: Ssrc,
    /// Transport-wide sequence number of the first packet reported on.
    pub base_seq: u16,
    /// Where the first delta counts from, in units of 64 ms; 24 bits, wraps.
    pub reference_time_64ms: u32,
    /// Number of this feedback, to notice lost ones; wraps.
    pub feedback_count: u8,
    /// How many packets are reported on.
    pub status_count: u16,
    chunks: &'a [[u8; 2]],
    deltas: &'a [u8],
}

impl<'a> TransportCcView<'a> {
    pub(super) fn parse(body: &'a [u8]) -> Option<Self> {
        let mut reader = Reader::new(body);
        let (sender, media) = (Ssrc(reader.u32()?), Ssrc(reader.u32()?));
        let (base_seq, status_count) = (reader.u16()?, reader.u16()?);
        let (reference_time_64ms, feedback_count) = (reader.u24()?, reader.u8()?);
        let statuses = reader.rest();
        let mut left = status_count;
        let mut deltas_len = 0;
        while left > 0 {
            let chunk = Chunk(reader.u16()?);
            let used = chunk.len().min(left);
            deltas_len += chunk.deltas_len(used)?;
            left -= used;
        }
        let (chunks, _) = statuses[..statuses.len() - reader.rest().len()].as_chunks();
        let deltas = reader.bytes(deltas_len)?;
        let view = Self {
            sender,
            media,
            base_seq,
            reference_time_64ms,
            feedback_count,
            status_count,
            chunks,
            deltas,
        };
        Some(view)
    }

    /// Each packet reported on, in order of sequence number: when it arrived. At most 65,535, whatever the size of the
    /// feedback: a run of lost packets takes two bytes.
    pub fn arrivals(&self) -> Arrivals<'a> {
        Arrivals {
            chunks: self.chunks.iter(),
            chunk: Chunk(0),
            index: 0,
            seq: self.base_seq,
            left: self.status_count,
            deltas: Reader::new(self.deltas),
        }
    }
}

/// The packets of a feedback: transport-wide sequence number and, for a packet that arrived, the time since the one
/// that arrived before it (the reference time for the first), in units of 250 us.
#[derive(Clone, Debug)]
pub struct Arrivals<'a> {
    chunks: std::slice::Iter<'a, [u8; 2]>,
    chunk: Chunk,
    index: u16,
    seq: u16,
    left: u16,
    deltas: Reader<'a>,
}

impl Iterator for Arrivals<'_> {
    type Item = (u16, Option<i16>);

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        while self.index == self.chunk.len() {
            self.chunk = Chunk(u16::from_be_bytes(*self.chunks.next()?));
            self.index = 0;
        }
        let delta = match self.chunk.symbol(self.index) {
            Symbol::SMALL => Some(i16::from(self.deltas.u8()?)),
            Symbol::LARGE => Some(self.deltas.u16()?.cast_signed()),
            _ => None,
        };
        let seq = self.seq;
        self.seq = seq.wrapping_add(1);
        self.index += 1;
        Some((seq, delta))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (usize::from(self.left), Some(usize::from(self.left)))
    }
}

impl std::iter::FusedIterator for Arrivals<'_> {}

/// A packet's status: two bits that say, by chance or wit, how many bytes its delta takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Symbol(u16);

impl Symbol {
    const LOST: Self = Self(0);
    const SMALL: Self = Self(1);
    const LARGE: Self = Self(2);
    const RESERVED: Self = Self(3);

    fn of(arrival: &Option<i16>) -> Self {
        match arrival {
            None => Self::LOST,
            Some(0..=255) => Self::SMALL,
            Some(_) => Self::LARGE,
        }
    }
}

/// A packet status chunk: one symbol repeated, or a vector of symbols.
#[derive(Clone, Copy, Debug)]
struct Chunk(u16);

impl Chunk {
    const IS_VECTOR: u16 = 0x8000;
    const IS_TWO_BIT: u16 = 0x4000;
    const RUN_MAX: u16 = 0x1fff;
    const ONE_BIT_LEN: u16 = 14;
    const TWO_BIT_LEN: u16 = 7;

    fn len(self) -> u16 {
        match (self.0 & Self::IS_VECTOR, self.0 & Self::IS_TWO_BIT) {
            (0, _) => self.0 & Self::RUN_MAX,
            (_, 0) => Self::ONE_BIT_LEN,
            _ => Self::TWO_BIT_LEN,
        }
    }

    /// The symbol at `index`, which is less than the length.
    fn symbol(self, index: u16) -> Symbol {
        Symbol(match (self.0 & Self::IS_VECTOR, self.0 & Self::IS_TWO_BIT) {
            (0, _) => self.0 >> 13 & 3,
            (_, 0) => self.0 >> (Self::ONE_BIT_LEN - 1 - index) & 1,
            _ => self.0 >> (2 * (Self::TWO_BIT_LEN - 1 - index)) & 3,
        })
    }

    /// Bytes that the deltas of the first `used` symbols take. `None` when one of them is the reserved symbol.
    fn deltas_len(self, used: u16) -> Option<usize> {
        if self.0 & Self::IS_VECTOR == 0 {
            let symbol = self.symbol(0);
            return (symbol != Symbol::RESERVED).then(|| usize::from(symbol.0) * usize::from(used));
        }
        (0..used)
            .map(|index| self.symbol(index))
            .try_fold(0, |sum, symbol| (symbol != Symbol::RESERVED).then(|| sum + usize::from(symbol.0)))
    }

    /// The chunk that says most of what `arrivals` (not empty) begins with, and how many of them it says.
    fn of(arrivals: &[Option<i16>]) -> (Self, usize) {
        let symbols = || arrivals.iter().map(Symbol::of);
        let first = Symbol::of(&arrivals[0]);
        let run = symbols().take(usize::from(Self::RUN_MAX)).take_while(|symbol| *symbol == first).count();
        let is_one_bit = symbols().take(usize::from(Self::ONE_BIT_LEN)).all(|symbol| symbol != Symbol::LARGE);
        let (kind, len, bits) = match is_one_bit {
            true => (Self::IS_VECTOR, Self::ONE_BIT_LEN, 1),
            false => (Self::IS_VECTOR | Self::IS_TWO_BIT, Self::TWO_BIT_LEN, 2),
        };
        let vector_len = arrivals.len().min(usize::from(len));
        if run >= vector_len {
            return (Self(first.0 << 13 | run as u16), run);
        }
        // Symbols are left-aligned; those past the last arrival say "lost" and are beyond the status count.
        let places = (0..len).rev().map(|place| place * bits);
        let vector = symbols().zip(places).fold(kind, |chunk, (symbol, place)| chunk | symbol.0 << place);
        (Self(vector), vector_len)
    }
}

/// What a receiver reports with [`super::Writer::transport_cc`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TransportCcFeedback<'a> {
    /// Transport-wide sequence number of the first packet reported on.
    pub base_seq: u16,
    /// Where the first delta counts from, in units of 64 ms; the low 24 bits count.
    pub reference_time_64ms: u32,
    /// Number of this feedback.
    pub feedback_count: u8,
    /// Each packet from the base on: the time since the one that arrived before it in units of 250 us, `None` for a
    /// packet that did not arrive. At most 65,535.
    pub arrivals: &'a [Option<i16>],
}

impl TransportCcFeedback<'_> {
    /// Writes the body. The zeroes at its end are not declared as padding: the deltas' number is known, and the draft
    /// draws the P bit as 0.
    pub(super) fn put(&self, sender: Ssrc, media: Ssrc, sink: &mut Sink<'_>) -> Option<()> {
        let start = sink.len();
        sink.u32(sender.0)?;
        sink.u32(media.0)?;
        sink.u16(self.base_seq)?;
        sink.u16(u16::try_from(self.arrivals.len()).ok()?)?;
        sink.u24(self.reference_time_64ms)?;
        sink.u8(self.feedback_count)?;
        let mut rest = self.arrivals;
        while !rest.is_empty() {
            let (chunk, len) = Chunk::of(rest);
            sink.u16(chunk.0)?;
            rest = &rest[len..];
        }
        for delta in self.arrivals.iter().flatten() {
            match u8::try_from(*delta) {
                Ok(small) => sink.u8(small)?,
                Err(_) => sink.u16(delta.cast_unsigned())?,
            }
        }
        sink.pad_to_word(start)
    }
}
