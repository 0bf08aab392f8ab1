//! A client: its credentials, and the usual conversation.

use std::net::SocketAddr;

use motet_turn::{ClientSocket, FromClient, Secret, credentials};
use stun_types::message::{IntegrityAlgorithm, IntegrityKey, LongTermKeyCredentials};

use super::message::{Answer, Integrity, Message, attribute, channel_data, method};
use super::{REALM, SECRET, UNIX_S, World};

/// How a client authenticates.
#[derive(Clone)]
pub struct Client {
    pub socket: ClientSocket,
    pub username: String,
    pub password: String,
    pub nonce: Vec<u8>,
    pub integrity: Integrity,
    /// Send USERHASH in place of USERNAME.
    pub is_hashed: bool,
    pub transaction: u64,
}

impl Client {
    /// The static user.
    pub fn anna(socket: ClientSocket) -> Self {
        Self::new(socket, "anna", "correct horse")
    }

    /// A participant with an hour's credentials.
    pub fn participant(socket: ClientSocket, name: &str) -> Self {
        Self::with_secret(socket, name, SECRET, UNIX_S + 3600)
    }

    pub fn with_secret(socket: ClientSocket, name: &str, secret: &[u8], expiry: u64) -> Self {
        let made = credentials::make(&Secret::new(secret), expiry, name);
        Self::new(socket, &made.username, &made.password)
    }

    pub fn new(socket: ClientSocket, username: &str, password: &str) -> Self {
        Self {
            socket,
            username: username.to_owned(),
            password: password.to_owned(),
            nonce: Vec::new(),
            integrity: Integrity::Sha1,
            is_hashed: false,
            transaction: u64::from(socket.remote.port()) << 32,
        }
    }

    pub fn key(&self) -> IntegrityKey {
        let algorithm = match self.integrity {
            Integrity::Sha1 => IntegrityAlgorithm::Sha1,
            Integrity::Sha256 => IntegrityAlgorithm::Sha256,
        };
        LongTermKeyCredentials::new(self.username.clone(), self.password.clone(), REALM.to_owned())
            .make_key(algorithm)
    }

    /// A request with a transaction of its own.
    pub fn request(&mut self, method: u16) -> Message {
        self.transaction += 1;
        Message::request(method, self.transaction)
    }

    /// Credentials and integrity behind what is there.
    pub fn sign(&self, message: Message) -> Message {
        let message = if self.is_hashed {
            let hash = motet_turn_hash(&self.username);
            message.with(attribute::USERHASH, &hash)
        } else {
            message.with(attribute::USERNAME, self.username.as_bytes())
        };
        let message = message.with(attribute::REALM, REALM.as_bytes()).with(attribute::NONCE, &self.nonce);
        let message = match self.integrity {
            Integrity::Sha1 => message,
            Integrity::Sha256 => message
                .with(attribute::PASSWORD_ALGORITHMS, &[0, 2, 0, 0, 0, 1, 0, 0])
                .with(attribute::PASSWORD_ALGORITHM, &[0, 2, 0, 0]),
        };
        message.signed(self.integrity, &self.key())
    }

    /// Signs, sends, and expects an answer. Learns a nonce on the way if it has none.
    pub fn ask(&mut self, world: &mut World, message: Message) -> Answer {
        self.learn_nonce(world);
        let signed = self.sign(message);
        world.give(self.socket, &signed.0);
        world.answer()
    }

    pub fn learn_nonce(&mut self, world: &mut World) {
        if self.nonce.is_empty() {
            let request = self.request(method::ALLOCATE).with(attribute::TRANSPORT, &[17, 0, 0, 0]);
            world.give(self.socket, &request.0);
            let answer = world.answer();
            assert_eq!(answer.code(), 401);
            self.nonce = answer.get(attribute::NONCE).unwrap().to_vec();
        }
    }

    pub fn allocate_request(&mut self) -> Message {
        self.request(method::ALLOCATE).with(attribute::TRANSPORT, &[17, 0, 0, 0])
    }

    /// Allocates over UDP, which must succeed.
    pub fn allocate(&mut self, world: &mut World) -> SocketAddr {
        let request = self.allocate_request();
        let answer = self.ask(world, request);
        assert_eq!(answer.code(), 0, "{answer:?}");
        assert!(answer.is_signed_by(&self.key()));
        answer.address(attribute::RELAYED).unwrap()
    }

    pub fn refresh(&mut self, world: &mut World, lifetime_s: u32) -> Answer {
        let request = self.request(method::REFRESH).with(attribute::LIFETIME, &lifetime_s.to_be_bytes());
        self.ask(world, request)
    }

    /// The answer's code.
    pub fn permit(&mut self, world: &mut World, peers: &[SocketAddr]) -> u16 {
        let request = self.request(method::CREATE_PERMISSION);
        let request = peers.iter().fold(request, |request, peer| request.with_peer(*peer));
        self.ask(world, request).code()
    }

    /// The answer's code.
    pub fn bind(&mut self, world: &mut World, number: u16, peer: SocketAddr) -> u16 {
        let [high, low] = number.to_be_bytes();
        let request = self.request(method::CHANNEL_BIND).with(attribute::CHANNEL_NUMBER, &[high, low, 0, 0]);
        self.ask(world, request.with_peer(peer)).code()
    }

    /// Sends by an indication; the peer and the payload that left, if any did.
    pub fn send(
        &mut self,
        world: &mut World,
        peer: SocketAddr,
        payload: &[u8],
    ) -> Option<(SocketAddr, Vec<u8>)> {
        let indication = Message::indication(method::SEND, 1).with_peer(peer).with(attribute::DATA, payload);
        relayed(world.give(self.socket, &indication.0), &indication.0)
    }

    /// Sends over a channel.
    pub fn send_on(&self, world: &mut World, number: u16, payload: &[u8]) -> Option<(SocketAddr, Vec<u8>)> {
        let data = channel_data(number, payload);
        relayed(world.give(self.socket, &data), &data)
    }
}

/// What left for a peer.
pub fn relayed(outcome: FromClient, data: &[u8]) -> Option<(SocketAddr, Vec<u8>)> {
    match outcome {
        FromClient::ToPeer { peer, payload, .. } => Some((peer, data[payload].to_vec())),
        _ => None,
    }
}

fn motet_turn_hash(username: &str) -> [u8; 32] {
    use stun_types::attribute::Userhash;
    Userhash::compute(username, REALM)
}
