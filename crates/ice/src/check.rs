//! What an authenticated connectivity check says, beyond who sent it.

use stun_types::attribute::AttributeType;
use stun_types::message::Message;
use stun_types::prelude::Attribute;

use crate::error::IceError;

/// The attributes of a check that matter to a lite agent (RFC 8445 section 7.1, 16.1).
pub(crate) struct CheckAttributes {
    /// The priority that the sender's candidate would have (PRIORITY); 0 where absent.
    pub(crate) priority: u32,
    /// USE-CANDIDATE: the controlling side nominates this tuple.
    pub(crate) uses_candidate: bool,
    /// NOMINATION of draft-thatcher-ice-renomination: the higher value wins.
    pub(crate) nomination: Option<u32>,
    /// ICE-CONTROLLED: the sender believes that this side is controlling.
    pub(crate) claims_controlled: bool,
    unknown: [AttributeType; UNKNOWN_MAX],
    unknown_len: usize,
}

/// How many unknown attributes an answer names at most, so that its size is bounded.
const UNKNOWN_MAX: usize = 8;

const PRIORITY: u16 = 0x0024;
const USE_CANDIDATE: u16 = 0x0025;
const ICE_CONTROLLED: u16 = 0x8029;
const NOMINATION: u16 = 0xc001;

/// Attributes that RFC 8489 section 18.3 defines. Those that a check has no use for are ignored (section 6.3.1).
const KNOWN: [u16; 13] = [
    0x0001, // MAPPED-ADDRESS
    0x0006, // USERNAME
    0x0008, // MESSAGE-INTEGRITY
    0x0009, // ERROR-CODE
    0x000a, // UNKNOWN-ATTRIBUTES
    0x0014, // REALM
    0x0015, // NONCE
    0x001c, // MESSAGE-INTEGRITY-SHA256
    0x001d, // PASSWORD-ALGORITHM
    0x001e, // USERHASH
    0x0020, // XOR-MAPPED-ADDRESS
    PRIORITY,
    USE_CANDIDATE,
];

impl CheckAttributes {
    /// Reads what the integrity covers; attributes after it are not seen.
    pub(crate) fn read(message: &Message<'_>) -> Result<Self, IceError> {
        let mut check = Self {
            priority: 0,
            uses_candidate: false,
            nomination: None,
            claims_controlled: false,
            unknown: [AttributeType::new(0); UNKNOWN_MAX],
            unknown_len: 0,
        };
        for (_, attribute) in message.iter_attributes() {
            let kind = attribute.get_type();
            match kind.value() {
                PRIORITY => check.priority = number(&attribute.value)?,
                USE_CANDIDATE => check.uses_candidate = true,
                NOMINATION => check.nomination = Some(number(&attribute.value)?),
                ICE_CONTROLLED => check.claims_controlled = true,
                _ => check.note_unknown(kind),
            }
        }
        Ok(check)
    }

    /// Comprehension-required attributes that this side does not know.
    pub(crate) fn unknown(&self) -> &[AttributeType] {
        &self.unknown[..self.unknown_len]
    }

    fn note_unknown(&mut self, kind: AttributeType) {
        let is_unknown = kind.comprehension_required() && !KNOWN.contains(&kind.value());
        if is_unknown && self.unknown_len < UNKNOWN_MAX && !self.unknown().contains(&kind) {
            self.unknown[self.unknown_len] = kind;
            self.unknown_len += 1;
        }
    }
}

fn number(value: &[u8]) -> Result<u32, IceError> {
    value.try_into().map(u32::from_be_bytes).map_err(|_| IceError::Malformed)
}
