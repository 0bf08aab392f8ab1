//! What a producer's payload types mean.

use motet_control::{Codec, CodecParameters, RtcpFeedback};
use motet_rtp::{PayloadType, payload};

/// As many codecs as one producer may declare: more than any browser offers of one kind.
pub(crate) const CODECS_MAX: usize = 64;

/// Marks a retransmission's payload type in the table.
const REPAIR: u8 = 0x80;
const NONE: u8 = 0xff;

const _: () = assert!(CODECS_MAX < REPAIR as usize);

/// What a payload type means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum PayloadKind {
    /// Media of this format, by its place among the producer's codecs.
    Media(u8),
    /// A retransmission of media of this format (RFC 4588).
    Repair(u8),
}

/// One format.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Format {
    pub(crate) codec: Codec,
    pub(crate) clock_rate: u32,
    pub(crate) has_nack: bool,
}

/// A producer's formats by payload type.
#[derive(Clone, Debug)]
pub(crate) struct Formats {
    by_type: [u8; 128],
    formats: Vec<Format>,
}

impl Formats {
    /// From codecs whose payload types are all different and whose number is at most [`CODECS_MAX`].
    pub(crate) fn new(codecs: &[CodecParameters]) -> Self {
        let mut by_type = [NONE; 128];
        for (index, codec) in codecs.iter().enumerate().take(CODECS_MAX) {
            by_type[usize::from(codec.payload_type.get())] = index as u8;
            if let Some(rtx) = codec.rtx_payload_type {
                by_type[usize::from(rtx.get())] = REPAIR | index as u8;
            }
        }
        let formats = codecs
            .iter()
            .map(|codec| Format {
                codec: codec.codec,
                clock_rate: codec.clock_rate,
                has_nack: codec.rtcp_feedback.contains(&RtcpFeedback::Nack),
            })
            .collect();
        Self { by_type, formats }
    }

    /// What `payload_type` means, if it was declared.
    pub(crate) fn kind(&self, payload_type: PayloadType) -> Option<PayloadKind> {
        match self.by_type[usize::from(payload_type.get())] {
            NONE => None,
            place if place & REPAIR != 0 => Some(PayloadKind::Repair(place & !REPAIR)),
            place => Some(PayloadKind::Media(place)),
        }
    }

    /// The format at a place that [`Self::kind`] gave.
    pub(crate) fn get(&self, index: u8) -> Format {
        self.formats[usize::from(index)]
    }
}

/// Whether this payload is the first of a keyframe. Codecs without keyframes have none.
pub(crate) fn is_key_frame_start(codec: Codec, payload: &[u8]) -> bool {
    match codec {
        Codec::Vp8 => payload::vp8::is_keyframe_start(payload),
        Codec::Vp9 => payload::vp9::is_keyframe_start(payload),
        Codec::H264 => payload::h264::is_keyframe_start(payload),
        Codec::Av1 => payload::av1::is_keyframe_start(payload),
        Codec::Opus | Codec::Pcmu | Codec::Pcma | Codec::G722 => false,
    }
}
