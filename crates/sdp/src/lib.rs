//! SDP offer/answer (RFC 3264, 8829): between session descriptions and the control API's parameters.
//!
//! A participant has two sessions, each with one role for good: [`PublishSession`] answers what the peer offers to send,
//! [`SubscribeSession`] offers what the peer may receive. Both are BUNDLEd (RFC 8843), ICE-lite (RFC 8445 section 2.5),
//! DTLS-SRTP (RFC 5763) with RTCP multiplexed (RFC 5761); anything else is refused by name.

mod agree;
mod description;
mod error;
mod extension;
mod format;
mod publish;
mod stream;
mod subscribe;
mod transport;
mod write;

pub use description::{ATTRIBUTES_MAX, LINE_BYTES_MAX, SDP_BYTES_MAX, SECTIONS_MAX};
pub use error::{Line, SdpError};
pub use publish::{PublishAnswer, PublishDraft, PublishSession, PublishedMedia, RefusedMedia};
pub use subscribe::{SubscribeAnswer, SubscribeOffer, SubscribeSession, SubscribedMedia};
pub use transport::{LocalTransport, RemoteTransport};
