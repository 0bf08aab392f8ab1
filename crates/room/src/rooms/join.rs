//! Coming, going, dropping out and coming back.

use std::time::Instant;

use motet_control::{Request, RouterId};

use super::Rooms;
use super::desk::Desk;
use super::room::{Participant, Room, Track};
use super::timers::Timer;
use crate::command::{Join, Joined, NewRoom, Reply, ResumedFrom};
use crate::error::RoomError;
use crate::event::{Event, LeaveReason, RoomEnd, Topology};
use crate::ids::{ParticipantId, ResumeToken, TrackId};
use crate::names::RoomName;

/// Asked of the workers' level observers: how many to tell, from which loudness on, how often.
const LEVEL_ENTRIES_MAX: usize = 8;
const LEVEL_THRESHOLD_DBOV: i8 = -60;
const LEVEL_INTERVAL_MS: u32 = 300;
const SPEAKER_INTERVAL_MS: u32 = 300;

impl Rooms {
    pub(super) fn join(&mut self, now: Instant, join: Join) -> Result<Reply, RoomError> {
        if self.stopping {
            return Err(RoomError::Stopping);
        }
        check_topology(join.topology)?;
        let router_id = match self.names.get(&join.room) {
            Some(router_id) => *router_id,
            None if self.config.create_on_join => {
                let new = NewRoom {
                    name: join.room.clone(),
                    topology: join.topology,
                    participants_max: None,
                    empty_grace: None,
                };
                self.open_room(now, new)?
            }
            None => return Err(RoomError::NoSuchRoom),
        };
        self.make_place(now, router_id, &join)?;
        Ok(Reply::Joined(Box::new(self.admit(now, router_id, join))))
    }

    /// A second join of one identity takes the first one's place, so that a reloaded page does not wait for its own grace.
    fn make_place(&mut self, now: Instant, router_id: RouterId, join: &Join) -> Result<(), RoomError> {
        let room = self.room_of(router_id);
        let same =
            |participant: &&Participant| join.identity.is_some() && participant.identity == join.identity;
        let replaced = room.people.values().find(same).map(|participant| participant.id);
        if let Some(participant_id) = replaced {
            return self.take_out(now, participant_id, LeaveReason::Replaced);
        }
        if room.people.len() >= room.participants_max {
            return Err(RoomError::RoomFull { participants_max: room.participants_max });
        }
        Ok(())
    }

    fn admit(&mut self, now: Instant, router_id: RouterId, join: Join) -> Joined {
        let participant = Participant {
            id: self.desk.fresh_participant_id(),
            session_id: self.desk.dice.session_id(),
            name: join.name,
            identity: join.identity,
            grants: join.grants,
            auto_subscribe: join.auto_subscribe,
            joined_at_unix_ms: self.config.clock.unix_ms(now),
            token: self.desk.dice.resume_token(),
            gone_at: None,
            publish: None,
            subscribe: None,
            tracks: Vec::new(),
            subscriptions: std::collections::BTreeMap::new(),
            quality: None,
        };
        let id = participant.id;
        self.desk.people.insert(id, router_id);
        self.desk.tokens.insert(participant.token.clone(), id);
        let room = self.rooms.get_mut(&router_id).expect("the caller found or made this room");
        if let Some(ends_at) = room.ends_at.take() {
            self.timers.cancel(ends_at, Timer::EmptyGrace(router_id));
        }
        room.tell_all(&mut self.desk, &Event::ParticipantJoined(participant.info()));
        room.people.insert(id, participant);
        self.subscribe_to_all(router_id, id);
        self.joined(router_id, id, None)
    }

    pub(super) fn resume(&mut self, token: &ResumeToken) -> Result<Reply, RoomError> {
        let participant_id = *self.desk.tokens.get(token).ok_or(RoomError::ResumeExpired)?;
        let fresh = self.desk.dice.resume_token();
        self.desk.tokens.remove(token);
        self.desk.tokens.insert(fresh.clone(), participant_id);
        let router_id = self.desk.people[&participant_id];
        let participant = self.person_mut(participant_id)?;
        participant.token = fresh;
        let resumed = match participant.gone_at.take() {
            Some(gone_at) => {
                self.timers.cancel(gone_at, Timer::ResumeGrace(participant_id));
                ResumedFrom::Dropped
            }
            None => ResumedFrom::Attached,
        };
        Ok(Reply::Joined(Box::new(self.joined(router_id, participant_id, Some(resumed)))))
    }

    fn joined(&self, router_id: RouterId, id: ParticipantId, resumed: Option<ResumedFrom>) -> Joined {
        let room = self.room_of(router_id);
        let participant = &room.people[&id];
        Joined {
            participant_id: id,
            session_id: participant.session_id,
            resume_token: participant.token.clone(),
            room: room.info(),
            participants: room
                .people
                .values()
                .filter(|other| other.id != id)
                .map(Participant::info)
                .collect(),
            you: participant.info(),
            grants: participant.grants,
            active_speaker: room.active_speaker,
            limits: self.config.limits,
            resumed,
        }
    }

    pub(super) fn dropped(&mut self, now: Instant, id: ParticipantId) -> Result<Reply, RoomError> {
        let gone_at = now + self.config.resume_grace;
        let participant = self.person_mut(id)?;
        if participant.gone_at.is_none() {
            participant.gone_at = Some(gone_at);
            self.timers.set(gone_at, Timer::ResumeGrace(id));
        }
        Ok(Reply::Done)
    }

    pub(super) fn leave(
        &mut self,
        now: Instant,
        id: ParticipantId,
        reason: LeaveReason,
    ) -> Result<Reply, RoomError> {
        self.take_out(now, id, reason).map(|()| Reply::Done)
    }

    pub(super) fn time_out(&mut self, now: Instant, id: ParticipantId) {
        // The deadline of one who is gone is cancelled with it, so there is always someone to take out.
        let _ = self.take_out(now, id, LeaveReason::TimedOut);
    }

    /// Takes a participant out, with everything it has. Only the one who left by itself is not told.
    pub(super) fn take_out(
        &mut self,
        now: Instant,
        id: ParticipantId,
        reason: LeaveReason,
    ) -> Result<(), RoomError> {
        let router_id = *self.desk.people.get(&id).ok_or(RoomError::NoSuchParticipant)?;
        let desk = &mut self.desk;
        let room = self.rooms.get_mut(&router_id).expect("people are in rooms that exist");
        let participant = room.people.remove(&id).expect("the desk knows in which room people are");
        if let Some(gone_at) = participant.gone_at {
            self.timers.cancel(gone_at, Timer::ResumeGrace(id));
        }
        forget(desk, &participant);
        for transport in [&participant.publish, &participant.subscribe].into_iter().flatten() {
            desk.request(room.worker, Request::CloseTransport { transport_id: transport.id });
        }
        if reason != LeaveReason::Left {
            desk.tell(id, Event::Removed { reason });
        }
        let track_ids: Vec<TrackId> = participant.tracks.iter().map(|track| track.id).collect();
        room.end_subscriptions_of(desk, &track_ids);
        room.tell_all(desk, &Event::ParticipantLeft { participant_id: id, reason });
        room.forget_silenced_speaker(desk, id);
        if room.people.is_empty() {
            let ends_at = now + room.empty_grace;
            room.ends_at = Some(ends_at);
            self.timers.set(ends_at, Timer::EmptyGrace(router_id));
        }
        Ok(())
    }

    /// Makes a room without people; it ends unless someone comes.
    pub(super) fn open_room(&mut self, now: Instant, new: NewRoom) -> Result<RouterId, RoomError> {
        check_topology(new.topology)?;
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
            topology: Topology::Sfu,
            created_at_unix_ms: self.config.clock.unix_ms(now),
            participants_max: new.participants_max.unwrap_or(usize::MAX).clamp(1, limits.participants_max),
            empty_grace: new.empty_grace.unwrap_or(self.config.empty_grace),
            ends_at: None,
            levels: motet_control::ObserverId(self.desk.fresh_id()),
            speakers: motet_control::ObserverId(self.desk.fresh_id()),
            active_speaker: None,
            people: std::collections::BTreeMap::new(),
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
        room.tell_all(desk, &Event::RoomClosed { reason });
        for participant in room.people.values() {
            if let Some(gone_at) = participant.gone_at {
                self.timers.cancel(gone_at, Timer::ResumeGrace(participant.id));
            }
            forget(desk, participant);
        }
        desk.observers.remove(&room.levels);
        desk.observers.remove(&room.speakers);
        // A router that the worker refused is not there to be closed.
        if self.workers.is_alive(room.worker) && reason != RoomEnd::Failed {
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

/// Only `sfu` moves media; the other words are known and wait.
pub(super) fn check_topology(topology: Option<Topology>) -> Result<(), RoomError> {
    match topology {
        None | Some(Topology::Sfu) => Ok(()),
        Some(Topology::Mesh) => Err(RoomError::NotYet { what: "the topology mesh" }),
        Some(Topology::Mcu) => Err(RoomError::NotYet { what: "the topology mcu" }),
        Some(Topology::Auto) => Err(RoomError::NotYet { what: "the topology auto" }),
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
fn forget(desk: &mut Desk, participant: &Participant) {
    desk.people.remove(&participant.id);
    desk.tokens.remove(&participant.token);
    for transport in [&participant.publish, &participant.subscribe].into_iter().flatten() {
        desk.transports.remove(&transport.id);
    }
    for Track { id, producer_id, .. } in &participant.tracks {
        desk.tracks.remove(id);
        desk.producers.remove(producer_id);
    }
    for received in participant.subscriptions.values() {
        desk.consumers.remove(&received.consumer_id);
    }
}
