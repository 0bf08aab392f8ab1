//! What this side, as a receiver, tells senders about the path: transport-wide feedback for those who estimate
//! themselves, an estimate (REMB) for those who do not, and rates for both.

mod feedback;
mod rate;
mod receive;

pub use feedback::FeedbackRecorder;
pub use rate::RateMeter;
pub use receive::{ReceiveEstimator, ReceiveEstimatorConfig};
