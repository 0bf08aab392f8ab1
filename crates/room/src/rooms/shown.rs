//! What a room's mix shows: whom in which cell, and why a placeholder stands in somebody's place.

use std::sync::Arc;

use motet_control::{Placeholder, ProducerId, Shown};

use super::desk::Desk;
use super::mix::Mix;
use super::room::Room;
use crate::event::{Event, MixCell};
use crate::ids::{ParticipantId, TrackId};

impl Room {
    /// The mixer shows a track, or a placeholder. Of tracks that have ended meanwhile nothing is told.
    pub(super) fn shows(&mut self, desk: &mut Desk, producer_id: ProducerId, shown: Shown) {
        let placeholder = match shown {
            Shown::Picture => None,
            Shown::Placeholder(placeholder) => Some(placeholder),
        };
        let track_id = desk.producers.get(&producer_id);
        let owner = track_id.and_then(|track_id| Some((*track_id, desk.tracks.get(track_id)?.1)));
        if let Some((track_id, participant_id)) = owner {
            self.set_placeholder(desk, participant_id, track_id, placeholder);
        }
    }

    /// The mixer has other cells.
    pub(super) fn arranged(&mut self, desk: &mut Desk, cells: &[motet_control::MixCell]) {
        let known = |cell: &motet_control::MixCell| {
            let motet_control::MixCell { x, y, w, h, member, producer_id } = *cell;
            let participant_id = ParticipantId(member.0);
            let track_id = producer_id.and_then(|id| desk.producers.get(&id).copied());
            let is_here = self.people.contains_key(&participant_id);
            is_here.then_some(MixCell { x, y, w, h, participant_id, track_id })
        };
        let cells: Arc<[MixCell]> = cells.iter().filter_map(known).collect();
        let Some(mix) = &mut self.mix else { return };
        if mix.cells != cells {
            mix.cells = Arc::clone(&cells);
            self.tell_all(desk, &Event::MixCells(cells));
        }
    }

    /// The mix is over: it shows nobody, and nobody's placeholder.
    pub(super) fn forget_shown(&mut self, desk: &mut Desk, over: &Mix) {
        let has_placeholder =
            |(id, track_id, is_one): (ParticipantId, TrackId, bool)| is_one.then_some((id, track_id));
        let all = self.people.values().flat_map(|participant| {
            participant.tracks.iter().map(|track| (participant.id, track.id, track.placeholder.is_some()))
        });
        let held: Vec<(ParticipantId, TrackId)> = all.filter_map(has_placeholder).collect();
        for (participant_id, track_id) in held {
            self.set_placeholder(desk, participant_id, track_id, None);
        }
        if !over.cells.is_empty() {
            self.tell_all(desk, &Event::MixCells(Arc::default()));
        }
    }

    fn set_placeholder(
        &mut self,
        desk: &mut Desk,
        participant_id: ParticipantId,
        track_id: TrackId,
        placeholder: Option<Placeholder>,
    ) {
        let Some(participant) = self.people.get_mut(&participant_id) else { return };
        let Some(track) = participant.tracks.iter_mut().find(|track| track.id == track_id) else { return };
        if track.placeholder != placeholder {
            track.placeholder.clone_from(&placeholder);
            self.tell_all(desk, &Event::TrackPlaceholder { participant_id, track_id, placeholder });
        }
    }
}
