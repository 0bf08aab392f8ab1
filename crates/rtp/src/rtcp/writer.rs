//! Writes RTCP compounds into a buffer of the caller's.

use super::{
    Dlrr, NackView, ReportBlock, SdesItem, SenderInfo, TransportCcFeedback, feedback_type, packet_type, remb,
    xr,
};
use crate::wire::Sink;
use crate::{NtpTime, Ssrc};

/// Sources or blocks that the five bits of a header can count.
const COUNT_MAX: usize = 31;

/// The buffer has no room for the packet, or the packet would be longer than its length field can say.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, thiserror::Error)]
#[error("the buffer has no room for the RTCP packet")]
pub struct Full;

/// A compound in the making. Each method adds one packet (where noted: none, or several) or, when it does not fit,
/// answers [`Full`] and leaves the compound as it was.
#[derive(Debug)]
pub struct Writer<'a> {
    out: &'a mut [u8],
    len: usize,
}

impl<'a> Writer<'a> {
    /// An empty compound that may grow to the buffer's size.
    pub fn new(out: &'a mut [u8]) -> Self {
        Self { out, len: 0 }
    }

    /// Bytes written.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether nothing was written.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Bytes that still fit.
    pub fn room(&self) -> usize {
        self.out.len() - self.len
    }

    /// The compound.
    pub fn finish(self) -> &'a [u8] {
        &self.out[..self.len]
    }

    /// A sender report. Blocks beyond the 31 that it can hold follow in receiver reports (RFC 3550 section 6.1).
    pub fn sender_report(
        &mut self,
        sender: Ssrc,
        info: &SenderInfo,
        blocks: &[ReportBlock],
    ) -> Result<(), Full> {
        let (first, more) = blocks.split_at(blocks.len().min(COUNT_MAX));
        self.all_or_nothing(|writer| {
            writer.packet(packet_type::SENDER_REPORT, first.len(), |sink| {
                sink.u32(sender.0)?;
                sink.u64(info.ntp.0)?;
                sink.u32(info.rtp_time.0)?;
                sink.u32(info.packet_count)?;
                sink.u32(info.octet_count)?;
                first.iter().try_for_each(|block| block.put(sink))
            })?;
            more.chunks(COUNT_MAX).try_for_each(|blocks| writer.one_receiver_report(sender, blocks))
        })
    }

    /// A receiver report; several where there are more than 31 blocks, one where there is none.
    pub fn receiver_report(&mut self, sender: Ssrc, blocks: &[ReportBlock]) -> Result<(), Full> {
        let (first, more) = blocks.split_at(blocks.len().min(COUNT_MAX));
        self.all_or_nothing(|writer| {
            writer.one_receiver_report(sender, first)?;
            more.chunks(COUNT_MAX).try_for_each(|blocks| writer.one_receiver_report(sender, blocks))
        })
    }

    fn one_receiver_report(&mut self, sender: Ssrc, blocks: &[ReportBlock]) -> Result<(), Full> {
        self.packet(packet_type::RECEIVER_REPORT, blocks.len(), |sink| {
            sink.u32(sender.0)?;
            blocks.iter().try_for_each(|block| block.put(sink))
        })
    }

    /// A source description with the canonical name of one source; what is beyond 255 bytes of it is cut off.
    pub fn sdes_cname(&mut self, ssrc: Ssrc, cname: &str) -> Result<(), Full> {
        let text = &cname[..cname.floor_char_boundary(usize::from(u8::MAX))];
        self.packet(packet_type::SDES, 1, |sink| {
            let start = sink.len();
            sink.u32(ssrc.0)?;
            sink.put(&[SdesItem::CNAME, text.len() as u8])?;
            sink.put(text.as_bytes())?;
            sink.u8(0)?;
            sink.pad_to_word(start)
        })
    }

    /// A goodbye of all given sources; several where there are more than 31, none where there is none.
    pub fn bye(&mut self, ssrcs: &[Ssrc]) -> Result<(), Full> {
        self.all_or_nothing(|writer| {
            ssrcs.chunks(COUNT_MAX).try_for_each(|ssrcs| {
                writer.packet(packet_type::BYE, ssrcs.len(), |sink| {
                    ssrcs.iter().try_for_each(|ssrc| sink.u32(ssrc.0))
                })
            })
        })
    }

    /// A NACK of the `lost` sequence numbers, which come in their order (a wrap included); none where there is none.
    pub fn nack(
        &mut self,
        sender: Ssrc,
        media: Ssrc,
        lost: impl IntoIterator<Item = u16>,
    ) -> Result<(), Full> {
        let mut lost = lost.into_iter();
        let Some(first) = lost.next() else { return Ok(()) };
        self.feedback(packet_type::TRANSPORT_FEEDBACK, feedback_type::NACK, |sink| {
            sink.u32(sender.0)?;
            sink.u32(media.0)?;
            put_nack_entries(first, lost, sink)
        })
    }

    /// A picture loss indication.
    pub fn pli(&mut self, sender: Ssrc, media: Ssrc) -> Result<(), Full> {
        self.feedback(packet_type::PAYLOAD_FEEDBACK, feedback_type::PLI, |sink| {
            sink.u32(sender.0)?;
            sink.u32(media.0)
        })
    }

    /// A full intra request to one source; `seq` grows by one with each new request and stays for repetitions.
    pub fn fir(&mut self, sender: Ssrc, media: Ssrc, seq: u8) -> Result<(), Full> {
        self.feedback(packet_type::PAYLOAD_FEEDBACK, feedback_type::FIR, |sink| {
            sink.u32(sender.0)?;
            // "SHALL be set to 0": the entry names the source (RFC 5104 section 4.3.1.2).
            sink.u32(0)?;
            sink.u32(media.0)?;
            sink.put(&[seq, 0, 0, 0])
        })
    }

    /// A receiver estimated maximum bitrate for `ssrcs` together, of which the first 255 are named.
    pub fn remb(&mut self, sender: Ssrc, bitrate_bps: u64, ssrcs: &[Ssrc]) -> Result<(), Full> {
        self.feedback(packet_type::PAYLOAD_FEEDBACK, feedback_type::APPLICATION, |sink| {
            remb::put(sender, bitrate_bps, ssrcs, sink)
        })
    }

    /// A transport-wide congestion control feedback; none where it reports on no packet.
    pub fn transport_cc(
        &mut self,
        sender: Ssrc,
        media: Ssrc,
        feedback: &TransportCcFeedback<'_>,
    ) -> Result<(), Full> {
        if feedback.arrivals.is_empty() {
            return Ok(());
        }
        self.feedback(packet_type::TRANSPORT_FEEDBACK, feedback_type::TRANSPORT_CC, |sink| {
            feedback.put(sender, media, sink)
        })
    }

    /// An extended report with a receiver reference time.
    pub fn xr_rrtr(&mut self, sender: Ssrc, ntp: NtpTime) -> Result<(), Full> {
        self.packet(packet_type::XR, 0, |sink| xr::put_rrtr(sender, ntp, sink))
    }

    /// An extended report with answers to receiver reference times; none where there is no answer.
    pub fn xr_dlrr(&mut self, sender: Ssrc, answers: &[Dlrr]) -> Result<(), Full> {
        if answers.is_empty() {
            return Ok(());
        }
        self.packet(packet_type::XR, 0, |sink| xr::put_dlrr(sender, answers, sink))
    }

    fn all_or_nothing(&mut self, write: impl FnOnce(&mut Self) -> Result<(), Full>) -> Result<(), Full> {
        let before = self.len;
        let written = write(self);
        if written.is_err() {
            self.len = before;
        }
        written
    }

    fn feedback(
        &mut self,
        packet_type: u8,
        feedback_type: u8,
        body: impl FnOnce(&mut Sink<'_>) -> Option<()>,
    ) -> Result<(), Full> {
        self.packet(packet_type, usize::from(feedback_type), body)
    }

    /// Adds a packet; `count` is at most 31, and the body is whole words.
    fn packet(
        &mut self,
        packet_type: u8,
        count: usize,
        body: impl FnOnce(&mut Sink<'_>) -> Option<()>,
    ) -> Result<(), Full> {
        let start = self.len;
        let mut sink = Sink::at(self.out, start);
        self.len = put_packet(start, &mut sink, [0x80 | count as u8, packet_type], body).ok_or(Full)?;
        Ok(())
    }
}

/// Answers where the packet ends.
fn put_packet(
    start: usize,
    sink: &mut Sink<'_>,
    first_bytes: [u8; 2],
    body: impl FnOnce(&mut Sink<'_>) -> Option<()>,
) -> Option<usize> {
    sink.put(&first_bytes)?;
    sink.u16(0)?;
    body(sink)?;
    let words = (sink.len() - start) / 4 - 1;
    sink.patch_u16(start + 2, u16::try_from(words).ok()?)?;
    Some(sink.len())
}

fn put_nack_entries(first: u16, lost: impl Iterator<Item = u16>, sink: &mut Sink<'_>) -> Option<()> {
    let (mut packet_id, mut bitmap) = (first, 0u16);
    for seq in lost {
        match seq.wrapping_sub(packet_id) {
            0 => {}
            after @ 1..NackView::SPAN => bitmap |= 1 << (after - 1),
            _ => {
                sink.u16(packet_id)?;
                sink.u16(bitmap)?;
                (packet_id, bitmap) = (seq, 0);
            }
        }
    }
    sink.u16(packet_id)?;
    sink.u16(bitmap)
}
