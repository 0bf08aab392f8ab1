//! The receive side of transport-wide congestion control (draft-holmer-rmcat-transport-wide-cc-extensions-01).

use std::time::Instant;

use motet_rtp::Ssrc;
use motet_rtp::rtcp::Writer;

/// Records when each transport-wide sequence number came, and reports it every 50 to 100 ms.
#[derive(Debug)]
pub struct FeedbackRecorder {}

impl FeedbackRecorder {
    /// `epoch` is the zero of the reference time: any moment not after the first arrival. Reports go out as `sender_ssrc`.
    pub fn new(epoch: Instant, sender_ssrc: Ssrc) -> Self {
        let _ = (epoch, sender_ssrc);
        Self {}
    }

    /// A packet with this transport-wide sequence number came.
    pub fn handle_arrival(&mut self, now: Instant, transport_seq: u16, ssrc: Ssrc) {
        let _ = (now, transport_seq, ssrc);
        todo!()
    }

    /// When [`Self::poll_feedback`] will have something to write; `None` while nothing came.
    pub fn poll_timeout(&self) -> Option<Instant> {
        todo!()
    }

    /// Writes one feedback packet, if one is due and fits. Call again until it returns false.
    pub fn poll_feedback(&mut self, now: Instant, writer: &mut Writer<'_>) -> bool {
        let _ = (now, writer);
        todo!()
    }
}
