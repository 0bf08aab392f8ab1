//! Padding, by which a path is tried: packets of nothing else in the stream of retransmissions, which receivers count and
//! forget (RFC 4588 leaves them without an original; RFC 3550 section 5.1 has the form).

use std::time::Instant;

use motet_rtp::ext::ExtensionValues;
use motet_rtp::{RtpHeader, RtpTime};

use super::Consumer;
use crate::clock::NtpClock;
use crate::drop_reason::DropReason;
use crate::egress::Egress;
use crate::transport::{Transport, Unstamped};

/// The most that one packet can hold: its last byte says how much.
const PADDING: [u8; 255] = [u8::MAX; 255];

impl Consumer {
    /// Sends a packet of padding; answers its bytes, 0 where there was no room.
    ///
    /// # Errors
    /// Why it cannot: before the first packet of media, or without a stream of retransmissions.
    pub(crate) fn pad(
        &mut self,
        now: Instant,
        clock: &NtpClock,
        transport: &mut Transport,
        egress: &mut impl Egress,
    ) -> Result<usize, DropReason> {
        let sent_as = self.counters.payload_type.ok_or(DropReason::NoFormat)?;
        let format = self.formats.iter().flatten().find(|format| format.payload_type == sent_as);
        let payload_type = format.and_then(|format| format.rtx_payload_type).ok_or(DropReason::NoRtx)?;
        let rtx = self.rtx.as_mut().ok_or(DropReason::NoRtx)?;
        let index = rtx.next;
        rtx.next = index.next();
        let header = RtpHeader {
            marker: false,
            payload_type,
            seq: index.wire(),
            rtp_time: self.last_rtp_time.unwrap_or(RtpTime(0)),
            ssrc: rtx.ssrc,
        };
        let packet = Unstamped {
            header,
            index,
            values: &mut ExtensionValues { mid: self.mid, ..ExtensionValues::default() },
            extensions: &self.extensions,
            parts: &[&PADDING],
            is_padding: true,
        };
        transport.send_rtp(now, clock, packet, egress)
    }
}
