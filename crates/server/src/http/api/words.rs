//! The words of the API, the same as signaling's.

use motet_room::{MixCell, ParticipantInfo, RoomDetails, RoomInfo, TrackInfo};
use motet_signal::wire::LayoutView;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::mix_words::Mix;

/// A room.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Room {
    name: String,
    /// How it moves media: `mesh`, `sfu` or `mcu`.
    topology: &'static str,
    /// How it shall: as `topology`, or `auto`.
    intent: &'static str,
    /// Why it does as it does, a stable word for programs.
    #[schema(example = "fewPeople")]
    reason: &'static str,
    /// Why, for people.
    explanation: String,
    /// Its last move; grows.
    epoch: u64,
    /// Whether somebody's move is not over yet.
    moving: bool,
    /// Whether somebody takes the mix, so that there is one.
    mixed: bool,
    /// How the mix is laid out, as signaling's `setLayout` has it.
    #[schema(value_type = Object, example = json!({"arrangement": "grid", "fit": "crop"}))]
    layout: LayoutView,
    /// What the mix shows where, from the lowest cell to the one that covers the rest.
    cells: Vec<Cell>,
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
            intent: room.intent.as_str(),
            reason: room.reason.as_str(),
            explanation: room.explanation,
            epoch: room.epoch,
            moving: room.is_moving,
            mixed: room.is_mixed,
            layout: (&room.layout).into(),
            cells: room.cells.iter().map(Cell::from).collect(),
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
    /// What it takes: `tracks` or `mix`.
    view: &'static str,
    tracks: Vec<Track>,
}

impl From<ParticipantInfo> for Participant {
    fn from(participant: ParticipantInfo) -> Self {
        Self {
            id: participant.id.to_string(),
            name: participant.name.to_string(),
            joined_at: participant.joined_at_unix_ms,
            view: participant.view.as_str(),
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
    /// Such as `VP8`; nothing where it does not pass the server.
    #[serde(skip_serializing_if = "Option::is_none")]
    codec: Option<&'static str>,
    /// Why the mix has a placeholder in its place; nothing where it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    placeholder: Option<Placeholder>,
}

/// Why the mix does not show a track.
#[derive(Serialize, ToSchema)]
struct Placeholder {
    /// A stable word for programs; docs/signaling.md lists them at `trackPlaceholder`.
    #[schema(example = "tooLarge")]
    reason: &'static str,
    /// For people.
    #[schema(example = "video too large: 7680x4320")]
    explanation: String,
}

/// A cell of the mix, in fractions of the picture.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Cell {
    x: f32,
    y: f32,
    w: f32,
    h: f32,
    participant_id: String,
    /// Nothing where the person has no camera.
    #[serde(skip_serializing_if = "Option::is_none")]
    track_id: Option<String>,
}

impl From<&MixCell> for Cell {
    fn from(cell: &MixCell) -> Self {
        let MixCell { x, y, w, h, participant_id, track_id } = *cell;
        let (participant_id, track_id) = (participant_id.to_string(), track_id.map(|id| id.to_string()));
        Self { x, y, w, h, participant_id, track_id }
    }
}

impl From<TrackInfo> for Track {
    fn from(track: TrackInfo) -> Self {
        Self {
            id: track.id.to_string(),
            kind: track.kind.as_str(),
            source: track.source.as_str(),
            name: track.name,
            muted: track.muted,
            codec: track.codec.map(motet::control::Codec::name),
            placeholder: track.placeholder.map(|placeholder| Placeholder {
                reason: placeholder.reason.as_str(),
                explanation: placeholder.explanation,
            }),
        }
    }
}

/// A room to be made ahead of its people.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct NewRoom {
    #[schema(example = "standup")]
    pub(super) name: String,
    /// How it shall move media: `mesh`, `sfu`, `mcu` or `auto`; as configured where nothing is said.
    pub(super) topology: Option<String>,
    /// How its mix is laid out, as signaling's `setLayout` has it; a grid where nothing is said.
    #[schema(value_type = Option<Object>, example = json!({"arrangement": "speakerStrip"}))]
    pub(super) layout: Option<LayoutView>,
    /// How it is mixed; as configured where nothing is said.
    pub(super) mix: Option<Mix>,
    /// How many people may be in it; the server's limit where nothing is said.
    pub(super) participants_max: Option<usize>,
    /// How long it stays without people; as configured where nothing is said.
    pub(super) empty_grace_s: Option<u64>,
}

#[cfg(test)]
mod tests {
    use motet::control::{Codec, MediaKind, PlaceholderReason};
    use motet_room::{ParticipantId, Source, TrackId};
    use serde_json::{json, to_value};

    use super::*;

    #[test]
    fn a_track_that_the_mix_does_not_show_says_why() {
        let placeholder = motet::control::Placeholder {
            reason: PlaceholderReason::TooLarge,
            explanation: "video too large: 7680x4320".to_owned(),
        };
        let info = TrackInfo {
            id: TrackId(1),
            kind: MediaKind::Video,
            source: Source::Camera,
            name: None,
            muted: false,
            codec: Some(Codec::Vp8),
            placeholder: Some(placeholder),
        };
        let track = to_value(Track::from(info.clone())).unwrap();
        let wanted = json!({"reason": "tooLarge", "explanation": "video too large: 7680x4320"});
        assert_eq!(track["placeholder"], wanted);
        let shown = to_value(Track::from(TrackInfo { placeholder: None, ..info })).unwrap();
        assert_eq!(shown.get("placeholder"), None);
    }

    #[test]
    fn a_cell_without_a_camera_names_its_person_alone() {
        let (participant_id, track_id) = (ParticipantId(1), Some(TrackId(2)));
        let cell = MixCell { x: 0.5, y: 0.0, w: 0.2, h: 1.0, participant_id, track_id };
        let id = participant_id.to_string();
        let wanted = json!({"x": 0.5_f32, "y": 0.0_f32, "w": 0.2_f32, "h": 1.0_f32, "participantId": id});
        assert_eq!(to_value(Cell::from(&MixCell { track_id: None, ..cell })).unwrap(), wanted);
        assert_eq!(to_value(Cell::from(&cell)).unwrap()["trackId"], TrackId(2).to_string());
    }
}
