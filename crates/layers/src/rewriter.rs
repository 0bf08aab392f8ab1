//! Sequence and timestamp rewriting: a consumer sees one gapless stream whatever its source skips, pauses or switches.

use motet_rtp::{RtpTime, SeqNo};

/// A packet's numbers as the consumer sees them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rewritten {
    /// The consumer's sequence number; rollovers count from the first packet, as SRTP wants them.
    pub seq: SeqNo,
    /// The consumer's timestamp.
    pub rtp_time: RtpTime,
}

/// Maps the packets of a producer to a consumer's own sequence numbers and timestamps. One per consumer stream.
#[derive(Clone, Debug)]
pub struct StreamRewriter {}

impl StreamRewriter {
    /// The first packet forwarded gets these numbers. Choose them at random (RFC 3550 section 5.1), the sequence number
    /// below 2^15 so that a receiver that loses the first packets cannot guess the rollover wrong (RFC 3711 section 3.3.1).
    pub fn new(first_seq: u16, first_rtp_time: u32) -> Self {
        let _ = (first_seq, first_rtp_time);
        Self {}
    }

    /// The numbers under which a packet of the producer goes out. A packet may come late or again: it gets the number that
    /// was kept for it. `None`: it has no place, for it came before the current anchor, was skipped, or is too old.
    pub fn forward(&mut self, seq: SeqNo, rtp_time: RtpTime) -> Option<Rewritten> {
        let _ = (seq, rtp_time);
        todo!()
    }

    /// This packet is not forwarded: the numbers after it close the gap. Where later packets have gone out already it is
    /// too late for that, and the consumer sees a hole.
    pub fn skip(&mut self, seq: SeqNo) {
        let _ = seq;
        todo!()
    }

    /// The next packet forwarded follows without a gap whatever was missed since, its timestamp on the same clock as
    /// before: after a pause. Harmless before the first packet.
    pub fn resume(&mut self) {
        todo!()
    }

    /// The next packet forwarded is of another source with its own numbering and clock, and goes out `elapsed` clock ticks
    /// (at least 1) after the last one. Packets of the former source can no longer be looked up.
    pub fn switch_source(&mut self, elapsed: u32) {
        let _ = elapsed;
        todo!()
    }

    /// The producer's packet behind an outgoing sequence number, as a NACK names it. `None`: never sent, or too long ago.
    pub fn source_of(&self, out_seq: u16) -> Option<SeqNo> {
        let _ = out_seq;
        todo!()
    }

    /// The numbers under which a packet went out or would go out, without forwarding it: to rebuild a packet that
    /// [`Self::source_of`] found.
    pub fn rewritten_of(&self, seq: SeqNo, rtp_time: RtpTime) -> Option<Rewritten> {
        let _ = (seq, rtp_time);
        todo!()
    }

    /// A moment of the source's clock on the consumer's, for sender reports. `None` before the first packet.
    pub fn rtp_time_of(&self, source: RtpTime) -> Option<RtpTime> {
        let _ = source;
        todo!()
    }

    /// The newest packet sent.
    pub fn last(&self) -> Option<Rewritten> {
        todo!()
    }
}
