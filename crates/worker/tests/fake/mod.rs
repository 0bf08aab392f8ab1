//! Sockets that are lists, and a peer that writes checks.
#![allow(dead_code, reason = "each test file uses its own part")]

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use motet_control::{
    CandidateProtocol, Fingerprint, FingerprintHash, IceCredentials, Notification, Request, Response,
    RouterId, TransportId, WorkerStats,
};
use motet_dtls::Certificate;
use motet_ice::{SocketId, Tuple};
use motet_rtp::NtpTime;
use motet_worker::{Listener, Outbox, Setup, SocketCounters, Sockets, Worker, candidates};
use stun_types::attribute::Username;
use stun_types::message::{
    BINDING, IntegrityAlgorithm, Message, MessageClass, MessageIntegrityCredentials, MessageType,
    MessageWriteVec, ShortTermCredentials,
};
use stun_types::prelude::{MessageWrite, MessageWriteExt};

pub(crate) const PASSWORD: &str = "a-password-of-22-characters";
/// The fingerprint that peers of these tests have.
pub(crate) fn peer_fingerprint() -> Fingerprint {
    Fingerprint { hash: FingerprintHash::Sha256, digest: vec![7; 32] }
}

/// Sockets that are lists.
#[derive(Default)]
pub(crate) struct Lists {
    /// Comes with the next turns.
    pub(crate) coming: VecDeque<(Tuple, Vec<u8>)>,
    pub(crate) outbox: Sent,
    /// TCP connections that ended on their own.
    pub(crate) ended: VecDeque<Tuple>,
    /// TCP connections that the worker closed, and kept.
    pub(crate) closed: Vec<Tuple>,
    pub(crate) kept: Vec<Tuple>,
    pub(crate) due: Option<Instant>,
    pub(crate) flushed: usize,
}

/// What was sent.
#[derive(Default)]
pub(crate) struct Sent(pub(crate) Vec<(Tuple, Vec<u8>)>);

impl Outbox for Sent {
    fn send(&mut self, to: Tuple, len_max: usize, fill: impl FnOnce(&mut [u8]) -> usize) {
        let mut bytes = vec![0xaa; len_max];
        let len = fill(&mut bytes);
        bytes.truncate(len);
        if len > 0 {
            self.0.push((to, bytes));
        }
    }
}

impl Sockets for Lists {
    type Outbox = Sent;

    fn receive(
        &mut self,
        _now: Instant,
        budget: usize,
        mut handle: impl FnMut(Tuple, &mut [u8], &mut Self::Outbox),
    ) -> bool {
        for _ in 0..budget {
            let Some((tuple, mut datagram)) = self.coming.pop_front() else { return false };
            handle(tuple, &mut datagram, &mut self.outbox);
        }
        !self.coming.is_empty()
    }

    fn outbox(&mut self) -> &mut Self::Outbox {
        &mut self.outbox
    }

    fn flush(&mut self) {
        self.flushed = self.outbox.0.len();
    }

    fn keep_tuple(&mut self, tuple: Tuple) {
        self.kept.push(tuple);
    }

    fn close_tuple(&mut self, tuple: Tuple) {
        assert_eq!(self.flushed, self.outbox.0.len(), "what was sent goes before the connection");
        self.closed.push(tuple);
    }

    fn poll_closed(&mut self) -> Option<Tuple> {
        self.ended.pop_front()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.due
    }

    fn handle_timeout(&mut self, now: Instant) {
        self.due = self.due.filter(|due| *due > now);
    }

    fn local_addr(&self, socket: SocketId) -> Option<SocketAddr> {
        Some(([10, 0, 0, 1], socket.0 as u16).into())
    }

    fn counters(&self) -> SocketCounters {
        SocketCounters {
            sent_packets: self.outbox.0.len() as u64,
            tcp_connections: 3,
            drops: vec![("a_reason_of_sockets", 5)],
            ..SocketCounters::default()
        }
    }
}

pub(crate) fn setup() -> Setup {
    let bound = "10.0.0.1:5000".parse().unwrap();
    Setup {
        certificate: Certificate::generate().unwrap(),
        candidates: candidates(&[Listener { protocol: CandidateProtocol::Udp, bound, announced: None }]),
        ntp_anchor: (Instant::now(), NtpTime::from_unix(Duration::from_secs(1_800_000_000))),
        seed: 7,
    }
}

/// A worker on lists with two routers, 1 and 2.
pub(crate) fn worker() -> Worker<Lists> {
    let mut worker = Worker::new(Lists::default(), setup());
    for id in [1, 2] {
        done(&mut worker, Request::CreateRouter { router_id: RouterId(id) });
    }
    worker
}

pub(crate) fn done(worker: &mut Worker<Lists>, request: Request) {
    let response = worker.handle_request(Instant::now(), request).unwrap();
    assert!(matches!(response, Response::Done | Response::TransportCreated { .. }), "{response:?}");
}

pub(crate) fn ice(ufrag: &str) -> IceCredentials {
    IceCredentials { ufrag: ufrag.to_owned(), password: PASSWORD.to_owned() }
}

pub(crate) fn create_transport(router: u64, transport: u64, ufrag: &str) -> Request {
    Request::CreateWebRtcTransport {
        router_id: RouterId(router),
        transport_id: TransportId(transport),
        ice: ice(ufrag),
    }
}

pub(crate) fn udp(port: u16) -> Tuple {
    Tuple { socket: SocketId(0), protocol: CandidateProtocol::Udp, remote: ([192, 0, 2, 1], port).into() }
}

pub(crate) fn tcp(port: u16) -> Tuple {
    Tuple { socket: SocketId(1000 + u32::from(port)), protocol: CandidateProtocol::Tcp, ..udp(port) }
}

/// A check for this side's `ufrag`, signed as it should be.
pub(crate) fn check(ufrag: &str) -> Vec<u8> {
    signed_check(ufrag, PASSWORD)
}

pub(crate) fn signed_check(ufrag: &str, password: &str) -> Vec<u8> {
    static TRANSACTIONS: AtomicU32 = AtomicU32::new(0);
    let kind = MessageType::from_class_method(MessageClass::Request, BINDING);
    let transaction = u128::from(TRANSACTIONS.fetch_add(1, Ordering::Relaxed));
    let mut writer = Message::builder(kind, transaction.into(), MessageWriteVec::new());
    writer.add_attribute(&Username::new(&format!("{ufrag}:peer")).unwrap()).unwrap();
    let key: MessageIntegrityCredentials = ShortTermCredentials::new(password.to_owned()).into();
    writer.add_message_integrity(&key, IntegrityAlgorithm::Sha1).unwrap();
    writer.add_fingerprint().unwrap();
    writer.finish()
}

/// Delivers a datagram in a turn of its own; returns what was sent by it.
pub(crate) fn deliver(
    worker: &mut Worker<Lists>,
    now: Instant,
    tuple: Tuple,
    datagram: &[u8],
) -> Vec<(Tuple, Vec<u8>)> {
    worker.sockets().outbox.0.clear();
    worker.sockets().coming.push_back((tuple, datagram.to_vec()));
    worker.turn(now);
    std::mem::take(&mut worker.sockets().outbox.0)
}

pub(crate) fn is_success(datagram: &[u8]) -> bool {
    Message::from_bytes(datagram).is_ok_and(|message| message.has_class(MessageClass::Success))
}

pub(crate) fn notifications(worker: &mut Worker<Lists>) -> Vec<Notification> {
    std::iter::from_fn(|| worker.poll_notification()).collect()
}

pub(crate) fn stats(worker: &mut Worker<Lists>) -> WorkerStats {
    match worker.handle_request(Instant::now(), Request::GetWorkerStats).unwrap() {
        Response::WorkerStats(stats) => *stats,
        other => panic!("{other:?}"),
    }
}

pub(crate) fn dropped(worker: &mut Worker<Lists>, reason: &str) -> u64 {
    stats(worker).drops.iter().find(|(name, _)| *name == reason).map_or(0, |(_, count)| *count)
}
