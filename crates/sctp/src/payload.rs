//! What a message is: SCTP payload protocol identifiers (RFC 8831 section 8).

/// Text or bytes; what JavaScript sees as a string or an ArrayBuffer.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum MessageKind {
    /// UTF-8.
    Text,
    /// Anything.
    Binary,
}

/// What a payload protocol identifier says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Payload {
    /// A message of the channel protocol (RFC 8832).
    Dcep,
    /// A message of the application. SCTP has no empty messages: an empty one travels as a byte that is ignored.
    Message { kind: MessageKind, is_empty: bool },
}

const DCEP: u32 = 50;
const STRING: u32 = 51;
const BINARY: u32 = 53;
const STRING_EMPTY: u32 = 56;
const BINARY_EMPTY: u32 = 57;

impl Payload {
    /// `None` for what RFC 8831 does not know, or deprecates (52 and 54, parts of messages).
    pub(crate) const fn from_id(id: u32) -> Option<Self> {
        let (kind, is_empty) = match id {
            DCEP => return Some(Self::Dcep),
            STRING => (MessageKind::Text, false),
            STRING_EMPTY => (MessageKind::Text, true),
            BINARY => (MessageKind::Binary, false),
            BINARY_EMPTY => (MessageKind::Binary, true),
            _ => return None,
        };
        Some(Self::Message { kind, is_empty })
    }

    pub(crate) const fn id(self) -> u32 {
        match self {
            Self::Dcep => DCEP,
            Self::Message { kind: MessageKind::Text, is_empty: false } => STRING,
            Self::Message { kind: MessageKind::Text, is_empty: true } => STRING_EMPTY,
            Self::Message { kind: MessageKind::Binary, is_empty: false } => BINARY,
            Self::Message { kind: MessageKind::Binary, is_empty: true } => BINARY_EMPTY,
        }
    }
}
