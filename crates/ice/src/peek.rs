//! A cheap look into a STUN message: enough to find whom a check is for; nothing is trusted by it.

use crate::error::IceError;

/// Whom a connectivity check is for, by its USERNAME (RFC 8445 section 7.2.2); not authenticated.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Check<'a> {
    /// The username fragment of the side that is asked: ours.
    pub local_ufrag: &'a str,
    /// The username fragment of the side that asks.
    pub remote_ufrag: &'a str,
}

/// Finds the USERNAME of a Binding request, without checking fingerprint or integrity. `None` for anything else.
pub fn peek_check(datagram: &[u8]) -> Option<Check<'_>> {
    let outline = Outline::read(datagram).ok()?;
    if outline.class == Class::Request { outline.check } else { None }
}

/// RFC 8489 section 5.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Class {
    Request,
    Indication,
    Response,
}

/// A Binding message whose lengths add up.
pub(crate) struct Outline<'a> {
    pub(crate) class: Class,
    /// From the first USERNAME, if it stands before the integrity.
    pub(crate) check: Option<Check<'a>>,
    pub(crate) has_integrity: bool,
    /// The last attribute is a FINGERPRINT; its value is not checked.
    pub(crate) has_fingerprint: bool,
}

/// A check has at most 513 bytes of USERNAME and some 100 of other attributes; the rest is room for the unknown.
const MESSAGE_LEN_MAX: usize = 1280;
const HEADER_LEN: usize = 20;
const MAGIC_COOKIE: [u8; 4] = 0x2112_a442_u32.to_be_bytes();
const CLASS_BITS: u16 = 0x0110;
const BINDING: u16 = 0x0001;

const USERNAME: u16 = 0x0006;
const MESSAGE_INTEGRITY: u16 = 0x0008;
const MESSAGE_INTEGRITY_SHA256: u16 = 0x001c;
const FINGERPRINT: u16 = 0x8028;

impl<'a> Outline<'a> {
    /// Walks the attributes once, reading nothing but types, lengths and the USERNAME.
    pub(crate) fn read(datagram: &'a [u8]) -> Result<Self, IceError> {
        let (header, mut attributes) = datagram.split_at_checked(HEADER_LEN).ok_or(IceError::NotStun)?;
        let kind = u16::from_be_bytes([header[0], header[1]]);
        if kind & 0xc000 != 0 || header[4..8] != MAGIC_COOKIE {
            return Err(IceError::NotStun);
        }
        if datagram.len() > MESSAGE_LEN_MAX {
            return Err(IceError::TooLong);
        }
        let length = usize::from(u16::from_be_bytes([header[2], header[3]]));
        if length != attributes.len() || length % 4 != 0 {
            return Err(IceError::Malformed);
        }
        if kind & !CLASS_BITS != BINDING {
            return Err(IceError::UnsupportedMethod);
        }
        let class = match kind & CLASS_BITS {
            0x0000 => Class::Request,
            0x0010 => Class::Indication,
            _ => Class::Response,
        };
        let mut outline = Self { class, check: None, has_integrity: false, has_fingerprint: false };
        while !attributes.is_empty() {
            let (kind, value, rest) = split_attribute(attributes).ok_or(IceError::Malformed)?;
            outline.take(kind, value);
            attributes = rest;
        }
        Ok(outline)
    }

    fn take(&mut self, kind: u16, value: &'a [u8]) {
        match kind {
            USERNAME if !self.has_integrity && self.check.is_none() => self.check = Check::read(value),
            MESSAGE_INTEGRITY | MESSAGE_INTEGRITY_SHA256 => self.has_integrity = true,
            _ => {}
        }
        self.has_fingerprint = kind == FINGERPRINT && value.len() == 4;
    }
}

impl<'a> Check<'a> {
    /// `None` unless the value is two fragments with a colon between, which no fragment can hold (RFC 8445 section 5.3).
    fn read(value: &'a [u8]) -> Option<Self> {
        let (local_ufrag, remote_ufrag) = std::str::from_utf8(value).ok()?.split_once(':')?;
        let is_whole = !local_ufrag.is_empty() && !remote_ufrag.is_empty();
        is_whole.then_some(Self { local_ufrag, remote_ufrag })
    }
}

/// The first attribute's type and value, and what follows its padding.
fn split_attribute(attributes: &[u8]) -> Option<(u16, &[u8], &[u8])> {
    let (header, body) = attributes.split_at_checked(4)?;
    let kind = u16::from_be_bytes([header[0], header[1]]);
    let length = usize::from(u16::from_be_bytes([header[2], header[3]]));
    let (padded, rest) = body.split_at_checked(length.next_multiple_of(4))?;
    Some((kind, &padded[..length], rest))
}
