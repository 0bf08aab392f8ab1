//! One routing domain: what its entities are and where a request, a datagram or a moment goes.
#![expect(clippy::todo, reason = "signatures first")]

use std::net::SocketAddr;
use std::time::Instant;

use motet_control::{
    ConsumerId, IceCandidate, Notification, ObserverId, ProducerId, Refusal, Request, Response, TransportId,
};
use motet_dtls::Certificate;
use motet_ice::{SocketId, Tuple};
use motet_rtp::NtpTime;

use crate::egress::Egress;
use crate::route::RouteChange;

/// What a router is told once.
#[derive(Clone)]
pub struct Setup {
    /// This side's certificate in every DTLS handshake.
    pub certificate: Certificate,
    /// Where peers may send to, best first; told in [`Response::TransportCreated`].
    pub candidates: Vec<IceCandidate>,
    /// One moment on both clocks; wall-clock time follows `Instant` from there on, so that it never steps.
    pub ntp_anchor: (Instant, NtpTime),
    /// Where first sequence numbers, report intervals and the like are drawn from.
    pub seed: u64,
}

/// Sums over all entities of a router, closed ones included.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Totals {
    /// Open transports.
    pub transports: usize,
    /// Open producers.
    pub producers: usize,
    /// Open consumers.
    pub consumers: usize,
    /// Datagrams and frames that came.
    pub received_packets: u64,
    /// Their bytes.
    pub received_bytes: u64,
    /// Datagrams and frames that went.
    pub sent_packets: u64,
    /// Their bytes.
    pub sent_bytes: u64,
    /// RTP packets that producers took in.
    pub producer_packets: u64,
    /// RTP packets that consumers sent, retransmissions included.
    pub consumer_packets: u64,
    /// Whatever was refused, by reason.
    pub drops: Vec<(&'static str, u64)>,
}

/// One routing domain of packets: transports with the producers and consumers on them, and observers of audio levels.
///
/// After any `handle_*` call, drain [`Self::poll_route`] and [`Self::poll_notification`] (in any order), then read
/// [`Self::poll_timeout`]. Whatever a request gives rise to on the wire goes out in [`Self::handle_timeout`], which is then
/// due at once.
pub struct Router {}

impl Router {
    /// A router without entities.
    pub fn new(setup: Setup) -> Self {
        let _ = setup;
        Self {}
    }

    /// Carries out any request but those that name a router or the worker ([`Request::CreateRouter`],
    /// [`Request::CloseRouter`], [`Request::GetWorkerStats`]), which are refused. `local_addr` tells the bound address
    /// of a socket, for [`motet_control::TransportStats::tuple`].
    ///
    /// # Errors
    /// As [`Refusal`] says; a request that is refused changes nothing.
    pub fn handle_request(
        &mut self,
        now: Instant,
        request: Request,
        local_addr: impl Fn(SocketId) -> SocketAddr,
    ) -> Result<Response, Refusal> {
        let _ = (now, request, local_addr);
        todo!()
    }

    /// Takes a datagram (or frame) that came for `transport`: by its tuple, else by the local username fragment of a STUN check.
    /// The buffer is decrypted in place. A datagram for a transport that does not exist is ignored.
    pub fn handle_datagram(
        &mut self,
        now: Instant,
        transport: TransportId,
        tuple: Tuple,
        datagram: &mut [u8],
        egress: &mut impl Egress,
    ) {
        let _ = (now, transport, tuple, datagram, egress);
        todo!()
    }

    /// A TCP connection ended: its tuple leads nowhere.
    pub fn handle_tuple_closed(&mut self, now: Instant, transport: TransportId, tuple: Tuple) {
        let _ = (now, transport, tuple);
        todo!()
    }

    /// Does whatever is due at `now`. Calling it early or late is harmless.
    pub fn handle_timeout(&mut self, now: Instant, egress: &mut impl Egress) {
        let _ = (now, egress);
        todo!()
    }

    /// When [`Self::handle_timeout`] is due next, over all entities. Costs nothing to ask.
    pub fn poll_timeout(&self) -> Option<Instant> {
        todo!()
    }

    /// The next thing to tell the asker. `local_addr` tells the bound address of a socket.
    pub fn poll_notification(&mut self, local_addr: impl Fn(SocketId) -> SocketAddr) -> Option<Notification> {
        let _ = local_addr;
        todo!()
    }

    /// The next change of what leads to whom.
    pub fn poll_route(&mut self) -> Option<RouteChange> {
        todo!()
    }

    /// Sums over all entities, closed ones included.
    pub fn totals(&self) -> Totals {
        todo!()
    }

    /// Whether the transport is here.
    pub fn has_transport(&self, id: TransportId) -> bool {
        let _ = id;
        todo!()
    }

    /// Whether the producer is here.
    pub fn has_producer(&self, id: ProducerId) -> bool {
        let _ = id;
        todo!()
    }

    /// Whether the consumer is here.
    pub fn has_consumer(&self, id: ConsumerId) -> bool {
        let _ = id;
        todo!()
    }

    /// Whether the observer is here.
    pub fn has_observer(&self, id: ObserverId) -> bool {
        let _ = id;
        todo!()
    }
}
