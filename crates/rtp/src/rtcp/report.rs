//! Sender and receiver reports (RFC 3550 section 6.4).

use crate::wire::{Reader, Sink};
use crate::{NtpTime, RtpTime, Ssrc};

/// What a sender report says of its sender (RFC 3550 section 6.4.1).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SenderInfo {
    /// Wall clock at sending.
    pub ntp: NtpTime,
    /// The same moment on the stream's RTP clock.
    pub rtp_time: RtpTime,
    /// RTP packets sent since the start, modulo 2^32.
    pub packet_count: u32,
    /// Payload bytes sent since the start, modulo 2^32.
    pub octet_count: u32,
}

/// What a receiver says of one source (RFC 3550 section 6.4.1).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ReportBlock {
    /// The source.
    pub ssrc: Ssrc,
    /// Loss since the previous report, in 1/256.
    pub fraction_lost: u8,
    /// Packets lost since the start; 24 bits, signed, for duplicates count against it.
    pub cumulative_lost: i32,
    /// Highest sequence number received, its cycles in the high 16 bits.
    pub highest_seq: u32,
    /// Interarrival jitter in units of the RTP clock.
    pub jitter: u32,
    /// Middle 32 bits of the last sender report's NTP time; 0 when there was none.
    pub lsr: u32,
    /// Time since the last sender report in 1/65536 s; 0 when there was none.
    pub dlsr: u32,
}

impl ReportBlock {
    pub(super) const LEN: usize = 24;
    const LOST_MAX: i32 = 0x7f_ffff;
    const LOST_MIN: i32 = -0x80_0000;

    fn parse(bytes: &[u8; Self::LEN]) -> Self {
        let word = |index: usize| {
            let [a, b, c, d] = [0, 1, 2, 3].map(|byte| bytes[index * 4 + byte]);
            u32::from_be_bytes([a, b, c, d])
        };
        Self {
            ssrc: Ssrc(word(0)),
            fraction_lost: bytes[4],
            // Shifted up and back down, so that bit 23 becomes the sign.
            cumulative_lost: (word(1) << 8).cast_signed() >> 8,
            highest_seq: word(2),
            jitter: word(3),
            lsr: word(4),
            dlsr: word(5),
        }
    }

    pub(super) fn put(&self, sink: &mut Sink<'_>) -> Option<()> {
        // The loss saturates at what 24 bits hold (RFC 3550 appendix A.3).
        let lost = self.cumulative_lost.clamp(Self::LOST_MIN, Self::LOST_MAX);
        sink.u32(self.ssrc.0)?;
        sink.u8(self.fraction_lost)?;
        sink.u24(lost.cast_unsigned())?;
        sink.u32(self.highest_seq)?;
        sink.u32(self.jitter)?;
        sink.u32(self.lsr)?;
        sink.u32(self.dlsr)
    }
}

/// A sender report.
#[derive(Clone, Copy, Debug)]
pub struct SenderReport<'a> {
    /// The reporting sender.
    pub sender: Ssrc,
    /// What it says of itself.
    pub info: SenderInfo,
    blocks: &'a [[u8; ReportBlock::LEN]],
}

impl<'a> SenderReport<'a> {
    pub(super) fn parse(count: u8, body: &'a [u8]) -> Option<Self> {
        let mut reader = Reader::new(body);
        let sender = Ssrc(reader.u32()?);
        let info = SenderInfo {
            ntp: NtpTime(reader.u64()?),
            rtp_time: RtpTime(reader.u32()?),
            packet_count: reader.u32()?,
            octet_count: reader.u32()?,
        };
        Some(Self { sender, info, blocks: take_blocks(count, reader)? })
    }

    /// What it says of others, at most 31 of them.
    pub fn blocks(&self) -> impl ExactSizeIterator<Item = ReportBlock> + use<'a> {
        self.blocks.iter().map(ReportBlock::parse)
    }
}

/// A receiver report.
#[derive(Clone, Copy, Debug)]
pub struct ReceiverReport<'a> {
    /// The reporting receiver.
    pub sender: Ssrc,
    blocks: &'a [[u8; ReportBlock::LEN]],
}

impl<'a> ReceiverReport<'a> {
    pub(super) fn parse(count: u8, body: &'a [u8]) -> Option<Self> {
        let mut reader = Reader::new(body);
        let sender = Ssrc(reader.u32()?);
        Some(Self { sender, blocks: take_blocks(count, reader)? })
    }

    /// What it says of others, at most 31 of them.
    pub fn blocks(&self) -> impl ExactSizeIterator<Item = ReportBlock> + use<'a> {
        self.blocks.iter().map(ReportBlock::parse)
    }
}

/// The first `count` blocks. What follows them is a profile's extension, which is not read.
fn take_blocks(count: u8, mut reader: Reader<'_>) -> Option<&[[u8; ReportBlock::LEN]]> {
    Some(reader.bytes(usize::from(count) * ReportBlock::LEN)?.as_chunks().0)
}
