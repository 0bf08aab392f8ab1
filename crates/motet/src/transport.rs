//! The handle to a WebRTC transport.

use std::fmt;
use std::sync::Arc;

use motet_control::{
    ConsumerId, DtlsParameters, DtlsState, Fingerprint, IceCandidate, IceCredentials, IceState, Notification,
    ProducerId, Quality, Request, Response, RouterId, TransportId, TransportStats, TransportTuple,
};
use motet_router::EntityId;
use motet_rtp::Ssrc;

use crate::consumer::{Consumer, ConsumerSettings};
use crate::error::RequestError;
use crate::events::EventsOf;
use crate::link::{Held, Link};
use crate::producer::{Producer, ProducerSettings};
use crate::random;

/// One peer's pipe: ICE-lite, DTLS, and the media of both directions. Closed, with its producers and consumers, when
/// dropped.
pub struct WebRtcTransport {
    held: Held,
    id: TransportId,
    ice: IceCredentials,
    candidates: Vec<IceCandidate>,
    fingerprints: Vec<Fingerprint>,
}

/// The peer's side of a transport, as its signaling told.
#[derive(Clone, Debug)]
pub struct RemoteSide {
    /// Its ICE username fragment, where known: checks that name another are refused.
    pub ufrag: Option<String>,
    /// Its DTLS role and fingerprints.
    pub dtls: DtlsParameters,
}

/// What a transport tells.
#[derive(Clone, Debug)]
pub enum TransportEvent {
    /// ICE changed its state or its selected path.
    Ice {
        /// The state.
        state: IceState,
        /// The selected path.
        tuple: Option<TransportTuple>,
    },
    /// DTLS changed its state; media flows once it is connected.
    Dtls(DtlsState),
    /// How well media passes changed.
    Quality(Quality),
    /// Two streams claim this SSRC; the later one is dropped.
    SsrcConflict(Ssrc),
}

impl WebRtcTransport {
    pub(crate) async fn create(
        link: &Arc<Link>,
        router_id: RouterId,
        id: TransportId,
    ) -> Result<Self, RequestError> {
        let ice = random::ice_credentials();
        let request = Request::CreateWebRtcTransport { router_id, transport_id: id, ice: ice.clone() };
        match Held::create(link, EntityId::Transport(id), request).await? {
            (held, Response::TransportCreated { candidates, fingerprints }) => {
                Ok(Self { held, id, ice, candidates, fingerprints })
            }
            (_, other) => unreachable!("a transport's creation is not answered by {other:?}"),
        }
    }

    /// Its name in [`motet_control`]'s words.
    pub fn id(&self) -> TransportId {
        self.id
    }

    /// This side's ICE credentials, to tell the peer.
    pub fn ice(&self) -> &IceCredentials {
        &self.ice
    }

    /// Where the peer may send to, best first. There are no others to come: tell the peer that they are all
    /// (`a=end-of-candidates`).
    pub fn candidates(&self) -> &[IceCandidate] {
        &self.candidates
    }

    /// This side's fingerprints, to tell the peer.
    pub fn fingerprints(&self) -> &[Fingerprint] {
        &self.fingerprints
    }

    /// Tells the transport the peer's side. A second call may only follow [`Self::restart_ice`] and repeats the DTLS part.
    ///
    /// # Errors
    /// As [`RequestError`] says.
    pub async fn connect(&self, remote: RemoteSide) -> Result<(), RequestError> {
        let RemoteSide { ufrag, dtls } = remote;
        let request = Request::ConnectWebRtcTransport { transport_id: self.id, remote_ufrag: ufrag, dtls };
        self.held.link.ask(request).await
    }

    /// Takes fresh ICE credentials, to tell the peer; media goes on over the former path until checks with the new ones
    /// come.
    ///
    /// # Errors
    /// As [`RequestError`] says; the former credentials are kept then.
    pub async fn restart_ice(&mut self) -> Result<&IceCredentials, RequestError> {
        let ice = random::ice_credentials();
        self.held.link.ask(Request::RestartIce { transport_id: self.id, ice: ice.clone() }).await?;
        self.ice = ice;
        Ok(&self.ice)
    }

    /// Opens a producer for media that the peer sends.
    ///
    /// # Errors
    /// As [`RequestError`] says.
    pub async fn produce(&self, settings: ProducerSettings) -> Result<Producer, RequestError> {
        let link = &self.held.link;
        Producer::create(link, self.id, ProducerId(link.next_id()), settings).await
    }

    /// Opens a consumer that sends a producer's media to the peer.
    ///
    /// # Errors
    /// As [`RequestError`] says.
    pub async fn consume(&self, settings: ConsumerSettings) -> Result<Consumer, RequestError> {
        let link = &self.held.link;
        Consumer::create(link, self.id, ConsumerId(link.next_id()), settings).await
    }

    /// Its counters, with those of its producers and consumers.
    ///
    /// # Errors
    /// As [`RequestError`] says.
    pub async fn stats(&self) -> Result<TransportStats, RequestError> {
        match self.held.link.send(Request::GetTransportStats { transport_id: self.id }).await? {
            Response::TransportStats(stats) => Ok(*stats),
            other => unreachable!("GetTransportStats is answered by TransportStats, not {other:?}"),
        }
    }

    /// What it tells from now on.
    pub fn events(&self) -> EventsOf<TransportEvent> {
        EventsOf::new(self.held.listen(), read)
    }
}

fn read(notification: Notification) -> Option<TransportEvent> {
    match notification {
        Notification::TransportIce { state, tuple, .. } => Some(TransportEvent::Ice { state, tuple }),
        Notification::TransportDtls { state, .. } => Some(TransportEvent::Dtls(state)),
        Notification::TransportQuality { quality, .. } => Some(TransportEvent::Quality(quality)),
        Notification::SsrcConflict { ssrc, .. } => Some(TransportEvent::SsrcConflict(ssrc)),
        _ => None,
    }
}

impl fmt::Debug for WebRtcTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("WebRtcTransport").field(&self.id).finish()
    }
}
