//! What the mix shows, as clients see it.

use motet_control::{Placeholder, PlaceholderReason};
use motet_room::{MixCell, ParticipantId, TrackId};
use serde::Serialize;

use super::text::Text;

/// Why the mix has a placeholder in a track's place.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct PlaceholderView {
    /// For programs.
    pub reason: Text<PlaceholderReason>,
    /// For people.
    pub explanation: String,
}

/// A cell of the mix, in fractions of the picture.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MixCellView {
    /// Left edge.
    pub x: f32,
    /// Upper edge.
    pub y: f32,
    /// Width.
    pub w: f32,
    /// Height.
    pub h: f32,
    /// Whom it shows.
    pub participant_id: Text<ParticipantId>,
    /// Which of its tracks; nothing where it has no camera.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub track_id: Option<Text<TrackId>>,
}

impl From<Placeholder> for PlaceholderView {
    fn from(placeholder: Placeholder) -> Self {
        Self { reason: Text(placeholder.reason), explanation: placeholder.explanation }
    }
}

impl From<&MixCell> for MixCellView {
    fn from(cell: &MixCell) -> Self {
        let MixCell { x, y, w, h, participant_id, track_id } = *cell;
        Self { x, y, w, h, participant_id: Text(participant_id), track_id: track_id.map(Text) }
    }
}
