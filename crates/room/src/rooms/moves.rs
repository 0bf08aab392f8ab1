//! Moves between topologies and views, make before break: the new way is made beside the old one, and the old one is closed
//! when everyone whom it serves has settled on the new one, or was waited for long enough.

use std::time::{Duration, Instant};

use motet_control::{RouterId, RtpCapabilities};

use super::desk::Desk;
use super::mesh::Mesh;
use super::participant::{Participant, Way};
use super::room::Room;
use super::timers::Timer;
use super::{Decided, Rooms, subscribe};
use crate::config::RoomsConfig;
use crate::event::Event;
use crate::ids::ParticipantId;
use crate::policy::{self, MixerFact, RoomFacts, ViewDecision, ViewFacts};
use crate::topology::{Heading, MoveState, Topology, View, ViewIntent};

/// A room with what it takes to move it.
pub(super) struct Scene<'a> {
    pub(super) config: &'a RoomsConfig,
    pub(super) capabilities: &'a RtpCapabilities,
    pub(super) desk: &'a mut Desk,
    pub(super) room: &'a mut Room,
}

impl Rooms {
    /// Looks again at every room where something changed that its topology or somebody's view may rest on.
    pub(super) fn review_touched(&mut self, now: Instant) {
        while let Some(router_id) = self.desk.next_touched() {
            self.review(now, router_id);
        }
    }

    pub(super) fn review(&mut self, now: Instant, router_id: RouterId) {
        let Some(mut scene) = self.scene(router_id) else { return };
        scene.expire(now);
        scene.steer(now);
        scene.finish();
        scene.tend_mix();
        let next = scene.next_alarm();
        let was = std::mem::replace(&mut scene.room.alarm, next);
        if was != next {
            was.into_iter().for_each(|at| self.timers.cancel(at, Timer::Review(router_id)));
            next.into_iter().for_each(|at| self.timers.set(at, Timer::Review(router_id)));
        }
    }

    pub(super) fn scene(&mut self, router_id: RouterId) -> Option<Scene<'_>> {
        let Self { config, capabilities, desk, rooms, .. } = self;
        Some(Scene { config, capabilities, desk, room: rooms.get_mut(&router_id)? })
    }
}

impl Scene<'_> {
    fn expire(&mut self, now: Instant) {
        for participant in self.room.people.values_mut() {
            if let Some(moving) = &mut participant.moving
                && moving.due.is_some_and(|due| due <= now)
            {
                moving.due = None;
            }
        }
        self.room.expire_pairs(now, self.config.mesh_connect_timeout);
    }

    /// Decides how the room moves media, and what everyone takes; begins the moves that this comes to.
    fn steer(&mut self, now: Instant) {
        if self.room.people.is_empty() {
            return;
        }
        let facts = self.facts(now);
        let decision = policy::decide(&facts);
        self.room.decide_at = decision.again_in.map(|wait| now + wait);
        let is_move = self.room.is_fresh || decision.topology != self.room.topology;
        let is_news = is_move || decision.reason != self.room.reason;
        self.room.reason = decision.reason;
        self.room.explanation.clone_from(&decision.explanation);
        if is_move {
            self.room.epoch += 1;
            self.turn(now, decision.topology);
        }
        if is_news {
            let room = self.room.name.clone();
            self.desk.decided(Decided { room, epoch: self.room.epoch, facts, decision });
        }
        self.steer_people(now, is_move);
        self.room.is_fresh = false;
        self.room.pair_up(now + self.config.mesh_connect_timeout);
    }

    fn facts(&mut self, now: Instant) -> RoomFacts {
        let mixer = self.mixer_fact();
        let room = &mut *self.room;
        let count = |is: fn(&Participant) -> bool| room.people.values().filter(|other| is(other)).count();
        let is_mixable = mixer == MixerFact::Ready;
        let mut facts = RoomFacts {
            intent: room.intent,
            current: (!room.is_fresh).then_some(room.topology),
            people: room.people.len(),
            cannot_mesh: count(|other| !other.can.mesh),
            may_not_receive: count(|other| !other.grants.subscribe),
            mix_wanted: if is_mixable { count(wants_mix) } else { 0 },
            failed_pairs: room.failed_pairs.len(),
            mesh_possible_for: Duration::ZERO,
            mixer,
            mesh_people_max: self.config.limits.mesh_people_max,
            auto_mesh_people_max: self.config.limits.auto_mesh_people_max,
        };
        let auto = RoomFacts { intent: crate::topology::Intent::Auto, ..facts };
        let is_possible = policy::mesh_obstacle(&auto).is_none();
        room.mesh_possible_since = is_possible.then(|| room.mesh_possible_since.unwrap_or(now));
        let since = room.mesh_possible_since.unwrap_or(now);
        facts.mesh_possible_for = now.saturating_duration_since(since);
        facts
    }

    fn mixer_fact(&self) -> MixerFact {
        if self.room.mixer_failed {
            MixerFact::Failed
        } else if self.room.mix.is_some() || self.desk.mixers.len() < self.config.limits.mixers_max {
            MixerFact::Ready
        } else {
            MixerFact::Unavailable
        }
    }

    /// Makes the mesh where there is one from now on. One that is on its way out serves again.
    fn turn(&mut self, now: Instant, topology: Topology) {
        let room = &mut *self.room;
        room.topology = topology;
        match (&mut room.mesh, topology) {
            (Some(mesh), Topology::Mesh) => mesh.resume(room.epoch, now + self.config.mesh_connect_timeout),
            (None, Topology::Mesh) => room.mesh = Some(Mesh::begin(room.epoch, room.is_fresh)),
            // From now on media may pass the server.
            (Some(mesh), Topology::Sfu | Topology::Mcu) => mesh.is_alone = false,
            (None, Topology::Sfu | Topology::Mcu) => {}
        }
    }

    fn steer_people(&mut self, now: Instant, mut is_move: bool) {
        let room_moves = is_move;
        let ids: Vec<ParticipantId> = self.room.people.keys().copied().collect();
        for id in ids {
            let facts = self.view_facts(now, id);
            let decision = policy::decide_view(&facts);
            let way = Way::of(self.room.topology, decision.view);
            let participant = self.room.people.get_mut(&id).expect("the ids are of people who are here");
            participant.view_at = decision.again_in.map(|wait| now + wait);
            let is_new = participant.way.is_none();
            let turns = participant.way != Some(way);
            if turns && !is_new && !is_move {
                // One or several change their view by themselves: that is one move.
                self.room.epoch += 1;
                is_move = true;
            }
            self.head(now, id, way, &decision, room_moves || turns);
        }
    }

    fn view_facts(&self, now: Instant, id: ParticipantId) -> ViewFacts {
        let participant = &self.room.people[&id];
        let others = self.room.people.values().filter(|other| other.id != id);
        let since = |at: Option<Instant>| at.map(|at| now.saturating_duration_since(at));
        ViewFacts {
            intent: participant.view_intent,
            can: participant.can,
            room_intent: self.room.intent,
            topology: self.room.topology,
            mixer: self.mixer_fact(),
            pictures: others.map(Participant::open_pictures).sum(),
            current: participant.way.map(|_| participant.heading.view),
            poor_for: since(participant.path.poor_since),
            fine_for: since(participant.path.fine_since),
            mixes: participant.path.mixes,
        }
    }

    /// Sends a participant its way, and tells it where that leads where anything of it is new.
    fn head(&mut self, now: Instant, id: ParticipantId, way: Way, decision: &ViewDecision, is_move: bool) {
        let due = now + self.config.settle_timeout;
        let room = &mut *self.room;
        let participant = room.people.get_mut(&id).expect("the caller found this participant");
        let is_new = participant.way.is_none();
        participant.turn_to(way, due);
        let was = &participant.heading;
        let heading = Heading {
            topology: room.topology,
            intent: room.intent,
            view: decision.view,
            reason: decision.reason.unwrap_or(room.reason),
            explanation: decision.explanation().unwrap_or_else(|| room.explanation.clone()),
            epoch: if is_move || is_new { room.epoch } else { was.epoch },
            state: participant.move_state(),
        };
        let words = |heading: &Heading| (heading.topology, heading.intent, heading.view, heading.reason);
        let is_news = is_move || words(was) != words(&heading);
        let views_anew = was.view != heading.view;
        if views_anew && !is_new && decision.reason == Some(crate::topology::Reason::PoorPath) {
            participant.path.mixes += 1;
        }
        participant.heading = heading.clone();
        if is_news && !is_new {
            self.desk.tell(id, Event::Topology(Box::new(heading)));
            if views_anew {
                let view = decision.view;
                room.tell_others(self.desk, id, &Event::ViewChanged { participant_id: id, view });
            }
        }
        if is_move || is_new {
            self.lead(id, way);
        }
    }

    /// Offers what a participant receives on its way.
    fn lead(&mut self, id: ParticipantId, way: Way) {
        match way {
            Way::Mesh => {}
            Way::Tracks => {
                subscribe::offer_tracks(self.config, self.capabilities, self.desk, self.room, id);
            }
            Way::Mix => self.offer_mix(id),
        }
    }

    /// Closes the old ways of those who have settled. Ways into and out of a mesh are closed when all have: what one sends
    /// there another may still need.
    fn finish(&mut self) {
        let is_crossing = self.room.is_crossing();
        if is_crossing {
            if self.room.people.values().any(Participant::is_awaited) {
                return;
            }
            match self.room.topology {
                Topology::Mesh => self.leave_server(),
                Topology::Sfu | Topology::Mcu => self.room.mesh = None,
            }
        }
        let settled = self.room.people.values().filter(|other| other.moving.is_some() && !other.is_awaited());
        let settled: Vec<ParticipantId> = settled.map(|participant| participant.id).collect();
        for id in settled {
            self.settle(id);
        }
    }

    fn settle(&mut self, id: ParticipantId) {
        let participant = self.room.people.get_mut(&id).expect("the ids are of people who are here");
        participant.moving = None;
        let old_ways = std::mem::take(&mut participant.old_ways);
        participant.heading.state = MoveState::Settled;
        let heading = participant.heading.clone();
        for way in old_ways {
            match way {
                Way::Tracks => subscribe::end_tracks(self.desk, self.room, id),
                Way::Mix => subscribe::end_mix(self.desk, self.room, id),
                Way::Mesh => {}
            }
        }
        self.desk.tell(id, Event::Topology(Box::new(heading)));
    }

    fn next_alarm(&self) -> Option<Instant> {
        let room = &*self.room;
        if room.people.is_empty() {
            return None;
        }
        let pairs = room.mesh.as_ref().filter(|_| room.topology == Topology::Mesh).and_then(Mesh::due);
        let people = room
            .people
            .values()
            .flat_map(|participant| [participant.view_at, participant.moving.and_then(|moving| moving.due)]);
        people.chain([room.decide_at, pairs]).flatten().min()
    }
}

/// Whether a participant cannot do without the mix, or wishes it.
fn wants_mix(participant: &Participant) -> bool {
    match participant.view_intent {
        ViewIntent::Mix => true,
        ViewIntent::Tracks => false,
        ViewIntent::Auto => participant.can.mcu && !participant.can.sfu,
    }
}

/// Where a participant heads before anything is decided.
pub(super) fn first_heading(room: &Room) -> Heading {
    Heading {
        topology: room.topology,
        intent: room.intent,
        view: View::Tracks,
        reason: room.reason,
        explanation: room.explanation.clone(),
        epoch: room.epoch,
        state: MoveState::Settled,
    }
}
