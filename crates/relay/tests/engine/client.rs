//! A TURN client over any of the ways to a server.

use std::io;
use std::net::{SocketAddr, UdpSocket};

use motet_relay::protocol::{ClientProtocol, ClientSocket, ListenerId, Secret, credentials};
use stun_types::message::{IntegrityAlgorithm, IntegrityKey, LongTermKeyCredentials};

use crate::message::{Answer, Integrity, Message, attribute, channel_data, method};
use crate::pipes::{Datagrams, PATIENCE, Pipe};

pub(crate) const REALM: &str = "engine.test";
pub(crate) const USER: &str = "anna";
pub(crate) const PASSWORD: &str = "correct horse";
/// The channel that tests bind.
pub(crate) const CHANNEL: u16 = 0x4001;
const UDP: [u8; 4] = [17, 0, 0, 0];

pub(crate) struct Client {
    pub(crate) pipe: Box<dyn Pipe>,
    username: String,
    password: String,
    nonce: Vec<u8>,
    transactions: u64,
}

impl Client {
    /// The user with a lasting password.
    pub(crate) fn over(pipe: impl Pipe + 'static) -> Self {
        Self {
            pipe: Box::new(pipe),
            username: USER.to_owned(),
            password: PASSWORD.to_owned(),
            nonce: Vec::new(),
            transactions: 0,
        }
    }

    pub(crate) fn udp(server: SocketAddr) -> Self {
        Self::over(Datagrams::to(server))
    }

    /// A participant with credentials of a secret, good until the year 2096.
    pub(crate) fn of_secret(pipe: impl Pipe + 'static, secret: &[u8]) -> Self {
        let made = credentials::make(&Secret::new(secret), 4_000_000_000, "p1");
        Self { username: made.username, password: made.password.to_string(), ..Self::over(pipe) }
    }

    pub(crate) fn request(&mut self, method: u16) -> Message {
        self.transactions += 1;
        Message::request(method, self.transactions)
    }

    /// Signs, sends, and gives the answer. Learns a nonce on the way if there is none.
    pub(crate) fn ask(&mut self, message: Message) -> io::Result<Answer> {
        if self.nonce.is_empty() {
            let question = self.request(method::ALLOCATE).with(attribute::TRANSPORT, &UDP);
            self.pipe.send(&question.0);
            let answer = read(self.pipe.receive()?);
            assert_eq!(answer.code(), 401);
            self.nonce = answer.get(attribute::NONCE).expect("a nonce").to_vec();
        }
        let signed = message
            .with(attribute::USERNAME, self.username.as_bytes())
            .with(attribute::REALM, REALM.as_bytes())
            .with(attribute::NONCE, &self.nonce)
            .signed(Integrity::Sha1, &self.key());
        self.pipe.send(&signed.0);
        self.pipe.receive().map(read)
    }

    fn key(&self) -> IntegrityKey {
        LongTermKeyCredentials::new(self.username.clone(), self.password.clone(), REALM.to_owned())
            .make_key(IntegrityAlgorithm::Sha1)
    }

    pub(crate) fn try_allocate(&mut self, more: impl FnOnce(Message) -> Message) -> io::Result<Answer> {
        let request = self.request(method::ALLOCATE).with(attribute::TRANSPORT, &UDP);
        self.ask(more(request))
    }

    /// Allocates, which must succeed; where it relays from.
    pub(crate) fn allocate(&mut self) -> SocketAddr {
        let answer = self.try_allocate(|request| request).expect("an answer");
        assert_eq!(answer.code(), 0, "{answer:?}");
        answer.address(attribute::RELAYED).expect("an address")
    }

    /// The answer's code.
    pub(crate) fn permit(&mut self, peer: SocketAddr) -> u16 {
        let request = self.request(method::CREATE_PERMISSION).with_peer(peer);
        self.ask(request).expect("an answer").code()
    }

    /// Binds [`CHANNEL`]; the answer's code.
    pub(crate) fn bind(&mut self, peer: SocketAddr) -> u16 {
        let [high, low] = CHANNEL.to_be_bytes();
        let request = self.request(method::CHANNEL_BIND).with(attribute::CHANNEL_NUMBER, &[high, low, 0, 0]);
        self.ask(request.with_peer(peer)).expect("an answer").code()
    }

    /// The answer's code.
    pub(crate) fn refresh(&mut self, lifetime_s: u32) -> u16 {
        let request = self.request(method::REFRESH).with(attribute::LIFETIME, &lifetime_s.to_be_bytes());
        self.ask(request).expect("an answer").code()
    }

    pub(crate) fn send_on_channel(&mut self, payload: &[u8]) {
        self.pipe.send(&channel_data(CHANNEL, payload));
    }

    /// Sends by an indication.
    pub(crate) fn send(&mut self, peer: SocketAddr, payload: &[u8], is_whole: bool) {
        self.transactions += 1;
        let indication = Message::indication(method::SEND, self.transactions).with_peer(peer);
        let indication = if is_whole { indication.with(attribute::DONT_FRAGMENT, &[]) } else { indication };
        self.pipe.send(&indication.with(attribute::DATA, payload).0);
    }

    /// The next message, which must come.
    pub(crate) fn receive(&mut self) -> Vec<u8> {
        self.pipe.receive().expect("a message")
    }

    /// The payload of the next message, which must be of [`CHANNEL`].
    pub(crate) fn receive_on_channel(&mut self) -> Vec<u8> {
        let message = self.receive();
        assert_eq!(message[..2], CHANNEL.to_be_bytes(), "channel data, not {message:?}");
        let len = usize::from(u16::from_be_bytes([message[2], message[3]]));
        message[4..4 + len].to_vec()
    }
}

pub(crate) fn read(bytes: Vec<u8>) -> Answer {
    let nobody = SocketAddr::from(([0, 0, 0, 0], 0));
    let socket = ClientSocket {
        listener: ListenerId(0),
        protocol: ClientProtocol::Udp,
        local: nobody,
        remote: nobody,
    };
    Answer::read(socket, bytes)
}

/// Somebody whom clients are relayed to.
pub(crate) struct Peer(pub(crate) UdpSocket);

impl Peer {
    pub(crate) fn new() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        Self(socket)
    }

    pub(crate) fn addr(&self) -> SocketAddr {
        self.0.local_addr().unwrap()
    }

    pub(crate) fn receive(&self) -> (SocketAddr, Vec<u8>) {
        let mut bytes = vec![0; 1 << 16];
        let (len, from) = self.0.recv_from(&mut bytes).expect("a datagram");
        bytes.truncate(len);
        (from, bytes)
    }
}

/// Passes a payload each way, which must arrive.
pub(crate) fn relay_both_ways(client: &mut Client, peer: &Peer, relayed: SocketAddr) {
    client.send_on_channel(b"to the peer");
    assert_eq!(peer.receive(), (relayed, b"to the peer".to_vec()));
    peer.0.send_to(b"to the client", relayed).unwrap();
    assert_eq!(client.receive_on_channel(), b"to the client");
}
