//! Offers and answers between peers and the worker's side, as rooms and signaling make them. Signaling takes no time.

use std::time::Duration;

use motet_control::negotiate::{ConsumerIdentity, consumer_parameters, router_capabilities};
use motet_control::{
    Consume, ConsumerId, DtlsParameters, IceCredentials, MediaKind, Produce, ProducerId, Request, Response,
    TransportId,
};
use motet_rtp::Ssrc;
use motet_sdp::{
    LocalTransport, PublishAnswer, PublishSession, RemoteTransport, SubscribeSession, SubscribedMedia,
};
use str0m::change::{SdpAnswer, SdpOffer, SdpPendingOffer};
use str0m::media::{Direction, Mid};

use super::{ROUTER, Scenario, Track};
use crate::connection::Connection;
use crate::media::{Media, Source};
use crate::peer::{Half, Peer, PeerId, TrackId};
use crate::publishing::Publishing;
use crate::subscribing::{Received, Subscribing, Taken};

/// How long a peer can send a packet again.
const RTX_AGE_MAX: Duration = Duration::from_secs(3);

impl Scenario {
    /// A peer publishes more tracks, in one negotiation.
    pub fn publish(&mut self, id: PeerId, media: &[Media]) -> Vec<TrackId> {
        self.open_publishing(id);
        let stream = format!("peer-{}", id.0);
        let rtc = &mut self.publishing(id).connection.rtc;
        let mut changes = rtc.sdp_api();
        let mids: Vec<Mid> = media
            .iter()
            .map(|media| {
                let kind = match media.kind() {
                    MediaKind::Audio => str0m::media::MediaKind::Audio,
                    MediaKind::Video => str0m::media::MediaKind::Video,
                };
                changes.add_media(kind, Direction::SendOnly, Some(stream.clone()), None, None)
            })
            .collect();
        let (offer, pending) = changes.apply().expect("a track is something to offer");
        let answer = self.offer(id, &offer, pending);
        assert!(answer.refused.is_empty(), "refused: {:?}", answer.refused);
        let mut tracks = Vec::new();
        for (media, mid) in media.iter().zip(mids) {
            let added = answer.added.iter().find(|added| added.mid.as_str() == mid.to_string());
            let added = added.expect("an offered track that is not refused is added");
            let producer_id = ProducerId(self.next_id());
            let track = TrackId(self.tracks.len() as u32);
            let transport_id = self.publishing(id).transport_id;
            self.expect(Request::Produce(Box::new(Produce {
                transport_id,
                producer_id,
                kind: added.kind,
                rtp_parameters: added.rtp_parameters.clone(),
                paused: false,
            })));
            let firsts = (self.chance.u32(), self.chance.u32() as u16);
            let source = Source::new(*media, track.0, mid, self.now, firsts);
            let publishing = self.publishing(id);
            publishing.sources.push(source);
            if let Some(stream) = publishing.connection.rtc.direct_api().stream_tx_by_mid(mid, None) {
                // By itself str0m sends again no more than a seventh of what it sends; browsers know no such limit.
                stream.set_rtx_cache(2_000, RTX_AGE_MAX, None);
            }
            self.tracks.push(Track {
                peer: id,
                producer_id,
                kind: added.kind,
                codec: media.codec,
                rtp_parameters: added.rtp_parameters.clone(),
                is_open: true,
            });
            tracks.push(track);
        }
        tracks
    }

    /// A peer publishes a track no longer.
    pub fn unpublish(&mut self, track: TrackId) {
        let Track { peer, producer_id, .. } = self.tracks[track.0 as usize];
        self.tracks[track.0 as usize].is_open = false;
        let publishing = self.publishing(peer);
        let mid = publishing.source(track.0).expect("an open track has a source").mid;
        publishing.sources.retain(|source| source.track != track.0);
        let mut changes = publishing.connection.rtc.sdp_api();
        changes.set_direction(mid, Direction::Inactive);
        let (offer, pending) = changes.apply().expect("a new direction is something to offer");
        let answer = self.offer(peer, &offer, pending);
        assert_eq!(answer.removed.len(), 1);
        self.expect(Request::CloseProducer { producer_id });
    }

    /// A peer subscribes to more tracks, in one negotiation.
    pub fn subscribe(&mut self, id: PeerId, tracks: &[TrackId]) {
        self.open_subscribing(id);
        for track in tracks {
            let consumer_id = ConsumerId(self.next_id());
            let identity = ConsumerIdentity {
                mid: None,
                ssrc: Ssrc(self.chance.u32()),
                rtx_ssrc: Ssrc(self.chance.u32()),
                cname: format!("peer-{}", self.tracks[track.0 as usize].peer.0),
            };
            let Track { kind, codec, rtp_parameters, peer, .. } = &self.tracks[track.0 as usize];
            let (kind, codec, stream_id) = (*kind, *codec, format!("peer-{}", peer.0));
            let ssrc = identity.ssrc;
            let rtp_parameters = consumer_parameters(rtp_parameters, &router_capabilities(), identity)
                .expect("the router takes what it negotiated");
            let media =
                SubscribedMedia { kind, rtp_parameters, stream_id, track_id: format!("track-{}", track.0) };
            let subscribing = self.subscribing(id);
            subscribing.session.add(consumer_id, media).expect("a consumer's parameters can be offered");
            let received = Received::default();
            let taken = Taken { track: *track, codec, ssrc, mid: None, is_open: true, received };
            subscribing.taken.insert(consumer_id, taken);
        }
        self.offer_to(id);
    }

    /// A peer gives up tracks.
    pub fn unsubscribe(&mut self, id: PeerId, tracks: &[TrackId]) {
        for track in tracks {
            let consumer_id = self.consumer(id, *track);
            self.expect(Request::CloseConsumer { consumer_id });
            self.subscribing(id).end(consumer_id);
        }
        self.offer_to(id);
    }

    /// ICE is restarted for one of a peer's connections: by the side that offers.
    pub fn restart_ice(&mut self, id: PeerId, half: Half) {
        let ice = self.credentials();
        match half {
            Half::Publish => {
                let publishing = self.publishing(id);
                publishing.session.restart_ice(ice);
                let mut changes = publishing.connection.rtc.sdp_api();
                changes.ice_restart(true);
                let (offer, pending) = changes.apply().expect("a restart is something to offer");
                self.offer(id, &offer, pending);
            }
            Half::Subscribe => {
                let transport_id = self.subscribing(id).transport_id;
                self.expect(Request::RestartIce { transport_id, ice: ice.clone() });
                self.subscribing(id).session.restart_ice(ice);
                self.offer_to(id);
            }
        }
    }

    /// Takes consumers that the worker ended out of their peers' sessions.
    pub(super) fn tell_ended(&mut self) {
        for consumer_id in std::mem::take(&mut self.ended) {
            let has_it = |peer: &Peer| {
                peer.subscribe
                    .as_ref()
                    .is_some_and(|subscribing| subscribing.taken.contains_key(&consumer_id))
            };
            let owner = self.peers.iter().position(|peer| peer.as_ref().is_some_and(has_it));
            if let Some(index) = owner {
                self.subscribing(PeerId(index)).end(consumer_id);
                self.offer_to(PeerId(index));
            }
        }
    }

    /// A peer's offer: read, carried out, answered. New tracks are for the caller to produce.
    fn offer(&mut self, id: PeerId, offer: &SdpOffer, pending: SdpPendingOffer) -> PublishAnswer {
        let publishing = self.publishing(id);
        let answer = publishing.session.handle_offer(&offer.to_sdp_string()).expect("str0m's offer is read");
        let (transport_id, is_told) = (publishing.transport_id, publishing.is_told);
        if let Some(ice) = answer.local_restart.clone() {
            self.expect(Request::RestartIce { transport_id, ice });
        }
        self.connect(id, transport_id, is_told, &answer.remote);
        let now = self.now;
        let publishing = self.publishing(id);
        publishing.is_told = true;
        let sdp = SdpAnswer::from_sdp_string(&answer.sdp).expect("str0m reads the answer");
        publishing.connection.rtc.sdp_api().accept_answer(pending, sdp).expect("str0m accepts the answer");
        publishing.connection.handle_timeout(now);
        self.take_output(id, Half::Publish);
        answer
    }

    /// Whatever is new in a subscribe session: offered, answered, carried out.
    fn offer_to(&mut self, id: PeerId) {
        let Some(offer) = self.subscribing(id).session.poll_offer() else { return };
        // str0m takes the passive role where it may, and the worker as DTLS client speaks DTLS 1.2 only.
        let sdp = match self.peer(id).setup.is_dtls12 {
            true => offer.sdp.clone(),
            false => offer.sdp.replace("a=setup:actpass", "a=setup:passive"),
        };
        let sdp = SdpOffer::from_sdp_string(&sdp).expect("str0m reads the offer");
        let subscribing = self.subscribing(id);
        for (mid, consumer_id) in &offer.tracks {
            if let Some(taken) = subscribing.taken.get_mut(consumer_id) {
                taken.mid = Some(mid.as_str().into());
            }
        }
        let answer = subscribing.connection.rtc.sdp_api().accept_offer(sdp).expect("str0m accepts the offer");
        let answer =
            subscribing.session.handle_answer(&answer.to_sdp_string()).expect("str0m's answer is read");
        assert!(answer.refused.is_empty(), "refused: {:?}", answer.refused);
        let (transport_id, is_told) = (subscribing.transport_id, subscribing.is_told);
        subscribing.is_told |= answer.remote.is_some();
        if let Some(remote) = &answer.remote {
            self.connect(id, transport_id, is_told, remote);
        }
        for (consumer_id, rtp_parameters) in answer.accepted {
            let track = self.subscribing(id).taken[&consumer_id].track;
            let producer_id = self.tracks[track.0 as usize].producer_id;
            let consume = Consume { transport_id, consumer_id, producer_id, rtp_parameters, paused: false };
            self.expect(Request::Consume(Box::new(consume)));
        }
        let now = self.now;
        self.subscribing(id).connection.handle_timeout(now);
        self.take_output(id, Half::Subscribe);
    }

    /// Tells a transport its peer's side: once, and after each restart.
    fn connect(&mut self, id: PeerId, transport_id: TransportId, is_told: bool, remote: &RemoteTransport) {
        if is_told && !remote.ice_restarted {
            return;
        }
        let mut dtls: DtlsParameters = remote.dtls.clone();
        if self.peer(id).setup.forged_fingerprint {
            dtls.fingerprints.iter_mut().for_each(|fingerprint| fingerprint.digest[0] ^= 1);
        }
        let remote_ufrag = Some(remote.ufrag.clone());
        self.expect(Request::ConnectWebRtcTransport { transport_id, remote_ufrag, dtls });
    }

    fn open_publishing(&mut self, id: PeerId) {
        if self.peer(id).publish.is_some() {
            return;
        }
        let (transport_id, local) = self.open_transport();
        let session = PublishSession::new(self.next_id(), local, router_capabilities());
        let connection = self.open_connection(id, Half::Publish);
        self.peer(id).publish = Some(Publishing::new(connection, transport_id, session));
    }

    fn open_subscribing(&mut self, id: PeerId) {
        if self.peer(id).subscribe.is_some() {
            return;
        }
        let (transport_id, local) = self.open_transport();
        let session = SubscribeSession::new(self.next_id(), local);
        let connection = self.open_connection(id, Half::Subscribe);
        self.peer(id).subscribe = Some(Subscribing::new(connection, transport_id, session));
    }

    fn open_connection(&mut self, id: PeerId, half: Half) -> Connection {
        let (now, with_raw_packets) = (self.now, self.journal.is_some());
        let peer = self.peer(id);
        Connection::new(&peer.setup, half, peer.address(half), now, with_raw_packets)
    }

    fn open_transport(&mut self) -> (TransportId, LocalTransport) {
        let transport_id = TransportId(self.next_id());
        let ice = self.credentials();
        let request = Request::CreateWebRtcTransport { router_id: ROUTER, transport_id, ice: ice.clone() };
        match self.expect(request) {
            Response::TransportCreated { candidates, fingerprints } => {
                (transport_id, LocalTransport { ice, candidates, fingerprints })
            }
            other => panic!("a new transport tells its side, not {other:?}"),
        }
    }

    fn credentials(&mut self) -> IceCredentials {
        IceCredentials { ufrag: self.chance.letters(8), password: self.chance.letters(24) }
    }

    fn next_id(&mut self) -> u64 {
        self.ids += 1;
        self.ids
    }

    pub(super) fn peer(&mut self, id: PeerId) -> &mut Peer {
        self.peers[id.0].as_mut().expect("the peer has left")
    }

    pub(super) fn publishing(&mut self, id: PeerId) -> &mut Publishing {
        self.peer(id).publish.as_mut().expect("the peer publishes nothing")
    }

    pub(super) fn subscribing(&mut self, id: PeerId) -> &mut Subscribing {
        self.peer(id).subscribe.as_mut().expect("the peer subscribes to nothing")
    }
}
