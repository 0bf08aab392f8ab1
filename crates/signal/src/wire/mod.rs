//! The words of `motet.v1` as JSON: what clients send, what they are answered, what they are told.
//! `docs/signaling.md` explains them, `docs/signaling.schema.json` lays them down.

mod envelope;
mod error;
mod layout;
mod notification;
mod people;
mod request;
mod result;
mod shown;
mod stats;
mod text;

pub use envelope::{Id, Inbound};
pub(crate) use envelope::{write_error, write_notification, write_result};
pub use error::{Code, RpcError};
pub use layout::{ArrangementWord, CellView, CellWhoView, CellWord, FitWord, LayoutView};
pub use notification::{AudioLevel, FlowView, HeadingView, Notification, OfferedTrack};
pub use people::{GrantsView, ParticipantView, RoomView, TrackView, YouView};
pub use request::{
    AnnounceParams, AnnounceTrack, AnswerParams, CandidateParams, ChatParams, JoinParams, MuteParams,
    NoParams, PauseParams, PeerStateParams, PublishParams, PublishTrack, RelayParams, ReportFlowsParams,
    Request, RestartIceParams, ResumeParams, Secret, SentFlowParams, SetLayoutParams, SetTopologyParams,
    SetViewParams, SettledParams, TrackIdParams, TrackIdsParams, WatchFlowsParams,
};
pub use result::{
    AnnounceResult, ChatResult, IceServer, Joined, Limits, Nothing, PublishResult, PublishedTrack,
    RefusedSection, RefusedTrack, Replay, SetTopologyResult, SetViewResult, SubscribeResult,
};
pub use shown::{MixCellView, PlaceholderView};
pub use stats::{StatsResult, StreamView, TrackStatsView, TransportView};
pub use text::Text;

/// The subprotocol that client and server agree on in the WebSocket's handshake.
pub const SUBPROTOCOL: &str = "motet.v1";
