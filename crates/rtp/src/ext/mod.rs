//! RTP header extensions (RFC 8285): which kinds there are, how each is found in a packet and written into one.

mod elements;
mod map;
mod typed;
mod values;

pub use elements::Elements;
pub(crate) use elements::OneByteForm;
pub use map::ExtensionMap;
pub use typed::{AbsCaptureTime, AudioLevel, DependencyDescriptor, PlayoutDelay, Rotation, VideoOrientation};
pub use values::ExtensionValues;

/// The header extensions that Motet knows; any other is carried nowhere.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum ExtensionKind {
    /// Media section identification (RFC 8843 section 15).
    Mid,
    /// Encoding identification (RFC 8852).
    Rid,
    /// Encoding identification on a repair stream (RFC 8852).
    RepairedRid,
    /// Absolute send time, 24 bits of 6.18 fixed point seconds (webrtc.org experiment).
    AbsSendTime,
    /// Transport-wide sequence number (draft-holmer-rmcat-transport-wide-cc-extensions-01).
    TransportSeq,
    /// Client-to-mixer audio level (RFC 6464).
    AudioLevel,
    /// Coordination of video orientation (3GPP TS 26.114 section 7.4.5).
    VideoOrientation,
    /// Playout delay limits (webrtc.org experiment).
    PlayoutDelay,
    /// Absolute capture time (webrtc.org experiment).
    AbsCaptureTime,
    /// AV1 RTP dependency descriptor (AV1 RTP payload specification, appendix A).
    DependencyDescriptor,
}

impl ExtensionKind {
    /// Each kind once, in the order of its discriminant.
    pub const ALL: [ExtensionKind; 10] = [
        Self::Mid,
        Self::Rid,
        Self::RepairedRid,
        Self::AbsSendTime,
        Self::TransportSeq,
        Self::AudioLevel,
        Self::VideoOrientation,
        Self::PlayoutDelay,
        Self::AbsCaptureTime,
        Self::DependencyDescriptor,
    ];

    /// The URI that names this extension in SDP (`a=extmap`, RFC 8285 section 5).
    pub const fn uri(self) -> &'static str {
        match self {
            Self::Mid => "urn:ietf:params:rtp-hdrext:sdes:mid",
            Self::Rid => "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id",
            Self::RepairedRid => "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id",
            Self::AbsSendTime => "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
            Self::TransportSeq => "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
            Self::AudioLevel => "urn:ietf:params:rtp-hdrext:ssrc-audio-level",
            Self::VideoOrientation => "urn:3gpp:video-orientation",
            Self::PlayoutDelay => "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay",
            Self::AbsCaptureTime => "http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time",
            Self::DependencyDescriptor => {
                "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension"
            }
        }
    }

    /// The kind that `uri` names, if Motet knows it.
    pub fn from_uri(uri: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.uri() == uri)
    }
}
