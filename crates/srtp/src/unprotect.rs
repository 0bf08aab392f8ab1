//! What the peer sends.

use std::fmt;

use motet_rtp::SeqNo;

use crate::error::SrtpError;
use crate::gcm::PacketId;
use crate::profile::{MasterKey, Profile};
use crate::protect::{rollover_counter, rtcp_aad};
use crate::session::Session;
use crate::streams::Streams;
use crate::wire::{self, RTCP_CLEAR_LEN, RTCP_ENCRYPTED, RTCP_INDEX_LEN, RtpFront};

/// An authenticated RTP packet, in clear at the front of the buffer that it came in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Unprotected {
    /// Length of the RTP packet.
    pub len: usize,
    /// Its index: the sequence number extended by the rollover counter.
    pub index: SeqNo,
}

/// Unprotects what the peer sends, under one master key.
///
/// Nothing is learned from a packet before its tag is verified: neither rollover counters nor replay windows move, and
/// no stream is opened.
pub struct Unprotector {
    profile: Profile,
    rtp: Session,
    rtcp: Session,
    rtp_streams: Streams,
    rtcp_streams: Streams,
}

impl Unprotector {
    /// Derives the session keys. [`SrtpError::BadKeyLength`] when `master` was made for another profile's lengths.
    pub fn new(profile: Profile, master: &MasterKey) -> Result<Self, SrtpError> {
        Ok(Self {
            profile,
            rtp: Session::for_rtp(profile, master)?,
            rtcp: Session::for_rtcp(profile, master)?,
            rtp_streams: Streams::default(),
            rtcp_streams: Streams::default(),
        })
    }

    /// The profile given.
    pub fn profile(&self) -> Profile {
        self.profile
    }

    /// Unprotects one RTP packet in place. A refused packet's bytes are spoilt.
    pub fn unprotect_rtp(&mut self, packet: &mut [u8]) -> Result<Unprotected, SrtpError> {
        let front = RtpFront::read(packet)?;
        let len = packet.len().checked_sub(self.profile.rtp_overhead()).ok_or(SrtpError::Malformed)?;
        if len < front.header_len {
            return Err(SrtpError::Malformed);
        }
        let place = self.rtp_streams.find(front.ssrc);
        let index = self.rtp_streams.estimate(place, front.seq);
        if index >= wire::RTP_INDEX_END {
            return Err(SrtpError::KeysExhausted);
        }
        self.rtp_streams.check(place, index)?;

        let id = PacketId { ssrc: front.ssrc, index };
        match &self.rtp {
            Session::Gcm(gcm) => {
                let (header, sealed) = packet.split_at_mut(front.header_len);
                gcm.open(id, header, sealed)?;
            }
            Session::Cm(cm) => {
                let (packet, tag) = packet.split_at_mut(len);
                cm.verify(packet, &rollover_counter(index), tag)?;
                cm.crypt(id, &mut packet[front.header_len..])?;
            }
        }
        self.rtp_streams.accept(place, front.ssrc, index);
        Ok(Unprotected { len, index: SeqNo(index) })
    }

    /// Unprotects one compound RTCP packet in place and returns its length. A refused packet's bytes are spoilt.
    pub fn unprotect_rtcp(&mut self, packet: &mut [u8]) -> Result<usize, SrtpError> {
        let ssrc = wire::rtcp_ssrc(packet)?;
        let len = packet.len().checked_sub(self.profile.rtcp_overhead()).ok_or(SrtpError::Malformed)?;
        if len < RTCP_CLEAR_LEN {
            return Err(SrtpError::Malformed);
        }
        let index_at = self.rtcp_index_at(packet.len());
        let mut index_word = [0; RTCP_INDEX_LEN];
        index_word.copy_from_slice(&packet[index_at..index_at + RTCP_INDEX_LEN]);
        let word = u32::from_be_bytes(index_word);
        if word & RTCP_ENCRYPTED == 0 {
            return Err(SrtpError::Unencrypted);
        }
        let index = u64::from(word & !RTCP_ENCRYPTED);
        let place = self.rtcp_streams.find(ssrc);
        self.rtcp_streams.check(place, index)?;

        let id = PacketId { ssrc, index };
        match &self.rtcp {
            Session::Gcm(gcm) => {
                let aad = rtcp_aad(packet, index_word);
                gcm.open(id, &aad, &mut packet[RTCP_CLEAR_LEN..index_at])?;
            }
            Session::Cm(cm) => {
                let (authenticated, tag) = packet.split_at_mut(index_at + RTCP_INDEX_LEN);
                cm.verify(authenticated, &[], tag)?;
                cm.crypt(id, &mut authenticated[RTCP_CLEAR_LEN..len])?;
            }
        }
        self.rtcp_streams.accept(place, ssrc, index);
        Ok(len)
    }

    /// GCM's index stands at the very end (RFC 7714 section 9.2), counter mode's before the tag (RFC 3711 section 3.4).
    fn rtcp_index_at(&self, packet_len: usize) -> usize {
        match self.rtcp {
            Session::Gcm(_) => packet_len - RTCP_INDEX_LEN,
            Session::Cm(_) => packet_len - self.profile.rtcp_overhead(),
        }
    }
}

impl fmt::Debug for Unprotector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unprotector").field("profile", &self.profile).finish_non_exhaustive()
    }
}

#[cfg(test)]
impl Unprotector {
    /// With session keys given, as RFC 7714's vectors have them.
    pub(crate) fn from_sessions(profile: Profile, rtp: Session, rtcp: Session) -> Self {
        Self { profile, rtp, rtcp, rtp_streams: Streams::default(), rtcp_streams: Streams::default() }
    }
}
