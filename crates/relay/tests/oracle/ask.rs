//! What a script asks of a server, before it is bytes.

use std::net::SocketAddr;

use crate::servers::{ANNA, Account};
use crate::wire::{Transaction, Writer, attribute, method, xor};

/// A request or an indication. Requests are signed by Anna unless something else is said.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) kind: u16,
    attributes: Vec<(u16, Value)>,
    pub(crate) signer: Option<Account>,
    realm: Option<&'static str>,
    lacking: Vec<u16>,
    pub(crate) has_stale_nonce: bool,
    is_tampered: bool,
    behind_integrity: Vec<(u16, Value)>,
    fingerprint: Option<bool>,
    pub(crate) is_repeated: bool,
}

#[derive(Clone, Debug)]
enum Value {
    Bytes(Vec<u8>),
    Address(SocketAddr),
}

/// What the server said that requests must repeat.
pub(crate) struct Challenge<'a> {
    pub(crate) realm: &'a [u8],
    pub(crate) nonce: &'a [u8],
    pub(crate) key: fn(Account, &[u8]) -> [u8; 16],
}

pub(crate) fn request(method: u16) -> Ask {
    Ask {
        kind: method,
        attributes: Vec::new(),
        signer: Some(ANNA),
        realm: None,
        lacking: Vec::new(),
        has_stale_nonce: false,
        is_tampered: false,
        behind_integrity: Vec::new(),
        fingerprint: None,
        is_repeated: false,
    }
}

pub(crate) fn indication(method: u16) -> Ask {
    Ask { kind: method | method::INDICATION, signer: None, ..request(method) }
}

/// A success answer that nobody waits for.
pub(crate) fn success(method: u16) -> Ask {
    Ask { kind: method | method::SUCCESS, signer: None, ..request(method) }
}

pub(crate) fn binding() -> Ask {
    request(method::BINDING).unsigned()
}

/// Allocate over UDP.
pub(crate) fn allocate() -> Ask {
    request(method::ALLOCATE).with(attribute::REQUESTED_TRANSPORT, &[17, 0, 0, 0])
}

pub(crate) fn refresh(lifetime_s: u32) -> Ask {
    request(method::REFRESH).with(attribute::LIFETIME, &lifetime_s.to_be_bytes())
}

pub(crate) fn permit(peers: &[SocketAddr]) -> Ask {
    peers.iter().fold(request(method::CREATE_PERMISSION), |ask, peer| ask.with_peer(*peer))
}

pub(crate) fn bind(number: u16, peer: SocketAddr) -> Ask {
    let [high, low] = number.to_be_bytes();
    request(method::CHANNEL_BIND).with(attribute::CHANNEL_NUMBER, &[high, low, 0, 0]).with_peer(peer)
}

pub(crate) fn send(peer: SocketAddr, payload: &[u8]) -> Ask {
    indication(method::SEND).with_peer(peer).with(attribute::DATA, payload)
}

impl Ask {
    pub(crate) fn with(mut self, kind: u16, value: &[u8]) -> Self {
        self.attributes.push((kind, Value::Bytes(value.to_vec())));
        self
    }

    pub(crate) fn with_peer(mut self, peer: SocketAddr) -> Self {
        self.attributes.push((attribute::PEER_ADDRESS, Value::Address(peer)));
        self
    }

    /// Behind MESSAGE-INTEGRITY, where nobody vouches for it.
    pub(crate) fn with_behind(mut self, kind: u16, value: &[u8]) -> Self {
        self.behind_integrity.push((kind, Value::Bytes(value.to_vec())));
        self
    }

    pub(crate) fn unsigned(self) -> Self {
        Self { signer: None, ..self }
    }

    pub(crate) fn by(self, account: Account) -> Self {
        Self { signer: Some(account), ..self }
    }

    pub(crate) fn in_realm(self, realm: &'static str) -> Self {
        Self { realm: Some(realm), ..self }
    }

    /// Leaves out USERNAME, REALM or NONCE.
    pub(crate) fn without(mut self, kind: u16) -> Self {
        self.lacking.push(kind);
        self
    }

    pub(crate) fn with_stale_nonce(self) -> Self {
        Self { has_stale_nonce: true, ..self }
    }

    /// A bit of MESSAGE-INTEGRITY is turned.
    pub(crate) fn tampered(self) -> Self {
        Self { is_tampered: true, ..self }
    }

    pub(crate) fn with_fingerprint(self) -> Self {
        Self { fingerprint: Some(true), ..self }
    }

    pub(crate) fn with_wrong_fingerprint(self) -> Self {
        Self { fingerprint: Some(false), ..self }
    }

    /// Under the transaction of what was asked before.
    pub(crate) fn repeated(self) -> Self {
        Self { is_repeated: true, ..self }
    }

    pub(crate) fn has(&self, kind: u16) -> bool {
        self.attributes.iter().any(|(known, _)| *known == kind)
    }

    pub(crate) fn bytes(&self, transaction: Transaction, challenge: &Challenge<'_>) -> Vec<u8> {
        let put = |writer: Writer, (kind, value): &(u16, Value)| match value {
            Value::Bytes(bytes) => writer.with(*kind, bytes),
            Value::Address(address) => writer.with(*kind, &xor(*address, &transaction)),
        };
        let mut writer = self.attributes.iter().fold(Writer::new(self.kind, transaction), put);
        if let Some(account) = self.signer {
            writer = self.sign(writer, account, challenge);
        }
        writer = self.behind_integrity.iter().fold(writer, put);
        match self.fingerprint {
            None => writer.0,
            Some(true) => writer.fingerprinted().0,
            Some(false) => {
                let mut bytes = writer.fingerprinted().0;
                turn_a_bit(&mut bytes);
                bytes
            }
        }
    }

    fn sign(&self, writer: Writer, account: Account, challenge: &Challenge<'_>) -> Writer {
        let realm = self.realm.map_or(challenge.realm, str::as_bytes);
        let credentials = [
            (attribute::USERNAME, account.user.as_bytes()),
            (attribute::REALM, realm),
            (attribute::NONCE, challenge.nonce),
        ];
        let shown = credentials.iter().filter(|(kind, _)| !self.lacking.contains(kind));
        let writer = shown.fold(writer, |writer, (kind, value)| writer.with(*kind, value));
        if self.lacking.contains(&attribute::INTEGRITY) {
            return writer;
        }
        let mut writer = writer.signed(&(challenge.key)(account, realm));
        if self.is_tampered {
            turn_a_bit(&mut writer.0);
        }
        writer
    }
}

fn turn_a_bit(bytes: &mut [u8]) {
    if let Some(last) = bytes.last_mut() {
        *last ^= 1;
    }
}
