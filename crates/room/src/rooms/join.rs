//! Coming, going, dropping out and coming back.

use std::collections::BTreeMap;
use std::time::Instant;

use motet_control::{MixerAsk, Request, RouterId};

use super::Rooms;
use super::life::forget;
use super::mesh::Allowance;
use super::mix::picture_for;
use super::moves::first_heading;
use super::participant::{Participant, Path};
use super::timers::Timer;
use crate::command::{Join, NewRoom};
use crate::error::RoomError;
use crate::event::{Event, LeaveReason, RoomInfo};
use crate::ids::{ParticipantId, ResumeToken, TrackId};
use crate::mixing::Voice;
use crate::reply::{Joined, Reply, ResumedFrom};
use crate::topology::{Intent, MoveState};

impl Rooms {
    pub(super) fn join(&mut self, now: Instant, join: Join) -> Result<Reply, RoomError> {
        if self.stopping {
            return Err(RoomError::Stopping);
        }
        let router_id = match self.names.get(&join.room) {
            Some(router_id) => *router_id,
            None if self.config.create_on_join => {
                let new = NewRoom {
                    name: join.room.clone(),
                    topology: join.topology,
                    layout: motet_control::Layout::default(),
                    mix: None,
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
        let people_max = self.config.limits.mesh_people_max;
        if room.intent == Intent::Mesh && people_max > 0 && room.people.len() >= people_max {
            return Err(RoomError::MeshFull { people_max });
        }
        Ok(())
    }

    fn admit(&mut self, now: Instant, router_id: RouterId, join: Join) -> Joined {
        let participant = self.newcomer(now, router_id, join);
        let id = participant.id;
        self.desk.people.insert(id, router_id);
        self.desk.tokens.insert(participant.token.clone(), id);
        let room = self.rooms.get_mut(&router_id).expect("the caller found or made this room");
        if let Some(ends_at) = room.ends_at.take() {
            self.timers.cancel(ends_at, Timer::EmptyGrace(router_id));
        }
        room.tell_all(&mut self.desk, &Event::ParticipantJoined(participant.info()));
        room.people.insert(id, participant);
        room.describe_member(&mut self.desk, id);
        // Sends it and, if it changes that, the others their way.
        self.review(now, router_id);
        self.joined(router_id, id, None)
    }

    fn newcomer(&mut self, now: Instant, router_id: RouterId, join: Join) -> Participant {
        Participant {
            id: self.desk.fresh_participant_id(),
            session_id: self.desk.dice.session_id(),
            name: join.name,
            identity: join.identity,
            grants: join.grants,
            auto_subscribe: join.auto_subscribe,
            can: join.topologies,
            joined_at_unix_ms: self.config.clock.unix_ms(now),
            token: self.desk.dice.resume_token(),
            gone_at: None,
            publish: None,
            subscribe: None,
            tracks: Vec::new(),
            subscriptions: BTreeMap::new(),
            wishes: BTreeMap::new(),
            quality: None,
            view_intent: join.view,
            heading: first_heading(self.room_of(router_id)),
            way: None,
            old_ways: Vec::new(),
            moving: None,
            path: Path::default(),
            view_at: None,
            voice: Voice::default(),
            picture: picture_for(join.codecs.as_deref()),
            listens: false,
            relayed: 0,
            allowance: Allowance::full(now),
            watches_flows: false,
            sends: None,
        }
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
            room: RoomInfo {
                epoch: participant.heading.epoch,
                is_moving: participant.heading.state == MoveState::Moving,
                ..room.info()
            },
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
        if let Some(mesh) = &mut room.mesh {
            mesh.forget(id);
        }
        room.failed_pairs.retain(|pair| !pair.has(id));
        if participant.listens {
            room.ask_mixer(desk, MixerAsk::RemoveListener { member: participant.member() });
        }
        room.ask_mixer(desk, MixerAsk::RemoveMember { member: participant.member() });
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
        desk.touch(router_id);
        if room.people.is_empty() {
            room.is_fresh = true;
            room.mesh = None;
            let ends_at = now + room.empty_grace;
            room.ends_at = Some(ends_at);
            self.timers.set(ends_at, Timer::EmptyGrace(router_id));
        }
        Ok(())
    }
}
