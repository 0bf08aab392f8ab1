//! What there is, without changing it.

use super::mesh::Mesh;
use super::participant::Participant;
use super::room::Room;
use super::{Counts, Rooms};
use crate::command::Peer;
use crate::error::RoomError;
use crate::ids::ParticipantId;
use crate::names::RoomName;
use crate::reply::{Location, Reply, RoomDetails};
use crate::topology::Topology;

impl Rooms {
    pub(super) fn list_rooms(&self) -> Reply {
        Reply::Rooms(self.names.values().map(|router_id| self.room_of(*router_id).info()).collect())
    }

    pub(super) fn show_room(&self, room: &RoomName) -> Result<Reply, RoomError> {
        Ok(Reply::Room(Box::new(details(self.room_named(room)?))))
    }

    pub(super) fn locate(&self, id: ParticipantId) -> Result<Reply, RoomError> {
        let router_id = *self.desk.people.get(&id).ok_or(RoomError::NoSuchParticipant)?;
        let room = self.room_of(router_id);
        let participant = &room.people[&id];
        let transport = |peer| participant.transport(peer).map(|transport| (peer, transport.id));
        let consumers = participant.subscriptions.iter().filter(|(_, received)| received.live);
        Ok(Reply::Location(Box::new(Location {
            worker: room.worker,
            transports: [Peer::Publish, Peer::Subscribe].into_iter().filter_map(transport).collect(),
            producers: participant
                .tracks
                .iter()
                .filter_map(|track| Some((track.id, track.producer_id()?)))
                .collect(),
            announced: participant
                .tracks
                .iter()
                .filter(|track| track.media.is_none())
                .map(|track| track.id)
                .collect(),
            consumers: consumers.map(|(track_id, received)| (*track_id, received.consumer_id)).collect(),
        })))
    }

    pub(super) fn count(&self) -> Counts {
        let meshes = self.rooms.values().filter_map(|room| room.mesh.as_ref());
        let of = |topology| {
            self.rooms.values().filter(|room| room.topology == topology && !room.people.is_empty()).count()
        };
        let people = || self.rooms.values().flat_map(|room| room.people.values());
        Counts {
            rooms: self.rooms.len(),
            participants: people().count(),
            dropped: people().filter(|participant| participant.gone_at.is_some()).count(),
            tracks: people().map(|participant| participant.tracks.len()).sum(),
            announced: people()
                .flat_map(|participant| &participant.tracks)
                .filter(|track| track.media.is_none())
                .count(),
            topologies: [Topology::Mesh, Topology::Sfu, Topology::Mcu].map(of),
            mixers: self.desk.mixers.len(),
            pairs: meshes.map(Mesh::pairs).sum(),
            subscriptions: people().map(|participant| participant.subscriptions.len()).sum(),
            kept: self.desk.kept() + self.timers.len() + self.names.len(),
        }
    }
}

pub(super) fn details(room: &Room) -> RoomDetails {
    RoomDetails {
        room: room.info(),
        participants: room.people.values().map(Participant::info).collect(),
        worker: room.worker,
    }
}
