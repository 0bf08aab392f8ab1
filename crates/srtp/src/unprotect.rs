//! What the peer sends.
#![expect(clippy::todo, reason = "signatures first")]
#![expect(unused_variables, reason = "signatures first")]

use motet_rtp::SeqNo;

use crate::error::SrtpError;
use crate::profile::{MasterKey, Profile};

/// An authenticated RTP packet, in clear at the front of the buffer that it came in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Unprotected {
    /// Length of the RTP packet.
    pub len: usize,
    /// Its index: the sequence number extended by the rollover counter.
    pub index: SeqNo,
}

/// Unprotects what the peer sends, under one master key.
#[derive(Debug)]
pub struct Unprotector {}

impl Unprotector {
    /// Derives the session keys. [`SrtpError::BadKeyLength`] when `master` was made for another profile's lengths.
    pub fn new(profile: Profile, master: &MasterKey) -> Result<Self, SrtpError> {
        todo!()
    }

    /// Unprotects one RTP packet in place.
    pub fn unprotect_rtp(&mut self, packet: &mut [u8]) -> Result<Unprotected, SrtpError> {
        todo!()
    }

    /// Unprotects one compound RTCP packet in place and returns its length.
    pub fn unprotect_rtcp(&mut self, packet: &mut [u8]) -> Result<usize, SrtpError> {
        todo!()
    }
}
