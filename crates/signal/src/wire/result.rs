//! What a request that succeeded is answered.

use motet_room::{Intent, ParticipantId, Reason, ResumeToken, Topology, TrackId, View};
use motet_rtp::Mid;
use serde::Serialize;

use super::people::{ParticipantView, RoomView, YouView};
use super::text::Text;

/// Nothing to tell.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct Nothing {}

/// Of `join` and `resume`.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Joined {
    /// Who the client is here.
    pub participant_id: Text<ParticipantId>,
    /// Its stay, over all its resumes.
    pub session_id: String,
    /// To come back with, once. Secret.
    pub resume_token: Text<ResumeToken>,
    /// The room.
    pub room: RoomView,
    /// The others.
    pub participants: Vec<ParticipantView>,
    /// The client itself.
    pub you: YouView,
    /// Who speaks.
    pub active_speaker: Option<Text<ParticipantId>>,
    /// For the client's PeerConnections.
    pub ice_servers: Vec<IceServer>,
    /// What is bounded.
    pub limits: Limits,
    /// Of `resume` alone: what follows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replay: Option<Replay>,
}

/// An ICE server, as a browser takes it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct IceServer {
    /// Where.
    pub urls: Vec<String>,
    /// With which name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// With which password.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credential: Option<String>,
}

/// What is bounded.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Limits {
    /// Tracks that one participant publishes at a time.
    pub tracks_max: usize,
    /// Tracks that one participant receives at a time.
    pub subscriptions_max: usize,
    /// Bytes of a chat text.
    pub chat_bytes_max: usize,
    /// Bytes of a message.
    pub message_bytes_max: usize,
    /// Messages a second.
    pub messages_per_second_max: u32,
}

/// What was missed while the socket was down and is told again.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct Replay {
    /// How many notifications follow that may have been missed.
    pub notifications: usize,
    /// How many more were missed and not kept.
    pub lost: u64,
}

/// Of `publish`.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct PublishResult {
    /// The answer to the offer.
    pub sdp: String,
    /// Every track that is published, not only new ones.
    pub tracks: Vec<PublishedTrack>,
    /// Sections that are not taken.
    pub refused: Vec<RefusedSection>,
}

/// A track with its media section.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PublishedTrack {
    /// The section.
    pub mid: Text<Mid>,
    /// The track.
    pub track_id: Text<TrackId>,
}

/// A section that is not taken.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct RefusedSection {
    /// Which.
    pub mid: Text<Mid>,
    /// Why, for programs.
    pub reason: &'static str,
    /// Why, for people.
    pub message: String,
}

/// Of `subscribe`.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct SubscribeResult {
    /// Tracks that will not come; all others follow in an offer.
    pub refused: Vec<RefusedTrack>,
}

/// A track that will not come.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RefusedTrack {
    /// Which.
    pub track_id: Text<TrackId>,
    /// Why, for programs.
    pub reason: &'static str,
    /// Why, for people.
    pub message: String,
}

/// Of `chat`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct ChatResult {
    /// When it went out, in milliseconds since 1970-01-01.
    pub at: u64,
}

/// Of `setTopology`.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct SetTopologyResult {
    /// How the room moves media, or will.
    pub topology: Text<Topology>,
    /// How it is wanted to.
    pub intent: Text<Intent>,
    /// Why.
    pub reason: Text<Reason>,
    /// Why, for people.
    pub explanation: String,
    /// The room's last move.
    pub epoch: u64,
}

/// Of `setView`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct SetViewResult {
    /// What the participant takes, or will.
    pub view: Text<View>,
    /// Its last move.
    pub epoch: u64,
}

/// Of `announce`.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AnnounceResult {
    /// One for each track, in the order asked.
    pub track_ids: Vec<Text<TrackId>>,
}
