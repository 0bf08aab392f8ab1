//! STUN as this test writes and reads it (RFC 8489): by hand, so that no server's own code judges what it says.

use std::net::{IpAddr, SocketAddr};

use aws_lc_rs::hmac;
use md5::{Digest, Md5};

/// Methods, and the bits of a message's class.
pub(crate) mod method {
    pub(crate) const BINDING: u16 = 0x001;
    pub(crate) const ALLOCATE: u16 = 0x003;
    pub(crate) const REFRESH: u16 = 0x004;
    pub(crate) const SEND: u16 = 0x006;
    pub(crate) const DATA: u16 = 0x007;
    pub(crate) const CREATE_PERMISSION: u16 = 0x008;
    pub(crate) const CHANNEL_BIND: u16 = 0x009;
    pub(crate) const CONNECT: u16 = 0x00a;
    pub(crate) const CONNECTION_BIND: u16 = 0x00b;
    /// Nobody has this one.
    pub(crate) const UNKNOWN: u16 = 0x00e;

    pub(crate) const INDICATION: u16 = 0x010;
    pub(crate) const SUCCESS: u16 = 0x100;
    pub(crate) const ERROR: u16 = 0x110;
}

macro_rules! attributes {
    ($($name:ident = $kind:literal, $text:literal;)+) => {
        /// Attributes.
        pub(crate) mod attribute {
            $(pub(crate) const $name: u16 = $kind;)+
        }

        /// What an attribute is called in the RFCs.
        pub(crate) fn name_of(kind: u16) -> String {
            match kind {
                $($kind => $text.to_owned(),)+
                // These no script asks for.
                0x0001 => "MAPPED-ADDRESS".to_owned(),
                0x802b => "RESPONSE-ORIGIN".to_owned(),
                _ => format!("{kind:#06x}"),
            }
        }
    };
}

attributes! {
    USERNAME = 0x0006, "USERNAME";
    INTEGRITY = 0x0008, "MESSAGE-INTEGRITY";
    ERROR_CODE = 0x0009, "ERROR-CODE";
    UNKNOWN_ATTRIBUTES = 0x000a, "UNKNOWN-ATTRIBUTES";
    CHANNEL_NUMBER = 0x000c, "CHANNEL-NUMBER";
    LIFETIME = 0x000d, "LIFETIME";
    PEER_ADDRESS = 0x0012, "XOR-PEER-ADDRESS";
    DATA = 0x0013, "DATA";
    REALM = 0x0014, "REALM";
    NONCE = 0x0015, "NONCE";
    RELAYED_ADDRESS = 0x0016, "XOR-RELAYED-ADDRESS";
    REQUESTED_FAMILY = 0x0017, "REQUESTED-ADDRESS-FAMILY";
    EVEN_PORT = 0x0018, "EVEN-PORT";
    REQUESTED_TRANSPORT = 0x0019, "REQUESTED-TRANSPORT";
    DONT_FRAGMENT = 0x001a, "DONT-FRAGMENT";
    PASSWORD_ALGORITHM = 0x001d, "PASSWORD-ALGORITHM";
    USERHASH = 0x001e, "USERHASH";
    XOR_MAPPED_ADDRESS = 0x0020, "XOR-MAPPED-ADDRESS";
    RESERVATION_TOKEN = 0x0022, "RESERVATION-TOKEN";
    CONNECTION_ID = 0x002a, "CONNECTION-ID";
    ADDITIONAL_FAMILY = 0x8000, "ADDITIONAL-ADDRESS-FAMILY";
    ADDRESS_ERROR = 0x8001, "ADDRESS-ERROR-CODE";
    PASSWORD_ALGORITHMS = 0x8002, "PASSWORD-ALGORITHMS";
    SOFTWARE = 0x8022, "SOFTWARE";
    FINGERPRINT = 0x8028, "FINGERPRINT";
}

/// What tells an answer from another's.
pub(crate) type Transaction = [u8; 12];

const COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];
const HEADER_LEN: usize = 20;

/// A message being written; its length field is always right for what is there.
#[derive(Clone, Debug)]
pub(crate) struct Writer(pub(crate) Vec<u8>);

impl Writer {
    /// `kind` is a method and the bits of its class.
    pub(crate) fn new(kind: u16, transaction: Transaction) -> Self {
        let mut bytes = kind.to_be_bytes().to_vec();
        bytes.extend([0, 0]);
        bytes.extend(COOKIE);
        bytes.extend(transaction);
        Self(bytes)
    }

    pub(crate) fn with(mut self, kind: u16, value: &[u8]) -> Self {
        self.0.extend(kind.to_be_bytes());
        self.0.extend((value.len() as u16).to_be_bytes());
        self.0.extend(value);
        self.0.resize(self.0.len().next_multiple_of(4), 0);
        self.set_length(0);
        self
    }

    pub(crate) fn signed(mut self, key: &[u8]) -> Self {
        self.set_length(24);
        let tag = integrity(key, &self.0);
        self.with(attribute::INTEGRITY, &tag)
    }

    pub(crate) fn fingerprinted(mut self) -> Self {
        self.set_length(8);
        let fingerprint = fingerprint(&self.0);
        self.with(attribute::FINGERPRINT, &fingerprint)
    }

    fn set_length(&mut self, to_come: usize) {
        let length = (self.0.len() - HEADER_LEN + to_come) as u16;
        self.0[2..4].copy_from_slice(&length.to_be_bytes());
    }
}

/// A message that came, whole.
#[derive(Clone, Debug)]
pub(crate) struct Reader {
    bytes: Vec<u8>,
    /// Where each begins, its type and its value.
    pub(crate) attributes: Vec<(usize, u16, Vec<u8>)>,
}

impl Reader {
    /// None where the bytes are no STUN message to their last byte.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let length = usize::from(u16::from_be_bytes([*bytes.get(2)?, *bytes.get(3)?]));
        if bytes[0] >> 6 != 0 || bytes.len() != HEADER_LEN + length || bytes[4..8] != COOKIE {
            return None;
        }
        let mut attributes = Vec::new();
        let mut at = HEADER_LEN;
        while at < bytes.len() {
            let kind = u16::from_be_bytes([*bytes.get(at)?, *bytes.get(at + 1)?]);
            let len = usize::from(u16::from_be_bytes([*bytes.get(at + 2)?, *bytes.get(at + 3)?]));
            attributes.push((at, kind, bytes.get(at + 4..at + 4 + len)?.to_vec()));
            at += 4 + len.next_multiple_of(4);
        }
        Some(Self { bytes: bytes.to_vec(), attributes })
    }

    /// The method and the bits of the class.
    pub(crate) fn kind(&self) -> u16 {
        u16::from_be_bytes([self.bytes[0], self.bytes[1]])
    }

    pub(crate) fn transaction(&self) -> &[u8] {
        &self.bytes[8..HEADER_LEN]
    }

    /// The first of a kind.
    pub(crate) fn get(&self, kind: u16) -> Option<&[u8]> {
        self.attributes.iter().find(|(_, known, _)| *known == kind).map(|(_, _, value)| value.as_slice())
    }

    /// The number of ERROR-CODE or of ADDRESS-ERROR-CODE.
    pub(crate) fn code(value: &[u8]) -> u16 {
        u16::from(value[2]) * 100 + u16::from(value[3])
    }

    pub(crate) fn address(&self, value: &[u8]) -> SocketAddr {
        unxor(value, &self.bytes[4..HEADER_LEN])
    }

    /// Whether a MESSAGE-INTEGRITY at this place is by this key.
    pub(crate) fn is_signed(&self, at: usize, value: &[u8], key: &[u8]) -> bool {
        integrity(key, &self.up_to(at, 24)) == value
    }

    /// Whether a FINGERPRINT at this place is right, and the last there is.
    pub(crate) fn is_fingerprinted(&self, at: usize, value: &[u8]) -> bool {
        at + 8 == self.bytes.len() && fingerprint(&self.up_to(at, 8)) == value
    }

    /// What stands before an attribute, under the length that counts it as the last.
    fn up_to(&self, at: usize, attribute_len: usize) -> Vec<u8> {
        let mut bytes = self.bytes[..at].to_vec();
        let length = (at - HEADER_LEN + attribute_len) as u16;
        bytes[2..4].copy_from_slice(&length.to_be_bytes());
        bytes
    }
}

/// The key of long-term credentials (RFC 8489 section 9.2.2).
pub(crate) fn key(user: &str, realm: &[u8], password: &str) -> [u8; 16] {
    Md5::digest([user.as_bytes(), realm, password.as_bytes()].join(&b':')).into()
}

fn integrity(key: &[u8], message: &[u8]) -> [u8; 20] {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, key);
    hmac::sign(&key, message).as_ref().try_into().unwrap()
}

/// CRC-32 bit by bit, and the mask of RFC 8489 section 14.7.
fn fingerprint(message: &[u8]) -> [u8; 4] {
    let mut crc = u32::MAX;
    for byte in message {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
        }
    }
    (!crc ^ 0x5354_554e).to_be_bytes()
}

/// The value of a XOR-… address in a message of this transaction.
pub(crate) fn xor(address: SocketAddr, transaction: &Transaction) -> Vec<u8> {
    let mask: Vec<u8> = COOKIE.iter().chain(transaction).copied().collect();
    let (family, ip) = match address.ip() {
        IpAddr::V4(ip) => (1, ip.octets().to_vec()),
        IpAddr::V6(ip) => (2, ip.octets().to_vec()),
    };
    let port = (address.port() ^ 0x2112).to_be_bytes();
    let mut value = vec![0, family, port[0], port[1]];
    value.extend(ip.iter().zip(mask).map(|(byte, mask)| byte ^ mask));
    value
}

fn unxor(value: &[u8], mask: &[u8]) -> SocketAddr {
    let port = u16::from_be_bytes([value[2], value[3]]) ^ 0x2112;
    let bytes: Vec<u8> = value[4..].iter().zip(mask).map(|(byte, mask)| byte ^ mask).collect();
    let ip = match <[u8; 4]>::try_from(bytes.as_slice()) {
        Ok(bytes) => IpAddr::from(bytes),
        Err(_) => IpAddr::from(<[u8; 16]>::try_from(bytes.as_slice()).unwrap()),
    };
    SocketAddr::new(ip, port)
}

/// Channel data, without padding.
pub(crate) fn channel_data(number: u16, payload: &[u8]) -> Vec<u8> {
    let mut bytes = number.to_be_bytes().to_vec();
    bytes.extend((payload.len() as u16).to_be_bytes());
    bytes.extend(payload);
    bytes
}

/// RFC 5769 section 2.1: what is judged by this page had better be right.
#[test]
fn the_sample_request_is_signed_and_fingerprinted_as_in_rfc_5769() {
    let sample = [
        0x00, 0x01, 0x00, 0x58, 0x21, 0x12, 0xa4, 0x42, 0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86, 0xfa,
        0x87, 0xdf, 0xae, 0x80, 0x22, 0x00, 0x10, b'S', b'T', b'U', b'N', b' ', b't', b'e', b's', b't', b' ',
        b'c', b'l', b'i', b'e', b'n', b't', 0x00, 0x24, 0x00, 0x04, 0x6e, 0x00, 0x01, 0xff, 0x80, 0x29, 0x00,
        0x08, 0x93, 0x2f, 0xf9, 0xb1, 0x51, 0x26, 0x3b, 0x36, 0x00, 0x06, 0x00, 0x09, b'e', b'v', b't', b'j',
        b':', b'h', b'6', b'v', b'Y', 0x20, 0x20, 0x20, 0x00, 0x08, 0x00, 0x14, 0x9a, 0xea, 0xa7, 0x0c, 0xbf,
        0xd8, 0xcb, 0x56, 0x78, 0x1e, 0xf2, 0xb5, 0xb2, 0xd3, 0xf2, 0x49, 0xc1, 0xb5, 0x71, 0xa2, 0x80, 0x28,
        0x00, 0x04, 0xe5, 0x7a, 0x3b, 0xcf,
    ];
    let message = Reader::read(&sample).unwrap();
    let is_right = |kind| {
        let (at, _, value) = message.attributes.iter().find(|(_, known, _)| *known == kind).unwrap();
        match kind {
            attribute::INTEGRITY => message.is_signed(*at, value, b"VOkJxbRl1RmTxUk/WvJxBt"),
            _ => message.is_fingerprinted(*at, value),
        }
    };
    assert!(is_right(attribute::INTEGRITY) && is_right(attribute::FINGERPRINT));
}
