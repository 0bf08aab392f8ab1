//! Tracks that are told without their media passing the server.

use super::Rooms;
use super::participant::Track;
use super::publish::{cut, fits};
use crate::command::AnnouncedTrack;
use crate::error::RoomError;
use crate::event::Event;
use crate::ids::ParticipantId;
use crate::reply::Reply;

impl Rooms {
    pub(super) fn announce(
        &mut self,
        id: ParticipantId,
        tracks: Vec<AnnouncedTrack>,
    ) -> Result<Reply, RoomError> {
        let tracks_max = self.config.limits.tracks_max;
        let (room, desk) = self.room_with(id)?;
        let participant = room.people.get_mut(&id).ok_or(RoomError::NoSuchParticipant)?;
        if !participant.grants.publish {
            return Err(RoomError::NotAllowed { what: "publish" });
        }
        if participant.tracks.len() + tracks.len() > tracks_max {
            return Err(RoomError::TooManyTracks { tracks_max });
        }
        if !tracks.iter().all(|track| fits(track.source, track.kind)) {
            return Err(RoomError::BadTrack { what: "the track's source is of another kind" });
        }
        let mut announced = Vec::with_capacity(tracks.len());
        for AnnouncedTrack { kind, source, name, muted } in tracks {
            let name = name.map(cut);
            let track = Track {
                id: desk.fresh_track_id(),
                source,
                name,
                muted,
                kind,
                media: None,
                placeholder: None,
            };
            desk.tracks.insert(track.id, (room.router_id, id));
            announced.push(track.info());
            participant.tracks.push(track);
        }
        let track_ids = announced.iter().map(|track| track.id).collect();
        for track in announced {
            room.tell_others(desk, id, &Event::TrackPublished { participant_id: id, track });
        }
        room.describe_member(desk, id);
        desk.touch(room.router_id);
        Ok(Reply::Announced(track_ids))
    }

    pub(super) fn settled(&mut self, id: ParticipantId, epoch: u64) -> Result<Reply, RoomError> {
        let participant = self.person_mut(id)?;
        if participant.heading.epoch == epoch
            && let Some(moving) = &mut participant.moving
        {
            moving.due = None;
            let router_id = self.desk.people[&id];
            self.desk.touch(router_id);
        }
        Ok(Reply::Done)
    }
}
