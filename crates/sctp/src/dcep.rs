//! The Data Channel Establishment Protocol (RFC 8832): its two messages as bytes.

use crate::drop_reason::DropReason;
use crate::error::OpenError;

/// The longest label, in bytes. It is kept while the channel lives, and told to everyone who takes part in it.
pub const LABEL_BYTES_MAX: usize = 1024;
/// The longest name of a subprotocol, in bytes.
pub const PROTOCOL_BYTES_MAX: usize = 256;

const _: () = assert!(LABEL_BYTES_MAX <= u16::MAX as usize);
const _: () = assert!(PROTOCOL_BYTES_MAX <= u16::MAX as usize);

const MESSAGE_ACK: u8 = 0x02;
const MESSAGE_OPEN: u8 = 0x03;
const OPEN_HEADER_BYTES: usize = 12;

const TYPE_RELIABLE: u8 = 0x00;
const TYPE_RETRANSMITS: u8 = 0x01;
const TYPE_LIFETIME: u8 = 0x02;
const UNORDERED: u8 = 0x80;

/// How hard a message is tried.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Reliability {
    /// Until it arrives.
    Reliable,
    /// Sent again at most so often.
    Retransmits(u32),
    /// For at most so many milliseconds.
    LifetimeMs(u32),
}

/// What a channel is like, for both sides.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChannelParameters {
    /// Its name; need not be unique.
    pub label: String,
    /// What is spoken on it, from the registry of WebSocket subprotocols; often empty.
    pub protocol: String,
    /// Messages arrive in the order in which they were sent.
    pub ordered: bool,
    /// How hard a message is tried.
    pub reliability: Reliability,
    /// Weight among channels (RFC 8831 section 6.4); carried, not acted upon.
    pub priority: u16,
}

impl Default for ChannelParameters {
    /// Reliable and ordered, as in browsers.
    fn default() -> Self {
        Self {
            label: String::new(),
            protocol: String::new(),
            ordered: true,
            reliability: Reliability::Reliable,
            priority: 256,
        }
    }
}

impl ChannelParameters {
    pub(crate) fn check(&self) -> Result<(), OpenError> {
        if self.label.len() > LABEL_BYTES_MAX {
            return Err(OpenError::LabelTooLong);
        }
        if self.protocol.len() > PROTOCOL_BYTES_MAX {
            return Err(OpenError::ProtocolTooLong);
        }
        Ok(())
    }
}

/// A message of the protocol.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DcepMessage {
    /// DATA_CHANNEL_OPEN: this stream is a channel from here on.
    Open(ChannelParameters),
    /// DATA_CHANNEL_ACK: it is for both sides.
    Ack,
}

impl DcepMessage {
    /// Reads a message, which must fill `data`.
    pub fn parse(data: &[u8]) -> Result<Self, DropReason> {
        match data.first() {
            Some(&MESSAGE_OPEN) => parse_open(data).map(Self::Open),
            Some(&MESSAGE_ACK) if data.len() == 1 => Ok(Self::Ack),
            Some(&MESSAGE_ACK) | None => Err(DropReason::DcepMalformed),
            Some(_) => Err(DropReason::DcepUnknownType),
        }
    }

    /// The message as bytes; refused if a name is too long.
    pub fn write(&self) -> Result<Vec<u8>, OpenError> {
        let Self::Open(parameters) = self else { return Ok(vec![MESSAGE_ACK]) };
        parameters.check()?;
        let (channel_type, reliability) = match parameters.reliability {
            Reliability::Reliable => (TYPE_RELIABLE, 0),
            Reliability::Retransmits(count) => (TYPE_RETRANSMITS, count),
            Reliability::LifetimeMs(ms) => (TYPE_LIFETIME, ms),
        };
        let (label, protocol) = (parameters.label.as_bytes(), parameters.protocol.as_bytes());
        let mut out = Vec::with_capacity(OPEN_HEADER_BYTES + label.len() + protocol.len());
        out.push(MESSAGE_OPEN);
        out.push(if parameters.ordered { channel_type } else { channel_type | UNORDERED });
        out.extend(parameters.priority.to_be_bytes());
        out.extend(reliability.to_be_bytes());
        out.extend((label.len() as u16).to_be_bytes());
        out.extend((protocol.len() as u16).to_be_bytes());
        out.extend(label);
        out.extend(protocol);
        Ok(out)
    }
}

fn parse_open(data: &[u8]) -> Result<ChannelParameters, DropReason> {
    let (header, names) = data.split_first_chunk::<OPEN_HEADER_BYTES>().ok_or(DropReason::DcepMalformed)?;
    let [_, channel_type, p0, p1, r0, r1, r2, r3, l0, l1, n0, n1] = *header;
    let label_bytes = usize::from(u16::from_be_bytes([l0, l1]));
    let protocol_bytes = usize::from(u16::from_be_bytes([n0, n1]));
    if names.len() != label_bytes + protocol_bytes {
        return Err(DropReason::DcepMalformed);
    }
    if label_bytes > LABEL_BYTES_MAX {
        return Err(DropReason::DcepLabelTooLong);
    }
    if protocol_bytes > PROTOCOL_BYTES_MAX {
        return Err(DropReason::DcepProtocolTooLong);
    }
    let parameter = u32::from_be_bytes([r0, r1, r2, r3]);
    let reliability = match channel_type & !UNORDERED {
        // The parameter is to be ignored here (RFC 8832 section 5.1).
        TYPE_RELIABLE => Reliability::Reliable,
        TYPE_RETRANSMITS => Reliability::Retransmits(parameter),
        TYPE_LIFETIME => Reliability::LifetimeMs(parameter),
        _ => return Err(DropReason::DcepMalformed),
    };
    let text =
        |bytes: &[u8]| std::str::from_utf8(bytes).map(str::to_owned).map_err(|_| DropReason::DcepNotUtf8);
    let (label, protocol) = names.split_at(label_bytes);
    Ok(ChannelParameters {
        label: text(label)?,
        protocol: text(protocol)?,
        ordered: channel_type & UNORDERED == 0,
        reliability,
        priority: u16::from_be_bytes([p0, p1]),
    })
}
