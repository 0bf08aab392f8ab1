//! Subscriptions: proposed to the subscriber, answered by its client, consumed, paused, ended.
//!
//! A subscription is proposed first ([`Event::Subscribed`]); the worker is asked to consume when the client's answer says
//! with which codecs and ids.

use motet_control::negotiate::{ConsumerIdentity, consumer_parameters};
use motet_control::{Consume, ConsumerId, Request, RouterId, RtpCapabilities};
use motet_rtp::Ssrc;

use super::Rooms;
use super::desk::Desk;
use super::room::{Participant, Received, Room};
use crate::command::{ConsumerAnswer, Reply};
use crate::error::RoomError;
use crate::event::{Event, Subscription};
use crate::ids::{ParticipantId, TrackId};

impl Rooms {
    pub(super) fn subscribe(&mut self, id: ParticipantId, track_ids: &[TrackId]) -> Result<Reply, RoomError> {
        let participant = self.person_mut(id)?;
        if !participant.grants.subscribe {
            return Err(RoomError::NotAllowed { what: "subscribe" });
        }
        let router_id = self.desk.people[&id];
        let results = track_ids
            .iter()
            .map(|track_id| self.subscribe_one(router_id, id, *track_id).map(|()| *track_id))
            .collect();
        Ok(Reply::Subscribed(results))
    }

    fn subscribe_one(
        &mut self,
        router_id: RouterId,
        id: ParticipantId,
        track_id: TrackId,
    ) -> Result<(), RoomError> {
        let subscriptions_max = self.config.limits.subscriptions_max;
        let room = self.rooms.get_mut(&router_id).expect("people are in rooms that exist");
        let (owner, _) = room.track(track_id).ok_or(RoomError::NoSuchTrack)?;
        if owner == id {
            return Err(RoomError::NotAllowed { what: "subscribe to an own track" });
        }
        let participant = room.people.get(&id).ok_or(RoomError::NoSuchParticipant)?;
        if participant.subscriptions.contains_key(&track_id) {
            return Ok(());
        }
        if participant.subscriptions.len() >= subscriptions_max {
            return Err(RoomError::TooManySubscriptions { subscriptions_max });
        }
        propose(&mut self.desk, &self.capabilities, room, id, track_id, false);
        Ok(())
    }

    /// One who takes everything is offered everything that is there.
    pub(super) fn subscribe_to_all(&mut self, router_id: RouterId, id: ParticipantId) {
        let room = self.room_of(router_id);
        if !takes_everything(&room.people[&id]) {
            return;
        }
        let others = room.people.values().filter(|other| other.id != id);
        let track_ids: Vec<TrackId> =
            others.flat_map(|other| other.tracks.iter().map(|track| track.id)).collect();
        for track_id in track_ids {
            self.subscribe_or_tell(router_id, id, track_id);
        }
    }

    /// Everyone who takes everything is offered a new track.
    pub(super) fn subscribe_all_to(&mut self, router_id: RouterId, track_id: TrackId) {
        let (_, owner) = self.desk.tracks[&track_id];
        let room = self.room_of(router_id);
        let takers = room.people.values().filter(|other| other.id != owner && takes_everything(other));
        let takers: Vec<ParticipantId> = takers.map(|taker| taker.id).collect();
        for id in takers {
            self.subscribe_or_tell(router_id, id, track_id);
        }
    }

    fn subscribe_or_tell(&mut self, router_id: RouterId, id: ParticipantId, track_id: TrackId) {
        if let Err(error) = self.subscribe_one(router_id, id, track_id) {
            self.desk.tell(id, Event::SubscriptionRefused { track_id, reason: error.to_string() });
        }
    }

    /// Everything that a participant receives is offered anew, for a transport that is to be opened anew.
    pub(super) fn propose_again(&mut self, id: ParticipantId) -> Result<(), RoomError> {
        let router_id = *self.desk.people.get(&id).ok_or(RoomError::NoSuchParticipant)?;
        let room = self.rooms.get_mut(&router_id).expect("people are in rooms that exist");
        let participant = room.people.get_mut(&id).ok_or(RoomError::NoSuchParticipant)?;
        let received = std::mem::take(&mut participant.subscriptions);
        if received.is_empty() {
            return Ok(());
        }
        self.desk.tell(id, Event::Unsubscribed { track_ids: received.keys().copied().collect() });
        for (track_id, Received { consumer_id, paused, .. }) in received {
            self.desk.consumers.remove(&consumer_id);
            propose(&mut self.desk, &self.capabilities, room, id, track_id, paused);
        }
        Ok(())
    }

    pub(super) fn unsubscribe(
        &mut self,
        id: ParticipantId,
        track_ids: &[TrackId],
    ) -> Result<Reply, RoomError> {
        let (room, desk) = self.room_with(id)?;
        let worker = room.worker;
        let participant = room.people.get_mut(&id).ok_or(RoomError::NoSuchParticipant)?;
        let mut ended = Vec::new();
        for track_id in track_ids {
            let Some(received) = participant.subscriptions.remove(track_id) else { continue };
            desk.consumers.remove(&received.consumer_id);
            if received.live {
                desk.request(worker, Request::CloseConsumer { consumer_id: received.consumer_id });
            }
            ended.push(*track_id);
        }
        if !ended.is_empty() {
            desk.tell(id, Event::Unsubscribed { track_ids: ended });
        }
        Ok(Reply::Done)
    }

    pub(super) fn answer_consumers(
        &mut self,
        id: ParticipantId,
        answers: Vec<ConsumerAnswer>,
    ) -> Result<Reply, RoomError> {
        let (room, desk) = self.room_with(id)?;
        let participant = &room.people[&id];
        if participant.subscribe.is_none() {
            return Err(RoomError::BadState { what: "the subscribe transport is not open" });
        }
        for ConsumerAnswer { track_id, outcome } in answers {
            match outcome {
                Ok(rtp_parameters) => consume(desk, room, id, track_id, rtp_parameters),
                Err(reason) => refuse(desk, room, id, track_id, reason),
            }
        }
        Ok(Reply::Done)
    }

    pub(super) fn pause(
        &mut self,
        id: ParticipantId,
        track_id: TrackId,
        paused: bool,
    ) -> Result<Reply, RoomError> {
        let (room, desk) = self.room_with(id)?;
        let worker = room.worker;
        let participant = room.people.get_mut(&id).ok_or(RoomError::NoSuchParticipant)?;
        let received = participant.subscriptions.get_mut(&track_id).ok_or(RoomError::NoSuchTrack)?;
        if received.paused != paused {
            received.paused = paused;
            let consumer_id = received.consumer_id;
            if received.live {
                desk.request(worker, Request::SetConsumerPaused { consumer_id, paused });
            }
        }
        Ok(Reply::Done)
    }
}

fn takes_everything(participant: &Participant) -> bool {
    participant.auto_subscribe && participant.grants.subscribe
}

/// Offers a track of the room to a subscriber; passes over one that is gone.
fn propose(
    desk: &mut Desk,
    capabilities: &RtpCapabilities,
    room: &mut Room,
    id: ParticipantId,
    track_id: TrackId,
    paused: bool,
) {
    let (ssrc, rtx_ssrc) = fresh_ssrcs(desk, &room.people[&id]);
    let Some((owner, track)) = room.track(track_id) else { return };
    let identity = ConsumerIdentity { mid: None, ssrc, rtx_ssrc, cname: owner.to_string() };
    let proposal = match consumer_parameters(&track.rtp_parameters, capabilities, identity) {
        Ok(proposal) => proposal,
        Err(error) => {
            desk.tell(id, Event::SubscriptionRefused { track_id, reason: error.to_string() });
            return;
        }
    };
    let subscription = Subscription {
        track_id,
        participant_id: owner,
        kind: track.kind,
        source: track.source,
        rtp_parameters: proposal,
    };
    let received = Received { consumer_id: ConsumerId(desk.fresh_id()), ssrc, rtx_ssrc, paused, live: false };
    desk.consumers.insert(received.consumer_id, (id, track_id));
    let participant = room.people.get_mut(&id).expect("the caller found this participant");
    participant.subscriptions.insert(track_id, received);
    desk.tell(id, Event::Subscribed(Box::new(subscription)));
}

/// Two SSRCs that the subscriber's transport does not carry.
fn fresh_ssrcs(desk: &mut Desk, participant: &Participant) -> (Ssrc, Ssrc) {
    let is_taken = |ssrc: Ssrc| {
        let mut taken = participant.subscriptions.values();
        taken.any(|received| received.ssrc == ssrc || received.rtx_ssrc == ssrc)
    };
    loop {
        let (ssrc, rtx_ssrc) = (desk.dice.ssrc(), desk.dice.ssrc());
        if ssrc != rtx_ssrc && !is_taken(ssrc) && !is_taken(rtx_ssrc) {
            return (ssrc, rtx_ssrc);
        }
    }
}

fn consume(
    desk: &mut Desk,
    room: &mut Room,
    id: ParticipantId,
    track_id: TrackId,
    rtp_parameters: motet_control::RtpParameters,
) {
    let Some((_, track)) = room.track(track_id) else { return };
    let producer_id = track.producer_id;
    let worker = room.worker;
    let participant = room.people.get_mut(&id).expect("the caller found this participant");
    let Some(transport) = &participant.subscribe else { return };
    let Some(received) = participant.subscriptions.get_mut(&track_id) else { return };
    if received.live {
        return;
    }
    received.live = true;
    let consume = Consume {
        transport_id: transport.id,
        consumer_id: received.consumer_id,
        producer_id,
        rtp_parameters,
        paused: received.paused,
    };
    desk.request(worker, Request::Consume(Box::new(consume)));
}

/// The client, or the worker, does not take the track.
pub(super) fn refuse(desk: &mut Desk, room: &mut Room, id: ParticipantId, track_id: TrackId, reason: String) {
    let worker = room.worker;
    let Some(participant) = room.people.get_mut(&id) else { return };
    let Some(received) = participant.subscriptions.remove(&track_id) else { return };
    desk.consumers.remove(&received.consumer_id);
    if received.live {
        desk.request(worker, Request::CloseConsumer { consumer_id: received.consumer_id });
    }
    desk.tell(id, Event::SubscriptionRefused { track_id, reason });
}
