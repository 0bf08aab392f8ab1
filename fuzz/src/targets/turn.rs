//! TURN: a conversation of records, each a kind, a length and so many bytes. Nothing of it panics, answers are well-formed and
//! for who asked, payloads lie inside what came, and what was opened is closed in the end.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use motet_turn::{
    Action, ClientProtocol, ClientSocket, FromClient, HoldId, ListenerId, Now, OpenError, RelayId, RelayIp,
    Server, Settings, Shared, StaticUser, stream,
};
use stun_types::attribute::{MessageIntegrity, Nonce};
use stun_types::message::{IntegrityAlgorithm, IntegrityKey, LongTermKeyCredentials, Message};

const METHODS: [u16; 7] = [0x001, 0x003, 0x004, 0x008, 0x009, 0x00a, 0x00b];
/// Records of one input; what follows is left out.
const RECORDS_MAX: usize = 64;

/// Takes `data` as a stream, and as a conversation.
pub fn turn(data: &[u8]) {
    take_apart(data);
    let mut engine = Engine::new();
    let mut rest = data;
    for _ in 0..RECORDS_MAX {
        let Some((&[kind, len], after)) = rest.split_first_chunk::<2>() else { break };
        let (record, after) = after.split_at(after.len().min(len.into()));
        engine.take(kind, record);
        rest = after;
    }
    engine.end();
}

/// Messages of a stream lie inside it and go on behind it.
fn take_apart(data: &[u8]) {
    let mut unread = data;
    while let stream::Framed::Message { len, consumed } = stream::next_message(unread) {
        assert!(4 <= len && len <= consumed && consumed < len + 4 && consumed <= unread.len());
        unread = &unread[consumed..];
    }
    if let stream::Framed::Incomplete { needed } = stream::next_message(unread) {
        assert!(unread.len() < needed && needed <= stream::MESSAGE_LEN_MAX);
    }
}

/// A server, and what an engine holds for it.
struct Engine {
    server: Server,
    now: Now,
    clients: [ClientSocket; 3],
    open: HashSet<RelayId>,
    shelf: HashSet<HoldId>,
    nonce: Vec<u8>,
    key: IntegrityKey,
    transaction: u8,
}

impl Engine {
    fn new() -> Self {
        let mut settings = Settings::new("r");
        settings.users = vec![StaticUser { name: "u".to_owned(), password: "p".to_owned().into() }];
        let relay = |ip: &str| RelayIp { bind: ip.parse().expect("an address"), announce: None };
        settings.relays = vec![relay("192.0.2.10"), relay("2001:db8::10")];
        settings.unauthenticated = None;
        let now = Now { instant: Instant::now(), unix_s: 1_790_000_000 };
        let shared: Arc<Shared> = Shared::new(settings, [1; 32], now).expect("settings");
        let client = |at: u16, protocol| ClientSocket {
            listener: ListenerId(at.into()),
            protocol,
            local: SocketAddr::from(([192, 0, 2, 1], 3478)),
            remote: SocketAddr::from(([198, 51, 100, 1], 4000 + at)),
        };
        let key = LongTermKeyCredentials::new("u".to_owned(), "p".to_owned(), "r".to_owned());
        let mut engine = Self {
            server: Server::new(shared, 0, [2; 32]),
            now,
            clients: [
                client(0, ClientProtocol::Udp),
                client(1, ClientProtocol::Tcp),
                client(2, ClientProtocol::Dtls),
            ],
            open: HashSet::new(),
            shelf: HashSet::new(),
            nonce: Vec::new(),
            key: key.make_key(IntegrityAlgorithm::Sha1),
            transaction: 0,
        };
        engine.greet();
        engine
    }

    /// Learns a nonce, and allocates for the first two clients.
    fn greet(&mut self) {
        let unsigned = self.request(0x003, &[]);
        self.give(0, &unsigned);
        assert!(!self.nonce.is_empty());
        let udp = self.signed(0x003, &[0, 0x19, 0, 4, 17, 0, 0, 0]);
        let tcp = self.signed(0x003, &[0, 0x19, 0, 4, 6, 0, 0, 0]);
        assert!(self.server.handle_client_opened(self.now, self.clients[1]));
        self.give(0, &udp);
        self.give(1, &tcp);
        assert_eq!(self.open.len(), 2);
    }

    fn take(&mut self, kind: u8, record: &[u8]) {
        let at = usize::from(kind >> 4) % self.clients.len();
        let peer_ip = record.first_chunk::<4>().map_or([9, 9, 9, 9], |bytes| *bytes);
        let peer = SocketAddr::from((peer_ip, u16::from(kind)));
        let relay = RelayId(u32::from(kind >> 4));
        match kind & 0x0f {
            0..4 => self.give(at, record),
            4..10 => {
                let (method, attributes) =
                    record.split_first().map_or((0, record), |(first, rest)| (*first, rest));
                let request = self.signed(METHODS[usize::from(method) % METHODS.len()], attributes);
                self.give(at, &request);
            }
            10 => {
                if let Some(told) = self.server.handle_peer(self.now, relay, peer, record.len()) {
                    assert!(told.padding < 4 && self.clients.contains(&told.client));
                }
            }
            11 => drop(self.server.handle_peer_accepted(self.now, relay, peer)),
            12 => self.server.handle_client_closed(self.now, self.clients[at]),
            13 => drop(self.server.handle_client_opened(self.now, self.clients[at])),
            14 => self.server.handle_peer_icmp(self.now, relay, peer, (kind, kind), record.len() as u32),
            _ => self.wait(Duration::from_secs(record.len() as u64)),
        }
        self.settle();
    }

    fn wait(&mut self, duration: Duration) {
        self.now.instant += duration;
        self.now.unix_s += duration.as_secs();
        self.server.handle_timeout(self.now);
    }

    fn give(&mut self, at: usize, data: &[u8]) {
        match self.server.handle_client(self.now, self.clients[at], data) {
            FromClient::ToPeer { relay, payload, .. } => {
                assert!(
                    payload.end <= data.len() && payload.start <= payload.end && self.open.contains(&relay)
                );
            }
            FromClient::Elsewhere { .. } => panic!("there is one server"),
            FromClient::Nothing | FromClient::Join { .. } => (),
        }
        self.settle();
    }

    fn settle(&mut self) {
        while let Some(action) = self.server.poll_action() {
            match action {
                Action::OpenRelay { relay, hold_next, address, .. } => {
                    let outcome = if address.port() % 7 == 0 { Err(OpenError::PortTaken) } else { Ok(()) };
                    if outcome.is_ok() {
                        assert!(self.open.insert(relay));
                        self.shelf.extend(hold_next);
                    }
                    self.server.handle_relay_opened(self.now, relay, outcome);
                }
                Action::TakeHeld { relay, hold } => {
                    assert!(self.shelf.remove(&hold) && self.open.insert(relay));
                    self.server.handle_relay_opened(self.now, relay, Ok(()));
                }
                Action::DropHeld { hold } => assert!(self.shelf.remove(&hold)),
                Action::CloseRelay { relay } => assert!(self.open.remove(&relay)),
                Action::ConnectPeer { connection, peer, .. } => {
                    self.server.handle_peer_connected(self.now, connection, peer.port() % 2 == 0);
                }
                Action::ClosePeer { .. } | Action::CloseClient { .. } => (),
            }
        }
        let mut answer = Vec::new();
        while let Some(client) = self.server.poll_transmit(&mut answer) {
            assert!(self.clients.contains(&client));
            let message = Message::from_bytes(&answer).expect("an answer is well-formed");
            if let Ok(nonce) = message.attribute::<Nonce>() {
                self.nonce = nonce.nonce().as_bytes().to_vec();
            }
            answer.clear();
        }
    }

    /// After an hour and more nothing is left.
    fn end(mut self) {
        for _ in 0..3 {
            self.wait(Duration::from_secs(3601));
            self.settle();
        }
        assert!(self.open.is_empty() && self.shelf.is_empty());
        assert_eq!(self.server.counters().allocations, 0);
        assert_eq!(self.server.poll_timeout(), None);
    }

    fn request(&mut self, method: u16, attributes: &[u8]) -> Vec<u8> {
        self.transaction = self.transaction.wrapping_add(1);
        let [high, low] = method.to_be_bytes();
        let mut request =
            vec![high, low, 0, 0, 0x21, 0x12, 0xa4, 0x42, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, self.transaction];
        request.extend_from_slice(&attributes[..attributes.len() / 4 * 4]);
        set_length(&mut request, 0);
        request
    }

    fn signed(&mut self, method: u16, attributes: &[u8]) -> Vec<u8> {
        let mut request = self.request(method, attributes);
        request.extend_from_slice(b"\0\x06\0\x01u\0\0\0\0\x14\0\x01r\0\0\0\0\x15");
        request.extend_from_slice(&(self.nonce.len() as u16).to_be_bytes());
        request.extend_from_slice(&self.nonce);
        request.resize(request.len().next_multiple_of(4), 0);
        set_length(&mut request, 24);
        let tag = MessageIntegrity::compute(&[&request], &self.key).expect("an integrity can be computed");
        request.extend_from_slice(&[0x00, 0x08, 0, 20]);
        request.extend_from_slice(&tag);
        request
    }
}

/// The length of all that is there but the header, and of what is to come.
fn set_length(request: &mut [u8], to_come: usize) {
    let length = (request.len() - 20 + to_come) as u16;
    request[2..4].copy_from_slice(&length.to_be_bytes());
}
