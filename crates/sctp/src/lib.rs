//! Data channels (RFC 8831, RFC 8832): a door to an SCTP library. SCTP packets and the time go in; packets, messages and
//! events come out. Owns no socket, reads no clock, and draws its chance from a seed.

mod association;
mod channels;
mod closing;
mod dcep;
mod drop_reason;
mod error;
mod event;
mod gate;
mod incoming;
mod payload;
mod settings;
mod settling;
mod socket;

pub use association::{Association, TRANSMITS_MAX};
pub use channels::ChannelId;
pub use dcep::{ChannelParameters, DcepMessage, LABEL_BYTES_MAX, PROTOCOL_BYTES_MAX, Reliability};
pub use drop_reason::{DropReason, Drops};
pub use error::{End, OpenError, SendError};
pub use event::Event;
pub use gate::{PACKET_BYTES_RECEIVED_MAX, STREAMS_MAX};
pub use payload::MessageKind;
pub use settings::{MESSAGE_OVERHEAD_BYTES, PACKET_BYTES_MAX, PEER_MESSAGE_BYTES_UNSAID, Settings};
