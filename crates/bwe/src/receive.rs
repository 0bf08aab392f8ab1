//! Estimates the bitrate that a path takes, from the arrival times of packets that carry abs-send-time.
//!
//! The delay-based part of draft-ietf-rmcat-gcc-02 on the receiver's side, its Kalman filter replaced by a trendline: packets
//! sent together form a group; where later groups take longer and longer, a queue grows and the path is over-used.

use std::time::{Duration, Instant};

use motet_rtp::Ssrc;

use crate::gcc::{Aimd, EstimateLimits, Groups, SendTime, Trend, Usage};
use crate::rate::RateMeter;

/// One per transport whose peer has no transport-wide feedback.
#[derive(Debug)]
pub struct ReceiveEstimator {
    groups: Groups,
    trend: Trend,
    aimd: Aimd,
    incoming: RateMeter,
    /// Streams heard lately, for [`Self::ssrcs`], and when each was.
    streams: Vec<Ssrc>,
    heard_at: Vec<Instant>,
    arrived_at: Option<Instant>,
    updated_at: Option<Instant>,
    told: Option<Told>,
}

#[derive(Clone, Copy, Debug)]
struct Told {
    at: Instant,
    bps: u64,
}

/// A REMB names so many streams at most; a stream beyond them is limited by the same estimate without being named.
const STREAMS_MAX: usize = 32;
const STREAM_TIMEOUT: Duration = Duration::from_secs(2);
/// After so long a silence what is known about the path's delay is void.
const SILENCE: Duration = Duration::from_secs(2);
/// How often the estimate grows.
const UPDATE_INTERVAL: Duration = Duration::from_millis(100);
/// How often it is told while it does not fall.
const TELL_INTERVAL: Duration = Duration::from_secs(1);

impl ReceiveEstimator {
    /// Knows nothing yet.
    pub fn new(config: EstimateLimits) -> Self {
        Self {
            groups: Groups::default(),
            trend: Trend::new(),
            aimd: Aimd::new(config),
            incoming: RateMeter::new(),
            streams: Vec::with_capacity(STREAMS_MAX),
            heard_at: Vec::with_capacity(STREAMS_MAX),
            arrived_at: None,
            updated_at: None,
            told: None,
        }
    }

    /// A packet came: `abs_send_time` is the header extension's 24 bits (6.18 fixed-point seconds), `size_bytes` its length.
    pub fn handle_arrival(&mut self, now: Instant, abs_send_time: u32, size_bytes: usize, ssrc: Ssrc) {
        if self.arrived_at.is_some_and(|at| now.duration_since(at) > SILENCE) {
            self.groups = Groups::default();
            self.trend = Trend::new();
        }
        self.arrived_at = Some(now);
        self.incoming.add(now, size_bytes);
        self.note_stream(now, ssrc);
        let mut usage = self.trend.usage();
        if let Some(spacing) = self.groups.handle_arrival(now, SendTime(abs_send_time)) {
            usage = self.trend.update(now, &spacing);
        }
        let is_over = usage == Usage::Over && self.aimd.may_reduce(now, self.incoming.bitrate_bps(now));
        if is_over || self.updated_at.is_none_or(|at| now.duration_since(at) >= UPDATE_INTERVAL) {
            self.aimd.update(now, usage, self.incoming.bitrate_bps(now));
            self.updated_at = Some(now);
        }
    }

    /// The share of packets lost since the last call, 0 to 1, whenever the transport's receiver reports are made.
    pub fn handle_loss(&mut self, now: Instant, fraction_lost: f32) {
        self.aimd.handle_loss(now, fraction_lost, self.incoming.bitrate_bps(now));
    }

    /// When [`Self::poll_remb`] may have something to tell; `None` while nothing came.
    pub fn poll_timeout(&self) -> Option<Instant> {
        let arrived_at = self.arrived_at?;
        let Some(told) = self.told else { return Some(arrived_at) };
        let is_silent = arrived_at <= told.at;
        match (is_silent, self.has_fallen(&told)) {
            (true, _) => None,
            (false, true) => Some(arrived_at),
            (false, false) => Some(told.at + TELL_INTERVAL),
        }
    }

    /// The bitrate to tell in a REMB now, if one is due: each second, and at once when it fell.
    pub fn poll_remb(&mut self, now: Instant) -> Option<u64> {
        if self.poll_timeout()? > now {
            return None;
        }
        self.forget_streams(now);
        let bps = self.estimate_bps();
        self.told = Some(Told { at: now, bps });
        Some(bps)
    }

    /// The streams heard in the last two seconds, which a REMB names; up to date after [`Self::poll_remb`].
    pub fn ssrcs(&self) -> &[Ssrc] {
        &self.streams
    }

    /// The estimate, told or not.
    pub fn estimate_bps(&self) -> u64 {
        self.aimd.estimate_bps()
    }

    /// By more than 3 %, which is worth a packet.
    fn has_fallen(&self, told: &Told) -> bool {
        self.estimate_bps() < told.bps - told.bps * 3 / 100
    }

    fn note_stream(&mut self, now: Instant, ssrc: Ssrc) {
        if let Some(index) = self.streams.iter().position(|known| *known == ssrc) {
            self.heard_at[index] = now;
        } else if self.streams.len() < STREAMS_MAX {
            self.streams.push(ssrc);
            self.heard_at.push(now);
        }
    }

    fn forget_streams(&mut self, now: Instant) {
        for index in (0..self.streams.len()).rev() {
            if now.duration_since(self.heard_at[index]) > STREAM_TIMEOUT {
                self.streams.swap_remove(index);
                self.heard_at.swap_remove(index);
            }
        }
    }
}

#[cfg(test)]
mod tests;
