//! What carries payloads: channel data, Send and Data indications. Read and written around the payload, which stays where it is.

use std::net::SocketAddr;
use std::ops::Range;

use super::address::write_xor_address;
use super::fingerprint::fingerprint;
use super::message::Attributes;
use super::numbers::{attribute, method};
use super::writer::Writer;
use super::{Class, HEADER_LEN, MAGIC_COOKIE, Malformed, TransactionId, be_u16, read_xor_address};
use crate::Prefix;

/// The header of channel data (RFC 8656 section 12.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ChannelData {
    pub(crate) number: u16,
    pub(crate) payload: Range<usize>,
}

impl ChannelData {
    /// Reads channel data; what stands behind the payload is padding.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let (number, length) = (be_u16(bytes, 0)?, usize::from(be_u16(bytes, 2)?));
        (bytes.len() >= 4 + length).then_some(Self { number, payload: 4..4 + length })
    }
}

/// A Send indication (RFC 8656 section 11.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SendIndication {
    pub(crate) peer: SocketAddr,
    pub(crate) payload: Range<usize>,
    pub(crate) dont_fragment: bool,
}

impl SendIndication {
    /// Reads a datagram that begins as a Send indication; none if something is missing or not understood.
    pub(crate) fn read(bytes: &[u8]) -> Result<Option<Self>, Malformed> {
        let header: &[u8; HEADER_LEN] = bytes.first_chunk().ok_or(Malformed::Structure)?;
        let length = usize::from(u16::from_be_bytes([header[2], header[3]]));
        if length != bytes.len() - HEADER_LEN || length % 4 != 0 || header[4..8] != MAGIC_COOKIE {
            return Err(Malformed::Structure);
        }
        let mut transaction = [0; 12];
        transaction.copy_from_slice(&header[8..]);
        let (mut peer, mut payload, mut dont_fragment, mut is_understood) = (None, None, false, true);
        let mut attributes = Attributes { bytes, at: HEADER_LEN };
        while let Some((at, kind, value)) = attributes.next()? {
            match kind {
                attribute::XOR_PEER_ADDRESS if peer.is_none() => {
                    peer = Some(read_xor_address(value, &transaction))
                }
                attribute::DATA if payload.is_none() => payload = Some(at + 4..at + 4 + value.len()),
                attribute::DONT_FRAGMENT => dont_fragment = true,
                attribute::FINGERPRINT => {
                    let is_last = at + 8 == bytes.len();
                    if !is_last || value != fingerprint(&bytes[..at]).to_be_bytes() {
                        return Err(Malformed::Fingerprint);
                    }
                }
                attribute::XOR_PEER_ADDRESS | attribute::DATA | attribute::MESSAGE_INTEGRITY => {}
                0..0x8000 => is_understood = false,
                _ => {}
            }
        }
        let (Some(Some(peer)), Some(payload), true) = (peer, payload, is_understood) else { return Ok(None) };
        Ok(Some(Self { peer, payload, dont_fragment }))
    }
}

/// What goes before a payload on a channel.
pub(crate) fn channel_prefix(number: u16, payload_len: u16) -> Prefix {
    let mut bytes = [0; Prefix::LEN_MAX];
    bytes[..2].copy_from_slice(&number.to_be_bytes());
    bytes[2..4].copy_from_slice(&payload_len.to_be_bytes());
    Prefix { bytes, len: 4 }
}

/// What goes before a payload in a Data indication; none if they are too long together.
pub(crate) fn indication_prefix(
    peer: SocketAddr,
    payload_len: u16,
    transaction: &TransactionId,
) -> Option<Prefix> {
    let mut bytes = [0; Prefix::LEN_MAX];
    let mut address = [0; 20];
    let address_len = write_xor_address(peer, transaction, &mut address);
    let length = 4 + address_len + 4 + usize::from(payload_len).next_multiple_of(4);
    let length = u16::try_from(length).ok()?;
    bytes[..2].copy_from_slice(&[0x00, 0x10 | method::DATA as u8]);
    bytes[2..4].copy_from_slice(&length.to_be_bytes());
    bytes[4..8].copy_from_slice(&MAGIC_COOKIE);
    bytes[8..20].copy_from_slice(transaction);
    bytes[20..22].copy_from_slice(&attribute::XOR_PEER_ADDRESS.to_be_bytes());
    bytes[23] = address_len as u8;
    let data_at = 24 + address_len;
    bytes[24..data_at].copy_from_slice(&address[..address_len]);
    bytes[data_at..data_at + 2].copy_from_slice(&attribute::DATA.to_be_bytes());
    bytes[data_at + 2..data_at + 4].copy_from_slice(&payload_len.to_be_bytes());
    Some(Prefix { bytes, len: (data_at + 4) as u8 })
}

/// A Data indication that tells of ICMP instead of a payload (RFC 8656 sections 11.5 and 18.13).
pub(crate) fn icmp_indication(
    out: &mut Vec<u8>,
    transaction: TransactionId,
    peer: SocketAddr,
    (kind, code): (u8, u8),
    data: u32,
) {
    let mut value = [0, 0, kind << 1, code, 0, 0, 0, 0];
    value[4..].copy_from_slice(&data.to_be_bytes());
    Writer::new(out, Class::Indication, method::DATA, transaction)
        .xor_address(attribute::XOR_PEER_ADDRESS, peer)
        .attribute(attribute::ICMP, &value);
}
