//! A controlling peer for the tests: writes checks as browsers do, reads answers.
#![allow(dead_code, reason = "each test file uses its own part")]

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use motet_control::{CandidateProtocol, IceCredentials};
use motet_ice::{Event, IceLite, SocketId, Tuple};
use stun_types::attribute::{ErrorCode, RawAttribute, Username, XorMappedAddress};
use stun_types::message::{
    BINDING, IntegrityAlgorithm, Message, MessageClass, MessageIntegrityCredentials, MessageType,
    MessageWriteVec, ShortTermCredentials,
};
use stun_types::prelude::{AttributeStaticType, MessageWrite, MessageWriteExt};

pub(crate) const UFRAG: &str = "locl";
pub(crate) const PASSWORD: &str = "local-password-of-22-characters";
pub(crate) const REMOTE_UFRAG: &str = "rmot";

pub(crate) fn credentials(ufrag: &str) -> IceCredentials {
    IceCredentials { ufrag: ufrag.to_owned(), password: PASSWORD.to_owned() }
}

pub(crate) fn agent() -> IceLite {
    IceLite::new(credentials(UFRAG), Some(REMOTE_UFRAG.to_owned()))
}

pub(crate) fn udp(port: u16) -> Tuple {
    let remote = SocketAddr::from(([192, 0, 2, 1], port));
    Tuple { socket: SocketId(0), protocol: CandidateProtocol::Udp, remote }
}

pub(crate) fn tcp(port: u16) -> Tuple {
    Tuple { protocol: CandidateProtocol::Tcp, socket: SocketId(u32::from(port)), ..udp(port) }
}

pub(crate) fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

/// A Binding request; what is left as by `new` is what a browser sends.
#[derive(Clone)]
pub(crate) struct CheckWriter {
    pub(crate) username: Option<String>,
    pub(crate) password: &'static str,
    pub(crate) class: MessageClass,
    pub(crate) algorithm: Option<IntegrityAlgorithm>,
    pub(crate) fingerprint: bool,
    /// Type and value, in order, before the integrity.
    pub(crate) attributes: Vec<(u16, Vec<u8>)>,
}

impl CheckWriter {
    pub(crate) fn new() -> Self {
        Self {
            username: Some(format!("{UFRAG}:{REMOTE_UFRAG}")),
            password: PASSWORD,
            class: MessageClass::Request,
            algorithm: Some(IntegrityAlgorithm::Sha1),
            fingerprint: true,
            attributes: vec![(0x802a, vec![7; 8])],
        }
    }

    pub(crate) fn username(mut self, username: &str) -> Self {
        self.username = Some(username.to_owned());
        self
    }

    pub(crate) fn attribute(mut self, kind: u16, value: &[u8]) -> Self {
        self.attributes.push((kind, value.to_vec()));
        self
    }

    pub(crate) fn priority(self, priority: u32) -> Self {
        self.attribute(0x0024, &priority.to_be_bytes())
    }

    pub(crate) fn nominating(self) -> Self {
        self.attribute(0x0025, &[])
    }

    /// Each time another transaction.
    pub(crate) fn write(&self) -> Vec<u8> {
        static TRANSACTIONS: AtomicU32 = AtomicU32::new(0);
        let transaction = u128::from(TRANSACTIONS.fetch_add(1, Ordering::Relaxed));
        let kind = MessageType::from_class_method(self.class, BINDING);
        let mut writer = Message::builder(kind, transaction.into(), MessageWriteVec::new());
        if let Some(username) = &self.username {
            writer.add_attribute(&Username::new(username).unwrap()).unwrap();
        }
        for (kind, value) in &self.attributes {
            writer.add_attribute(&RawAttribute::new((*kind).into(), value)).unwrap();
        }
        if let Some(algorithm) = self.algorithm {
            writer.add_message_integrity(&key(self.password), algorithm).unwrap();
        }
        if self.fingerprint {
            writer.add_fingerprint().unwrap();
        }
        writer.finish()
    }
}

pub(crate) fn check() -> Vec<u8> {
    CheckWriter::new().write()
}

pub(crate) fn nomination() -> Vec<u8> {
    CheckWriter::new().nominating().write()
}

pub(crate) fn key(password: &str) -> MessageIntegrityCredentials {
    ShortTermCredentials::new(password.to_owned()).into()
}

/// The one answer queued, its code (0 for success), and whether it is signed with this side's password.
#[derive(PartialEq, Eq, Debug)]
pub(crate) struct Answered {
    pub(crate) to: Tuple,
    pub(crate) code: u16,
    pub(crate) mapped: Option<SocketAddr>,
    pub(crate) is_signed: bool,
    pub(crate) len: usize,
}

pub(crate) fn answer(agent: &mut IceLite) -> Option<Answered> {
    let mut bytes = vec![0xff; 3];
    let to = agent.poll_transmit(&mut bytes)?;
    let message = Message::from_bytes(&bytes).unwrap();
    let is_signed = message.validate_integrity(&key(PASSWORD)).is_ok();
    let mapped = message.attribute::<XorMappedAddress>().ok();
    let mapped = mapped.map(|attribute| attribute.addr(message.transaction_id()));
    let code = if message.has_class(MessageClass::Error) {
        message.attribute::<ErrorCode>().unwrap().code()
    } else {
        assert!(message.has_class(MessageClass::Success) && message.has_attribute(XorMappedAddress::TYPE));
        0
    };
    Some(Answered { to, code, mapped, is_signed, len: bytes.len() })
}

pub(crate) fn events(agent: &mut IceLite) -> Vec<Event> {
    std::iter::from_fn(|| agent.poll_event()).collect()
}

/// Delivers a datagram that must be accepted; answers are thrown away, events returned.
pub(crate) fn accept(agent: &mut IceLite, now: Instant, tuple: Tuple, datagram: &[u8]) -> Vec<Event> {
    agent.handle_datagram(now, tuple, datagram).unwrap();
    while answer(agent).is_some() {}
    events(agent)
}
