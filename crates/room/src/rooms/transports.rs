//! A participant's two transports: opened when first needed, told the client's side, restarted, closed.

use motet_control::{DtlsParameters, Request, TransportId};

use super::Rooms;
use super::participant::Transport;
use crate::command::Peer;
use crate::config::WorkerFacts;
use crate::error::RoomError;
use crate::ids::{ParticipantId, TrackId, WorkerIndex};
use crate::reply::{Reply, TransportFacts};

const NOT_OPEN: RoomError = RoomError::BadState { what: "the transport is not open" };

impl Rooms {
    pub(super) fn open_transport(&mut self, id: ParticipantId, peer: Peer) -> Result<Reply, RoomError> {
        let (room, desk) = self.room_with(id)?;
        let (worker, router_id) = (room.worker, room.router_id);
        if room.is_mesh_alone() {
            return Err(RoomError::BadState { what: "the room is a mesh: no media passes the server" });
        }
        let participant = room.people.get_mut(&id).ok_or(RoomError::NoSuchParticipant)?;
        match peer {
            Peer::Publish if !participant.grants.publish => {
                return Err(RoomError::NotAllowed { what: "publish" });
            }
            Peer::Subscribe if !participant.grants.subscribe => {
                return Err(RoomError::NotAllowed { what: "subscribe" });
            }
            Peer::Publish | Peer::Subscribe => {}
        }
        let slot = participant.transport_slot(peer);
        if slot.is_none() {
            let transport = Transport::new(TransportId(desk.fresh_id()), desk.dice.ice_credentials());
            desk.transports.insert(transport.id, (id, peer));
            let (transport_id, ice) = (transport.id, transport.ice.clone());
            desk.request(worker, Request::CreateWebRtcTransport { router_id, transport_id, ice });
            *slot = Some(transport);
        }
        self.transport_facts(id, peer, worker)
    }

    fn transport_facts(
        &mut self,
        id: ParticipantId,
        peer: Peer,
        worker: WorkerIndex,
    ) -> Result<Reply, RoomError> {
        let ice = self.person_mut(id)?.transport(peer).ok_or(NOT_OPEN)?.ice.clone();
        let WorkerFacts { candidates, fingerprints } =
            self.workers.facts(worker).cloned().ok_or(RoomError::NoWorker)?;
        Ok(Reply::Transport(TransportFacts { ice, candidates, fingerprints }))
    }

    pub(super) fn connect_transport(
        &mut self,
        id: ParticipantId,
        peer: Peer,
        remote_ufrag: Option<String>,
        dtls: DtlsParameters,
    ) -> Result<Reply, RoomError> {
        let (room, desk) = self.room_with(id)?;
        let transport_id = room.people[&id].transport(peer).ok_or(NOT_OPEN)?.id;
        desk.request(room.worker, Request::ConnectWebRtcTransport { transport_id, remote_ufrag, dtls });
        Ok(Reply::Done)
    }

    pub(super) fn restart_ice(&mut self, id: ParticipantId, peer: Peer) -> Result<Reply, RoomError> {
        let (room, desk) = self.room_with(id)?;
        let worker = room.worker;
        let participant = room.people.get_mut(&id).ok_or(RoomError::NoSuchParticipant)?;
        let transport = participant.transport_slot(peer).as_mut().ok_or(NOT_OPEN)?;
        transport.ice = desk.dice.ice_credentials();
        let (transport_id, ice) = (transport.id, transport.ice.clone());
        desk.request(worker, Request::RestartIce { transport_id, ice });
        self.transport_facts(id, peer, worker)
    }

    pub(super) fn close_transport(&mut self, id: ParticipantId, peer: Peer) -> Result<Reply, RoomError> {
        if peer == Peer::Publish {
            let tracks = self.person_mut(id)?.tracks.iter().filter(|track| track.media.is_some());
            let track_ids: Vec<TrackId> = tracks.map(|track| track.id).collect();
            self.unpublish(id, &track_ids)?;
        }
        let (room, desk) = self.room_with(id)?;
        let participant = room.people.get_mut(&id).ok_or(RoomError::NoSuchParticipant)?;
        let Some(transport) = participant.transport_slot(peer).take() else { return Ok(Reply::Done) };
        desk.transports.remove(&transport.id);
        desk.request(room.worker, Request::CloseTransport { transport_id: transport.id });
        if peer == Peer::Subscribe {
            self.propose_again(id)?;
        }
        Ok(Reply::Done)
    }
}
