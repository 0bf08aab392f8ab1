//! A router and its peers without a network: each peer does real checks, a real handshake and real SRTP.
#![allow(dead_code, reason = "each test file uses its own part")]

mod media;

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use motet_control::{
    CandidateProtocol, DtlsParameters, DtlsRole, FingerprintHash, IceCredentials, Notification, Refusal,
    Request, Response, RouterId, TransportId, TransportStats,
};
use motet_dtls::{Certificate, Dtls, SrtpKeying, SrtpProfile};
use motet_ice::{SocketId, Tuple};
use motet_router::{Egress, RouteChange, Router, Setup};
use motet_rtp::ext::{ExtensionMap, ExtensionValues};
use motet_rtp::{NtpTime, RtpHeader, RtpView, SeqNo, is_rtcp, write_header};
use motet_srtp::{MasterKey, Profile, Protector, Unprotector};
use stun_types::attribute::{RawAttribute, Username};
use stun_types::message::{
    BINDING, IntegrityAlgorithm, Message, MessageClass, MessageType, MessageWriteVec, ShortTermCredentials,
};
use stun_types::prelude::{MessageWrite, MessageWriteExt};

pub(crate) use media::*;

pub(crate) const ROUTER: RouterId = RouterId(1);
const PASSWORD: &str = "a-password-of-22-or-more";

/// What went out, in order.
#[derive(Default)]
pub(crate) struct Sent(pub(crate) VecDeque<(Tuple, Vec<u8>)>, pub(crate) Vec<(TransportId, Vec<u8>)>);

impl Egress for Sent {
    fn send(&mut self, to: Tuple, len_max: usize, fill: impl FnOnce(&mut [u8]) -> usize) {
        // What a buffer held before must never matter.
        let mut buffer = vec![0xa5; len_max];
        let len = fill(&mut buffer);
        if len > 0 {
            buffer.truncate(len);
            self.0.push_back((to, buffer));
        }
    }

    fn send_direct(&mut self, to: TransportId, len_max: usize, fill: impl FnOnce(&mut [u8]) -> usize) {
        let mut buffer = vec![0xa5; len_max];
        let len = fill(&mut buffer);
        buffer.truncate(len);
        self.1.push((to, buffer));
    }
}

/// One router, its clock, and what it told.
pub(crate) struct World {
    pub(crate) router: Router,
    pub(crate) now: Instant,
    began: Instant,
    pub(crate) sent: Sent,
    pub(crate) notifications: Vec<Notification>,
    pub(crate) routes: Vec<RouteChange>,
}

impl World {
    pub(crate) fn new() -> Self {
        let now = Instant::now();
        let certificate = Certificate::generate().unwrap();
        let ntp_anchor = (now, NtpTime(1_000 << 32));
        let router = Router::new(Setup { certificate, candidates: vec![], ntp_anchor, seed: 7 });
        Self { router, now, began: now, sent: Sent::default(), notifications: vec![], routes: vec![] }
    }

    pub(crate) fn ask(&mut self, request: Request) -> Result<Response, Refusal> {
        let response = self.router.handle_request(self.now, request, local_addr);
        self.drain();
        self.wake_if_due();
        response
    }

    /// Asks for something that must be carried out.
    pub(crate) fn must(&mut self, request: Request) -> Response {
        self.ask(request).unwrap()
    }

    pub(crate) fn handle(&mut self, transport: TransportId, tuple: Tuple, datagram: &[u8]) {
        let mut datagram = datagram.to_vec();
        self.router.handle_datagram(self.now, transport, tuple, &mut datagram, &mut self.sent);
        self.drain();
        self.wake_if_due();
    }

    /// Lets time pass, waking the router whenever it asks for it.
    pub(crate) fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        while let Some(due) = self.router.poll_timeout().filter(|due| *due <= end) {
            self.now = due.max(self.now);
            self.wake_if_due();
        }
        self.now = end;
    }

    /// Time since the beginning.
    pub(crate) fn elapsed(&self) -> Duration {
        self.now - self.began
    }

    pub(crate) fn pass_ms(&mut self, ms: u64) {
        self.pass(Duration::from_millis(ms));
    }

    fn wake_if_due(&mut self) {
        // A router that asks to be woken for ever at one moment would hang its worker.
        for _ in 0..20 {
            if self.router.poll_timeout().is_none_or(|due| due > self.now) {
                return;
            }
            self.router.handle_timeout(self.now, &mut self.sent);
            self.drain();
        }
        panic!("the router keeps asking for the same moment");
    }

    fn drain(&mut self) {
        while let Some(notification) = self.router.poll_notification(local_addr) {
            self.notifications.push(notification);
        }
        while let Some(route) = self.router.poll_route() {
            self.routes.push(route);
        }
    }

    pub(crate) fn transport_stats(&mut self, id: TransportId) -> TransportStats {
        let Response::TransportStats(stats) = self.must(Request::GetTransportStats { transport_id: id })
        else {
            panic!("another answer");
        };
        *stats
    }

    pub(crate) fn drops(&mut self, id: TransportId) -> Vec<(&'static str, u64)> {
        self.transport_stats(id).drops
    }

    /// Opens a transport whose peer is not connected yet.
    pub(crate) fn open(&mut self, id: u64) -> Peer {
        let transport_id = TransportId(id);
        let peer = Peer::new(transport_id);
        let ice = credentials(&peer.ufrag);
        self.must(Request::CreateWebRtcTransport { router_id: ROUTER, transport_id, ice });
        peer
    }

    /// Opens a transport and connects its peer.
    pub(crate) fn connect(&mut self, id: u64) -> Peer {
        let mut peer = self.open(id);
        peer.signal(self);
        peer.check(self);
        peer.shake_hands(self);
        peer
    }
}

pub(crate) fn credentials(ufrag: &str) -> IceCredentials {
    IceCredentials { ufrag: ufrag.to_owned(), password: PASSWORD.to_owned() }
}

pub(crate) fn local_addr(socket: SocketId) -> SocketAddr {
    SocketAddr::from(([10, 0, 0, 1], 40_000 + socket.0 as u16))
}

/// A far end: a browser's part.
pub(crate) struct Peer {
    pub(crate) id: TransportId,
    pub(crate) tuple: Tuple,
    pub(crate) ufrag: String,
    pub(crate) certificate: Certificate,
    pub(crate) dtls: Option<Dtls>,
    keys: Option<(Protector, Unprotector)>,
    media: Vec<Media>,
    reports: Vec<Vec<u8>>,
}

/// An RTP packet that came to a peer, opened.
pub(crate) type Media = (RtpHeader, ExtensionValues, Vec<u8>);

impl Peer {
    fn new(id: TransportId) -> Self {
        let remote = SocketAddr::from(([192, 0, 2, 1], 1_000 + id.0 as u16));
        Self {
            id,
            tuple: Tuple { socket: SocketId(0), protocol: CandidateProtocol::Udp, remote },
            ufrag: format!("ufrag{}", id.0),
            certificate: Certificate::generate().unwrap(),
            dtls: None,
            keys: None,
            media: Vec::new(),
            reports: Vec::new(),
        }
    }

    pub(crate) fn dtls_parameters(&self) -> DtlsParameters {
        let fingerprints = vec![self.certificate.fingerprint(FingerprintHash::Sha256)];
        DtlsParameters { role: DtlsRole::Client, fingerprints }
    }

    /// Tells the router what signaling would.
    pub(crate) fn signal(&self, world: &mut World) {
        world.must(Request::ConnectWebRtcTransport {
            transport_id: self.id,
            remote_ufrag: Some("remote".to_owned()),
            dtls: self.dtls_parameters(),
        });
    }

    /// Sends a nominating check and takes the answer.
    pub(crate) fn check(&mut self, world: &mut World) {
        world.handle(self.id, self.tuple, &check(&self.ufrag, PASSWORD));
        let is_answer = |sent: &(Tuple, Vec<u8>)| sent.0 == self.tuple && sent.1[0] < 4;
        let place = world.sent.0.iter().position(is_answer).expect("an answer to the check");
        let (_, answer) = world.sent.0.remove(place).expect("found above");
        assert_eq!(answer[..2], [1, 1], "a success");
    }

    /// Does the DTLS handshake as client.
    pub(crate) fn shake_hands(&mut self, world: &mut World) {
        let fingerprint = world.router_fingerprint();
        let mut dtls = Dtls::new(&self.certificate, DtlsRole::Client, vec![fingerprint], world.now).unwrap();
        for _ in 0..20 {
            let mut datagram = Vec::new();
            while dtls.poll_transmit(&mut datagram) {
                world.handle(self.id, self.tuple, &datagram);
            }
            let answers: Vec<Vec<u8>> = world.take_for(self.tuple);
            for answer in answers {
                dtls.handle_datagram(world.now, &answer).unwrap();
            }
            while let Some(event) = dtls.poll_event() {
                if let motet_dtls::Event::Connected(keying) = event {
                    self.keys = Some(keys(&keying));
                }
            }
            if self.keys.is_some() {
                break;
            }
        }
        assert!(self.keys.is_some(), "the handshake ends");
        let mut datagram = Vec::new();
        while dtls.poll_transmit(&mut datagram) {
            world.handle(self.id, self.tuple, &datagram);
        }
        self.dtls = Some(dtls);
    }

    /// Sends an RTP packet.
    pub(crate) fn send_rtp(
        &mut self,
        world: &mut World,
        (header, index): (RtpHeader, u64),
        values: &ExtensionValues,
        payload: &[u8],
    ) {
        let packet = self.seal(header, index, values, payload);
        world.handle(self.id, self.tuple, &packet);
    }

    pub(crate) fn seal(
        &mut self,
        header: RtpHeader,
        index: u64,
        values: &ExtensionValues,
        payload: &[u8],
    ) -> Vec<u8> {
        let mut head = vec![0; motet_rtp::HEADER_LEN_MAX];
        let len = write_header(&header, values, &extension_map(), &mut head).unwrap();
        let mut out = vec![0; len + payload.len() + 64];
        let (protector, _) = self.keys.as_mut().unwrap();
        let len = protector.protect_rtp(SeqNo(index), &head[..len], payload, &mut out).unwrap();
        out.truncate(len);
        out
    }

    /// Sends a compound RTCP packet.
    pub(crate) fn send_rtcp(
        &mut self,
        world: &mut World,
        write: impl FnOnce(&mut motet_rtp::rtcp::Writer<'_>),
    ) {
        let mut plain = [0; 1_500];
        let mut writer = motet_rtp::rtcp::Writer::new(&mut plain);
        write(&mut writer);
        let len = writer.len();
        self.send_compound(world, &plain[..len]);
    }

    /// Sends what should be a compound RTCP packet.
    pub(crate) fn send_compound(&mut self, world: &mut World, compound: &[u8]) {
        let mut out = vec![0; compound.len() + 64];
        let (protector, _) = self.keys.as_mut().unwrap();
        let len = protector.protect_rtcp(compound, &mut out).unwrap();
        world.handle(self.id, self.tuple, &out[..len]);
    }

    /// Opens whatever came.
    pub(crate) fn receive(&mut self, world: &mut World) {
        for mut datagram in world.take_for(self.tuple) {
            let (_, unprotector) = self.keys.as_mut().unwrap();
            if datagram[0] < 128 {
                continue;
            }
            if is_rtcp(&datagram) {
                let len = unprotector.unprotect_rtcp(&mut datagram).unwrap();
                self.reports.push(datagram[..len].to_vec());
                continue;
            }
            let opened = unprotector.unprotect_rtp(&mut datagram).expect("a packet never seen before");
            let view = RtpView::parse(&datagram[..opened.len]).unwrap();
            let values = ExtensionValues::read(&view, &out_extension_map());
            self.media.push((view.header(), values, view.payload().to_vec()));
        }
    }

    /// The RTP packets that came since the last look.
    pub(crate) fn media(&mut self, world: &mut World) -> Vec<Media> {
        self.receive(world);
        std::mem::take(&mut self.media)
    }

    /// The RTCP compounds that came since the last look.
    pub(crate) fn reports(&mut self, world: &mut World) -> Vec<Vec<u8>> {
        self.receive(world);
        std::mem::take(&mut self.reports)
    }
}

impl World {
    /// Takes the datagrams that went to `tuple`.
    pub(crate) fn take_for(&mut self, tuple: Tuple) -> Vec<Vec<u8>> {
        let (mine, rest) = self.sent.0.drain(..).partition(|(to, _)| *to == tuple);
        self.sent.0 = rest;
        let mine: VecDeque<(Tuple, Vec<u8>)> = mine;
        mine.into_iter().map(|(_, datagram)| datagram).collect()
    }

    fn router_fingerprint(&mut self) -> motet_control::Fingerprint {
        let transport_id = TransportId(999_999);
        let ice = credentials("fingerprint");
        let created = self.must(Request::CreateWebRtcTransport { router_id: ROUTER, transport_id, ice });
        self.must(Request::CloseTransport { transport_id });
        let Response::TransportCreated { fingerprints, .. } = created else { panic!("another answer") };
        fingerprints[0].clone()
    }
}

fn keys(keying: &SrtpKeying) -> (Protector, Unprotector) {
    let profile = match keying.profile {
        SrtpProfile::AeadAes256Gcm => Profile::AeadAes256Gcm,
        SrtpProfile::AeadAes128Gcm => Profile::AeadAes128Gcm,
        SrtpProfile::Aes128CmSha1_80 => Profile::Aes128CmSha1_80,
    };
    let master =
        |key: &motet_dtls::SrtpKey| MasterKey::new(profile, &key.key, &key.salt).expect("right lengths");
    let protector = Protector::new(profile, &master(&keying.local)).unwrap();
    (protector, Unprotector::new(profile, &master(&keying.remote)).unwrap())
}

/// A nominating connectivity check.
pub(crate) fn check(ufrag: &str, password: &str) -> Vec<u8> {
    static TRANSACTIONS: AtomicU32 = AtomicU32::new(0);
    let kind = MessageType::from_class_method(MessageClass::Request, BINDING);
    let transaction = u128::from(TRANSACTIONS.fetch_add(1, Ordering::Relaxed));
    let mut writer = Message::builder(kind, transaction.into(), MessageWriteVec::new());
    writer.add_attribute(&Username::new(&format!("{ufrag}:remote")).unwrap()).unwrap();
    writer.add_attribute(&RawAttribute::new(0x802a.into(), &[7; 8])).unwrap();
    writer.add_attribute(&RawAttribute::new(0x0024.into(), &1u32.to_be_bytes())).unwrap();
    writer.add_attribute(&RawAttribute::new(0x0025.into(), &[])).unwrap();
    let key = ShortTermCredentials::new(password.to_owned()).into();
    writer.add_message_integrity(&key, IntegrityAlgorithm::Sha1).unwrap();
    writer.add_fingerprint().unwrap();
    writer.finish()
}

/// The ids by which peers send.
pub(crate) fn extension_map() -> ExtensionMap {
    media::SENT_EXTENSIONS.into_iter().collect()
}

/// The ids by which peers receive.
pub(crate) fn out_extension_map() -> ExtensionMap {
    media::TAKEN_EXTENSIONS.into_iter().collect()
}
