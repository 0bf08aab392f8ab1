//! Writes a message at the end of a buffer.

use std::net::SocketAddr;

use super::address::{Family, write_xor_address};
use super::fingerprint::fingerprint;
use super::integrity::{Integrity, LongTermKey};
use super::message::Class;
use super::numbers::{ErrorCode, attribute};
use super::{HEADER_LEN, MAGIC_COOKIE, TransactionId};

/// A message being written. Its length is right after each attribute.
pub(crate) struct Writer<'a> {
    out: &'a mut Vec<u8>,
    start: usize,
    transaction: TransactionId,
}

impl<'a> Writer<'a> {
    pub(crate) fn new(out: &'a mut Vec<u8>, class: Class, method: u16, transaction: TransactionId) -> Self {
        let class_bits = match class {
            Class::Request => 0x000,
            Class::Indication => 0x010,
            Class::Success => 0x100,
            Class::Error => 0x110,
        };
        let kind = method & 0xf | (method & 0x70) << 1 | (method & 0xf80) << 2 | class_bits;
        let start = out.len();
        out.extend_from_slice(&kind.to_be_bytes());
        out.extend_from_slice(&[0, 0]);
        out.extend_from_slice(&MAGIC_COOKIE);
        out.extend_from_slice(&transaction);
        Self { out, start, transaction }
    }

    pub(crate) fn attribute(&mut self, kind: u16, value: &[u8]) -> &mut Self {
        self.out.extend_from_slice(&kind.to_be_bytes());
        self.out.extend_from_slice(&(value.len() as u16).to_be_bytes());
        self.out.extend_from_slice(value);
        let padding = value.len().next_multiple_of(4) - value.len();
        self.out.extend_from_slice(&[0; 3][..padding]);
        self.set_length(0);
        self
    }

    pub(crate) fn u32(&mut self, kind: u16, value: u32) -> &mut Self {
        self.attribute(kind, &value.to_be_bytes())
    }

    pub(crate) fn xor_address(&mut self, kind: u16, address: SocketAddr) -> &mut Self {
        let mut value = [0; 20];
        let len = write_xor_address(address, &self.transaction, &mut value);
        self.attribute(kind, &value[..len])
    }

    pub(crate) fn error(&mut self, code: ErrorCode) -> &mut Self {
        self.error_of(attribute::ERROR_CODE, 0, code)
    }

    /// ADDRESS-ERROR-CODE: why there is no address of a family.
    pub(crate) fn address_error(&mut self, family: Family, code: ErrorCode) -> &mut Self {
        self.error_of(attribute::ADDRESS_ERROR_CODE, family as u8, code)
    }

    fn error_of(&mut self, kind: u16, family: u8, code: ErrorCode) -> &mut Self {
        let (number, reason) = (code.number(), code.reason().as_bytes());
        let mut value = [0; 64];
        value[0] = family;
        value[2] = (number / 100) as u8;
        value[3] = (number % 100) as u8;
        value[4..4 + reason.len()].copy_from_slice(reason);
        self.attribute(kind, &value[..4 + reason.len()])
    }

    pub(crate) fn integrity(&mut self, integrity: Integrity, key: &LongTermKey) -> &mut Self {
        let (kind, tag_len) = match integrity {
            Integrity::Sha1 => (attribute::MESSAGE_INTEGRITY, 20),
            Integrity::Sha256 => (attribute::MESSAGE_INTEGRITY_SHA256, 32),
        };
        let message = &self.out[self.start..];
        let length = message.len() - HEADER_LEN + 4 + tag_len;
        let tag = key.sign(integrity, message, length as u16);
        self.attribute(kind, tag.as_ref())
    }

    pub(crate) fn fingerprint(&mut self) -> &mut Self {
        self.set_length(8);
        let crc = fingerprint(&self.out[self.start..]);
        self.u32(attribute::FINGERPRINT, crc)
    }

    /// The length of what is there, and of what is to come.
    fn set_length(&mut self, to_come: usize) {
        let length = (self.out.len() - self.start - HEADER_LEN + to_come) as u16;
        self.out[self.start + 2..self.start + 4].copy_from_slice(&length.to_be_bytes());
    }
}
