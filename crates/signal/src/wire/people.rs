//! Rooms, participants and tracks as clients see them.

use motet_control::{Codec, MediaKind};
use motet_room::{
    Grants, Intent, MoveState, ParticipantId, ParticipantInfo, Reason, RoomInfo, Source, Topology, TrackId,
    TrackInfo, View,
};
use serde::Serialize;

use super::layout::LayoutView;
use super::shown::{MixCellView, PlaceholderView};
use super::text::Text;

/// A room.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RoomView {
    /// Its name.
    pub name: String,
    /// How it moves media.
    pub topology: Text<Topology>,
    /// How it is wanted to.
    pub intent: Text<Intent>,
    /// Why it does as it does.
    pub reason: Text<Reason>,
    /// Why, for people.
    pub explanation: String,
    /// The asker's last move.
    pub epoch: u64,
    /// How far that is.
    pub state: Text<MoveState>,
    /// How the mix is laid out.
    pub layout: LayoutView,
    /// What the mix shows where; nothing where there is no mix.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mix_cells: Vec<MixCellView>,
    /// How many people may be in it.
    pub participants_max: usize,
}

/// A participant.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ParticipantView {
    /// Its id.
    pub id: Text<ParticipantId>,
    /// What it is called.
    pub name: String,
    /// Since when it is here, in milliseconds since 1970-01-01.
    pub joined_at: u64,
    /// What it takes.
    pub view: Text<View>,
    /// What it publishes.
    pub tracks: Vec<TrackView>,
}

/// The one who asks.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct YouView {
    /// As others see it.
    #[serde(flatten)]
    pub participant: ParticipantView,
    /// What it may do.
    pub grants: GrantsView,
}

/// What somebody may do.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct GrantsView {
    /// To publish tracks.
    pub publish: bool,
    /// To receive tracks.
    pub subscribe: bool,
    /// To mute and remove others.
    pub admin: bool,
}

/// A track.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TrackView {
    /// Its id.
    pub id: Text<TrackId>,
    /// Audio or video.
    pub kind: Text<MediaKind>,
    /// Where it comes from.
    pub source: Text<Source>,
    /// What its publisher calls it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether it is muted.
    pub muted: bool,
    /// What it is encoded with; nothing where it does not pass the server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub codec: Option<Text<Codec>>,
    /// Why the mix does not show it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub placeholder: Option<PlaceholderView>,
}

impl From<&RoomInfo> for RoomView {
    fn from(room: &RoomInfo) -> Self {
        Self {
            name: room.name.to_string(),
            topology: Text(room.topology),
            intent: Text(room.intent),
            reason: Text(room.reason),
            explanation: room.explanation.clone(),
            epoch: room.epoch,
            state: Text(if room.is_moving { MoveState::Moving } else { MoveState::Settled }),
            layout: (&room.layout).into(),
            mix_cells: room.cells.iter().map(MixCellView::from).collect(),
            participants_max: room.participants_max,
        }
    }
}

impl From<&ParticipantInfo> for ParticipantView {
    fn from(participant: &ParticipantInfo) -> Self {
        Self {
            id: Text(participant.id),
            name: participant.name.to_string(),
            joined_at: participant.joined_at_unix_ms,
            view: Text(participant.view),
            tracks: participant.tracks.iter().map(TrackView::from).collect(),
        }
    }
}

impl From<&TrackInfo> for TrackView {
    fn from(track: &TrackInfo) -> Self {
        Self {
            id: Text(track.id),
            kind: Text(track.kind),
            source: Text(track.source),
            name: track.name.clone(),
            muted: track.muted,
            codec: track.codec.map(Text),
            placeholder: track.placeholder.clone().map(PlaceholderView::from),
        }
    }
}

impl From<Grants> for GrantsView {
    fn from(grants: Grants) -> Self {
        Self { publish: grants.publish, subscribe: grants.subscribe, admin: grants.admin }
    }
}
