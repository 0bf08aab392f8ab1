//! What a link's protocols take, send and tell: STUN and DTLS datagrams, new paths, keys.

use std::time::Instant;

use motet_control::{DtlsState, Notification};
use motet_dtls::DtlsError;
use motet_ice::Tuple;

use super::webrtc::WebRtc;
use super::{Due, Link, health};
use crate::drop_reason::DropReason;
use crate::egress::Egress;
use crate::route::RouteChange;
use crate::router::{Note, Router};
use crate::table::TransportKey;

impl Router {
    /// Takes a connectivity check.
    pub(crate) fn take_stun(
        &mut self,
        now: Instant,
        key: TransportKey,
        tuple: Tuple,
        datagram: &[u8],
        egress: &mut impl Egress,
    ) -> Result<(), DropReason> {
        if !self.is_webrtc(key) {
            return Err(DropReason::UnvalidatedTuple);
        }
        let result = self.webrtc(key).ice.handle_datagram(now, tuple, datagram);
        self.drain_link(now, key, egress);
        result.map_err(|_| DropReason::BadStun)
    }

    /// Takes a DTLS datagram; the tuple is validated.
    pub(crate) fn take_dtls(
        &mut self,
        now: Instant,
        key: TransportKey,
        datagram: &[u8],
        egress: &mut impl Egress,
    ) -> Result<(), DropReason> {
        let dtls = self.webrtc(key).dtls(now).ok_or(DropReason::EarlyDtls)?;
        let ignored = dtls.ignored();
        let result = dtls.handle_datagram(now, datagram);
        let is_ignored = dtls.ignored() > ignored;
        self.drain_dtls(now, key, egress);
        self.settle_dtls(key, result).map_err(|_| DropReason::BadDtls)?;
        if is_ignored { Err(DropReason::IgnoredDtls) } else { Ok(()) }
    }

    /// Lets time pass for ICE and DTLS.
    pub(crate) fn wake_link(&mut self, now: Instant, key: TransportKey, egress: &mut impl Egress) {
        if !self.is_webrtc(key) {
            return;
        }
        let webrtc = self.webrtc(key);
        webrtc.ice.handle_timeout(now);
        let result = webrtc.opened_dtls().map_or(Ok(()), |dtls| dtls.handle_timeout(now));
        self.drain_link(now, key, egress);
        // Told by the state's notification; a handshake that runs out of time is no packet's fault.
        let _ = self.settle_dtls(key, result);
    }

    /// A TCP connection ended.
    pub(crate) fn close_tuple(&mut self, now: Instant, key: TransportKey, tuple: Tuple) {
        if self.is_webrtc(key) {
            self.webrtc(key).ice.tuple_closed(tuple);
            self.drain_ice_events(now, key);
        }
    }

    fn is_webrtc(&self, key: TransportKey) -> bool {
        matches!(self.transports[key].link, Link::WebRtc(_))
    }

    fn webrtc(&mut self, key: TransportKey) -> &mut WebRtc {
        match &mut self.transports[key].link {
            Link::WebRtc(webrtc) => webrtc,
            Link::Direct(_) => unreachable!("every way in here asks whether the link is WebRTC's"),
        }
    }

    /// Sends and tells whatever ICE and DTLS have, in the order in which one gives rise to the other.
    fn drain_link(&mut self, now: Instant, key: TransportKey, egress: &mut impl Egress) {
        let mut datagram = std::mem::take(&mut self.datagram);
        while let Some(tuple) = self.webrtc(key).ice.poll_transmit(&mut datagram) {
            self.send_datagram(key, tuple, &datagram, egress);
        }
        self.datagram = datagram;
        self.drain_ice_events(now, key);
        // The first path opens the association; as a client it begins to speak.
        if self.webrtc(key).told.1.is_some() {
            let before = self.webrtc(key).dtls_state;
            self.webrtc(key).dtls(now);
            self.tell_dtls(key, before);
            self.drain_dtls(now, key, egress);
        }
        let transport = &mut self.transports[key];
        transport.deadlines.want_again(Due::Link, transport.link.poll_timeout(), now);
        self.judge(now, key);
    }

    fn drain_ice_events(&mut self, now: Instant, key: TransportKey) {
        let transport_id = self.transports[key].id;
        while let Some(event) = self.webrtc(key).ice.poll_event() {
            match event {
                motet_ice::Event::Validated(tuple) => {
                    self.webrtc(key).tuples.push(tuple);
                    self.routes.push_back(RouteChange::AddTuple(tuple, transport_id));
                }
                motet_ice::Event::Removed(tuple) => {
                    self.webrtc(key).tuples.retain(|known| *known != tuple);
                    self.routes.push_back(RouteChange::RemoveTuple(tuple, transport_id));
                }
                // Both show in the state and the selected tuple.
                motet_ice::Event::Selected(_) | motet_ice::Event::Disconnected => {}
                motet_ice::Event::CredentialsRetired(ufrag) => {
                    self.routes.push_back(RouteChange::RemoveUfrag(ufrag));
                }
            }
        }
        let webrtc = self.webrtc(key);
        let was_ready = webrtc.is_ready();
        let (state, tuple) = (webrtc.ice.state(), webrtc.ice.selected());
        if webrtc.told != (state, tuple) {
            webrtc.told = (state, tuple);
            self.notes.push_back(Note::Ice { transport_id, state, tuple });
        }
        if !was_ready && self.transports[key].link.is_ready() {
            self.begin_media(now, key);
        }
        let transport = &mut self.transports[key];
        transport.deadlines.want_again(Due::Link, transport.link.poll_timeout(), now);
        self.judge(now, key);
    }

    fn drain_dtls(&mut self, now: Instant, key: TransportKey, egress: &mut impl Egress) {
        let before = self.webrtc(key).dtls_state;
        let mut datagram = std::mem::take(&mut self.datagram);
        while let Some(tuple) = self.webrtc(key).told.1
            && self.webrtc(key).opened_dtls().is_some_and(|dtls| dtls.poll_transmit(&mut datagram))
        {
            self.send_datagram(key, tuple, &datagram, egress);
        }
        self.datagram = datagram;
        while let Some(event) = self.webrtc(key).opened_dtls().and_then(|dtls| dtls.poll_event()) {
            let webrtc = self.webrtc(key);
            match event {
                motet_dtls::Event::Connected(keying) => match webrtc.take_keys(&keying) {
                    Ok(()) => webrtc.dtls_state = DtlsState::Connected,
                    Err(_) => webrtc.end_dtls(DtlsState::Failed),
                },
                // Data channels are SCTP's, which is not here yet.
                motet_dtls::Event::ApplicationData(_) => {}
                motet_dtls::Event::Closed => webrtc.end_dtls(DtlsState::Closed),
            }
        }
        self.tell_dtls(key, before);
        if before != DtlsState::Connected && self.webrtc(key).dtls_state == DtlsState::Connected {
            self.begin_media(now, key);
        }
        let transport = &mut self.transports[key];
        transport.deadlines.want_again(Due::Link, transport.link.poll_timeout(), now);
    }

    /// Ends an association that met an error.
    fn settle_dtls(&mut self, key: TransportKey, result: Result<(), DtlsError>) -> Result<(), DtlsError> {
        if result.is_err() {
            let before = self.webrtc(key).dtls_state;
            self.webrtc(key).end_dtls(DtlsState::Failed);
            self.tell_dtls(key, before);
        }
        result
    }

    fn tell_dtls(&mut self, key: TransportKey, before: DtlsState) {
        let (transport_id, state) = (self.transports[key].id, self.webrtc(key).dtls_state);
        if state != before {
            self.notify(Notification::TransportDtls { transport_id, state });
        }
    }

    /// Media can pass, for the first time or again: consumers begin anew, with a keyframe and without a gap.
    fn begin_media(&mut self, now: Instant, key: TransportKey) {
        for index in 0..self.transports[key].subscriptions.consumers.len() {
            let consumer = self.transports[key].subscriptions.consumers[index];
            self.consumers[consumer].interrupt();
            if self.consumers[consumer].awaits_key_frame() {
                self.wish_key_frame(now, consumer);
            }
        }
        self.judge(now, key);
    }

    /// Tells the transport's quality if it changed.
    pub(crate) fn judge(&mut self, now: Instant, key: TransportKey) {
        if !self.is_webrtc(key) {
            // Between threads nothing is lost but what a full queue counts.
            return;
        }
        let transport = &mut self.transports[key];
        let is_ready = transport.link.is_ready();
        if is_ready {
            let silent_at = transport.health.received_at.map(|at| at + health::SILENCE);
            if transport.deadlines.at(Due::Silence).is_none() {
                transport.deadlines.want(Due::Silence, silent_at.filter(|at| *at > now));
            }
        }
        if let Some(quality) = transport.health.judge(now, is_ready) {
            let transport_id = transport.id;
            self.notify(Notification::TransportQuality { transport_id, quality });
        }
    }

    fn send_datagram(&mut self, key: TransportKey, tuple: Tuple, datagram: &[u8], egress: &mut impl Egress) {
        egress.send(tuple, datagram.len(), |out| {
            out[..datagram.len()].copy_from_slice(datagram);
            datagram.len()
        });
        self.transports[key].sent.add(datagram.len());
    }
}
