//! One RTP packet as received, checked once (RFC 3550 section 5.1).

use crate::ext::Elements;
use crate::wire::Reader;
use crate::{PayloadType, RtpHeader, RtpTime, Ssrc};

/// Why bytes are no RTP packet.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, thiserror::Error)]
pub enum RtpError {
    /// The fixed header, the CSRC list or the extension's own header does not fit.
    #[error("the packet ends within its header")]
    TooShort,
    /// The version is not 2.
    #[error("the version is not 2")]
    Version,
    /// The header extension is longer than the packet.
    #[error("the header extension reaches beyond the packet")]
    Extension,
    /// The padding is said to be there but empty, or is longer than the payload.
    #[error("the padding length is zero or reaches beyond the payload")]
    Padding,
}

impl RtpError {
    /// A stable word for counters.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::TooShort => "rtp_too_short",
            Self::Version => "rtp_version",
            Self::Extension => "rtp_extension",
            Self::Padding => "rtp_padding",
        }
    }
}

/// An RTP packet. [`Self::parse`] checks everything, so that the accessors cannot fail.
#[derive(Clone, Copy, Debug)]
pub struct RtpView<'a> {
    header: RtpHeader,
    csrcs: &'a [u8],
    extensions: Elements<'a>,
    header_len: usize,
    payload: &'a [u8],
    padding_len: u8,
}

impl<'a> RtpView<'a> {
    /// Checks that `bytes` is an RTP packet: its lengths, its version and its padding. Unknown header extensions are no
    /// error, nor is a payload of length zero.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, RtpError> {
        let mut reader = Reader::new(bytes);
        let [first, second] = reader.array().ok_or(RtpError::TooShort)?;
        if first >> 6 != 2 {
            return Err(RtpError::Version);
        }
        let header = Self::fixed_header(second, &mut reader).ok_or(RtpError::TooShort)?;
        let csrcs = reader.bytes(usize::from(first & 0x0f) * 4).ok_or(RtpError::TooShort)?;
        let extensions = match first & 0x10 {
            0 => Elements::default(),
            _ => Self::header_extension(&mut reader)?,
        };
        let body = reader.rest();
        let padding_len = match first & 0x20 {
            0 => 0,
            _ => body.last().copied().filter(|len| *len != 0).ok_or(RtpError::Padding)?,
        };
        let payload_len = body.len().checked_sub(usize::from(padding_len)).ok_or(RtpError::Padding)?;
        let header_len = bytes.len() - body.len();
        Ok(Self { header, csrcs, extensions, header_len, payload: &body[..payload_len], padding_len })
    }

    fn fixed_header(second: u8, reader: &mut Reader<'a>) -> Option<RtpHeader> {
        Some(RtpHeader {
            marker: second & 0x80 != 0,
            payload_type: PayloadType::from_wire(second),
            seq: reader.u16()?,
            rtp_time: RtpTime(reader.u32()?),
            ssrc: Ssrc(reader.u32()?),
        })
    }

    fn header_extension(reader: &mut Reader<'a>) -> Result<Elements<'a>, RtpError> {
        let profile = reader.u16().ok_or(RtpError::TooShort)?;
        let words = reader.u16().ok_or(RtpError::TooShort)?;
        let data = reader.bytes(usize::from(words) * 4).ok_or(RtpError::Extension)?;
        Ok(Elements::new(profile, data))
    }

    /// The fixed header's fields.
    pub fn header(&self) -> RtpHeader {
        self.header
    }

    /// The marker bit; for video the last packet of a frame.
    pub fn marker(&self) -> bool {
        self.header.marker
    }

    /// The payload type.
    pub fn payload_type(&self) -> PayloadType {
        self.header.payload_type
    }

    /// The sequence number.
    pub fn seq(&self) -> u16 {
        self.header.seq
    }

    /// The RTP timestamp.
    pub fn rtp_time(&self) -> RtpTime {
        self.header.rtp_time
    }

    /// The synchronisation source.
    pub fn ssrc(&self) -> Ssrc {
        self.header.ssrc
    }

    /// The contributing sources, at most 15.
    pub fn csrcs(&self) -> impl ExactSizeIterator<Item = Ssrc> + use<'a> {
        self.csrcs.as_chunks().0.iter().map(|bytes| Ssrc(u32::from_be_bytes(*bytes)))
    }

    /// The header extension's elements; none where it is absent or of neither form of RFC 8285.
    pub fn extensions(&self) -> Elements<'a> {
        self.extensions
    }

    /// Bytes before the payload: fixed header, CSRCs and header extension.
    pub fn header_len(&self) -> usize {
        self.header_len
    }

    /// The payload without its padding.
    pub fn payload(&self) -> &'a [u8] {
        self.payload
    }

    /// Padding bytes after the payload, the one that counts them included; 0 where there is none.
    pub fn padding_len(&self) -> usize {
        usize::from(self.padding_len)
    }
}
