//! A STUN message, read in one pass.

use super::fingerprint::fingerprint;
use super::integrity::{Integrity, LongTermKey};
use super::numbers::attribute;
use super::{HEADER_LEN, MAGIC_COOKIE, TransactionId, be_u16};

/// Unknown attributes that an answer names; a message with more is answered with the first ones.
const UNKNOWN_MAX: usize = 8;

/// The kind of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    Request,
    Indication,
    Success,
    Error,
}

/// Why bytes are no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Malformed {
    /// No header, no cookie, lengths that do not add up.
    Structure,
    /// A FINGERPRINT that is wrong or not the last attribute.
    Fingerprint,
}

/// The value of an attribute that was there, the first of its kind.
pub(crate) type Value<'a> = Option<&'a [u8]>;

/// An integrity attribute: what it says, and where it begins.
#[derive(Clone, Copy, Debug)]
struct Tag<'a> {
    at: usize,
    value: &'a [u8],
}

/// A message and its attributes. Of each kind the first one counts, and none behind the integrity.
#[derive(Clone, Debug)]
pub(crate) struct Message<'a> {
    pub(crate) class: Class,
    pub(crate) method: u16,
    pub(crate) transaction: TransactionId,
    bytes: &'a [u8],
    sha1: Option<Tag<'a>>,
    sha256: Option<Tag<'a>>,
    pub(crate) has_fingerprint: bool,
    pub(crate) username: Value<'a>,
    pub(crate) userhash: Value<'a>,
    pub(crate) realm: Value<'a>,
    pub(crate) nonce: Value<'a>,
    pub(crate) password_algorithm: Value<'a>,
    pub(crate) password_algorithms: Value<'a>,
    pub(crate) requested_transport: Value<'a>,
    pub(crate) requested_family: Value<'a>,
    pub(crate) additional_family: Value<'a>,
    pub(crate) even_port: Value<'a>,
    pub(crate) reservation_token: Value<'a>,
    pub(crate) dont_fragment: Value<'a>,
    pub(crate) lifetime: Value<'a>,
    pub(crate) channel_number: Value<'a>,
    pub(crate) connection_id: Value<'a>,
    /// The first XOR-PEER-ADDRESS; [`Message::peers`] gives them all.
    pub(crate) peer: Value<'a>,
    unknown: [u16; UNKNOWN_MAX],
    unknown_len: usize,
}

impl<'a> Message<'a> {
    /// Reads a datagram that is one message, to its last byte.
    pub(crate) fn read(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let header: &[u8; HEADER_LEN] = bytes.first_chunk().ok_or(Malformed::Structure)?;
        let (kind, length) =
            (u16::from_be_bytes([header[0], header[1]]), u16::from_be_bytes([header[2], header[3]]));
        let is_whole = usize::from(length) == bytes.len() - HEADER_LEN && length % 4 == 0;
        if kind >> 14 != 0 || !is_whole || header[4..8] != MAGIC_COOKIE {
            return Err(Malformed::Structure);
        }
        let mut transaction = [0; 12];
        transaction.copy_from_slice(&header[8..]);
        let mut message = Self::empty(bytes, kind, transaction);
        let mut attributes = Attributes { bytes, at: HEADER_LEN };
        while let Some((at, kind, value)) = attributes.next()? {
            message.take(at, kind, value)?;
        }
        Ok(message)
    }

    fn empty(bytes: &'a [u8], kind: u16, transaction: TransactionId) -> Self {
        let class = match kind >> 7 & 2 | kind >> 4 & 1 {
            0 => Class::Request,
            1 => Class::Indication,
            2 => Class::Success,
            _ => Class::Error,
        };
        Self {
            class,
            method: kind & 0xf | kind >> 1 & 0x70 | kind >> 2 & 0xf80,
            transaction,
            bytes,
            sha1: None,
            sha256: None,
            has_fingerprint: false,
            username: None,
            userhash: None,
            realm: None,
            nonce: None,
            password_algorithm: None,
            password_algorithms: None,
            requested_transport: None,
            requested_family: None,
            additional_family: None,
            even_port: None,
            reservation_token: None,
            dont_fragment: None,
            lifetime: None,
            channel_number: None,
            connection_id: None,
            peer: None,
            unknown: [0; UNKNOWN_MAX],
            unknown_len: 0,
        }
    }

    fn take(&mut self, at: usize, kind: u16, value: &'a [u8]) -> Result<(), Malformed> {
        if kind == attribute::FINGERPRINT {
            return self.take_fingerprint(at, value);
        }
        // Behind an integrity nothing is vouched for, but for the other integrity.
        if self.sha256.is_some() || (self.sha1.is_some() && kind != attribute::MESSAGE_INTEGRITY_SHA256) {
            return Ok(());
        }
        let slot = match kind {
            attribute::MESSAGE_INTEGRITY => return take_tag(&mut self.sha1, at, value, value.len() == 20),
            attribute::MESSAGE_INTEGRITY_SHA256 => {
                let is_fit = (16..=32).contains(&value.len()) && value.len().is_multiple_of(4);
                return take_tag(&mut self.sha256, at, value, is_fit);
            }
            attribute::USERNAME => &mut self.username,
            attribute::USERHASH => &mut self.userhash,
            attribute::REALM => &mut self.realm,
            attribute::NONCE => &mut self.nonce,
            attribute::PASSWORD_ALGORITHM => &mut self.password_algorithm,
            attribute::PASSWORD_ALGORITHMS => &mut self.password_algorithms,
            attribute::REQUESTED_TRANSPORT => &mut self.requested_transport,
            attribute::REQUESTED_ADDRESS_FAMILY => &mut self.requested_family,
            attribute::ADDITIONAL_ADDRESS_FAMILY => &mut self.additional_family,
            attribute::EVEN_PORT => &mut self.even_port,
            attribute::RESERVATION_TOKEN => &mut self.reservation_token,
            attribute::DONT_FRAGMENT => &mut self.dont_fragment,
            attribute::LIFETIME => &mut self.lifetime,
            attribute::CHANNEL_NUMBER => &mut self.channel_number,
            attribute::CONNECTION_ID => &mut self.connection_id,
            attribute::XOR_PEER_ADDRESS => &mut self.peer,
            attribute::DATA => return Ok(()),
            0..0x8000 => {
                self.note_unknown(kind);
                return Ok(());
            }
            _ => return Ok(()),
        };
        slot.get_or_insert(value);
        Ok(())
    }

    fn take_fingerprint(&mut self, at: usize, value: &[u8]) -> Result<(), Malformed> {
        let is_last = at + 8 == self.bytes.len();
        if !is_last || value != fingerprint(&self.bytes[..at]).to_be_bytes() {
            return Err(Malformed::Fingerprint);
        }
        self.has_fingerprint = true;
        Ok(())
    }

    fn note_unknown(&mut self, kind: u16) {
        if self.unknown_len < UNKNOWN_MAX && !self.unknown().contains(&kind) {
            self.unknown[self.unknown_len] = kind;
            self.unknown_len += 1;
        }
    }

    /// Attributes that would have to be understood and are not.
    pub(crate) fn unknown(&self) -> &[u16] {
        &self.unknown[..self.unknown_len]
    }

    /// Which integrity counts: the stronger one that is there.
    pub(crate) fn integrity(&self) -> Option<Integrity> {
        match (self.sha1, self.sha256) {
            (_, Some(_)) => Some(Integrity::Sha256),
            (Some(_), None) => Some(Integrity::Sha1),
            (None, None) => None,
        }
    }

    /// Whether the integrity that counts is by this key.
    pub(crate) fn is_signed_by(&self, key: &LongTermKey) -> bool {
        let Some((integrity, tag)) = self
            .sha256
            .map(|tag| (Integrity::Sha256, tag))
            .or_else(|| self.sha1.map(|tag| (Integrity::Sha1, tag)))
        else {
            return false;
        };
        let length = tag.at + 4 + tag.value.len() - HEADER_LEN;
        key.verify(integrity, &self.bytes[..tag.at], length as u16, tag.value)
    }

    /// Every XOR-PEER-ADDRESS before the integrity.
    pub(crate) fn peers(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let end = [self.sha1, self.sha256].into_iter().flatten().map(|tag| tag.at).min();
        let mut attributes =
            Attributes { bytes: &self.bytes[..end.unwrap_or(self.bytes.len())], at: HEADER_LEN };
        std::iter::from_fn(move || attributes.next().ok().flatten())
            .filter(|(_, kind, _)| *kind == attribute::XOR_PEER_ADDRESS)
            .map(|(_, _, value)| value)
    }
}

fn take_tag<'a>(
    slot: &mut Option<Tag<'a>>,
    at: usize,
    value: &'a [u8],
    is_fit: bool,
) -> Result<(), Malformed> {
    if !is_fit {
        return Err(Malformed::Structure);
    }
    slot.get_or_insert(Tag { at, value });
    Ok(())
}

/// Where an attribute begins, its type and its value without padding.
type Attribute<'a> = (usize, u16, &'a [u8]);

/// Walks attributes.
#[derive(Clone, Debug)]
pub(super) struct Attributes<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) at: usize,
}

impl<'a> Attributes<'a> {
    /// The next one.
    pub(super) fn next(&mut self) -> Result<Option<Attribute<'a>>, Malformed> {
        let at = self.at;
        if at == self.bytes.len() {
            return Ok(None);
        }
        let (Some(kind), Some(length)) = (be_u16(self.bytes, at), be_u16(self.bytes, at + 2)) else {
            return Err(Malformed::Structure);
        };
        let end = at + 4 + usize::from(length);
        let value = self.bytes.get(at + 4..end).ok_or(Malformed::Structure)?;
        self.at = end.next_multiple_of(4);
        if self.at > self.bytes.len() {
            return Err(Malformed::Structure);
        }
        Ok(Some((at, kind, value)))
    }
}
