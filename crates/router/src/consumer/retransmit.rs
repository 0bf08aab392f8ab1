//! Answering NACKs through RTX (RFC 4588): the packet is rebuilt from the producer's store and the consumer's record of
//! numbers, and goes out in the stream of retransmissions under that stream's next number.
//!
//! A receiver without RTX gets no retransmissions. Sent again under its own number, a packet would have to be sealed
//! under the same key and index as before, but its header extensions (send time, transport-wide sequence number) differ:
//! two different packets under one nonce give AES-GCM's authentication key away, and in counter mode the difference of
//! the plaintexts. Keeping each consumer's sealed bytes instead would make memory grow with consumers.

use std::time::Instant;

use motet_control::Codec;
use motet_rtp::{RtpHeader, rtx};

use super::Consumer;
use super::descriptor::Renumbered;
use crate::clock::NtpClock;
use crate::drop_reason::DropReason;
use crate::egress::Egress;
use crate::producer::Stream;
use crate::transport::{Transport, Unstamped};

impl Consumer {
    /// Sends again what went out as `seq`, of `stream`.
    ///
    /// # Errors
    /// Why it cannot.
    pub(crate) fn retransmit(
        &mut self,
        now: Instant,
        clock: &NtpClock,
        (seq, stream): (u16, &Stream),
        transport: &mut Transport,
        egress: &mut impl Egress,
    ) -> Result<(), DropReason> {
        self.counters.nacked += 1;
        let stream_of_repairs = self.rtx.as_mut().ok_or(DropReason::NoRtx)?;
        if self.generation != Some(stream.generation) {
            return Err(DropReason::NotStored);
        }
        let source = self.rewriter.source_of(seq).ok_or(DropReason::NotStored)?;
        let mut stored = stream.store.get(source).ok_or(DropReason::NotStored)?;
        let format = self.formats.get(usize::from(stored.info.format)).copied().flatten();
        let format = format.ok_or(DropReason::NoRtx)?;
        let payload_type = format.rtx_payload_type.ok_or(DropReason::NoRtx)?;
        let rewritten =
            self.rewriter.rewritten_of(source, stored.info.rtp_time).ok_or(DropReason::NotStored)?;
        let len = stored.payload.len();
        let is_carried = transport.outlook.as_mut().is_none_or(|outlook| outlook.spend_repair(now, len));
        if !is_carried || !self.budget.spend(len) {
            return Err(DropReason::OverBudget);
        }
        let descriptor = match format.codec {
            Codec::Vp8 => Renumbered::again(&self.frames, rewritten.seq, stored.payload),
            _ => None,
        };
        let [descriptor, payload] = Renumbered::parts(descriptor.as_ref(), stored.payload);
        let index = stream_of_repairs.next;
        stream_of_repairs.next = index.next();
        stored.values.mid = self.mid;
        let packet = Unstamped {
            header: RtpHeader {
                marker: stored.info.marker,
                payload_type,
                seq: index.wire(),
                rtp_time: rewritten.rtp_time,
                ssrc: stream_of_repairs.ssrc,
            },
            index,
            values: &mut stored.values,
            extensions: &self.extensions,
            parts: &[&rtx::write_osn(seq), descriptor, payload],
            is_padding: false,
        };
        let len = transport.send_rtp(now, clock, packet, egress)?;
        self.rate.add(now, len);
        self.counters.retransmitted += 1;
        Ok(())
    }
}
