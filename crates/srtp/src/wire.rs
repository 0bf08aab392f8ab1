//! As much of the packets' shape as protection needs, read before anything in them is trusted.

use crate::error::SrtpError;

/// RTCP's first header, which stays in clear (RFC 3711 section 3.4).
pub(crate) const RTCP_CLEAR_LEN: usize = 8;
/// The word that ends an SRTCP packet's protected part: the E bit and a 31-bit index.
pub(crate) const RTCP_INDEX_LEN: usize = 4;
/// The bit of that word which says that the packet is encrypted.
pub(crate) const RTCP_ENCRYPTED: u32 = 1 << 31;
/// One above the last index that SRTP can express.
pub(crate) const RTP_INDEX_END: u64 = 1 << 48;
/// One above the last index that SRTCP can express.
pub(crate) const RTCP_INDEX_END: u32 = 1 << 31;

/// The fields of an RTP header that protection uses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct RtpFront {
    /// Fixed header, CSRCs and header extension.
    pub(crate) header_len: usize,
    pub(crate) seq: u16,
    pub(crate) ssrc: u32,
}

impl RtpFront {
    /// Reads the front of `packet` (RFC 3550 section 5.1). The payload may be empty; its padding is sealed with it and
    /// not looked at.
    pub(crate) fn read(packet: &[u8]) -> Result<Self, SrtpError> {
        let fixed: &[u8; 12] = packet.first_chunk().ok_or(SrtpError::Malformed)?;
        if fixed[0] >> 6 != 2 {
            return Err(SrtpError::Malformed);
        }
        let mut header_len = 12 + 4 * usize::from(fixed[0] & 0x0f);
        if fixed[0] & 0x10 != 0 {
            let words = packet.get(header_len + 2..header_len + 4).ok_or(SrtpError::Malformed)?;
            header_len += 4 + 4 * usize::from(u16::from_be_bytes([words[0], words[1]]));
        }
        if header_len > packet.len() {
            return Err(SrtpError::Malformed);
        }
        Ok(Self {
            header_len,
            seq: u16::from_be_bytes([fixed[2], fixed[3]]),
            ssrc: u32::from_be_bytes([fixed[8], fixed[9], fixed[10], fixed[11]]),
        })
    }
}

/// The sender's SSRC of a compound RTCP packet.
pub(crate) fn rtcp_ssrc(packet: &[u8]) -> Result<u32, SrtpError> {
    match packet.first_chunk::<RTCP_CLEAR_LEN>() {
        Some([first, _, _, _, ssrc @ ..]) if first >> 6 == 2 => Ok(u32::from_be_bytes(*ssrc)),
        _ => Err(SrtpError::Malformed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_spans_csrcs_and_extension() {
        let mut packet = [0; 40];
        packet[0] = 0x80 | 0x10 | 2;
        packet[3] = 7;
        packet[11] = 9;
        packet[20 + 3] = 3;
        assert_eq!(RtpFront::read(&packet), Ok(RtpFront { header_len: 12 + 8 + 4 + 12, seq: 7, ssrc: 9 }));
    }

    #[test]
    fn a_header_longer_than_its_packet_is_malformed() {
        let mut packet = [0; 20];
        packet[0] = 0x80 | 0x10;
        packet[15] = 2;
        assert_eq!(RtpFront::read(&packet), Err(SrtpError::Malformed));
        packet[15] = 1;
        assert!(RtpFront::read(&packet).is_ok());
        packet[0] = 0x8f;
        assert_eq!(RtpFront::read(&packet), Err(SrtpError::Malformed));
        assert_eq!(RtpFront::read(&packet[..11]), Err(SrtpError::Malformed));
    }

    #[test]
    fn another_version_is_malformed() {
        assert_eq!(RtpFront::read(&[0x40; 20]), Err(SrtpError::Malformed));
        assert_eq!(rtcp_ssrc(&[0x40; 20]), Err(SrtpError::Malformed));
    }
}
