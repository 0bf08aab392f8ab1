//! Estimates the bitrate that a path takes, from the arrival times of packets that carry abs-send-time.

use std::time::Instant;

use motet_rtp::Ssrc;

/// The limits of an estimate.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ReceiveEstimatorConfig {
    /// What is told before anything is known.
    pub start_bps: u64,
    /// Never less.
    pub min_bps: u64,
    /// Never more.
    pub max_bps: u64,
}

impl Default for ReceiveEstimatorConfig {
    fn default() -> Self {
        Self { start_bps: 600_000, min_bps: 30_000, max_bps: 20_000_000 }
    }
}

/// One per transport whose peer has no transport-wide feedback.
#[derive(Debug)]
pub struct ReceiveEstimator {}

impl ReceiveEstimator {
    /// Knows nothing yet.
    pub fn new(config: ReceiveEstimatorConfig) -> Self {
        let _ = config;
        Self {}
    }

    /// A packet came: `abs_send_time` is the header extension's 24 bits (6.18 fixed-point seconds), `size_bytes` its length.
    pub fn handle_arrival(&mut self, now: Instant, abs_send_time: u32, size_bytes: usize, ssrc: Ssrc) {
        let _ = (now, abs_send_time, size_bytes, ssrc);
        todo!()
    }

    /// The share of packets lost since the last call, 0 to 1, whenever the transport's receiver reports are made.
    pub fn handle_loss(&mut self, now: Instant, fraction_lost: f32) {
        let _ = (now, fraction_lost);
        todo!()
    }

    /// When [`Self::poll_remb`] may have something to tell; `None` while nothing came.
    pub fn poll_timeout(&self) -> Option<Instant> {
        todo!()
    }

    /// The bitrate to tell in a REMB now, if one is due: each second, and at once when it fell.
    pub fn poll_remb(&mut self, now: Instant) -> Option<u64> {
        let _ = now;
        todo!()
    }

    /// The streams heard in the last two seconds, which a REMB names.
    pub fn ssrcs(&self) -> &[Ssrc] {
        todo!()
    }

    /// The estimate, told or not.
    pub fn estimate_bps(&self) -> u64 {
        todo!()
    }
}
