//! Who sends how much to whom, for those who asked to see it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use motet_control::{ConsumerId, MediaKind, RouterId};

use super::Rooms;
use super::participant::Participant;
use super::room::Room;
use crate::command::{Peer, SentFlow};
use crate::error::RoomError;
use crate::event::{Event, Flow};
use crate::ids::ParticipantId;
use crate::reply::{Reply, WatchedPerson, WatchedRoom};

/// How many people's flows of one room are told: nobody reads a picture of more.
const PEOPLE_MAX: usize = 50;
/// How long what a client told counts.
const FRESH: Duration = Duration::from_secs(6);

impl Rooms {
    /// Whether anybody watches.
    pub fn are_flows_watched(&self) -> bool {
        self.rooms.values().any(|room| room.people.values().any(|participant| participant.watches_flows))
    }

    pub(super) fn watch_flows(&mut self, id: ParticipantId, watch: bool) -> Result<Reply, RoomError> {
        self.person_mut(id)?.watches_flows = watch;
        Ok(Reply::Done)
    }

    pub(super) fn report_flows(
        &mut self,
        now: Instant,
        id: ParticipantId,
        mut flows: Vec<SentFlow>,
    ) -> Result<Reply, RoomError> {
        let flows_max = self.config.limits.mesh_people_max;
        let (room, _) = self.room_with(id)?;
        flows.retain(|flow| flow.to != id && room.people.contains_key(&flow.to));
        flows.truncate(flows_max);
        let participant = room.people.get_mut(&id).ok_or(RoomError::NoSuchParticipant)?;
        participant.sends = Some((now, flows));
        Ok(Reply::Done)
    }

    pub(super) fn locate_watched(&self, now: Instant) -> Reply {
        let is_watched = |room: &&Room| room.people.values().any(|participant| participant.watches_flows);
        Reply::Watched(self.rooms.values().filter(is_watched).map(|room| watched(now, room)).collect())
    }

    pub(super) fn tell_flows(&mut self, router_id: RouterId, flows: Vec<Flow>) -> Reply {
        if let Some(room) = self.rooms.get(&router_id) {
            let flows: Arc<[Flow]> = flows.into();
            let watchers = room.people.values().filter(|participant| participant.watches_flows);
            watchers.for_each(|watcher| self.desk.tell(watcher.id, Event::Flows(Arc::clone(&flows))));
        }
        Reply::Done
    }
}

fn watched(now: Instant, room: &Room) -> WatchedRoom {
    let mut people: Vec<&Participant> = room.people.values().collect();
    people.sort_by_key(|participant| (participant.joined_at_unix_ms, participant.id));
    people.truncate(PEOPLE_MAX);
    // What goes through the server is seen there.
    let reports = people.iter().filter(|_| room.mesh.is_some());
    WatchedRoom {
        router_id: room.router_id,
        worker: room.worker,
        reported: reports.flat_map(|participant| reported(now, participant)).collect(),
        people: people.into_iter().map(|participant| person(room, participant)).collect(),
    }
}

fn reported(now: Instant, participant: &Participant) -> impl Iterator<Item = Flow> {
    let is_fresh = |at: Instant| now.saturating_duration_since(at) < FRESH;
    let sends = participant.sends.as_ref().filter(|(at, _)| is_fresh(*at));
    sends.into_iter().flat_map(|(_, flows)| flows).map(|sent| Flow {
        from: Some(participant.id),
        to: Some(sent.to),
        audio_bps: sent.audio_bps,
        video_bps: sent.video_bps,
        is_mix: false,
    })
}

fn person(room: &Room, participant: &Participant) -> WatchedPerson {
    let transport = |peer| participant.transport(peer).map(|transport| (peer, transport.id));
    let live = || participant.subscriptions.iter().filter(|(_, received)| received.live);
    let is_of_mix = |track_id| room.mix.as_ref().is_some_and(|mix| mix.has(track_id));
    let is_picture = |track_id| room.track(track_id).is_some_and(|(_, track)| track.kind == MediaKind::Video);
    let consumers = |keep: &dyn Fn(crate::ids::TrackId) -> bool| -> Vec<ConsumerId> {
        live().filter(|(track_id, _)| keep(**track_id)).map(|(_, received)| received.consumer_id).collect()
    };
    WatchedPerson {
        participant_id: participant.id,
        transports: [Peer::Publish, Peer::Subscribe].into_iter().filter_map(transport).collect(),
        mix: consumers(&is_of_mix),
        pictures: consumers(&is_picture),
    }
}
