//! RTCP: the packets of a compound as views, and a writer of compounds (RFC 3550 section 6, RFC 4585, RFC 3611).
//!
//! Reduced-size compounds (RFC 5506) are read and written like any other: no order of packets is asked for.

mod feedback;
mod remb;
mod report;
mod sdes;
mod transport_cc;
mod writer;
mod xr;

use crate::Ssrc;
use crate::wire::Reader;

pub use feedback::{Fir, FirEntry, NackView};
pub use remb::Remb;
pub use report::{ReceiverReport, ReportBlock, SenderInfo, SenderReport};
pub use sdes::{Bye, Sdes, SdesChunk, SdesItem, SdesItems};
pub use transport_cc::{Arrivals, TransportCcFeedback, TransportCcView};
pub use writer::{Full, Writer};
pub use xr::{Dlrr, DlrrView, Xr, XrBlock};

/// Packet types (RFC 3550 section 12.1, RFC 4585 section 6.1, RFC 3611 section 2).
mod packet_type {
    pub(super) const SENDER_REPORT: u8 = 200;
    pub(super) const RECEIVER_REPORT: u8 = 201;
    pub(super) const SDES: u8 = 202;
    pub(super) const BYE: u8 = 203;
    pub(super) const TRANSPORT_FEEDBACK: u8 = 205;
    pub(super) const PAYLOAD_FEEDBACK: u8 = 206;
    pub(super) const XR: u8 = 207;
}

/// Feedback message types (RFC 4585 sections 6.2 and 6.3, RFC 5104 section 4.3.1, draft-holmer-rmcat-...-01).
mod feedback_type {
    pub(super) const NACK: u8 = 1;
    pub(super) const TRANSPORT_CC: u8 = 15;
    pub(super) const PLI: u8 = 1;
    pub(super) const FIR: u8 = 4;
    pub(super) const APPLICATION: u8 = 15;
}

/// Why a packet of a compound, and all that follows it, cannot be read.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, thiserror::Error)]
pub enum RtcpError {
    /// Fewer than four bytes are left for a header.
    #[error("the packet ends within its header")]
    TooShort,
    /// The version is not 2.
    #[error("the version is not 2")]
    Version,
    /// The packet is said to be longer than what is left of the compound.
    #[error("the packet reaches beyond the compound")]
    Length,
    /// The padding is said to be there but empty, or is longer than the packet's body.
    #[error("the padding length is zero or reaches beyond the packet")]
    Padding,
    /// A count or a length within the packet does not fit the packet.
    #[error("the packet's content is shorter than what it announces")]
    Content,
}

impl RtcpError {
    /// A stable word for counters.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::TooShort => "rtcp_too_short",
            Self::Version => "rtcp_version",
            Self::Length => "rtcp_length",
            Self::Padding => "rtcp_padding",
            Self::Content => "rtcp_content",
        }
    }
}

/// One RTCP packet, checked: what it announces is there, so that its accessors cannot fail.
#[derive(Clone, Copy, Debug)]
pub enum Packet<'a> {
    /// RFC 3550 section 6.4.1.
    SenderReport(SenderReport<'a>),
    /// RFC 3550 section 6.4.2.
    ReceiverReport(ReceiverReport<'a>),
    /// RFC 3550 section 6.5.
    Sdes(Sdes<'a>),
    /// RFC 3550 section 6.6.
    Bye(Bye<'a>),
    /// Generic NACK (RFC 4585 section 6.2.1).
    Nack(NackView<'a>),
    /// Transport-wide congestion control feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01).
    TransportCc(TransportCcView<'a>),
    /// Picture loss indication (RFC 4585 section 6.3.1).
    Pli {
        /// Who asks.
        sender: Ssrc,
        /// Whose picture was lost.
        media: Ssrc,
    },
    /// Full intra request (RFC 5104 section 4.3.1).
    Fir(Fir<'a>),
    /// Receiver estimated maximum bitrate (draft-alvestrand-rmcat-remb-03).
    Remb(Remb<'a>),
    /// Extended reports (RFC 3611).
    Xr(Xr<'a>),
    /// Any other packet; its length is right, its content unread.
    Unknown {
        /// The packet type.
        packet_type: u8,
        /// The five bits of the first byte that are a count, a subtype or a feedback message type.
        count: u8,
        /// What follows the four-byte header, padding removed.
        body: &'a [u8],
    },
}

/// The packets of a compound, first to last. After the first error there are no more.
pub fn packets(compound: &[u8]) -> Packets<'_> {
    Packets { rest: compound }
}

/// See [`packets`].
#[derive(Clone, Debug)]
pub struct Packets<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Packets<'a> {
    type Item = Result<Packet<'a>, RtcpError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let packet = self.take_raw().and_then(|raw| raw.parse().ok_or(RtcpError::Content));
        if packet.is_err() {
            self.rest = &[];
        }
        Some(packet)
    }
}

impl std::iter::FusedIterator for Packets<'_> {}

impl<'a> Packets<'a> {
    fn take_raw(&mut self) -> Result<RawPacket<'a>, RtcpError> {
        let mut reader = Reader::new(self.rest);
        let [first, packet_type] = reader.array().ok_or(RtcpError::TooShort)?;
        let words = reader.u16().ok_or(RtcpError::TooShort)?;
        if first >> 6 != 2 {
            return Err(RtcpError::Version);
        }
        let body = reader.bytes(usize::from(words) * 4).ok_or(RtcpError::Length)?;
        self.rest = reader.rest();
        let body = if first & 0x20 == 0 { body } else { without_padding(body)? };
        Ok(RawPacket { packet_type, count: first & 0x1f, body })
    }
}

/// RFC 3550 asks for padding in whole words and on a compound's last packet only. Neither is insisted on: libwebrtc pads
/// its transport-cc feedback by bytes, wherever it stands.
fn without_padding(body: &[u8]) -> Result<&[u8], RtcpError> {
    let padding = body.last().copied().filter(|len| *len != 0).ok_or(RtcpError::Padding)?;
    let len = body.len().checked_sub(usize::from(padding)).ok_or(RtcpError::Padding)?;
    Ok(&body[..len])
}

/// A packet of which only the header was read.
struct RawPacket<'a> {
    packet_type: u8,
    count: u8,
    body: &'a [u8],
}

impl<'a> RawPacket<'a> {
    /// `None` when the body does not hold what it announces.
    fn parse(&self) -> Option<Packet<'a>> {
        let Self { packet_type, count, body } = *self;
        Some(match packet_type {
            packet_type::SENDER_REPORT => Packet::SenderReport(SenderReport::parse(count, body)?),
            packet_type::RECEIVER_REPORT => Packet::ReceiverReport(ReceiverReport::parse(count, body)?),
            packet_type::SDES => Packet::Sdes(Sdes::parse(count, body)?),
            packet_type::BYE => Packet::Bye(Bye::parse(count, body)?),
            packet_type::TRANSPORT_FEEDBACK => return self.parse_transport_feedback(),
            packet_type::PAYLOAD_FEEDBACK => return self.parse_payload_feedback(),
            packet_type::XR => Packet::Xr(Xr::parse(body)?),
            _ => self.unknown(),
        })
    }

    fn parse_transport_feedback(&self) -> Option<Packet<'a>> {
        Some(match self.count {
            feedback_type::NACK => Packet::Nack(NackView::parse(self.body)?),
            feedback_type::TRANSPORT_CC => Packet::TransportCc(TransportCcView::parse(self.body)?),
            _ => self.unknown(),
        })
    }

    fn parse_payload_feedback(&self) -> Option<Packet<'a>> {
        Some(match self.count {
            feedback_type::PLI => {
                let mut reader = Reader::new(self.body);
                Packet::Pli { sender: Ssrc(reader.u32()?), media: Ssrc(reader.u32()?) }
            }
            feedback_type::FIR => Packet::Fir(Fir::parse(self.body)?),
            feedback_type::APPLICATION if Remb::is_remb(self.body) => Packet::Remb(Remb::parse(self.body)?),
            _ => self.unknown(),
        })
    }

    fn unknown(&self) -> Packet<'a> {
        Packet::Unknown { packet_type: self.packet_type, count: self.count, body: self.body }
    }
}
