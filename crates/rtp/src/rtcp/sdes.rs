//! Source descriptions and goodbyes (RFC 3550 sections 6.5 and 6.6).

use crate::Ssrc;
use crate::wire::Reader;

/// A source description packet.
#[derive(Clone, Copy, Debug)]
pub struct Sdes<'a> {
    count: u8,
    body: &'a [u8],
}

/// What is said of one source.
#[derive(Clone, Copy, Debug)]
pub struct SdesChunk<'a> {
    /// The source.
    pub ssrc: Ssrc,
    items: &'a [u8],
}

/// One item of a chunk.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SdesItem<'a> {
    /// Its type; [`SdesItem::CNAME`] is the one that Motet uses.
    pub kind: u8,
    /// Its text, UTF-8 where the sender keeps the rules.
    pub text: &'a [u8],
}

impl SdesItem<'_> {
    /// The canonical name (RFC 3550 section 6.5.1).
    pub const CNAME: u8 = 1;
    const END: u8 = 0;
}

impl<'a> Sdes<'a> {
    pub(super) fn parse(count: u8, body: &'a [u8]) -> Option<Self> {
        let mut rest = body;
        for _ in 0..count {
            take_chunk(&mut rest)?;
        }
        Some(Self { count, body })
    }

    /// The described sources, at most 31.
    pub fn chunks(&self) -> impl Iterator<Item = SdesChunk<'a>> + use<'a> {
        let mut rest = self.body;
        (0..self.count).map_while(move |_| take_chunk(&mut rest))
    }
}

impl<'a> SdesChunk<'a> {
    /// The items, up to the chunk's end.
    pub fn items(&self) -> SdesItems<'a> {
        SdesItems { reader: Reader::new(self.items) }
    }

    /// The text of the first CNAME item.
    pub fn cname(&self) -> Option<&'a [u8]> {
        self.items().find(|item| item.kind == SdesItem::CNAME).map(|item| item.text)
    }
}

/// The items of one chunk.
#[derive(Clone, Debug)]
pub struct SdesItems<'a> {
    reader: Reader<'a>,
}

impl<'a> Iterator for SdesItems<'a> {
    type Item = SdesItem<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        let kind = self.reader.u8().filter(|kind| *kind != SdesItem::END)?;
        let len = self.reader.u8()?;
        Some(SdesItem { kind, text: self.reader.bytes(usize::from(len))? })
    }
}

/// Takes a chunk off the front of `rest`: an SSRC, items, and zeroes up to the next word. A chunk that ends with the
/// packet may lack its zeroes. `None` when the SSRC or an item does not fit.
fn take_chunk<'a>(rest: &mut &'a [u8]) -> Option<SdesChunk<'a>> {
    let mut reader = Reader::new(rest);
    let ssrc = Ssrc(reader.u32()?);
    let after_ssrc = reader.rest();
    while let Some(kind) = reader.u8() {
        if kind == SdesItem::END {
            break;
        }
        let len = reader.u8()?;
        reader.bytes(usize::from(len))?;
    }
    let items_len = after_ssrc.len() - reader.rest().len();
    // The items begin at a word, so the chunk's end is the next word after them.
    let end = items_len.next_multiple_of(4).min(after_ssrc.len());
    *rest = &after_ssrc[end..];
    Some(SdesChunk { ssrc, items: &after_ssrc[..items_len] })
}

/// A goodbye.
#[derive(Clone, Copy, Debug)]
pub struct Bye<'a> {
    ssrcs: &'a [[u8; 4]],
    reason: Option<&'a [u8]>,
}

impl<'a> Bye<'a> {
    pub(super) fn parse(count: u8, body: &'a [u8]) -> Option<Self> {
        let mut reader = Reader::new(body);
        let ssrcs = reader.bytes(usize::from(count) * 4)?.as_chunks().0;
        let reason = match reader.u8() {
            Some(len) => Some(reader.bytes(usize::from(len))?),
            None => None,
        };
        Some(Self { ssrcs, reason })
    }

    /// The sources that leave, at most 31.
    pub fn ssrcs(&self) -> impl ExactSizeIterator<Item = Ssrc> + use<'a> {
        self.ssrcs.iter().map(|bytes| Ssrc(u32::from_be_bytes(*bytes)))
    }

    /// Why they leave, UTF-8 where the sender keeps the rules.
    pub fn reason(&self) -> Option<&'a [u8]> {
        self.reason
    }
}
