//! One room: its people, what they publish, what they receive. Changes here lay their outputs on the desk.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use motet_control::{Layout, ObserverId, Request, RouterId};

use super::desk::Desk;
use super::mesh::{Mesh, PairKey};
use super::mix::Mix;
use super::participant::{Participant, Track};
use super::placement::Load;
use crate::event::{Event, RoomInfo};
use crate::ids::{ParticipantId, TrackId, WorkerIndex};
use crate::mixing::MixSettings;
use crate::names::RoomName;
use crate::topology::{Intent, Reason, Topology};

pub(super) struct Room {
    /// The room's router is also its key.
    pub(super) router_id: RouterId,
    pub(super) name: RoomName,
    pub(super) worker: WorkerIndex,
    pub(super) intent: Intent,
    pub(super) topology: Topology,
    /// Whether nobody's media moves yet, so that there is nothing to be moved gently.
    pub(super) is_fresh: bool,
    pub(super) reason: Reason,
    pub(super) explanation: String,
    /// The last move.
    pub(super) epoch: u64,
    /// While it is a mesh, and until a move out of one is over.
    pub(super) mesh: Option<Mesh>,
    /// Pairs that could not be connected, of people who are here.
    pub(super) failed_pairs: BTreeSet<PairKey>,
    pub(super) mesh_possible_since: Option<Instant>,
    /// When time alone may change its topology.
    pub(super) decide_at: Option<Instant>,
    /// While somebody takes the mix.
    pub(super) mix: Option<Mix>,
    /// Until a mix is asked for again.
    pub(super) mixer_failed: bool,
    pub(super) mix_settings: MixSettings,
    pub(super) layout: Layout,
    /// When its timer goes off.
    pub(super) alarm: Option<Instant>,
    pub(super) created_at_unix_ms: u64,
    pub(super) participants_max: usize,
    pub(super) empty_grace: Duration,
    /// When it ends, while nobody is in it.
    pub(super) ends_at: Option<Instant>,
    pub(super) levels: ObserverId,
    pub(super) speakers: ObserverId,
    pub(super) active_speaker: Option<ParticipantId>,
    pub(super) people: BTreeMap<ParticipantId, Participant>,
}

impl Room {
    pub(super) fn tell_all(&self, desk: &mut Desk, event: &Event) {
        self.people.keys().for_each(|id| desk.tell(*id, event.clone()));
    }

    pub(super) fn tell_others(&self, desk: &mut Desk, except: ParticipantId, event: &Event) {
        self.people.keys().filter(|id| **id != except).for_each(|id| desk.tell(*id, event.clone()));
    }

    /// Takes tracks away from everyone who receives them, or was offered them. The worker ends the consumers by itself
    /// when their producers end.
    pub(super) fn end_subscriptions_of(&mut self, desk: &mut Desk, track_ids: &[TrackId]) {
        for participant in self.people.values_mut() {
            let mut ended = Vec::new();
            for track_id in track_ids {
                participant.wishes.remove(track_id);
                if let Some(received) = participant.subscriptions.remove(track_id) {
                    desk.consumers.remove(&received.consumer_id);
                    ended.push(*track_id);
                }
            }
            if !ended.is_empty() {
                desk.tell(participant.id, Event::Unsubscribed { track_ids: ended });
            }
        }
    }

    /// Ends a track for all. The worker is asked to close the producer where it knows of it still.
    pub(super) fn end_track(&mut self, desk: &mut Desk, owner: ParticipantId, track: &Track, end: TrackEnd) {
        desk.tracks.remove(&track.id);
        desk.touch(self.router_id);
        if let Some(producer_id) = track.producer_id() {
            desk.producers.remove(&producer_id);
            if end != TrackEnd::Refused {
                desk.request(self.worker, Request::CloseProducer { producer_id });
            }
        }
        self.end_subscriptions_of(desk, &[track.id]);
        let unpublished = Event::TrackUnpublished { participant_id: owner, track_id: track.id };
        match end {
            TrackEnd::Asked => self.tell_others(desk, owner, &unpublished),
            TrackEnd::Refused => self.tell_all(desk, &unpublished),
        }
        self.forget_silenced_speaker(desk, owner);
        self.describe_member(desk, owner);
    }

    /// Nobody speaks who has no open microphone.
    pub(super) fn forget_silenced_speaker(&mut self, desk: &mut Desk, suspect: ParticipantId) {
        let can_speak = self.people.get(&suspect).is_some_and(Participant::is_audible);
        if self.active_speaker == Some(suspect) && !can_speak {
            self.speaks(desk, None);
        }
    }

    pub(super) fn speaks(&mut self, desk: &mut Desk, participant_id: Option<ParticipantId>) {
        if self.active_speaker != participant_id {
            self.active_speaker = participant_id;
            self.tell_all(desk, &Event::ActiveSpeaker { participant_id });
        }
    }

    /// A track with its owner; those of the mix have none.
    pub(super) fn track(&self, track_id: TrackId) -> Option<(Option<ParticipantId>, &Track)> {
        let of_mix = || self.mix.iter().flat_map(Mix::tracks).find(|track| track.id == track_id);
        let of = |participant: &ParticipantId| {
            let tracks = &self.people.get(participant)?.tracks;
            tracks.iter().find(|track| track.id == track_id).map(|track| (Some(*participant), track))
        };
        self.people.keys().find_map(of).or_else(|| of_mix().map(|track| (None, track)))
    }

    pub(super) fn load(&self) -> Load {
        let consumers = self
            .people
            .values()
            .map(|participant| participant.subscriptions.values().filter(|received| received.live).count())
            .sum();
        Load { consumers, participants: self.people.len(), rooms: 1 }
    }

    pub(super) fn info(&self) -> RoomInfo {
        RoomInfo {
            name: self.name.clone(),
            topology: self.topology,
            intent: self.intent,
            reason: self.reason,
            explanation: self.explanation.clone(),
            epoch: self.epoch,
            is_moving: self.people.values().any(|participant| participant.moving.is_some()),
            layout: self.layout.clone(),
            is_mixed: self.mix.is_some(),
            cells: self.mix.as_ref().map(|mix| Arc::clone(&mix.cells)).unwrap_or_default(),
            created_at_unix_ms: self.created_at_unix_ms,
            participants: self.people.len(),
            participants_max: self.participants_max,
            tracks: self.people.values().map(|participant| participant.tracks.len()).sum(),
        }
    }
}

/// How a single track ends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum TrackEnd {
    /// Its publisher asked for it.
    Asked,
    /// The worker refused to open it.
    Refused,
}
