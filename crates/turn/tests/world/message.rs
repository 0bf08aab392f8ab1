//! STUN messages, written and read by simple means.

use std::net::{IpAddr, SocketAddr};

use motet_turn::ClientSocket;
use stun_types::attribute::{Fingerprint, MessageIntegrity, MessageIntegritySha256};
use stun_types::message::IntegrityKey;

pub mod method {
    pub const BINDING: u16 = 0x001;
    pub const ALLOCATE: u16 = 0x003;
    pub const REFRESH: u16 = 0x004;
    pub const SEND: u16 = 0x006;
    pub const DATA: u16 = 0x007;
    pub const CREATE_PERMISSION: u16 = 0x008;
    pub const CHANNEL_BIND: u16 = 0x009;
    pub const CONNECT: u16 = 0x00a;
    pub const CONNECTION_BIND: u16 = 0x00b;
    pub const CONNECTION_ATTEMPT: u16 = 0x00c;
}

pub mod attribute {
    pub const USERNAME: u16 = 0x0006;
    pub const INTEGRITY: u16 = 0x0008;
    pub const ERROR_CODE: u16 = 0x0009;
    pub const UNKNOWN_ATTRIBUTES: u16 = 0x000a;
    pub const CHANNEL_NUMBER: u16 = 0x000c;
    pub const LIFETIME: u16 = 0x000d;
    pub const PEER: u16 = 0x0012;
    pub const DATA: u16 = 0x0013;
    pub const REALM: u16 = 0x0014;
    pub const NONCE: u16 = 0x0015;
    pub const RELAYED: u16 = 0x0016;
    pub const REQUESTED_FAMILY: u16 = 0x0017;
    pub const EVEN_PORT: u16 = 0x0018;
    pub const TRANSPORT: u16 = 0x0019;
    pub const DONT_FRAGMENT: u16 = 0x001a;
    pub const INTEGRITY_SHA256: u16 = 0x001c;
    pub const PASSWORD_ALGORITHM: u16 = 0x001d;
    pub const USERHASH: u16 = 0x001e;
    pub const MAPPED: u16 = 0x0020;
    pub const RESERVATION: u16 = 0x0022;
    pub const CONNECTION_ID: u16 = 0x002a;
    pub const ADDITIONAL_FAMILY: u16 = 0x8000;
    pub const ADDRESS_ERROR: u16 = 0x8001;
    pub const PASSWORD_ALGORITHMS: u16 = 0x8002;
    pub const ICMP: u16 = 0x8004;
    pub const SOFTWARE: u16 = 0x8022;
    pub const FINGERPRINT: u16 = 0x8028;
}

/// Which integrity is put on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Integrity {
    Sha1,
    Sha256,
}

/// A message being built.
#[derive(Clone, Debug)]
pub struct Message(pub Vec<u8>);

impl Message {
    pub fn request(method: u16, transaction: u64) -> Self {
        Self::new(0, method, transaction)
    }

    pub fn indication(method: u16, transaction: u64) -> Self {
        Self::new(0x10, method, transaction)
    }

    fn new(class: u16, method: u16, transaction: u64) -> Self {
        let mut bytes = (method | class).to_be_bytes().to_vec();
        bytes.extend_from_slice(&[0, 0, 0x21, 0x12, 0xa4, 0x42, 0x6d, 0x6f, 0x74, 0x65]);
        bytes.extend_from_slice(&transaction.to_be_bytes());
        Self(bytes)
    }

    pub fn with(mut self, kind: u16, value: &[u8]) -> Self {
        self.0.extend_from_slice(&kind.to_be_bytes());
        self.0.extend_from_slice(&(value.len() as u16).to_be_bytes());
        self.0.extend_from_slice(value);
        self.0.resize(self.0.len().next_multiple_of(4), 0);
        self.set_length(0);
        self
    }

    pub fn with_peer(self, peer: SocketAddr) -> Self {
        let value = xor(peer, &self.0[4..20]);
        self.with(attribute::PEER, &value)
    }

    pub fn signed(mut self, integrity: Integrity, key: &IntegrityKey) -> Self {
        match integrity {
            Integrity::Sha1 => {
                self.set_length(24);
                let tag = MessageIntegrity::compute(&[&self.0], key).unwrap();
                self.with(attribute::INTEGRITY, &tag)
            }
            Integrity::Sha256 => {
                self.set_length(36);
                let tag = MessageIntegritySha256::compute(&[&self.0], key).unwrap();
                self.with(attribute::INTEGRITY_SHA256, &tag)
            }
        }
    }

    pub fn with_fingerprint(mut self) -> Self {
        self.set_length(8);
        let crc = u32::from_be_bytes(Fingerprint::compute(&[&self.0]));
        self.with(attribute::FINGERPRINT, &(crc ^ 0x5354_554e).to_be_bytes())
    }

    fn set_length(&mut self, to_come: usize) {
        let length = (self.0.len() - 20 + to_come) as u16;
        self.0[2..4].copy_from_slice(&length.to_be_bytes());
    }
}

/// An address in the value of a XOR attribute; `mask` is the cookie and the transaction.
pub fn xor(address: SocketAddr, mask: &[u8]) -> Vec<u8> {
    let (family, ip) = match address.ip() {
        IpAddr::V4(ip) => (1, ip.octets().to_vec()),
        IpAddr::V6(ip) => (2, ip.octets().to_vec()),
    };
    let port = (address.port() ^ 0x2112).to_be_bytes();
    let mut value = vec![0, family, port[0], port[1]];
    value.extend(ip.iter().zip(mask).map(|(byte, mask)| byte ^ mask));
    value
}

/// Channel data.
pub fn channel_data(number: u16, payload: &[u8]) -> Vec<u8> {
    let mut bytes = number.to_be_bytes().to_vec();
    bytes.extend_from_slice(&(payload.len() as u16).to_be_bytes());
    bytes.extend_from_slice(payload);
    bytes
}

/// An answer, read.
#[derive(Clone, Debug)]
pub struct Answer {
    pub to: ClientSocket,
    pub bytes: Vec<u8>,
    attributes: Vec<(u16, Vec<u8>)>,
}

impl Answer {
    pub fn read(to: ClientSocket, bytes: Vec<u8>) -> Self {
        let parsed = stun_types::message::Message::from_bytes(&bytes).expect("an answer is well-formed");
        let attributes = parsed
            .iter_attributes()
            .map(|(_, raw)| (raw.header.get_type().value(), raw.value.to_vec()))
            .collect();
        Self { to, bytes, attributes }
    }

    pub fn get(&self, kind: u16) -> Option<&[u8]> {
        self.attributes.iter().find(|(other, _)| *other == kind).map(|(_, value)| value.as_slice())
    }

    pub fn all(&self, kind: u16) -> Vec<&[u8]> {
        let of_kind = self.attributes.iter().filter(|(other, _)| *other == kind);
        of_kind.map(|(_, value)| value.as_slice()).collect()
    }

    pub fn kinds(&self) -> Vec<u16> {
        self.attributes.iter().map(|(kind, _)| *kind).collect()
    }

    pub fn is_success(&self) -> bool {
        self.bytes[0] & 1 == 1 && self.bytes[1] & 0x10 == 0
    }

    /// The error's number, 0 for a success.
    pub fn code(&self) -> u16 {
        self.get(attribute::ERROR_CODE).map_or(0, |value| u16::from(value[2]) * 100 + u16::from(value[3]))
    }

    pub fn address(&self, kind: u16) -> Option<SocketAddr> {
        self.get(kind).map(|value| self.unxor(value))
    }

    pub fn unxor(&self, value: &[u8]) -> SocketAddr {
        let mask = &self.bytes[4..20];
        let port = u16::from_be_bytes([value[2], value[3]]) ^ 0x2112;
        let bytes: Vec<u8> = value[4..].iter().zip(mask).map(|(byte, mask)| byte ^ mask).collect();
        let ip = match <[u8; 4]>::try_from(bytes.as_slice()) {
            Ok(bytes) => IpAddr::from(bytes),
            Err(_) => IpAddr::from(<[u8; 16]>::try_from(bytes.as_slice()).unwrap()),
        };
        SocketAddr::new(ip, port)
    }

    pub fn lifetime_s(&self) -> Option<u32> {
        self.get(attribute::LIFETIME).map(|value| u32::from_be_bytes(value.try_into().unwrap()))
    }

    pub fn is_signed_by(&self, key: &IntegrityKey) -> bool {
        let parsed = stun_types::message::Message::from_bytes(&self.bytes).unwrap();
        parsed.validate_integrity_with_key(key).is_ok()
    }
}
