//! What one set of RTP streams carries, and what an endpoint can receive.

use motet_rtp::ext::ExtensionKind;
use motet_rtp::{Mid, Rid, Ssrc};

use crate::codec::CodecParameters;

/// A header extension with the id it has on one transport's media section (RFC 8285 section 5).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct HeaderExtension {
    /// Which extension.
    pub kind: ExtensionKind,
    /// 1 to 14 in the one-byte form, up to 255 in the two-byte form.
    pub id: u8,
}

/// One encoding of a track: a lone stream, or one variant of a simulcast.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Encoding {
    /// The stream's SSRC, where signaled; learned from packets by MID and RID where not.
    pub ssrc: Option<Ssrc>,
    /// The SSRC of its retransmissions (RFC 4588), where signaled.
    pub rtx_ssrc: Option<Ssrc>,
    /// Its restriction identifier, in simulcast.
    pub rid: Option<Rid>,
    /// The most that it may use, in bits per second.
    pub max_bitrate_bps: Option<u64>,
    /// Its scalability mode (W3C WebRTC SVC), such as `L1T3`.
    pub scalability_mode: Option<String>,
}

/// What one set of RTP streams carries: of a producer, or of a consumer.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RtpParameters {
    /// The media section it belongs to.
    pub mid: Option<Mid>,
    /// The codecs it may use, preferred first.
    pub codecs: Vec<CodecParameters>,
    /// Header extensions with their ids.
    pub header_extensions: Vec<HeaderExtension>,
    /// Its encodings; never empty.
    pub encodings: Vec<Encoding>,
    /// The canonical name of the source (RFC 3550 section 6.5.1).
    pub cname: String,
    /// Whether reduced-size RTCP was negotiated (RFC 5506).
    pub reduced_size_rtcp: bool,
}

impl RtpParameters {
    /// The id that `kind` has here, if negotiated.
    pub fn extension_id(&self, kind: ExtensionKind) -> Option<u8> {
        self.header_extensions.iter().find(|extension| extension.kind == kind).map(|extension| extension.id)
    }
}

/// What an endpoint can receive: its codecs and header extensions.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RtpCapabilities {
    /// Codecs with the payload types to use for them, preferred first.
    pub codecs: Vec<CodecParameters>,
    /// Header extensions with the ids to use for them.
    pub header_extensions: Vec<HeaderExtension>,
}
