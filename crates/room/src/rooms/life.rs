//! Rooms begin and end; whoever has an id is found.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use motet_control::{MixerAsk, ObserverId, Request, RouterId};

use super::Rooms;
use super::desk::Desk;
use super::participant::Participant;
use super::room::Room;
use super::timers::Timer;
use crate::command::NewRoom;
use crate::error::RoomError;
use crate::event::{Event, RoomEnd};
use crate::ids::ParticipantId;
use crate::names::RoomName;
use crate::topology::{Reason, Topology};

/// Asked of the workers' level observers: how many to tell, from which loudness on, how often.
const LEVEL_ENTRIES_MAX: usize = 8;
const LEVEL_THRESHOLD_DBOV: i8 = -60;
const LEVEL_INTERVAL_MS: u32 = 300;
const SPEAKER_INTERVAL_MS: u32 = 300;

impl Rooms {
    /// Makes a room without people; it ends unless someone comes.
    pub(super) fn open_room(&mut self, now: Instant, new: NewRoom) -> Result<RouterId, RoomError> {
        let limits = self.config.limits;
        if self.rooms.len() >= limits.rooms_max {
            return Err(RoomError::ServerFull { rooms_max: limits.rooms_max });
        }
        let loads = self.rooms.values().map(|room| (room.worker, room.load()));
        let worker = self.workers.least_loaded(loads).ok_or(RoomError::NoWorker)?;
        let router_id = RouterId(self.desk.fresh_id());
        let room = Room {
            router_id,
            name: new.name.clone(),
            worker,
            intent: new.topology.unwrap_or(self.config.topology),
            topology: Topology::Sfu,
            is_fresh: true,
            reason: Reason::Asked,
            explanation: "nobody is here".to_owned(),
            epoch: 0,
            mesh: None,
            failed_pairs: BTreeSet::new(),
            mesh_possible_since: None,
            decide_at: None,
            mix: None,
            mixer_failed: false,
            mix_settings: new.mix.unwrap_or_else(|| self.config.mix.clone()),
            layout: new.layout,
            alarm: None,
            created_at_unix_ms: self.config.clock.unix_ms(now),
            participants_max: new.participants_max.unwrap_or(usize::MAX).clamp(1, limits.participants_max),
            empty_grace: new.empty_grace.unwrap_or(self.config.empty_grace),
            ends_at: None,
            levels: ObserverId(self.desk.fresh_id()),
            speakers: ObserverId(self.desk.fresh_id()),
            active_speaker: None,
            people: BTreeMap::new(),
        };
        open_router(&mut self.desk, &room);
        let ends_at = now + room.empty_grace;
        self.timers.set(ends_at, Timer::EmptyGrace(router_id));
        self.names.insert(new.name, router_id);
        self.rooms.insert(router_id, Room { ends_at: Some(ends_at), ..room });
        Ok(router_id)
    }

    /// Ends a room with everyone in it. A dead worker is not asked for anything.
    pub(super) fn end_room(&mut self, router_id: RouterId, reason: RoomEnd) {
        let Some(room) = self.rooms.remove(&router_id) else { return };
        let desk = &mut self.desk;
        self.names.remove(&room.name);
        if let Some(ends_at) = room.ends_at {
            self.timers.cancel(ends_at, Timer::EmptyGrace(router_id));
        }
        if let Some(alarm) = room.alarm {
            self.timers.cancel(alarm, Timer::Review(router_id));
        }
        room.tell_all(desk, &Event::RoomClosed { reason });
        for participant in room.people.values() {
            if let Some(gone_at) = participant.gone_at {
                self.timers.cancel(gone_at, Timer::ResumeGrace(participant.id));
            }
            forget(desk, participant);
        }
        desk.observers.remove(&room.levels);
        desk.observers.remove(&room.speakers);
        if let Some(mix) = &room.mix {
            desk.mixers.remove(&mix.mixer_id);
        }
        // A router that the worker refused is not there to be closed.
        if self.workers.is_alive(room.worker) && reason != RoomEnd::Failed {
            room.ask_mixer(desk, MixerAsk::Close);
            desk.request(room.worker, Request::CloseRouter { router_id });
        }
    }

    pub(super) fn room_named(&self, name: &RoomName) -> Result<&Room, RoomError> {
        let router_id = self.names.get(name).ok_or(RoomError::NoSuchRoom)?;
        Ok(self.room_of(*router_id))
    }

    pub(super) fn room_of(&self, router_id: RouterId) -> &Room {
        self.rooms.get(&router_id).expect("names and people lead to rooms that exist")
    }

    /// The room that a participant is in.
    pub(super) fn room_with(&mut self, id: ParticipantId) -> Result<(&mut Room, &mut Desk), RoomError> {
        let router_id = *self.desk.people.get(&id).ok_or(RoomError::NoSuchParticipant)?;
        let room = self.rooms.get_mut(&router_id).expect("people are in rooms that exist");
        Ok((room, &mut self.desk))
    }

    pub(super) fn person_mut(&mut self, id: ParticipantId) -> Result<&mut Participant, RoomError> {
        let (room, _) = self.room_with(id)?;
        room.people.get_mut(&id).ok_or(RoomError::NoSuchParticipant)
    }
}

fn open_router(desk: &mut Desk, room: &Room) {
    let router_id = room.router_id;
    desk.request(room.worker, Request::CreateRouter { router_id });
    desk.request(
        room.worker,
        Request::CreateAudioLevelObserver {
            router_id,
            observer_id: room.levels,
            entries_max: LEVEL_ENTRIES_MAX,
            threshold_dbov: LEVEL_THRESHOLD_DBOV,
            interval_ms: LEVEL_INTERVAL_MS,
        },
    );
    desk.request(
        room.worker,
        Request::CreateActiveSpeakerObserver {
            router_id,
            observer_id: room.speakers,
            interval_ms: SPEAKER_INTERVAL_MS,
        },
    );
    desk.observers.insert(room.levels, router_id);
    desk.observers.insert(room.speakers, router_id);
}

/// Takes a participant and everything that is its own off the desk.
pub(super) fn forget(desk: &mut Desk, participant: &Participant) {
    desk.people.remove(&participant.id);
    desk.tokens.remove(&participant.token);
    for transport in [&participant.publish, &participant.subscribe].into_iter().flatten() {
        desk.transports.remove(&transport.id);
    }
    for track in &participant.tracks {
        desk.tracks.remove(&track.id);
        if let Some(producer_id) = track.producer_id() {
            desk.producers.remove(&producer_id);
        }
    }
    for received in participant.subscriptions.values() {
        desk.consumers.remove(&received.consumer_id);
    }
}
