//! TCP for peers whose network lets no UDP through: framed by RFC 4571, passive on this side (RFC 6544).
//!
//! A connection costs memory and a place before anyone knows who is behind it. So places are limited, in all and by
//! address; a new connection is on probation until the user says that it has proved itself, by a verified STUN check for
//! instance; and a frame, once begun, has to arrive in time. A peer that reads too slowly loses the newest
//! media, as on any network, and never holds more than its output queue.

mod connection;
mod connections;
mod framing;
mod output;

pub use connections::TcpLimits;
pub(crate) use connections::{Connections, ReadOutcome, SCRATCH_BYTES};
pub(crate) use framing::{PREFIX_BYTES, first_frame};
