//! How a transport's packets reach its peer: the one part in which kinds of transports differ.

use std::time::Instant;

use motet_rtp::ext::{ExtensionMap, ExtensionValues};
use motet_rtp::{HEADER_LEN_MAX, RtpHeader, SeqNo, write_header};

use super::direct::Direct;
use super::webrtc::WebRtc;
use crate::drop_reason::DropReason;
use crate::egress::Egress;

/// Bytes of one RTCP compound before protection: what fits every path.
pub(crate) const RTCP_BYTES_MAX: usize = 1200;

/// The kinds of transports. Plain and Pipe will stand beside them.
pub(crate) enum Link {
    /// ICE, DTLS and SRTP with one peer.
    WebRtc(Box<WebRtc>),
    /// A program beside the worker.
    Direct(Direct),
}

/// An RTP packet to send, its header yet to be written.
pub(crate) struct Outgoing<'a> {
    pub(crate) header: RtpHeader,
    /// The sequence number with its rollovers.
    pub(crate) index: SeqNo,
    pub(crate) values: &'a ExtensionValues,
    pub(crate) extensions: &'a ExtensionMap,
    /// The payload in parts that follow each other.
    pub(crate) parts: &'a [&'a [u8]],
    /// Whether the last part is padding that tells its own length (RFC 3550 section 5.1).
    pub(crate) is_padding: bool,
}

/// The header's bit that says so.
const PADDING_BIT: u8 = 0x20;

impl Outgoing<'_> {
    /// Writes the header; answers its length, `None` where it does not fit.
    pub(crate) fn write_header(&self, out: &mut [u8]) -> Option<usize> {
        let len = write_header(&self.header, self.values, self.extensions, out).ok()?;
        if self.is_padding {
            out[0] |= PADDING_BIT;
        }
        Some(len)
    }
}

impl Link {
    /// Whether media can be sent.
    pub(crate) fn is_ready(&self) -> bool {
        match self {
            Self::WebRtc(webrtc) => webrtc.is_ready(),
            Self::Direct(_) => true,
        }
    }

    /// When the link itself is due.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        match self {
            Self::WebRtc(webrtc) => webrtc.poll_timeout(),
            Self::Direct(_) => None,
        }
    }

    /// Writes a packet's header into the batch and its payload sealed after it, with no copy in between. Answers the bytes
    /// sent, 0 when the batch or the receiver's queue had no room.
    pub(crate) fn send_rtp(
        &mut self,
        packet: &Outgoing<'_>,
        egress: &mut impl Egress,
    ) -> Result<usize, DropReason> {
        match self {
            Self::WebRtc(webrtc) => {
                let (tuple, protector) = webrtc.outlet().ok_or(DropReason::NotConnected)?;
                let payload_len: usize = packet.parts.iter().map(|part| part.len()).sum();
                let len_max = HEADER_LEN_MAX + payload_len + protector.profile().rtp_overhead();
                let mut result = Ok(0);
                egress.send(tuple, len_max, |out| {
                    result = packet
                        .write_header(out)
                        .and_then(|header_len| {
                            let Outgoing { index, header, parts, .. } = packet;
                            protector
                                .protect_rtp_after_header(*index, header.ssrc, header_len, parts, out)
                                .ok()
                        })
                        .ok_or(DropReason::SealFailed);
                    result.unwrap_or(0)
                });
                result
            }
            Self::Direct(direct) => direct.send_rtp(packet, egress),
        }
    }

    /// Protects and sends a compound. Answers the bytes sent, 0 when there is no path or no room.
    pub(crate) fn send_rtcp(&mut self, compound: &[u8], egress: &mut impl Egress) -> usize {
        match self {
            Self::WebRtc(webrtc) => {
                let Some((tuple, protector)) = webrtc.outlet() else { return 0 };
                let len_max = compound.len() + protector.profile().rtcp_overhead();
                let mut sent = 0;
                egress.send(tuple, len_max, |out| {
                    sent = protector.protect_rtcp(compound, out).unwrap_or(0);
                    sent
                });
                sent
            }
            Self::Direct(direct) => direct.send_rtcp(compound, egress),
        }
    }
}
