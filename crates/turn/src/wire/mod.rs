//! STUN messages as bytes (RFC 8489 section 5): one pass to read, appended to a buffer to write.
//!
//! `stun-types` reads messages into a list that it walks for each attribute, knows none of TURN's attributes and computes HMAC and MD5 on
//! a second crypto library. A server under attack wants one pass without allocation, so the codec is here.

mod address;
mod fingerprint;
mod integrity;
mod message;
pub(crate) mod numbers;
mod relayed;
#[cfg(test)]
mod tests;
mod writer;

pub(crate) use address::{Family, read_xor_address};
pub(crate) use integrity::{Integrity, KeyAlgorithm, LongTermKey};
pub(crate) use message::{Class, Malformed, Message};
pub(crate) use relayed::{ChannelData, SendIndication, channel_prefix, icmp_indication, indication_prefix};
pub(crate) use writer::Writer;

/// Length of a STUN header.
pub(crate) const HEADER_LEN: usize = 20;
/// What stands behind the length in each message.
pub(crate) const MAGIC_COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];

/// Names a request and its answer.
pub(crate) type TransactionId = [u8; 12];

pub(crate) fn be_u16(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..at + 2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]))
}
