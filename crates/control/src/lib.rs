//! The words of the control API: what can be asked of a worker, what it answers, what it tells unasked.
//! Plain data and pure functions over it. Rooms, services and fronts speak these words; the worker answers them.

mod codec;
mod ids;
mod layout;
mod message;
mod mix;
mod mix_stats;
pub mod negotiate;
mod rtp_parameters;
mod shown;
mod stats;
mod transport;

pub use codec::{Codec, CodecParameters, Fmtp, MediaKind, RtcpFeedback};
pub use ids::{
    AnnouncementId, ConsumerId, MixMember, MixerId, ObserverId, ProducerId, RouterId, TransportId,
};
pub use layout::{Arrangement, CELLS_MAX, Cell, CellWho, Fit, Layout};
pub use message::{Consume, Notification, Produce, Quality, Refusal, Request, Response};
pub use mix::{
    Announcement, MemberSettings, MixAudio, MixSize, MixSourceMax, MixVideo, MixerAsk, MixerNews,
    MixerNotification, MixerOpen, MixerRequest,
};
pub use mix_stats::{HeardStats, MixOutputStats, MixStats, SeenStats};
pub use rtp_parameters::{Encoding, HeaderExtension, RtpCapabilities, RtpParameters};
pub use shown::{MixCell, Placeholder, PlaceholderReason, Shown};
pub use stats::{ConsumerStats, ProducerStats, StreamStats, TransportStats, WorkerStats};
pub use transport::{
    BadFingerprint, CandidateProtocol, DtlsParameters, DtlsRole, DtlsState, Fingerprint, FingerprintHash,
    IceCandidate, IceCredentials, IceState, TransportTuple,
};
