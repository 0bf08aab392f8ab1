//! What is known about a path. This side, as a receiver, tells senders: transport-wide feedback for those who estimate
//! themselves, an estimate (REMB) for those who do not. As a sender it estimates by the feedback that it gets, and tries
//! with padding what media alone would not show.

mod feedback;
mod gcc;
mod probe;
mod rate;
mod receive;
mod send;

pub use feedback::FeedbackRecorder;
pub use gcc::EstimateLimits;
pub use probe::Probe;
pub use rate::RateMeter;
pub use receive::ReceiveEstimator;
pub use send::SendEstimator;
