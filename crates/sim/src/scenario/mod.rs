//! The world of one test: a worker, a network, peers, and the time.

mod negotiation;
mod questions;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::{Duration, Instant};

use motet_control::{
    CandidateProtocol, Codec, ConsumerId, MediaKind, Notification, ProducerId, Refusal, Request, Response,
    RouterId, RtpParameters, TransportId,
};
use motet_dtls::Certificate;
use motet_rtp::NtpTime;
use motet_worker::{Listener, Setup, Worker, candidates};
use str0m::Event;

use crate::chance::Chance;
use crate::connection::Connection;
use crate::datagram::Datagram;
use crate::journal::Journal;
use crate::network::Network;
use crate::peer::{Half, Peer, PeerId, PeerSetup};
use crate::publishing::Publishing;
use crate::sockets::SimSockets;

/// The router that all peers are on.
pub const ROUTER: RouterId = RouterId(1);
/// Where the worker listens, over UDP and TCP.
pub const WORKER_IPV4: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1));
/// See [`WORKER_IPV4`].
pub const WORKER_IPV6: IpAddr = IpAddr::V6(Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 1));
/// See [`WORKER_IPV4`].
pub const WORKER_PORT: u16 = 5_000;

/// Turns of the worker within one moment; a worker that wants more asks to be woken in the past for ever.
const TURNS_MAX: usize = 10_000;
/// The wall clock at the base: 2030-01-01.
const UNIX_TIME_AT_BASE: Duration = Duration::from_secs(1_893_456_000);

/// See the crate.
pub struct Scenario {
    base: Instant,
    now: Instant,
    chance: Chance,
    worker: Worker<SimSockets>,
    network: Network,
    peers: Vec<Option<Peer>>,
    tracks: Vec<Track>,
    notifications: Vec<(Instant, Notification)>,
    /// Consumers that the worker ended and their peers have not been told of.
    ended: Vec<ConsumerId>,
    journal: Option<Journal>,
    tap: Option<Vec<Datagram>>,
    ids: u64,
}

/// A published track.
struct Track {
    peer: PeerId,
    producer_id: ProducerId,
    kind: MediaKind,
    codec: Codec,
    rtp_parameters: RtpParameters,
    is_open: bool,
}

impl Scenario {
    /// A worker with one router, and nobody there.
    pub fn new(seed: u64) -> Self {
        Self::starting_at(Instant::now(), seed)
    }

    /// The same with a chosen base, which two runs must share to be the same.
    pub fn starting_at(base: Instant, seed: u64) -> Self {
        str0m::crypto::from_feature_flags().install_process_default();
        // str0m draws ids, credentials and numbers from this generator of the thread.
        fastrand::seed(seed);
        let mut chance = Chance::new(seed, "scenario");
        let listeners = listeners();
        let setup = Setup {
            certificate: Certificate::generate().expect("a certificate can be made"),
            candidates: candidates(&listeners),
            ntp_anchor: (base, NtpTime::from_unix(UNIX_TIME_AT_BASE)),
            seed: chance.u64(),
        };
        let mut scenario = Self {
            base,
            now: base,
            chance,
            worker: Worker::new(SimSockets::new(&listeners), setup),
            network: Network::new(seed, base),
            peers: Vec::new(),
            tracks: Vec::new(),
            notifications: Vec::new(),
            ended: Vec::new(),
            journal: None,
            tap: None,
            ids: 0,
        };
        scenario.expect(Request::CreateRouter { router_id: ROUTER });
        scenario
    }

    /// Has it keep a [`Journal`] of whatever happens from here on.
    pub fn keep_journal(&mut self) {
        self.journal = Some(Journal::new(self.base));
    }

    /// What happened, where [`Self::keep_journal`] was called.
    pub fn journal(&self) -> Option<&Journal> {
        self.journal.as_ref()
    }

    /// Keeps a copy of each datagram that anyone sends from here on.
    pub fn start_tap(&mut self) {
        self.tap = Some(Vec::new());
    }

    /// The copies since [`Self::start_tap`].
    pub fn take_tap(&mut self) -> Vec<Datagram> {
        self.tap.take().unwrap_or_default()
    }

    /// The simulated time.
    pub fn now(&self) -> Instant {
        self.now
    }

    /// The network.
    pub fn network(&mut self) -> &mut Network {
        &mut self.network
    }

    /// A stream of chance for a test's own choices.
    pub fn chance(&mut self) -> &mut Chance {
        &mut self.chance
    }

    /// Lets time pass.
    pub fn run_for(&mut self, duration: Duration) {
        let until = self.now + duration;
        self.act();
        while let Some(at) = self.poll_timeout().filter(|at| *at <= until) {
            self.now = self.now.max(at);
            self.act();
        }
        self.now = until;
    }

    /// Lets time pass until something is so; tells whether it came to be so in time.
    pub fn run_until(&mut self, within: Duration, mut is_so: impl FnMut(&Self) -> bool) -> bool {
        let until = self.now + within;
        self.act();
        while !is_so(self) {
            let Some(at) = self.poll_timeout().filter(|at| *at <= until) else {
                self.now = until;
                return false;
            };
            self.now = self.now.max(at);
            self.act();
        }
        true
    }

    /// Asks the worker.
    ///
    /// # Errors
    /// Where the worker refuses.
    pub fn ask(&mut self, request: Request) -> Result<Response, Refusal> {
        self.worker.handle_request(self.now, request)
    }

    /// Asks the worker for what it cannot refuse.
    pub fn expect(&mut self, request: Request) -> Response {
        let asked = format!("{request:?}");
        self.ask(request).unwrap_or_else(|refusal| panic!("refused: {refusal}\n{asked}"))
    }

    /// Sends a datagram of anybody's.
    pub fn inject(&mut self, datagram: Datagram) {
        self.transmit(datagram);
    }

    /// A new participant, with nothing published and nothing subscribed.
    pub fn join(&mut self, setup: PeerSetup) -> PeerId {
        let number = self.peers.len() as u16;
        let [high, low] = number.to_be_bytes();
        let ip = if setup.is_ipv6 {
            IpAddr::V6(Ipv6Addr::new(0xfd00, 1, 0, 0, 0, 0, 0, number + 1))
        } else {
            IpAddr::V4(Ipv4Addr::new(10, 1, high, low))
        };
        self.peers.push(Some(Peer { setup, ip, publish: None, subscribe: None }));
        PeerId(usize::from(number))
    }

    /// A participant goes: the worker is asked to close its transports, and the peer says nothing more.
    pub fn leave(&mut self, id: PeerId) {
        for transport_id in self.vanish(id) {
            self.expect(Request::CloseTransport { transport_id });
        }
    }

    /// A participant vanishes, and nobody tells the worker: the transports that it leaves behind.
    pub fn vanish(&mut self, id: PeerId) -> Vec<TransportId> {
        let Some(peer) = self.peers[id.0].take() else { return Vec::new() };
        for track in self.tracks.iter_mut().filter(|track| track.peer == id) {
            track.is_open = false;
        }
        self.network.remove(peer.ip);
        let publish = peer.publish.map(|publishing| publishing.transport_id);
        let subscribe = peer.subscribe.map(|subscribing| subscribing.transport_id);
        publish.into_iter().chain(subscribe).collect()
    }

    /// Forgets all that it remembers of peers and tracks, so that its memory is the worker's and what it began with. Ids
    /// given before mean nothing any more.
    ///
    /// # Panics
    /// When somebody is still there.
    pub fn forget(&mut self) {
        assert!(self.peers.iter().all(Option::is_none), "somebody is still there");
        self.peers = Vec::new();
        self.tracks = Vec::new();
        self.notifications = Vec::new();
        self.ended = Vec::new();
        self.network.forget();
        self.worker.sockets().forget();
    }

    /// When anything is due next, anywhere.
    fn poll_timeout(&mut self) -> Option<Instant> {
        let halves = self.peers.iter().flatten().flat_map(|peer| {
            let publish = peer.publish.as_ref();
            [
                publish.and_then(Publishing::poll_frame),
                publish.and_then(|publishing| publishing.connection.poll_timeout()),
                peer.connection(Half::Subscribe).and_then(Connection::poll_timeout),
            ]
        });
        let all = halves.chain([self.network.poll_timeout(), self.worker.poll_timeout()]);
        all.flatten().min()
    }

    /// Has everybody do what is due.
    fn act(&mut self) {
        while let Some(datagram) = self.network.poll_arrival(self.now) {
            self.deliver(datagram);
        }
        while let Some((a, b)) = self.network.poll_broken() {
            self.worker.sockets().break_connection(a, b);
        }
        self.act_as_worker();
        for index in 0..self.peers.len() {
            self.act_as_peer(PeerId(index));
        }
        self.tell_ended();
    }

    fn deliver(&mut self, datagram: Datagram) {
        let ip = datagram.destination.ip();
        if ip == WORKER_IPV4 || ip == WORKER_IPV6 {
            self.worker.sockets().arrive(datagram);
            return;
        }
        let now = self.now;
        let connections = self.peers.iter_mut().flatten().flat_map(|peer| {
            let publish = peer.publish.as_mut().map(|publishing| &mut publishing.connection);
            let subscribe = peer.subscribe.as_mut().map(|subscribing| &mut subscribing.connection);
            [publish, subscribe]
        });
        let mut connections = connections.flatten();
        if let Some(connection) = connections.find(|connection| connection.address() == datagram.destination)
        {
            connection.handle_datagram(now, &datagram);
        }
    }

    fn act_as_worker(&mut self) {
        for _ in 0..TURNS_MAX {
            let is_due = self.worker.poll_timeout().is_some_and(|at| at <= self.now);
            if !is_due && !self.worker.sockets().has_arrivals() {
                return;
            }
            self.worker.turn(self.now);
            while let Some(datagram) = self.worker.sockets().poll_sent() {
                self.transmit(datagram);
            }
            while let Some(notification) = self.worker.poll_notification() {
                self.hear(notification);
            }
        }
        panic!("the worker asks to be woken in the past, for ever");
    }

    fn hear(&mut self, notification: Notification) {
        if let Some(journal) = &mut self.journal {
            journal.note_notification(self.now, &notification);
        }
        if let Notification::ConsumerClosed { consumer_id } = notification {
            self.ended.push(consumer_id);
        }
        self.notifications.push((self.now, notification));
    }

    fn act_as_peer(&mut self, id: PeerId) {
        let now = self.now;
        let Some(peer) = &mut self.peers[id.0] else { return };
        let mode = peer.setup.mode;
        if let Some(publishing) = &mut peer.publish {
            publishing.send_frames(now, mode);
        }
        for half in [Half::Publish, Half::Subscribe] {
            let Some(connection) = self.peers[id.0].as_mut().and_then(|peer| peer.connection_mut(half))
            else {
                continue;
            };
            if connection.poll_timeout().is_some_and(|at| at <= now) {
                connection.handle_timeout(now);
            }
            self.take_output(id, half);
        }
    }

    /// Takes what one of a peer's connections sends and tells.
    fn take_output(&mut self, id: PeerId, half: Half) {
        let now = self.now;
        loop {
            let Some(peer) = &mut self.peers[id.0] else { return };
            let Some(connection) = peer.connection_mut(half) else { return };
            if let Some(datagram) = connection.poll_transmit() {
                self.transmit(datagram);
            } else if let Some(event) = connection.poll_event() {
                if let (Event::RawPacket(packet), Some(journal)) = (&event, &mut self.journal) {
                    journal.note_raw(now, id, half, packet);
                }
                match (half, &mut peer.publish, &mut peer.subscribe) {
                    (Half::Publish, Some(publishing), _) => publishing.handle_event(now, event),
                    (Half::Subscribe, _, Some(subscribing)) => subscribing.handle_event(now, event),
                    _ => {}
                }
            } else {
                return;
            }
        }
    }

    fn transmit(&mut self, datagram: Datagram) {
        if let Some(journal) = &mut self.journal {
            journal.note_datagram(self.now, &datagram);
        }
        if let Some(tap) = &mut self.tap {
            tap.push(datagram.clone());
        }
        self.network.send(self.now, datagram);
    }
}

fn listeners() -> [Listener; 4] {
    let on = |protocol, ip| Listener { protocol, bound: SocketAddr::new(ip, WORKER_PORT), announced: None };
    [
        on(CandidateProtocol::Udp, WORKER_IPV4),
        on(CandidateProtocol::Udp, WORKER_IPV6),
        on(CandidateProtocol::Tcp, WORKER_IPV4),
        on(CandidateProtocol::Tcp, WORKER_IPV6),
    ]
}
