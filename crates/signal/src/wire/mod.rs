//! The words of `motet.v1` as JSON: what clients send, what they are answered, what they are told.
//! `docs/signaling.md` explains them, `docs/signaling.schema.json` lays them down.

mod envelope;
mod error;
mod notification;
mod people;
mod request;
mod result;
mod stats;
mod text;

pub use envelope::{Id, Inbound};
pub(crate) use envelope::{write_error, write_notification, write_result};
pub use error::{Code, RpcError};
pub use notification::{AudioLevel, Notification, OfferedTrack};
pub use people::{GrantsView, ParticipantView, RoomView, TrackView, YouView};
pub use request::{
    AnswerParams, CandidateParams, ChatParams, JoinParams, MuteParams, NoParams, PauseParams, PublishParams,
    PublishTrack, Request, RestartIceParams, ResumeParams, Secret, SetTopologyParams, TrackIdParams,
    TrackIdsParams,
};
pub use result::{
    ChatResult, IceServer, Joined, Limits, Nothing, PublishResult, PublishedTrack, RefusedSection,
    RefusedTrack, Replay, SubscribeResult,
};
pub use stats::{StatsResult, StreamView, TrackStatsView, TransportView};
pub use text::Text;

/// The subprotocol that client and server agree on in the WebSocket's handshake.
pub const SUBPROTOCOL: &str = "motet.v1";
