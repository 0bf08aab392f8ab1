//! An engine without sockets, and clients that build their messages with another codec's integrity.
#![allow(dead_code, unreachable_pub, reason = "each test uses its part")]

pub mod client;
pub mod message;

use std::collections::{HashMap, HashSet, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use motet_turn::{
    Action, AllowedPeer, ClientProtocol, ClientSocket, ConnectionId, FromClient, HoldId, ListenerId, Now,
    OpenError, RelayId, RelayIp, Secret, Server, Settings, Shared, StaticUser, ToClient,
};

pub use client::Client;
pub use message::{Answer, attribute, method};

pub const REALM: &str = "motet.test";
pub const SECRET: &[u8] = b"a secret that signs";
/// A moment in 2026.
pub const UNIX_S: u64 = 1_790_000_000;

/// Settings with a user, a secret, a relay address of each family, and all the room that tests take.
pub fn settings() -> Settings {
    let mut settings = Settings::new(REALM);
    settings.secrets = vec![Secret::new(SECRET)];
    settings.users =
        vec![StaticUser { name: "anna".to_owned(), password: "correct horse".to_owned().into() }];
    let relay = |text: &str| RelayIp { bind: ip(text), announce: None };
    settings.relays = vec![relay("192.0.2.10"), relay("2001:db8::10")];
    settings
}

/// Lets one server's settings be changed.
pub fn settings_with(change: impl FnOnce(&mut Settings)) -> Settings {
    let mut settings = settings();
    change(&mut settings);
    settings
}

pub fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

pub fn addr(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

pub fn udp(remote: &str) -> ClientSocket {
    socket(ClientProtocol::Udp, remote)
}

pub fn socket(protocol: ClientProtocol, remote: &str) -> ClientSocket {
    ClientSocket {
        listener: ListenerId(protocol as u32),
        protocol,
        local: addr("192.0.2.1:3478"),
        remote: addr(remote),
    }
}

/// A rule that opens a network.
pub fn allow(network: &str) -> AllowedPeer {
    AllowedPeer { network: network.parse().unwrap(), ports: None }
}

/// What servers share, begun now.
pub fn shared(settings: Settings) -> (Arc<Shared>, Now) {
    let now = Now { instant: Instant::now(), unix_s: UNIX_S };
    (Shared::new(settings, [7; 32], now).unwrap(), now)
}

/// One server and what an engine would hold for it.
pub struct World {
    pub server: Server,
    pub shared: Arc<Shared>,
    pub now: Now,
    /// Sockets that are bound, by relay.
    pub relays: HashMap<RelayId, SocketAddr>,
    /// Sockets that wait.
    pub shelf: HashMap<HoldId, SocketAddr>,
    /// Addresses that another program has.
    pub taken: HashSet<SocketAddr>,
    /// Whether sockets can be had at all.
    pub fails: bool,
    pub connecting: Vec<(ConnectionId, SocketAddr)>,
    pub closed_peers: Vec<ConnectionId>,
    pub closed_clients: Vec<ClientSocket>,
    pub answers: VecDeque<(ClientSocket, Vec<u8>)>,
}

impl World {
    pub fn new(settings: Settings) -> Self {
        let (shared, now) = shared(settings);
        Self::with(shared, now, 0)
    }

    /// One of several servers.
    pub fn with(shared: Arc<Shared>, now: Now, number: u8) -> Self {
        Self {
            server: Server::new(shared.clone(), number, [number + 1; 32]),
            shared,
            now,
            relays: HashMap::new(),
            shelf: HashMap::new(),
            taken: HashSet::new(),
            fails: false,
            connecting: Vec::new(),
            closed_peers: Vec::new(),
            closed_clients: Vec::new(),
            answers: VecDeque::new(),
        }
    }

    /// Hands a datagram over, and does what comes of it.
    pub fn give(&mut self, client: ClientSocket, data: &[u8]) -> FromClient {
        let outcome = self.server.handle_client(self.now, client, data);
        self.settle();
        outcome
    }

    /// A peer's datagram to a relayed address.
    pub fn peer_sends(&mut self, relayed: SocketAddr, peer: SocketAddr, len: usize) -> Option<ToClient> {
        let relay = *self.relays.iter().find(|(_, bound)| **bound == relayed)?.0;
        self.server.handle_peer(self.now, relay, peer, len)
    }

    /// Does what the server wants done.
    pub fn settle(&mut self) {
        while let Some(action) = self.server.poll_action() {
            self.act(action);
        }
        let mut out = Vec::new();
        while let Some(client) = self.server.poll_transmit(&mut out) {
            self.answers.push_back((client, std::mem::take(&mut out)));
        }
    }

    fn act(&mut self, action: Action) {
        match action {
            Action::OpenRelay { relay, address, hold_next, .. } => {
                let next = SocketAddr::new(address.ip(), address.port().wrapping_add(1));
                let is_free = |address: &SocketAddr| {
                    let own = self.relays.values().chain(self.shelf.values());
                    !self.taken.contains(address) && own.into_iter().all(|other| other != address)
                };
                let outcome = match hold_next {
                    _ if self.fails => Err(OpenError::Failed),
                    _ if !is_free(&address) => Err(OpenError::PortTaken),
                    Some(_) if !is_free(&next) => Err(OpenError::PortTaken),
                    _ => Ok(()),
                };
                if outcome.is_ok() {
                    assert!(self.relays.insert(relay, address).is_none(), "{relay:?} is open already");
                    if let Some(hold) = hold_next {
                        self.shelf.insert(hold, next);
                    }
                }
                self.server.handle_relay_opened(self.now, relay, outcome);
            }
            Action::TakeHeld { relay, hold } => {
                let address = self.shelf.remove(&hold).expect("it is on the shelf");
                self.relays.insert(relay, address);
                self.server.handle_relay_opened(self.now, relay, Ok(()));
            }
            Action::DropHeld { hold } => {
                self.shelf.remove(&hold).expect("it is on the shelf");
            }
            Action::CloseRelay { relay } => {
                self.relays.remove(&relay).expect("it is open");
            }
            Action::ConnectPeer { connection, peer, .. } => self.connecting.push((connection, peer)),
            Action::ClosePeer { connection } => self.closed_peers.push(connection),
            Action::CloseClient { client, .. } => self.closed_clients.push(client),
        }
    }

    /// Lets time go by, with a stop at each moment at which the server wants to be called.
    pub fn advance(&mut self, duration: Duration) {
        let end = self.now.instant + duration;
        let unix_end = self.now.unix_s + duration.as_secs();
        while let Some(due) = self.server.poll_timeout().filter(|due| *due <= end) {
            self.now.instant = self.now.instant.max(due);
            self.server.handle_timeout(self.now);
            self.settle();
        }
        self.now = Now { instant: end, unix_s: unix_end };
    }

    /// The only answer that waits, and nothing else.
    pub fn answer(&mut self) -> Answer {
        let answer = self.try_answer().expect("an answer");
        assert!(self.answers.is_empty(), "one answer only");
        answer
    }

    pub fn try_answer(&mut self) -> Option<Answer> {
        self.answers.pop_front().map(|(client, bytes)| Answer::read(client, bytes))
    }
}
