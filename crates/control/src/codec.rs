//! Codecs and how each is configured on the wire: payload type, format parameters, feedback.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use motet_rtp::PayloadType;

/// Audio or video.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum MediaKind {
    /// Sound.
    Audio,
    /// Picture.
    Video,
}

impl MediaKind {
    /// The word of SDP's media line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Audio => "audio",
            Self::Video => "video",
        }
    }
}

impl fmt::Display for MediaKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A codec that Motet forwards.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Codec {
    /// RFC 7587.
    Opus,
    /// G.711 mu-law (RFC 3551 section 4.5.14).
    Pcmu,
    /// G.711 A-law (RFC 3551 section 4.5.14).
    Pcma,
    /// RFC 3551 section 4.5.2.
    G722,
    /// RFC 7741.
    Vp8,
    /// RFC 9628.
    Vp9,
    /// RFC 6184.
    H264,
    /// RTP payload format for AV1 (Alliance for Open Media).
    Av1,
}

impl Codec {
    /// Each codec once.
    pub const ALL: [Codec; 8] =
        [Self::Opus, Self::Pcmu, Self::Pcma, Self::G722, Self::Vp8, Self::Vp9, Self::H264, Self::Av1];

    /// Audio or video.
    pub const fn kind(self) -> MediaKind {
        match self {
            Self::Opus | Self::Pcmu | Self::Pcma | Self::G722 => MediaKind::Audio,
            Self::Vp8 | Self::Vp9 | Self::H264 | Self::Av1 => MediaKind::Video,
        }
    }

    /// The encoding name of SDP's `a=rtpmap`; compared without case.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Opus => "opus",
            Self::Pcmu => "PCMU",
            Self::Pcma => "PCMA",
            Self::G722 => "G722",
            Self::Vp8 => "VP8",
            Self::Vp9 => "VP9",
            Self::H264 => "H264",
            Self::Av1 => "AV1",
        }
    }

    /// The codec that an `a=rtpmap` encoding name means.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|codec| codec.name().eq_ignore_ascii_case(name))
    }
}

impl fmt::Display for Codec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Feedback that a receiver may send (`a=rtcp-fb`, RFC 4585 section 4.2).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum RtcpFeedback {
    /// Generic NACK (RFC 4585 section 6.2.1).
    Nack,
    /// Picture loss indication (RFC 4585 section 6.3.1).
    Pli,
    /// Full intra request (RFC 5104 section 4.3.1).
    Fir,
    /// Receiver estimated maximum bitrate (draft-alvestrand-rmcat-remb-03).
    Remb,
    /// Transport-wide congestion control (draft-holmer-rmcat-transport-wide-cc-extensions-01).
    TransportCc,
}

impl RtcpFeedback {
    /// Each feedback once.
    pub const ALL: [RtcpFeedback; 5] = [Self::Nack, Self::Pli, Self::Fir, Self::Remb, Self::TransportCc];

    /// As written in SDP after the payload type.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Nack => "nack",
            Self::Pli => "nack pli",
            Self::Fir => "ccm fir",
            Self::Remb => "goog-remb",
            Self::TransportCc => "transport-cc",
        }
    }

    /// The feedback that SDP's words mean, if Motet knows it.
    pub fn from_words(words: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|feedback| feedback.as_str().eq_ignore_ascii_case(words.trim()))
    }
}

/// Format parameters (`a=fmtp`): names in lower case, in a stable order.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Fmtp(BTreeMap<String, String>);

impl Fmtp {
    /// The value of `name`, if given.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The value of `name` as a number, if given and a number.
    pub fn get_u32(&self, name: &str) -> Option<u32> {
        self.get(name)?.parse().ok()
    }

    /// Sets `name`, replacing what was there.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        self.0.insert(name.to_ascii_lowercase(), value.into());
    }

    /// Takes `name` out.
    pub fn remove(&mut self, name: &str) {
        self.0.remove(name);
    }

    /// True when there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each name with its value, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl FromStr for Fmtp {
    type Err = std::convert::Infallible;

    /// Reads `name=value;name=value`. A part without `=` is kept as a name with an empty value.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut fmtp = Self::default();
        for part in text.split(';').map(str::trim).filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            fmtp.set(name.trim(), value.trim());
        }
        Ok(fmtp)
    }
}

impl fmt::Display for Fmtp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (name, value)) in self.iter().enumerate() {
            let separator = if index == 0 { "" } else { ";" };
            let equals = if value.is_empty() { "" } else { "=" };
            write!(f, "{separator}{name}{equals}{value}")?;
        }
        Ok(())
    }
}

/// One codec as a peer or the router configures it, with its retransmission payload type folded in (RFC 4588).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CodecParameters {
    /// Which codec.
    pub codec: Codec,
    /// Its payload type.
    pub payload_type: PayloadType,
    /// The payload type of its retransmissions, if RTX is negotiated.
    pub rtx_payload_type: Option<PayloadType>,
    /// Clock rate in Hz.
    pub clock_rate: u32,
    /// Audio channels; 1 for video, where SDP writes none.
    pub channels: u8,
    /// Format parameters.
    pub fmtp: Fmtp,
    /// What a receiver of it may send back, each once, sorted.
    pub rtcp_feedback: Vec<RtcpFeedback>,
}

impl CodecParameters {
    /// True when both name the same format, so that packets of one can be given to a decoder of the other: the codec,
    /// its clock and channels, and what its own payload specification makes part of the format.
    pub fn is_same_format(&self, other: &Self) -> bool {
        self.codec == other.codec
            && self.clock_rate == other.clock_rate
            && self.channels == other.channels
            && self.profile() == other.profile()
    }

    /// The part of the format parameters that tells incompatible formats of one codec apart.
    fn profile(&self) -> (u32, u32) {
        match self.codec {
            Codec::Vp9 => (self.fmtp.get_u32("profile-id").unwrap_or(0), 0),
            Codec::Av1 => (self.fmtp.get_u32("profile").unwrap_or(0), 0),
            Codec::H264 => (self.h264_profile(), self.fmtp.get_u32("packetization-mode").unwrap_or(0)),
            _ => (0, 0),
        }
    }

    /// `profile_idc` and the constraint flags that distinguish profiles, of `profile-level-id` (RFC 6184 section 8.1).
    /// Constrained baseline may be written as 42 or 4d or 58 with `constraint_set` flags; all its spellings are one.
    fn h264_profile(&self) -> u32 {
        let id = self.fmtp.get("profile-level-id").and_then(|text| u32::from_str_radix(text, 16).ok());
        // Absent means Baseline at level 1 (RFC 6184 section 8.1).
        let id = id.unwrap_or(0x42_00_0a);
        let (profile_idc, constraints) = ((id >> 16) & 0xff, (id >> 8) & 0xff);
        let is_constrained_baseline = match profile_idc {
            0x42 => constraints & 0x40 != 0,
            0x4d => constraints & 0x80 != 0,
            0x58 => constraints & 0xc0 == 0xc0,
            _ => false,
        };
        if is_constrained_baseline { 0x42_e0 } else { (profile_idc << 8) | (constraints & 0x0f) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn h264(fmtp: &str) -> CodecParameters {
        CodecParameters {
            codec: Codec::H264,
            payload_type: PayloadType::new(96).unwrap(),
            rtx_payload_type: None,
            clock_rate: 90_000,
            channels: 1,
            fmtp: fmtp.parse().unwrap(),
            rtcp_feedback: vec![],
        }
    }

    #[test]
    fn h264_formats_differ_by_profile_and_packetization_not_by_level() {
        let constrained = h264("packetization-mode=1;profile-level-id=42e01f");
        assert!(constrained.is_same_format(&h264("profile-level-id=42e034;packetization-mode=1")));
        assert!(constrained.is_same_format(&h264("profile-level-id=42c01f;packetization-mode=1")));
        assert!(!constrained.is_same_format(&h264("profile-level-id=42e01f")));
        assert!(!constrained.is_same_format(&h264("profile-level-id=42001f;packetization-mode=1")));
        assert!(!constrained.is_same_format(&h264("profile-level-id=4d001f;packetization-mode=1")));
    }

    #[test]
    fn fmtp_is_read_and_written_in_a_stable_order() {
        let fmtp: Fmtp = "useinbandfec=1; minptime=10;0-15".parse().unwrap();
        assert_eq!(fmtp.to_string(), "0-15;minptime=10;useinbandfec=1");
        assert_eq!(fmtp.get_u32("minptime"), Some(10));
    }
}
