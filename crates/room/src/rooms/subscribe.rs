//! Subscriptions: proposed to the subscriber, answered by its client, consumed, paused, ended.
//!
//! A subscription is proposed first ([`Event::Subscribed`]); the worker is asked to consume when the client's answer says
//! with which codecs and ids.

use motet_control::negotiate::{ConsumerIdentity, consumer_parameters};
use motet_control::{Consume, ConsumerId, Request, RouterId, RtpCapabilities};
use motet_rtp::Ssrc;

use super::Rooms;
use super::desk::Desk;
use super::mix::other_picture;
use super::participant::{Participant, Received, Way, Wish};
use super::room::Room;
use crate::command::ConsumerAnswer;
use crate::config::RoomsConfig;
use crate::error::RoomError;
use crate::event::{Event, Subscription};
use crate::ids::{ParticipantId, TrackId};
use crate::reply::Reply;

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
        let Self { config, capabilities, desk, rooms, .. } = self;
        let room = rooms.get_mut(&router_id).expect("people are in rooms that exist");
        let (owner, _) = room.track(track_id).ok_or(RoomError::NoSuchTrack)?;
        if owner == Some(id) {
            return Err(RoomError::NotAllowed { what: "subscribe to an own track" });
        }
        let is_of_mix = owner.is_none();
        let participant = room.people.get_mut(&id).ok_or(RoomError::NoSuchParticipant)?;
        let was = participant.wishes.get(&track_id).copied();
        if !is_of_mix {
            participant.wish(track_id).wanted = true;
        }
        let way = if is_of_mix { Way::Mix } else { Way::Tracks };
        if participant.way != Some(way) {
            // Kept for when that way is taken.
            return Ok(());
        }
        let outcome = offer(config, capabilities, desk, room, id, track_id);
        if outcome.is_err()
            && let Some(participant) = room.people.get_mut(&id)
        {
            match was {
                Some(wish) => participant.wishes.insert(track_id, wish),
                None => participant.wishes.remove(&track_id),
            };
        }
        outcome
    }

    /// Everyone who takes tracks, and this one, is offered it.
    pub(super) fn offer_to_all(&mut self, router_id: RouterId, track_id: TrackId) {
        let (_, owner) = self.desk.tracks[&track_id];
        let Self { config, capabilities, desk, rooms, .. } = self;
        let room = rooms.get_mut(&router_id).expect("tracks are in rooms that exist");
        let takes = |other: &&Participant| {
            other.id != owner && other.way == Some(Way::Tracks) && other.wants(track_id)
        };
        let takers: Vec<ParticipantId> = room.people.values().filter(takes).map(|taker| taker.id).collect();
        for id in takers {
            offer_or_tell(config, capabilities, desk, room, id, track_id);
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
        let router_id = room.router_id;
        let participant = room.people.get_mut(&id).ok_or(RoomError::NoSuchParticipant)?;
        for track_id in track_ids {
            // Only of tracks that are there: the wishes are as many as those at most.
            if desk.tracks.get(track_id).is_some_and(|(of, _)| *of == router_id) {
                participant.wish(*track_id).wanted = false;
            }
        }
        end(desk, room, id, track_ids);
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
        let mut takes_another_picture = false;
        for ConsumerAnswer { track_id, outcome } in answers {
            match outcome {
                Ok(rtp_parameters) => consume(desk, room, id, track_id, rtp_parameters),
                Err(reason) => {
                    takes_another_picture |= is_refused_picture(room, id, track_id);
                    refuse(desk, room, id, track_id, reason);
                }
            }
        }
        let router_id = room.router_id;
        if takes_another_picture && let Some(mut scene) = self.scene(router_id) {
            scene.offer_mix(id);
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
        if desk.tracks.contains_key(&track_id) {
            participant.wishes.entry(track_id).or_insert(Wish { wanted: true, paused }).paused = paused;
        }
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

/// Everything that a participant takes of others is offered to it.
pub(super) fn offer_tracks(
    config: &RoomsConfig,
    capabilities: &RtpCapabilities,
    desk: &mut Desk,
    room: &mut Room,
    id: ParticipantId,
) {
    let taker = &room.people[&id];
    let others = room.people.values().filter(|other| other.id != id);
    let tracks = others.flat_map(|other| other.tracks.iter());
    let track_ids: Vec<TrackId> =
        tracks.map(|track| track.id).filter(|track_id| taker.wants(*track_id)).collect();
    for track_id in track_ids {
        offer_or_tell(config, capabilities, desk, room, id, track_id);
    }
}

fn offer_or_tell(
    config: &RoomsConfig,
    capabilities: &RtpCapabilities,
    desk: &mut Desk,
    room: &mut Room,
    id: ParticipantId,
    track_id: TrackId,
) {
    if let Err(error) = offer(config, capabilities, desk, room, id, track_id) {
        desk.tell(id, Event::SubscriptionRefused { track_id, reason: error.to_string() });
    }
}

/// Offers a track unless it is offered already, or passes the server not yet: then it is when it does.
fn offer(
    config: &RoomsConfig,
    capabilities: &RtpCapabilities,
    desk: &mut Desk,
    room: &mut Room,
    id: ParticipantId,
    track_id: TrackId,
) -> Result<(), RoomError> {
    let subscriptions_max = config.limits.subscriptions_max;
    let has_media = room.track(track_id).is_some_and(|(_, track)| track.media.is_some());
    let participant = &room.people[&id];
    if !has_media || participant.subscriptions.contains_key(&track_id) {
        return Ok(());
    }
    if participant.subscriptions.len() >= subscriptions_max {
        return Err(RoomError::TooManySubscriptions { subscriptions_max });
    }
    let paused = participant.wishes.get(&track_id).is_some_and(|wish| wish.paused);
    propose(desk, capabilities, room, id, track_id, paused);
    Ok(())
}

/// Ends what a participant receives of the tracks of others.
pub(super) fn end_tracks(desk: &mut Desk, room: &mut Room, id: ParticipantId) {
    let track_ids: Vec<TrackId> = room.people[&id].subscriptions.keys().copied().collect();
    let is_of_mix = |track_id: &TrackId| room.mix.as_ref().is_some_and(|mix| mix.has(*track_id));
    let track_ids: Vec<TrackId> = track_ids.into_iter().filter(|id| !is_of_mix(id)).collect();
    end(desk, room, id, &track_ids);
}

/// Ends what a participant receives of the mix.
pub(super) fn end_mix(desk: &mut Desk, room: &mut Room, id: ParticipantId) {
    let track_ids: Vec<TrackId> =
        room.mix.iter().flat_map(|mix| mix.tracks().map(|track| track.id)).collect();
    end(desk, room, id, &track_ids);
}

fn end(desk: &mut Desk, room: &mut Room, id: ParticipantId, track_ids: &[TrackId]) {
    let worker = room.worker;
    let Some(participant) = room.people.get_mut(&id) else { return };
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
        room.tell_listener(desk, id);
    }
}

/// Whether a client refuses a composed picture that there is in another codec; remembers that it takes that one.
fn is_refused_picture(room: &mut Room, id: ParticipantId, track_id: TrackId) -> bool {
    let Some((None, track)) = room.track(track_id) else { return false };
    let Some(other) = other_picture(track.codec(), track.kind) else { return false };
    let Some(participant) = room.people.get_mut(&id) else { return false };
    if participant.way != Some(Way::Mix) || !participant.subscriptions.contains_key(&track_id) {
        return false;
    }
    participant.picture = other;
    true
}

/// Offers a track of the room to a subscriber; passes over one that is gone.
pub(super) fn propose(
    desk: &mut Desk,
    capabilities: &RtpCapabilities,
    room: &mut Room,
    id: ParticipantId,
    track_id: TrackId,
    paused: bool,
) {
    let (ssrc, rtx_ssrc) = fresh_ssrcs(desk, &room.people[&id]);
    let Some((owner, track)) = room.track(track_id) else { return };
    let Some(media) = &track.media else { return };
    let cname = owner.map_or_else(|| "mix".to_owned(), |owner| owner.to_string());
    let identity = ConsumerIdentity { mid: None, ssrc, rtx_ssrc, cname };
    let proposal = match consumer_parameters(&media.rtp_parameters, capabilities, identity) {
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
    let Some((owner, track)) = room.track(track_id) else { return };
    let Some(producer_id) = track.producer_id() else { return };
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
    if owner.is_none() {
        room.tell_listener(desk, id);
    }
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
    room.tell_listener(desk, id);
}
