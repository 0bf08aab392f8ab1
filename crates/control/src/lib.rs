//! The words of the control API: what can be asked of a worker, what it answers, what it tells unasked.
//! Plain data and pure functions over it. Rooms, services and fronts speak these words; the worker answers them.

mod codec;
mod ids;
mod message;
pub mod negotiate;
mod rtp_parameters;
mod stats;
mod transport;

pub use codec::{Codec, CodecParameters, Fmtp, MediaKind, RtcpFeedback};
pub use ids::{ConsumerId, ObserverId, ProducerId, RouterId, TransportId};
pub use message::{Consume, Notification, Produce, Quality, Refusal, Request, Response};
pub use rtp_parameters::{Encoding, HeaderExtension, RtpCapabilities, RtpParameters};
pub use stats::{ConsumerStats, ProducerStats, StreamStats, TransportStats, WorkerStats};
pub use transport::{
    BadFingerprint, CandidateProtocol, DtlsParameters, DtlsRole, DtlsState, Fingerprint, FingerprintHash,
    IceCandidate, IceCredentials, IceState, TransportTuple,
};
