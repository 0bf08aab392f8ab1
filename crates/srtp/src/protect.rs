//! What this side sends.

use std::fmt;

use motet_rtp::{SeqNo, Ssrc};

use crate::error::SrtpError;
use crate::gcm::{Gcm, PacketId};
use crate::profile::{MasterKey, Profile};
use crate::session::Session;
use crate::wire::{self, RTCP_CLEAR_LEN, RTCP_ENCRYPTED, RTCP_INDEX_END, RTCP_INDEX_LEN, RtpFront};

/// Protects what this side sends, under one master key.
///
/// The caller chooses each RTP packet's index and must never give one SSRC's index to two different packets: under GCM
/// that would let an eavesdropper forge. A retransmission without RTX therefore sends the same bytes again, header
/// included; one with RTX is a new packet of the RTX stream.
pub struct Protector {
    profile: Profile,
    rtp: Session,
    rtcp: Session,
    /// One counter for all SSRCs: RFC 3711 section 3.4 wants it to rise per stream, not to have no gaps.
    next_rtcp_index: u32,
}

impl Protector {
    /// Derives the session keys. [`SrtpError::BadKeyLength`] when `master` was made for another profile's lengths.
    pub fn new(profile: Profile, master: &MasterKey) -> Result<Self, SrtpError> {
        Ok(Self {
            profile,
            rtp: Session::for_rtp(profile, master)?,
            rtcp: Session::for_rtcp(profile, master)?,
            next_rtcp_index: 1,
        })
    }

    /// The profile given.
    pub fn profile(&self) -> Profile {
        self.profile
    }

    /// Protects one RTP packet out of place: `header` (all of it: CSRCs and extensions too) goes in clear to the front of
    /// `out`, `payload` sealed after it, then the tag. Returns the length of the SRTP packet: `header.len() +
    /// payload.len() + profile.rtp_overhead()`. `index.wire()` must be the header's sequence number.
    pub fn protect_rtp(
        &mut self,
        index: SeqNo,
        header: &[u8],
        payload: &[u8],
        out: &mut [u8],
    ) -> Result<usize, SrtpError> {
        let front = RtpFront::read(header)?;
        debug_assert_eq!(
            (front.header_len, front.seq),
            (header.len(), index.wire()),
            "index and header disagree"
        );
        out.get_mut(..header.len()).ok_or(SrtpError::BufferTooSmall)?.copy_from_slice(header);
        self.protect_rtp_after_header(index, Ssrc(front.ssrc), header.len(), &[payload], out)
    }

    /// As [`Self::protect_rtp`], with the header already at `out[..header_len]` and the payload in parts (a
    /// retransmission's original sequence number and its payload). `ssrc` must be the header's.
    pub fn protect_rtp_after_header(
        &mut self,
        index: SeqNo,
        ssrc: Ssrc,
        header_len: usize,
        payload_parts: &[&[u8]],
        out: &mut [u8],
    ) -> Result<usize, SrtpError> {
        if index.0 >= wire::RTP_INDEX_END {
            return Err(SrtpError::KeysExhausted);
        }
        let payload_len: usize = payload_parts.iter().map(|part| part.len()).sum();
        let len = header_len + payload_len + self.profile.rtp_overhead();
        let out = out.get_mut(..len).ok_or(SrtpError::BufferTooSmall)?;
        let id = PacketId { ssrc: ssrc.0, index: index.0 };
        match &self.rtp {
            Session::Gcm(gcm) => {
                let (header, sealed) = out.split_at_mut(header_len);
                seal_gcm(gcm, id, header, payload_parts, sealed)?;
            }
            Session::Cm(cm) => {
                let (packet, tag) = out.split_at_mut(header_len + payload_len);
                // The cipher is in place only; a copy of a packet costs a hundredth of its HMAC.
                gather(payload_parts, &mut packet[header_len..]);
                cm.crypt(id, &mut packet[header_len..])?;
                tag.copy_from_slice(&cm.tag(packet, &rollover_counter(index.0)));
            }
        }
        Ok(len)
    }

    /// Protects one compound RTCP packet out of place under the next SRTCP index. Returns the length of the SRTCP
    /// packet: `plain.len() + profile.rtcp_overhead()`.
    pub fn protect_rtcp(&mut self, plain: &[u8], out: &mut [u8]) -> Result<usize, SrtpError> {
        let ssrc = wire::rtcp_ssrc(plain)?;
        let len = plain.len() + self.profile.rtcp_overhead();
        let out = out.get_mut(..len).ok_or(SrtpError::BufferTooSmall)?;
        let index = self.next_rtcp_index;
        if index >= RTCP_INDEX_END {
            return Err(SrtpError::KeysExhausted);
        }
        self.next_rtcp_index += 1;

        let id = PacketId { ssrc, index: u64::from(index) };
        let index_word = (RTCP_ENCRYPTED | index).to_be_bytes();
        out[..plain.len()].copy_from_slice(plain);
        match &self.rtcp {
            Session::Gcm(gcm) => {
                let (packet, trailer) = out.split_at_mut(len - RTCP_INDEX_LEN);
                trailer.copy_from_slice(&index_word);
                let aad = rtcp_aad(packet, index_word);
                gcm.seal_in_place(id, &aad, &mut packet[RTCP_CLEAR_LEN..])?;
            }
            Session::Cm(cm) => {
                cm.crypt(id, &mut out[RTCP_CLEAR_LEN..plain.len()])?;
                let (packet, tag) = out.split_at_mut(plain.len() + RTCP_INDEX_LEN);
                packet[plain.len()..].copy_from_slice(&index_word);
                tag.copy_from_slice(&cm.tag(packet, &[]));
            }
        }
        Ok(len)
    }
}

/// One part is sealed straight from where it lies; several are gathered first.
fn seal_gcm(gcm: &Gcm, id: PacketId, aad: &[u8], parts: &[&[u8]], out: &mut [u8]) -> Result<(), SrtpError> {
    if let [plain] = parts {
        return gcm.seal(id, aad, plain, out);
    }
    gather(parts, out);
    gcm.seal_in_place(id, aad, out)
}

/// Copies `parts` one after the other to the front of `out`.
fn gather(parts: &[&[u8]], out: &mut [u8]) {
    let mut at = 0;
    for part in parts {
        out[at..at + part.len()].copy_from_slice(part);
        at += part.len();
    }
}

/// The upper 32 bits of an RTP index, as the tag covers them (RFC 3711 section 4.2).
pub(crate) fn rollover_counter(index: u64) -> [u8; 4] {
    ((index >> 16) as u32).to_be_bytes()
}

/// What GCM authenticates beside the sealed part of an encrypted RTCP packet (RFC 7714 section 9.2). `packet` must be
/// at least [`RTCP_CLEAR_LEN`] long.
pub(crate) fn rtcp_aad(packet: &[u8], index_word: [u8; 4]) -> [u8; RTCP_CLEAR_LEN + RTCP_INDEX_LEN] {
    let mut aad = [0; RTCP_CLEAR_LEN + RTCP_INDEX_LEN];
    aad[..RTCP_CLEAR_LEN].copy_from_slice(&packet[..RTCP_CLEAR_LEN]);
    aad[RTCP_CLEAR_LEN..].copy_from_slice(&index_word);
    aad
}

impl fmt::Debug for Protector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Protector").field("profile", &self.profile).finish_non_exhaustive()
    }
}

#[cfg(test)]
impl Protector {
    /// With session keys given, as RFC 7714's vectors have them, and the next RTCP index.
    pub(crate) fn from_sessions(profile: Profile, rtp: Session, rtcp: Session, next_rtcp_index: u32) -> Self {
        Self { profile, rtp, rtcp, next_rtcp_index }
    }
}
