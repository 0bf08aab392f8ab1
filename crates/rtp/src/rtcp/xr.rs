//! Extended reports: receiver reference time and the delay since it (RFC 3611 sections 4.4 and 4.5).

use crate::wire::{Reader, Sink};
use crate::{NtpTime, Ssrc};

const RRTR: u8 = 4;
const DLRR: u8 = 5;

/// An extended report packet.
#[derive(Clone, Copy, Debug)]
pub struct Xr<'a> {
    /// Who reports.
    pub sender: Ssrc,
    blocks: &'a [u8],
}

/// One block of an extended report.
#[derive(Clone, Copy, Debug)]
pub enum XrBlock<'a> {
    /// The receiver's wall clock, so that a mere receiver can learn the round trip time.
    Rrtr(NtpTime),
    /// Answers to it.
    Dlrr(DlrrView<'a>),
    /// Any other block, or one of the above whose length is wrong; its content is unread.
    Unknown {
        /// The block type.
        block_type: u8,
        /// What follows the block's header.
        content: &'a [u8],
    },
}

/// The answers of one DLRR block.
#[derive(Clone, Copy, Debug)]
pub struct DlrrView<'a> {
    answers: &'a [[u8; Dlrr::LEN]],
}

/// An answer to one receiver's reference time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Dlrr {
    /// The receiver that is answered.
    pub ssrc: Ssrc,
    /// Middle 32 bits of its reference time; 0 when none was heard.
    pub lrr: u32,
    /// Time since that was heard in 1/65536 s; 0 when none was heard.
    pub dlrr: u32,
}

impl Dlrr {
    const LEN: usize = 12;
}

impl<'a> Xr<'a> {
    pub(super) fn parse(body: &'a [u8]) -> Option<Self> {
        let mut reader = Reader::new(body);
        let sender = Ssrc(reader.u32()?);
        let blocks = reader.rest();
        let mut rest = blocks;
        while !rest.is_empty() {
            take_block(&mut rest)?;
        }
        Some(Self { sender, blocks })
    }

    /// The blocks in their order.
    pub fn blocks(&self) -> impl Iterator<Item = XrBlock<'a>> + use<'a> {
        let mut rest = self.blocks;
        std::iter::from_fn(move || take_block(&mut rest))
    }
}

/// Takes a block off the front of `rest`. `None` when it does not fit.
fn take_block<'a>(rest: &mut &'a [u8]) -> Option<XrBlock<'a>> {
    let mut reader = Reader::new(rest);
    let [block_type, _type_specific] = reader.array()?;
    let words = reader.u16()?;
    let content = reader.bytes(usize::from(words) * 4)?;
    *rest = reader.rest();
    let unknown = XrBlock::Unknown { block_type, content };
    Some(match (block_type, content.as_array(), content.as_chunks()) {
        (RRTR, Some(ntp), _) => XrBlock::Rrtr(NtpTime(u64::from_be_bytes(*ntp))),
        (DLRR, _, (answers, [])) => XrBlock::Dlrr(DlrrView { answers }),
        _ => unknown,
    })
}

impl<'a> DlrrView<'a> {
    /// The answers in their order.
    pub fn answers(&self) -> impl Iterator<Item = Dlrr> + use<'a> {
        self.answers.iter().filter_map(|bytes| {
            let mut reader = Reader::new(bytes);
            Some(Dlrr { ssrc: Ssrc(reader.u32()?), lrr: reader.u32()?, dlrr: reader.u32()? })
        })
    }
}

pub(super) fn put_rrtr(ssrc: Ssrc, ntp: NtpTime, sink: &mut Sink<'_>) -> Option<()> {
    sink.u32(ssrc.0)?;
    sink.put(&[RRTR, 0])?;
    sink.u16(2)?;
    sink.u64(ntp.0)
}

pub(super) fn put_dlrr(ssrc: Ssrc, answers: &[Dlrr], sink: &mut Sink<'_>) -> Option<()> {
    sink.u32(ssrc.0)?;
    sink.put(&[DLRR, 0])?;
    sink.u16(u16::try_from(answers.len() * Dlrr::LEN / 4).ok()?)?;
    answers.iter().try_for_each(|answer| {
        sink.u32(answer.ssrc.0)?;
        sink.u32(answer.lrr)?;
        sink.u32(answer.dlrr)
    })
}
