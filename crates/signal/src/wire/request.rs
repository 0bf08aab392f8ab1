//! What a client may ask.

use std::fmt;

use motet_control::{Codec, MediaKind};
use motet_room::{Intent, PairState, ParticipantId, Peer, Source, Topologies, Topology, TrackId, ViewIntent};
use motet_rtp::Mid;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::error::{Code, RpcError};
use super::layout::LayoutView;
use super::text::Text;

/// One request with its params. A method or a param that is not known is an error, so that slips of the pen are noticed.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(tag = "method", content = "params", rename_all = "camelCase")]
#[expect(missing_docs, reason = "the params and docs/signaling.md say what each does")]
pub enum Request {
    Join(JoinParams),
    Resume(ResumeParams),
    Leave(NoParams),
    Publish(PublishParams),
    Unpublish(TrackIdParams),
    Mute(MuteParams),
    Subscribe(TrackIdsParams),
    Unsubscribe(TrackIdsParams),
    Pause(PauseParams),
    Answer(AnswerParams),
    Candidate(CandidateParams),
    RestartIce(RestartIceParams),
    Chat(ChatParams),
    Stats(NoParams),
    Ping(NoParams),
    SetTopology(SetTopologyParams),
    SetView(SetViewParams),
    SetLayout(SetLayoutParams),
    Announce(AnnounceParams),
    Settled(SettledParams),
    Relay(RelayParams),
    PeerState(PeerStateParams),
    WatchFlows(WatchFlowsParams),
    ReportFlows(ReportFlowsParams),
    /// For a later version: which layers this participant takes.
    SetPreferredLayers(Value),
}

/// Comes into a room.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct JoinParams {
    /// The room's name.
    pub room: String,
    /// What the participant is called; a token's word goes first.
    pub name: String,
    /// What lets it in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<Secret>,
    /// Whether it is offered every track unasked; true where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auto_subscribe: Option<bool>,
    /// What the room shall be, if this makes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topology: Option<Text<Intent>>,
    /// What the client can take part in; `sfu` and `mcu` where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topologies: Option<Vec<Text<Topology>>>,
    /// What the participant wants to take.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub view: Option<Text<ViewIntent>>,
    /// The codecs that it can receive, for clients that cannot read an offer with any other; all where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub codecs: Option<Vec<Text<Codec>>>,
}

impl JoinParams {
    /// What the client can take part in.
    pub fn can(&self) -> Topologies {
        let listed = self.topologies.as_ref();
        let listed = listed.map(|listed| listed.iter().map(|Text(topology)| *topology).collect::<Vec<_>>());
        listed.map_or_else(Topologies::default, |listed| Topologies::listed(&listed))
    }

    /// The codecs that it knows, where it says so.
    pub fn known_codecs(&self) -> Option<Vec<Codec>> {
        self.codecs.as_ref().map(|codecs| codecs.iter().map(|Text(codec)| *codec).collect())
    }
}

/// Comes back.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ResumeParams {
    /// The token that the last `join` or `resume` gave out.
    pub resume_token: Secret,
}

/// Offers what this participant publishes, all of it, each time.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PublishParams {
    /// The publish PeerConnection's offer.
    pub sdp: String,
    /// The tracks in it. Sections that are not listed are not published; where the whole list is left out, every section
    /// is, with the source `other`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tracks: Option<Vec<PublishTrack>>,
}

/// One track to publish.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PublishTrack {
    /// Its media section.
    pub mid: Text<Mid>,
    /// Where it comes from.
    pub source: Text<Source>,
    /// What its publisher calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether it begins muted; of no meaning for a track that is published already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub muted: Option<bool>,
    /// The announced track that it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub track_id: Option<Text<TrackId>>,
}

/// One track.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TrackIdParams {
    /// Which.
    pub track_id: Text<TrackId>,
}

/// Several tracks.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TrackIdsParams {
    /// Which.
    pub track_ids: Vec<Text<TrackId>>,
}

/// Mutes or unmutes.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MuteParams {
    /// Which track.
    pub track_id: Text<TrackId>,
    /// Whether it is to be silent.
    pub muted: bool,
}

/// Stops or starts what this participant receives of a track.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PauseParams {
    /// Which track.
    pub track_id: Text<TrackId>,
    /// Whether it is to stop.
    pub paused: bool,
}

/// Answers the server's offer.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AnswerParams {
    /// The subscribe PeerConnection's answer.
    pub sdp: String,
    /// Which offer it answers.
    pub offer_id: u64,
}

/// A candidate of the client. Accepted and not needed: the server is ICE-lite and learns paths from checks.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CandidateParams {
    /// Of which PeerConnection.
    pub peer: Text<Peer>,
    /// As the browser gives it.
    pub candidate: Value,
}

/// Asks for new ICE credentials.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RestartIceParams {
    /// For which PeerConnection.
    pub peer: Text<Peer>,
}

/// Writes to others.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChatParams {
    /// What.
    pub text: String,
    /// To whom alone; to all where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Text<ParticipantId>>,
}

/// Asks for another topology.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SetTopologyParams {
    /// Which.
    pub topology: Text<Intent>,
}

/// Asks for another view.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SetViewParams {
    /// Which.
    pub view: Text<ViewIntent>,
    /// Whose; the own where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub participant_id: Option<Text<ParticipantId>>,
}

/// Lays the mix out.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SetLayoutParams {
    /// How.
    pub layout: LayoutView,
}

/// Says which tracks there are.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AnnounceParams {
    /// Those that were not announced before.
    pub tracks: Vec<AnnounceTrack>,
}

/// One track to announce.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AnnounceTrack {
    /// Audio or video.
    pub kind: Text<MediaKind>,
    /// Where it comes from.
    pub source: Text<Source>,
    /// What its publisher calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether it begins muted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub muted: Option<bool>,
}

/// Followed a move to its end.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SettledParams {
    /// Which.
    pub epoch: u64,
}

/// Passes a message on.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RelayParams {
    /// To whom.
    pub to: Text<ParticipantId>,
    /// Of which mesh.
    pub epoch: u64,
    /// What; between clients.
    pub message: Map<String, Value>,
}

/// How a pair of a mesh does.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PeerStateParams {
    /// The other one.
    pub participant_id: Text<ParticipantId>,
    /// Of which mesh.
    pub epoch: u64,
    /// How.
    pub state: Text<PairState>,
}

/// Wants to be told of flows, or no longer.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WatchFlowsParams {
    /// Whether.
    pub watch: bool,
}

/// What is sent to others of a mesh.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReportFlowsParams {
    /// One for each.
    pub flows: Vec<SentFlowParams>,
}

/// What is sent to one other of a mesh.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SentFlowParams {
    /// To whom.
    pub to: Text<ParticipantId>,
    /// Sound, in bits per second.
    pub audio_bps: u64,
    /// Pictures, in bits per second.
    pub video_bps: u64,
}

/// No params.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoParams {}

/// A text that is not printed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// The text.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl Request {
    /// Reads the params of `method`.
    pub(super) fn read(method: &str, params: Value) -> Result<Self, RpcError> {
        Ok(match method {
            "join" => Self::Join(read_params(params)?),
            "resume" => Self::Resume(read_params(params)?),
            "leave" => Self::Leave(read_params(params)?),
            "publish" => Self::Publish(read_params(params)?),
            "unpublish" => Self::Unpublish(read_params(params)?),
            "mute" => Self::Mute(read_params(params)?),
            "subscribe" => Self::Subscribe(read_params(params)?),
            "unsubscribe" => Self::Unsubscribe(read_params(params)?),
            "pause" => Self::Pause(read_params(params)?),
            "answer" => Self::Answer(read_params(params)?),
            "candidate" => Self::Candidate(read_params(params)?),
            "restartIce" => Self::RestartIce(read_params(params)?),
            "chat" => Self::Chat(read_params(params)?),
            "stats" => Self::Stats(read_params(params)?),
            "ping" => Self::Ping(read_params(params)?),
            "setTopology" => Self::SetTopology(read_params(params)?),
            "setView" => Self::SetView(read_params(params)?),
            "setLayout" => Self::SetLayout(read_params(params)?),
            "announce" => Self::Announce(read_params(params)?),
            "settled" => Self::Settled(read_params(params)?),
            "relay" => Self::Relay(read_params(params)?),
            "peerState" => Self::PeerState(read_params(params)?),
            "watchFlows" => Self::WatchFlows(read_params(params)?),
            "reportFlows" => Self::ReportFlows(read_params(params)?),
            "setPreferredLayers" => Self::SetPreferredLayers(params),
            _ => {
                let name: String = method.chars().take(40).collect();
                let message = format!("there is no method {name:?}");
                return Err(RpcError::new(Code::MethodNotFound, "unknownMethod", message));
            }
        })
    }
}

fn read_params<T: DeserializeOwned>(params: Value) -> Result<T, RpcError> {
    serde_json::from_value(params).map_err(|error| RpcError::invalid_params(shortened(&error.to_string())))
}

/// Serde repeats the value that it did not expect, which may be as long as the message.
fn shortened(text: &str) -> String {
    const CHARS_MAX: usize = 200;
    match text.char_indices().nth(CHARS_MAX) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}
