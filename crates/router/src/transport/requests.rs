//! Requests about transports.

use std::net::SocketAddr;
use std::time::Instant;

use motet_control::{
    DtlsParameters, DtlsState, FingerprintHash, IceCredentials, IceState, Refusal, Response, TransportId,
    TransportStats, TransportTuple,
};
use motet_ice::{SocketId, Tuple};
use motet_rtp::Ssrc;

use super::direct::Direct;
use super::webrtc::WebRtc;
use super::{Link, Transport};
use crate::route::{EntityId, RouteChange};
use crate::router::Router;
use crate::table::TransportKey;
use crate::timers::Sleeper;

/// Lengths that RFC 8445 section 5.3 allows.
const UFRAG_LEN: std::ops::RangeInclusive<usize> = 4..=256;
const PASSWORD_LEN: std::ops::RangeInclusive<usize> = 22..=256;
/// Fingerprints that a peer may announce: one per hash and certificate is plenty.
const FINGERPRINTS_MAX: usize = 16;

impl Router {
    pub(crate) fn create_webrtc_transport(
        &mut self,
        id: TransportId,
        ice: IceCredentials,
    ) -> Result<Response, Refusal> {
        self.transports.check_free(id)?;
        check_credentials(&ice)?;
        let rtcp_ssrc = Ssrc(self.chance.u32());
        self.routes.push_back(RouteChange::AddEntity(EntityId::Transport(id)));
        self.routes.push_back(RouteChange::AddUfrag(ice.ufrag.clone(), id));
        let link = Link::WebRtc(Box::new(WebRtc::new(ice, self.setup.certificate.clone())));
        self.transports.insert(id, Transport::new(id, link, rtcp_ssrc));
        Ok(Response::TransportCreated {
            candidates: self.setup.candidates.clone(),
            fingerprints: vec![self.setup.certificate.fingerprint(FingerprintHash::Sha256)],
        })
    }

    pub(crate) fn create_direct_transport(&mut self, id: TransportId) -> Result<Response, Refusal> {
        self.transports.check_free(id)?;
        let rtcp_ssrc = Ssrc(self.chance.u32());
        self.routes.push_back(RouteChange::AddEntity(EntityId::Transport(id)));
        self.transports.insert(id, Transport::new(id, Link::Direct(Direct::new(id)), rtcp_ssrc));
        Ok(Response::Done)
    }

    pub(crate) fn connect_webrtc_transport(
        &mut self,
        now: Instant,
        id: TransportId,
        remote_ufrag: Option<String>,
        dtls: DtlsParameters,
    ) -> Result<Response, Refusal> {
        let key = self.transports.find(id)?;
        let webrtc = webrtc_of(&mut self.transports[key])?;
        check_dtls(&dtls)?;
        match &webrtc.peer {
            None => {}
            Some(_) if !webrtc.is_restarted => {
                return Err(Refusal::BadState(format!("transport {id} is connected already")));
            }
            Some(before) if *before != dtls => {
                return Err(Refusal::BadParameter(
                    "DTLS parameters changed, which needs a new transport".into(),
                ));
            }
            Some(_) => {}
        }
        webrtc.is_restarted = false;
        if let Some(ufrag) = remote_ufrag {
            webrtc.ice.set_remote_ufrag(ufrag);
        }
        if webrtc.peer.is_none() {
            webrtc.peer = Some(dtls);
            webrtc.dtls_state = DtlsState::Connecting;
            self.notify(motet_control::Notification::TransportDtls {
                transport_id: id,
                state: DtlsState::Connecting,
            });
            // A path may be there already: then the association opens, and as a client speaks, at once.
            self.want(key, super::Due::Link, Some(now));
        }
        Ok(Response::Done)
    }

    pub(crate) fn restart_ice(
        &mut self,
        now: Instant,
        id: TransportId,
        ice: IceCredentials,
    ) -> Result<Response, Refusal> {
        let key = self.transports.find(id)?;
        check_credentials(&ice)?;
        let webrtc = webrtc_of(&mut self.transports[key])?;
        if webrtc.ice.ufrags().any(|ufrag| ufrag == ice.ufrag) {
            return Err(Refusal::BadParameter("the username fragment must be a new one".into()));
        }
        self.routes.push_back(RouteChange::AddUfrag(ice.ufrag.clone(), id));
        webrtc.ice.restart(ice);
        webrtc.is_restarted = true;
        self.want(key, super::Due::Link, Some(now));
        Ok(Response::Done)
    }

    pub(crate) fn close_transport(&mut self, now: Instant, id: TransportId) -> Result<Response, Refusal> {
        let key = self.transports.find(id)?;
        for producer in std::mem::take(&mut self.transports[key].incoming.producers) {
            self.end_producer(producer, Some(key));
        }
        for consumer in std::mem::take(&mut self.transports[key].subscriptions.consumers) {
            self.end_consumer(consumer);
        }
        if let Some(mut transport) = self.transports.remove(id) {
            self.timers.disarm(Sleeper::Transport(key), &mut transport.alarm);
            self.gone.add_transport(&transport);
            if let Link::WebRtc(webrtc) = &mut transport.link {
                for (tuple, datagram) in webrtc.close() {
                    self.bid_farewell(now, tuple, datagram);
                }
                self.routes.extend(webrtc.tuples.iter().map(|tuple| RouteChange::RemoveTuple(*tuple, id)));
                let ufrags = webrtc.ice.ufrags().map(|ufrag| RouteChange::RemoveUfrag(ufrag.to_owned()));
                self.routes.extend(ufrags);
            }
        }
        self.routes.push_back(RouteChange::RemoveEntity(EntityId::Transport(id)));
        Ok(Response::Done)
    }

    pub(crate) fn transport_stats(
        &self,
        now: Instant,
        id: TransportId,
        local_addr: impl Fn(SocketId) -> SocketAddr,
    ) -> Result<Response, Refusal> {
        let key = self.transports.find(id)?;
        Ok(Response::TransportStats(Box::new(self.stats_of(now, key, local_addr))))
    }

    fn stats_of(
        &self,
        now: Instant,
        key: TransportKey,
        local_addr: impl Fn(SocketId) -> SocketAddr,
    ) -> TransportStats {
        let transport = &self.transports[key];
        let round_trip = transport.health.round_trip;
        let spare_bps = self.spare_bps(now, transport);
        let (ice_state, tuple, dtls_state) = match &transport.link {
            Link::WebRtc(webrtc) => (webrtc.told.0, webrtc.told.1, webrtc.dtls_state),
            Link::Direct(_) => (IceState::New, None, DtlsState::New),
        };
        TransportStats {
            transport_id: transport.id,
            ice_state,
            dtls_state,
            tuple: tuple.map(|tuple| told_tuple(tuple, local_addr)),
            received_bytes: transport.received.bytes,
            sent_bytes: transport.sent.bytes,
            received_packets: transport.received.packets,
            sent_packets: transport.sent.packets,
            round_trip_ms: round_trip.map(|trip| trip.as_secs_f32() * 1_000.0),
            producers: transport
                .incoming
                .producers
                .iter()
                .map(|key| self.producers[*key].stats(now, round_trip))
                .collect(),
            consumers: transport
                .subscriptions
                .consumers
                .iter()
                .map(|key| self.consumers[*key].stats(now, spare_bps))
                .collect(),
            drops: transport.drops.to_named(),
        }
    }
}

/// A tuple as the control API tells it.
pub(crate) fn told_tuple(tuple: Tuple, local_addr: impl Fn(SocketId) -> SocketAddr) -> TransportTuple {
    TransportTuple { protocol: tuple.protocol, local: local_addr(tuple.socket), remote: tuple.remote }
}

fn webrtc_of(transport: &mut Transport) -> Result<&mut WebRtc, Refusal> {
    match &mut transport.link {
        Link::WebRtc(webrtc) => Ok(webrtc),
        Link::Direct(_) => Err(Refusal::BadState(format!("transport {} is not a WebRTC one", transport.id))),
    }
}

fn check_credentials(ice: &IceCredentials) -> Result<(), Refusal> {
    if !UFRAG_LEN.contains(&ice.ufrag.len()) {
        return Err(Refusal::BadParameter("an ICE username fragment has 4 to 256 characters".into()));
    }
    if !PASSWORD_LEN.contains(&ice.password.len()) {
        return Err(Refusal::BadParameter("an ICE password has 22 to 256 characters".into()));
    }
    Ok(())
}

fn check_dtls(dtls: &DtlsParameters) -> Result<(), Refusal> {
    if dtls.fingerprints.is_empty() || dtls.fingerprints.len() > FINGERPRINTS_MAX {
        return Err(Refusal::BadParameter(format!("a peer has 1 to {FINGERPRINTS_MAX} fingerprints")));
    }
    let is_whole = |print: &motet_control::Fingerprint| print.digest.len() == print.hash.len_bytes();
    if !dtls.fingerprints.iter().all(is_whole) {
        return Err(Refusal::BadParameter("a fingerprint does not have its hash's length".into()));
    }
    Ok(())
}
