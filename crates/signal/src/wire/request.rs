//! What a client may ask.

use std::fmt;

use motet_control::Codec;
use motet_room::{ParticipantId, Peer, Source, Topology, TrackId};
use motet_rtp::Mid;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::error::{Code, RpcError};
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
    /// For a later version: which view this participant takes.
    SetView(Value),
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
    /// The topology that it wants.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topology: Option<Text<Topology>>,
    /// The codecs that it can receive, for clients that cannot read an offer with any other; all where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub codecs: Option<Vec<Text<Codec>>>,
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
    pub topology: Text<Topology>,
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
            "setView" => Self::SetView(params),
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
