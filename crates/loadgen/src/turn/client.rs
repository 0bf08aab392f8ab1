//! The least of a TURN client: long-term credentials, one allocation, one channel (RFC 8656), over UDP.

use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

use aws_lc_rs::hmac;
use md5::{Digest, Md5};

use crate::told::Failure;

const COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];
const ALLOCATE: u16 = 0x0003;
const REFRESH: u16 = 0x0004;
const CHANNEL_BIND: u16 = 0x0009;
const USERNAME: u16 = 0x0006;
const INTEGRITY: u16 = 0x0008;
const CHANNEL_NUMBER: u16 = 0x000c;
const LIFETIME: u16 = 0x000d;
const PEER_ADDRESS: u16 = 0x0012;
const REALM: u16 = 0x0014;
const NONCE: u16 = 0x0015;
const RELAYED_ADDRESS: u16 = 0x0016;
const REQUESTED_TRANSPORT: u16 = 0x0019;
const UDP: [u8; 4] = [17, 0, 0, 0];
/// Longer than any answer on this machine takes; then it is asked again.
const PATIENCE: Duration = Duration::from_millis(500);
const TRIES: usize = 8;

/// Who asks.
#[derive(Clone)]
pub(crate) struct Account {
    pub(crate) user: String,
    pub(crate) password: String,
}

/// One allocation.
pub(crate) struct Client {
    pub(crate) socket: UdpSocket,
    relayed: SocketAddr,
    account: Account,
    realm: Vec<u8>,
    nonce: Vec<u8>,
    transaction: u64,
}

type Attributes = Vec<(u16, Vec<u8>)>;

impl Client {
    /// A socket whose port another client has just had may find that client's allocation still there; then a new one is tried.
    pub(crate) fn allocate(server: SocketAddr, account: &Account) -> Result<Self, Failure> {
        for _ in 1..TRIES {
            match Self::allocate_once(server, account) {
                Err(error) if error.to_string().contains("437") => {}
                outcome => return outcome,
            }
        }
        Self::allocate_once(server, account)
    }

    fn allocate_once(server: SocketAddr, account: &Account) -> Result<Self, Failure> {
        let socket = UdpSocket::bind(SocketAddr::new(server.ip(), 0))?;
        socket.connect(server)?;
        socket.set_read_timeout(Some(PATIENCE))?;
        let mut client = Self {
            socket,
            relayed: server,
            account: account.clone(),
            realm: Vec::new(),
            nonce: Vec::new(),
            transaction: 1,
        };
        let answer = client.ask(ALLOCATE, &[(REQUESTED_TRANSPORT, UDP.to_vec())])?;
        let relayed = find(&answer, RELAYED_ADDRESS).ok_or("an allocation without an address")?;
        client.relayed = read_ipv4(relayed)?;
        Ok(client)
    }

    /// Where the relay is.
    pub(crate) fn relayed(&self) -> SocketAddr {
        self.relayed
    }

    pub(crate) fn bind_channel(&mut self, channel: u16, peer: SocketAddr) -> Result<(), Failure> {
        let [high, low] = channel.to_be_bytes();
        let number = (CHANNEL_NUMBER, vec![high, low, 0, 0]);
        self.ask(CHANNEL_BIND, &[number, (PEER_ADDRESS, write_ipv4(peer)?)]).map(|_| ())
    }

    pub(crate) fn delete(mut self) -> Result<(), Failure> {
        self.ask(REFRESH, &[(LIFETIME, vec![0; 4])]).map(|_| ())
    }

    /// Asks until there is an answer, with whatever realm and nonce the server wants.
    fn ask(&mut self, method: u16, attributes: &[(u16, Vec<u8>)]) -> Result<Attributes, Failure> {
        let mut refused = 0;
        for _ in 0..TRIES {
            self.transaction += 1;
            self.socket.send(&self.request(method, attributes))?;
            let Some((kind, answer)) = self.answer(method)? else { continue };
            if kind & 0x0110 == 0x0100 {
                return Ok(answer);
            }
            refused += 1;
            let code = find(&answer, 0x0009)
                .and_then(|code| Some(u32::from(*code.get(2)?) * 100 + u32::from(*code.get(3)?)));
            if !matches!(code, Some(401 | 438)) || refused > 3 {
                return Err(format!("request {method:#06x} was refused: {code:?}").into());
            }
            self.realm = find(&answer, REALM).unwrap_or_default().to_vec();
            self.nonce = find(&answer, NONCE).unwrap_or_default().to_vec();
        }
        Err("the server does not answer".into())
    }

    fn request(&self, method: u16, attributes: &[(u16, Vec<u8>)]) -> Vec<u8> {
        let mut message = method.to_be_bytes().to_vec();
        message.extend([0, 0]);
        message.extend(COOKIE);
        message.extend([0; 4]);
        message.extend(self.transaction.to_be_bytes());
        for (kind, value) in attributes {
            append(&mut message, *kind, value);
        }
        if !self.nonce.is_empty() {
            append(&mut message, USERNAME, self.account.user.as_bytes());
            append(&mut message, REALM, &self.realm);
            append(&mut message, NONCE, &self.nonce);
            self.sign(&mut message);
        }
        let len = (message.len() - 20) as u16;
        message[2..4].copy_from_slice(&len.to_be_bytes());
        message
    }

    fn sign(&self, message: &mut Vec<u8>) {
        let len = (message.len() - 20 + 24) as u16;
        message[2..4].copy_from_slice(&len.to_be_bytes());
        let realm = String::from_utf8_lossy(&self.realm);
        let key = Md5::digest(format!("{}:{realm}:{}", self.account.user, self.account.password));
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &key);
        let tag = hmac::sign(&key, message);
        append(message, INTEGRITY, tag.as_ref());
    }

    /// The answer to the last request; none if nothing came in time.
    fn answer(&self, method: u16) -> Result<Option<(u16, Attributes)>, Failure> {
        let mut buffer = [0; 2048];
        for _ in 0..64 {
            let Ok(len) = self.socket.recv(&mut buffer) else { return Ok(None) };
            let message = &buffer[..len];
            if len < 20 || message[12..20] != self.transaction.to_be_bytes() {
                continue;
            }
            let kind = u16::from_be_bytes([message[0], message[1]]);
            if kind & !0x0110 == method {
                return Ok(Some((kind, read(&message[20..]))));
            }
        }
        Ok(None)
    }
}

fn append(message: &mut Vec<u8>, kind: u16, value: &[u8]) {
    message.extend(kind.to_be_bytes());
    message.extend((value.len() as u16).to_be_bytes());
    message.extend(value);
    message.resize(message.len().next_multiple_of(4), 0);
}

fn read(mut bytes: &[u8]) -> Attributes {
    let mut attributes = Vec::new();
    while let [a, b, c, d, rest @ ..] = bytes {
        let len = usize::from(u16::from_be_bytes([*c, *d]));
        let Some(value) = rest.get(..len) else { break };
        attributes.push((u16::from_be_bytes([*a, *b]), value.to_vec()));
        bytes = rest.get(len.next_multiple_of(4)..).unwrap_or_default();
    }
    attributes
}

fn find(attributes: &[(u16, Vec<u8>)], kind: u16) -> Option<&[u8]> {
    attributes.iter().find(|(known, _)| *known == kind).map(|(_, value)| value.as_slice())
}

fn read_ipv4(value: &[u8]) -> Result<SocketAddr, Failure> {
    let [_, 1, p1, p2, a, b, c, d] = *value else { return Err("not an IPv4 address".into()) };
    let port = u16::from_be_bytes([p1 ^ COOKIE[0], p2 ^ COOKIE[1]]);
    Ok(SocketAddr::from(([a ^ COOKIE[0], b ^ COOKIE[1], c ^ COOKIE[2], d ^ COOKIE[3]], port)))
}

fn write_ipv4(addr: SocketAddr) -> Result<Vec<u8>, Failure> {
    let SocketAddr::V4(addr) = addr else { return Err("not an IPv4 address".into()) };
    let [p1, p2] = addr.port().to_be_bytes();
    let [a, b, c, d] = addr.ip().octets();
    Ok(vec![0, 1, p1 ^ COOKIE[0], p2 ^ COOKIE[1], a ^ COOKIE[0], b ^ COOKIE[1], c ^ COOKIE[2], d ^ COOKIE[3]])
}
