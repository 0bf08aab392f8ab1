//! What workers say: unasked, or in refusal.

use std::time::Instant;

use motet_control::{
    ConsumerId, Notification, ObserverId, ProducerId, Quality, Refusal, RouterId, TransportId,
};

use super::desk::Desk;
use super::participant::{Participant, Transport};
use super::room::{Room, TrackEnd};
use super::{Rooms, Subject, subscribe};
use crate::command::Peer;
use crate::event::{Event, LeaveReason, MediaState, RoomEnd};
use crate::ids::{ParticipantId, WorkerIndex};

impl Rooms {
    pub(super) fn notified(&mut self, now: Instant, worker: WorkerIndex, notification: Notification) {
        if !self.workers.is_alive(worker) {
            return;
        }
        match notification {
            Notification::TransportIce { transport_id, state, tuple: _ } => {
                self.transport_changed(transport_id, |transport| transport.ice_state = state);
            }
            Notification::TransportDtls { transport_id, state } => {
                self.transport_changed(transport_id, |transport| transport.dtls_state = state);
            }
            Notification::TransportQuality { transport_id, quality } => {
                self.quality_changed(now, transport_id, quality);
            }
            Notification::ConsumerClosed { consumer_id } => self.consumer_closed(consumer_id),
            Notification::AudioLevels { observer_id, levels } => self.audio_levels(observer_id, &levels),
            Notification::ActiveSpeaker { observer_id, producer_id } => {
                self.active_speaker(observer_id, producer_id);
            }
            // Figures for operators; people are not told.
            Notification::ProducerActive { .. }
            | Notification::ProducerVideoOrientation { .. }
            | Notification::SsrcConflict { .. } => {}
        }
    }

    pub(super) fn refused(&mut self, now: Instant, worker: WorkerIndex, subject: Subject, refusal: &Refusal) {
        if !self.workers.is_alive(worker) {
            return;
        }
        match subject {
            Subject::Router(router_id) => self.end_room(router_id, RoomEnd::Failed),
            Subject::Transport(transport_id) => self.transport_refused(now, transport_id),
            Subject::Connection(transport_id) => self.connection_refused(transport_id),
            Subject::Producer(producer_id) => self.producer_refused(producer_id),
            Subject::Consumer(consumer_id) => self.consumer_refused(consumer_id, refusal),
            Subject::Upkeep => {}
        }
    }

    fn transport_changed(&mut self, transport_id: TransportId, change: impl FnOnce(&mut Transport)) {
        let Some((id, peer)) = self.desk.transports.get(&transport_id).copied() else { return };
        let Ok(participant) = self.person_mut(id) else { return };
        let Some(transport) = participant.transport_slot(peer) else { return };
        let before = transport.state();
        change(transport);
        let state = transport.state();
        if state != before {
            self.desk.tell(id, Event::MediaState { peer, state });
        }
    }

    fn quality_changed(&mut self, now: Instant, transport_id: TransportId, quality: Quality) {
        let Some((id, peer)) = self.desk.transports.get(&transport_id).copied() else { return };
        let Ok((room, desk)) = self.room_with(id) else { return };
        let Some(participant) = room.people.get_mut(&id) else { return };
        if let Some(transport) = participant.transport_slot(peer) {
            transport.quality = Some(quality);
        }
        if peer == Peer::Subscribe {
            participant.path.changed(now, quality);
            desk.touch(room.router_id);
        }
        tell_quality(desk, room, id);
    }

    fn consumer_closed(&mut self, consumer_id: ConsumerId) {
        // Known only when the worker ended it by itself: tracks that end here take their consumers off the desk first.
        let Some((id, track_id)) = self.desk.consumers.remove(&consumer_id) else { return };
        let Ok((room, desk)) = self.room_with(id) else { return };
        let Some(participant) = room.people.get_mut(&id) else { return };
        participant.subscriptions.remove(&track_id);
        desk.tell(id, Event::Unsubscribed { track_ids: vec![track_id] });
        room.tell_listener(desk, id);
    }

    fn audio_levels(&mut self, observer_id: ObserverId, levels: &[(ProducerId, i8)]) {
        let Some(room) = observed(&self.rooms, &self.desk, observer_id) else { return };
        let mut loudest: Vec<(ParticipantId, i8)> = Vec::with_capacity(levels.len());
        for (producer_id, dbov) in levels {
            let Some(id) = self.desk.owner_of(*producer_id) else { continue };
            // The loudest come first, so the first level of a participant is its loudest.
            if !loudest.iter().any(|(known, _)| *known == id) {
                loudest.push((id, *dbov));
            }
        }
        room.tell_all(&mut self.desk, &Event::AudioLevels { levels: loudest });
    }

    fn active_speaker(&mut self, observer_id: ObserverId, producer_id: ProducerId) {
        let Some(id) = self.desk.owner_of(producer_id) else { return };
        let Some(router_id) = self.desk.observers.get(&observer_id) else { return };
        let Some(room) = self.rooms.get_mut(router_id) else { return };
        let is_audible = room.people.get(&id).is_some_and(Participant::is_audible);
        if is_audible {
            room.speaks(&mut self.desk, Some(id));
        }
    }

    fn transport_refused(&mut self, now: Instant, transport_id: TransportId) {
        let Some((id, peer)) = self.desk.transports.remove(&transport_id) else { return };
        if let Ok(participant) = self.person_mut(id) {
            // There is none to be closed.
            *participant.transport_slot(peer) = None;
        }
        // It is there: its transport was.
        let _ = self.take_out(now, id, LeaveReason::MediaFailed);
    }

    fn connection_refused(&mut self, transport_id: TransportId) {
        if let Some((id, peer)) = self.desk.transports.get(&transport_id).copied() {
            self.desk.tell(id, Event::MediaState { peer, state: MediaState::Failed });
        }
    }

    fn producer_refused(&mut self, producer_id: ProducerId) {
        let Some(track_id) = self.desk.producers.get(&producer_id).copied() else { return };
        let Some((router_id, owner)) = self.desk.tracks.get(&track_id).copied() else { return };
        let Some(room) = self.rooms.get_mut(&router_id) else { return };
        let Some(participant) = room.people.get_mut(&owner) else { return };
        let Some(place) = participant.tracks.iter().position(|track| track.id == track_id) else { return };
        let track = participant.tracks.remove(place);
        room.end_track(&mut self.desk, owner, &track, TrackEnd::Refused);
    }

    fn consumer_refused(&mut self, consumer_id: ConsumerId, refusal: &Refusal) {
        let Some((id, track_id)) = self.desk.consumers.get(&consumer_id).copied() else { return };
        let Ok((room, desk)) = self.room_with(id) else { return };
        if let Some(received) = room.people.get_mut(&id).and_then(|p| p.subscriptions.get_mut(&track_id)) {
            // There is none to be closed.
            received.live = false;
        }
        subscribe::refuse(desk, room, id, track_id, refusal.to_string());
    }
}

/// Tells all of a room how well a participant's media passes, where that changed.
pub(super) fn tell_quality(desk: &mut Desk, room: &mut Room, id: ParticipantId) {
    let Some(participant) = room.people.get_mut(&id) else { return };
    let Some(quality) = participant.worst_quality() else { return };
    if participant.quality != Some(quality) {
        participant.quality = Some(quality);
        room.tell_all(desk, &Event::Quality { participant_id: id, quality });
    }
}

fn observed<'a>(
    rooms: &'a std::collections::BTreeMap<RouterId, Room>,
    desk: &Desk,
    observer_id: ObserverId,
) -> Option<&'a Room> {
    rooms.get(desk.observers.get(&observer_id)?)
}

impl Desk {
    /// Who publishes by a producer.
    fn owner_of(&self, producer_id: ProducerId) -> Option<ParticipantId> {
        let track_id = self.producers.get(&producer_id)?;
        self.tracks.get(track_id).map(|(_, owner)| *owner)
    }
}
