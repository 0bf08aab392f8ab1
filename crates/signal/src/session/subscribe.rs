//! The subscribe PeerConnection: tracks offered to the client, one offer at a time, and its answers taken.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use motet_control::MediaKind;
use motet_room::{Command, ConsumerAnswer, ParticipantId, Peer, Source, Subscription, TrackId};
use motet_sdp::{SubscribeAnswer, SubscribeSession, SubscribedMedia};

use super::{Output, Session, Success, ask_transport, local_transport};
use crate::host::Host;
use crate::wire::{self, AnswerParams, Notification, OfferedTrack, RpcError, Text};

/// What this participant receives.
pub(super) struct Receiving {
    pub(super) sdp: SubscribeSession<TrackId>,
    tracks: BTreeMap<TrackId, (Option<ParticipantId>, MediaKind, Source)>,
    last_offer_id: u64,
    open: Option<OpenOffer>,
    is_connected: bool,
}

/// The offer that awaits its answer.
struct OpenOffer {
    text: String,
    due: Instant,
}

impl Receiving {
    pub(super) fn answer_due(&self) -> Option<Instant> {
        self.open.as_ref().map(|open| open.due)
    }

    fn remove(&mut self, track_id: TrackId) {
        self.sdp.remove(track_id);
        self.tracks.remove(&track_id);
    }

    /// The next offer as text, if one is due.
    fn next_offer(&mut self, now: Instant, answer_timeout: Duration) -> Option<String> {
        let offer = self.sdp.poll_offer()?;
        self.last_offer_id += 1;
        let tracks = offer.tracks.iter().filter_map(|(mid, track_id)| {
            let (participant_id, kind, source) = *self.tracks.get(track_id)?;
            Some(OfferedTrack {
                mid: Text(*mid),
                track_id: Text(*track_id),
                participant_id: participant_id.map(Text),
                kind: Text(kind),
                source: Text(source),
            })
        });
        let notification =
            Notification::Offer { tracks: tracks.collect(), sdp: offer.sdp, offer_id: self.last_offer_id };
        let text = wire::write_notification(&notification);
        self.open = Some(OpenOffer { text: text.clone(), due: now + answer_timeout });
        Some(text)
    }
}

impl Session {
    /// The rooms propose a track.
    pub(super) async fn handle_subscribed<H: Host>(
        &mut self,
        now: Instant,
        host: &H,
        subscription: Subscription,
    ) {
        let track_id = subscription.track_id;
        if let Err(reason) = self.take_in(host, subscription).await {
            let (participant_id, track_ids) = (self.participant_id, vec![track_id]);
            // One who is gone by now has no subscriptions to end.
            let _ = host.command(Command::Unsubscribe { participant_id, track_ids }).await;
            self.notify_surely(now, &Notification::SubscriptionRefused { track_id: Text(track_id), reason });
        }
    }

    async fn take_in<H: Host>(&mut self, host: &H, subscription: Subscription) -> Result<(), String> {
        let Subscription { track_id, participant_id, kind, source, mut rtp_parameters } = subscription;
        rtp_parameters.codecs.retain(|codec| self.takes(codec.codec));
        if rtp_parameters.codecs.is_empty() {
            return Err("the client takes none of the track's codecs".to_owned());
        }
        self.open_receiving(host).await.map_err(|error| error.message)?;
        let Some(receiving) = &mut self.receiving else { return Ok(()) };
        let stream_id = participant_id.map_or_else(|| "mix".to_owned(), |id| id.to_string());
        let track_name = track_id.to_string();
        let media = SubscribedMedia { kind, rtp_parameters, stream_id, track_id: track_name };
        receiving.sdp.add(track_id, media).map_err(|error| error.to_string())?;
        receiving.tracks.insert(track_id, (participant_id, kind, source));
        Ok(())
    }

    async fn open_receiving<H: Host>(&mut self, host: &H) -> Result<(), RpcError> {
        if self.receiving.is_some() {
            return Ok(());
        }
        let command = Command::OpenTransport { participant_id: self.participant_id, peer: Peer::Subscribe };
        let local = local_transport(ask_transport(host, command).await?);
        self.receiving = Some(Receiving {
            sdp: SubscribeSession::new(self.session_id.0, local),
            tracks: BTreeMap::new(),
            last_offer_id: self.last_offer_id,
            open: None,
            is_connected: false,
        });
        Ok(())
    }

    /// The server closed both transports; those that come are new ones, on new PeerConnections.
    pub(super) fn handle_transports_closed(&mut self) {
        self.publishing = None;
        if let Some(receiving) = self.receiving.take() {
            self.last_offer_id = receiving.last_offer_id;
        }
    }

    /// These tracks are over.
    pub(super) fn handle_unsubscribed(&mut self, track_ids: &[TrackId]) {
        if let Some(receiving) = &mut self.receiving {
            track_ids.iter().for_each(|track_id| receiving.remove(*track_id));
        }
    }

    /// Offers what changed, if the last offer is answered.
    pub(super) fn offer(&mut self, now: Instant) {
        let answer_timeout = self.config.answer_timeout;
        let offer = self.receiving.as_mut().and_then(|receiving| receiving.next_offer(now, answer_timeout));
        if let Some(text) = offer {
            self.push(Output::Text(text));
        }
    }

    /// The open offer again, for another socket: whether the one before carried it over is not known.
    pub(super) fn offer_again(&mut self, now: Instant) {
        let due = now + self.config.answer_timeout;
        let Some(open) = self.receiving.as_mut().and_then(|receiving| receiving.open.as_mut()) else {
            return;
        };
        open.due = due;
        let text = open.text.clone();
        self.push(Output::Text(text));
    }

    pub(super) async fn take_answer<H: Host>(
        &mut self,
        host: &H,
        params: AnswerParams,
    ) -> Result<Success, RpcError> {
        let no_offer = || RpcError::state("noOffer", "no offer awaits an answer");
        let receiving = self.receiving.as_mut().ok_or_else(no_offer)?;
        if receiving.open.is_none() {
            return Err(no_offer());
        }
        if params.offer_id != receiving.last_offer_id {
            return Err(RpcError::state("staleOffer", "another offer awaits an answer"));
        }
        let SubscribeAnswer { remote, accepted, refused } = receiving.sdp.handle_answer(&params.sdp)?;
        receiving.open = None;
        for (track_id, _) in &refused {
            receiving.tracks.remove(track_id);
        }
        let is_connected = receiving.is_connected;
        receiving.is_connected |= remote.is_some();
        if let Some(remote) = remote.filter(|remote| !is_connected || remote.ice_restarted) {
            self.connect(host, Peer::Subscribe, remote).await?;
        }
        let accepted = accepted.into_iter().map(|(track_id, parameters)| (track_id, Ok(parameters)));
        let refused = refused.into_iter().map(|(track_id, reason)| (track_id, Err(reason)));
        let answers: Vec<ConsumerAnswer> =
            accepted.chain(refused).map(|(track_id, outcome)| ConsumerAnswer { track_id, outcome }).collect();
        if !answers.is_empty() {
            let participant_id = self.participant_id;
            host.command(Command::AnswerConsumers { participant_id, answers }).await?;
        }
        Ok(Success::NOTHING)
    }
}
