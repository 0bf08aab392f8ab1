//! Audio: samples to the payload of one RTP packet and back.

pub mod g711;
pub mod g722;
mod g722_tables;
mod opus;

pub use opus::{Channels, Decoder, Encoder, EncoderSettings, OpusError, PACKET_LEN_MAX, has_fec};
