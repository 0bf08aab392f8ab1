//! The parts of draft-ietf-rmcat-gcc-02 that do not care which end they run at: groups of packets, the trend of their delay,
//! and the rate that follows from it.

mod aimd;
mod groups;
mod trend;

pub(crate) use aimd::Aimd;
pub(crate) use groups::{Groups, SendTime};
pub(crate) use trend::{Trend, Usage};

/// The limits of an estimate.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EstimateLimits {
    /// What holds before anything is known.
    pub start_bps: u64,
    /// Never less.
    pub min_bps: u64,
    /// Never more.
    pub max_bps: u64,
}

impl Default for EstimateLimits {
    fn default() -> Self {
        Self { start_bps: 600_000, min_bps: 30_000, max_bps: 20_000_000 }
    }
}
