//! Answers to checks: how they are written, where they wait, and how many go to strangers.

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use stun_types::attribute::{
    AttributeType, ErrorCode, MessageIntegrity, MessageIntegritySha256, UnknownAttributes, XorMappedAddress,
};
use stun_types::message::{
    BINDING, IntegrityAlgorithm, IntegrityKey, Message, MessageClass, MessageType, MessageWriteMutSlice,
    TransactionId,
};
use stun_types::prelude::{AttributeWrite, MessageWrite, MessageWriteExt};

use crate::tuple::Tuple;

/// What a check is answered.
pub(crate) enum Verdict<'a> {
    /// It holds; the address it came from.
    Success(SocketAddr),
    /// An error code of RFC 8489 section 14.8 or RFC 8445 section 16.1.
    Error(u16),
    /// 420 and the attributes.
    UnknownAttributes(&'a [AttributeType]),
}

/// With what an answer is signed: as the check was (RFC 8489 section 9.1.4).
pub(crate) struct Signature<'a> {
    pub(crate) key: &'a IntegrityKey,
    pub(crate) algorithm: IntegrityAlgorithm,
}

/// An answer on its way.
pub(crate) struct Answer {
    len: usize,
    bytes: [u8; ANSWER_LEN_MAX],
}

/// The longest answer is 420 with eight attributes under SHA-256: 20 + 8 + 20 + 36 + 8 bytes.
const ANSWER_LEN_MAX: usize = 96;

impl Answer {
    /// Writes an answer. Error answers carry no reason phrase: nobody reads it, and it would make them longer.
    pub(crate) fn write(to: TransactionId, verdict: &Verdict<'_>, signature: Option<&Signature<'_>>) -> Self {
        let mut bytes = [0; ANSWER_LEN_MAX];
        let class = match verdict {
            Verdict::Success(_) => MessageClass::Success,
            _ => MessageClass::Error,
        };
        let kind = MessageType::from_class_method(class, BINDING);
        let mut writer = Message::builder(kind, to, MessageWriteMutSlice::new(&mut bytes));
        match verdict {
            Verdict::Success(from) => push(&mut writer, &XorMappedAddress::new(canonical(*from), to)),
            Verdict::Error(code) => push(&mut writer, &error_code(*code)),
            Verdict::UnknownAttributes(unknown) => {
                push(&mut writer, &error_code(420));
                push(&mut writer, &UnknownAttributes::new(unknown));
            }
        }
        if let Some(signature) = signature {
            sign(&mut writer, signature);
        }
        writer.add_fingerprint().expect("ANSWER_LEN_MAX has room for the longest answer");
        let len = writer.finish();
        Self { len, bytes }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

fn push(writer: &mut MessageWriteMutSlice<'_>, attribute: &dyn AttributeWrite) {
    writer.add_attribute(attribute).expect("ANSWER_LEN_MAX has room for the longest answer");
}

fn error_code(code: u16) -> ErrorCode {
    ErrorCode::new(code, "").expect("each code used is between 300 and 699")
}

/// Appends the integrity. The library's own function for it would hand the key to its tracing.
fn sign(writer: &mut MessageWriteMutSlice<'_>, signature: &Signature<'_>) {
    const NEVER: &str = "computing an integrity over bytes cannot fail";
    let covered = writer.len();
    match signature.algorithm {
        IntegrityAlgorithm::Sha1 => {
            writer.push_attribute_unchecked(&MessageIntegrity::new([0; 20]));
            let hmac = MessageIntegrity::compute(&[&writer.data()[..covered]], signature.key).expect(NEVER);
            writer.mut_data()[covered + 4..].copy_from_slice(&hmac);
        }
        IntegrityAlgorithm::Sha256 => {
            writer.push_attribute_unchecked(&MessageIntegritySha256::new(&[0; 32]).expect("32 bytes fit"));
            let hmac =
                MessageIntegritySha256::compute(&[&writer.data()[..covered]], signature.key).expect(NEVER);
            writer.mut_data()[covered + 4..].copy_from_slice(&hmac);
        }
    }
}

/// A dual-stack socket shows IPv4 peers as mapped IPv6 addresses; the peer knows itself by the IPv4 one.
fn canonical(address: SocketAddr) -> SocketAddr {
    match address.ip().to_canonical() {
        IpAddr::V4(ip) => SocketAddr::new(IpAddr::V4(ip), address.port()),
        IpAddr::V6(_) => address,
    }
}

/// Answers not sent yet, oldest first. When full the oldest goes: its asker asks again (RFC 8489 section 6.2.1).
#[derive(Default)]
pub(crate) struct Answers(VecDeque<(Tuple, Answer)>);

/// The owner sends after each datagram; this is for one that takes a whole batch first.
const ANSWERS_MAX: usize = 32;

impl Answers {
    pub(crate) fn push(&mut self, to: Tuple, answer: Answer) {
        if self.0.len() == ANSWERS_MAX {
            self.0.pop_front();
        }
        self.0.push_back((to, answer));
    }

    pub(crate) fn pop(&mut self) -> Option<(Tuple, Answer)> {
        self.0.pop_front()
    }
}

/// How many unsigned error answers may go out: whoever gets them has not shown that they are who they say.
pub(crate) struct StrangersBudget {
    left: u32,
    refilled_at: Option<Instant>,
}

const STRANGERS_PER_SECOND: u32 = 10;

impl StrangersBudget {
    pub(crate) const fn new() -> Self {
        Self { left: STRANGERS_PER_SECOND, refilled_at: None }
    }

    /// Takes one answer out of this second's, if any is left.
    pub(crate) fn take(&mut self, now: Instant) -> bool {
        let is_over = self.refilled_at.is_none_or(|at| now.duration_since(at) >= Duration::from_secs(1));
        if is_over {
            *self = Self { left: STRANGERS_PER_SECOND, refilled_at: Some(now) };
        }
        let has_left = self.left > 0;
        self.left = self.left.saturating_sub(1);
        has_left
    }
}
