//! The words of the API, the same as signaling's.

use motet_room::{ParticipantInfo, RoomDetails, RoomInfo, TrackInfo};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A room.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Room {
    name: String,
    /// How it moves media: `sfu`.
    topology: &'static str,
    /// Milliseconds since 1970-01-01.
    created_at: u64,
    participant_count: usize,
    /// How many people may be in it.
    participants_max: usize,
    track_count: usize,
}

impl From<RoomInfo> for Room {
    fn from(room: RoomInfo) -> Self {
        Self {
            name: room.name.to_string(),
            topology: room.topology.as_str(),
            created_at: room.created_at_unix_ms,
            participant_count: room.participants,
            participants_max: room.participants_max,
            track_count: room.tracks,
        }
    }
}

/// A room with its people.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct RoomWithPeople {
    #[serde(flatten)]
    room: Room,
    /// The worker that moves its media.
    worker: usize,
    participants: Vec<Participant>,
}

impl From<RoomDetails> for RoomWithPeople {
    fn from(details: RoomDetails) -> Self {
        Self {
            room: details.room.into(),
            worker: details.worker.0,
            participants: details.participants.into_iter().map(Participant::from).collect(),
        }
    }
}

/// A person in a room.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Participant {
    pub(super) id: String,
    name: String,
    /// Milliseconds since 1970-01-01.
    joined_at: u64,
    tracks: Vec<Track>,
}

impl From<ParticipantInfo> for Participant {
    fn from(participant: ParticipantInfo) -> Self {
        Self {
            id: participant.id.to_string(),
            name: participant.name.to_string(),
            joined_at: participant.joined_at_unix_ms,
            tracks: participant.tracks.into_iter().map(Track::from).collect(),
        }
    }
}

/// What a participant publishes.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Track {
    id: String,
    /// `audio` or `video`.
    kind: &'static str,
    /// `camera`, `microphone`, `screen`, `screenAudio` or `other`.
    source: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    muted: bool,
    /// Such as `VP8`.
    codec: &'static str,
}

impl From<TrackInfo> for Track {
    fn from(track: TrackInfo) -> Self {
        Self {
            id: track.id.to_string(),
            kind: track.kind.as_str(),
            source: track.source.as_str(),
            name: track.name,
            muted: track.muted,
            codec: track.codec.name(),
        }
    }
}

/// A room to be made ahead of its people.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct NewRoom {
    #[schema(example = "standup")]
    pub(super) name: String,
    /// How it moves media; `sfu` where nothing is said.
    pub(super) topology: Option<String>,
    /// How many people may be in it; the server's limit where nothing is said.
    pub(super) participants_max: Option<usize>,
    /// How long it stays without people; as configured where nothing is said.
    pub(super) empty_grace_s: Option<u64>,
}
