//! RTP and RTCP as bytes: views and writers, header extensions, payload descriptors. No state, no clock.

pub mod ext;
mod ids;

pub use ids::{BadShortId, Mid, NtpTime, PayloadType, Rid, RtpTime, SeqNo, ShortId, Ssrc};
