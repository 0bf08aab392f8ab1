//! What this side sends.
#![expect(clippy::todo, reason = "signatures first")]
#![expect(unused_variables, reason = "signatures first")]

use motet_rtp::{SeqNo, Ssrc};

use crate::error::SrtpError;
use crate::profile::{MasterKey, Profile};

/// Protects what this side sends, under one master key.
#[derive(Debug)]
pub struct Protector {}

impl Protector {
    /// Derives the session keys. [`SrtpError::BadKeyLength`] when `master` was made for another profile's lengths.
    pub fn new(profile: Profile, master: &MasterKey) -> Result<Self, SrtpError> {
        todo!()
    }

    /// The profile given.
    pub fn profile(&self) -> Profile {
        todo!()
    }

    /// Protects one RTP packet out of place: `header` (all of it: CSRCs and extensions too) goes in clear to the front of
    /// `out`, `payload` sealed after it, then the tag. Returns the length of the SRTP packet: `header.len() +
    /// payload.len() + profile.rtp_overhead()`.
    pub fn protect_rtp(
        &mut self,
        index: SeqNo,
        header: &[u8],
        payload: &[u8],
        out: &mut [u8],
    ) -> Result<usize, SrtpError> {
        todo!()
    }

    /// As [`Self::protect_rtp`], with the header already at `out[..header_len]` and the payload in parts (a
    /// retransmission's original sequence number and its payload).
    pub fn protect_rtp_after_header(
        &mut self,
        index: SeqNo,
        ssrc: Ssrc,
        header_len: usize,
        payload_parts: &[&[u8]],
        out: &mut [u8],
    ) -> Result<usize, SrtpError> {
        todo!()
    }

    /// Protects one compound RTCP packet out of place under the next SRTCP index. Returns the length of the SRTCP
    /// packet: `plain.len() + profile.rtcp_overhead()`.
    pub fn protect_rtcp(&mut self, plain: &[u8], out: &mut [u8]) -> Result<usize, SrtpError> {
        todo!()
    }
}
