//! The end of a move into a mesh: nothing passes the server any more. Tracks stay, announced.

use motet_control::Request;

use super::moves::Scene;
use crate::event::Event;
use crate::ids::ParticipantId;

impl Scene<'_> {
    pub(super) fn leave_server(&mut self) {
        if let Some(mesh) = &mut self.room.mesh {
            mesh.is_alone = true;
        }
        self.room.speaks(self.desk, None);
        let ids: Vec<ParticipantId> = self.room.people.keys().copied().collect();
        for id in ids {
            self.close_transports(id);
            self.tell_unbound(id);
        }
    }

    fn close_transports(&mut self, id: ParticipantId) {
        let Some(participant) = self.room.people.get_mut(&id) else { return };
        let transports: Vec<_> =
            [participant.publish.take(), participant.subscribe.take()].into_iter().flatten().collect();
        let subscriptions = std::mem::take(&mut participant.subscriptions);
        let has_nothing = transports.is_empty() && subscriptions.is_empty();
        for received in subscriptions.into_values() {
            self.desk.consumers.remove(&received.consumer_id);
        }
        participant.quality = None;
        participant.path.poor_since = None;
        participant.path.fine_since = None;
        if has_nothing {
            return;
        }
        for transport in transports {
            self.desk.transports.remove(&transport.id);
            self.desk.request(self.room.worker, Request::CloseTransport { transport_id: transport.id });
        }
        self.desk.tell(id, Event::TransportsClosed);
    }

    fn tell_unbound(&mut self, id: ParticipantId) {
        let Some(participant) = self.room.people.get_mut(&id) else { return };
        let mut changed = Vec::new();
        for track in &mut participant.tracks {
            if let Some(media) = track.media.take() {
                self.desk.producers.remove(&media.producer_id);
                track.placeholder = None;
                changed.push(track.info());
            }
        }
        for track in changed {
            self.room.tell_others(self.desk, id, &Event::TrackChanged { participant_id: id, track });
        }
    }
}
