//! The descriptor in front of a VP8 payload (RFC 7741 section 4.2), with the consumer's number for its frame.

use motet_layers::{FrameNumber, FrameNumberer};
use motet_rtp::SeqNo;
use motet_rtp::payload::vp8::{self, Descriptor, PictureId};

/// What goes out in place of a payload's own descriptor.
pub(super) struct Renumbered {
    bytes: [u8; Descriptor::LEN_MAX],
    len: usize,
    /// How long the payload's own one is.
    replaces: usize,
}

impl Renumbered {
    /// A payload with this descriptor instead of its own, in parts that follow each other.
    pub(super) fn parts<'a>(descriptor: Option<&'a Self>, payload: &'a [u8]) -> [&'a [u8]; 2] {
        match descriptor {
            Some(Self { bytes, len, replaces }) => [&bytes[..*len], &payload[*replaces..]],
            None => [&[], payload],
        }
    }

    /// The descriptor of a packet that goes out as `out`; `None` where it may stay as it is.
    pub(super) fn forward(numberer: &mut FrameNumberer, out: SeqNo, payload: &[u8]) -> Option<Self> {
        Self::of(payload, |frame| numberer.forward(out, frame))
    }

    /// The same of a packet that goes out again.
    pub(super) fn again(numberer: &FrameNumberer, out: SeqNo, payload: &[u8]) -> Option<Self> {
        Self::of(payload, |frame| numberer.renumbered(out, frame))
    }

    fn of(payload: &[u8], number: impl FnOnce(FrameNumber) -> Option<FrameNumber>) -> Option<Self> {
        let own = vp8::parse(payload).ok()?;
        // Short numbers begin anew where long ones go on, so that one cannot be told from the other by an offset.
        let PictureId::Long(picture_id) = own.picture_id? else { return None };
        let frame = FrameNumber { picture_id, tl0_pic_idx: own.tl0_pic_idx };
        let renumbered = number(frame).filter(|renumbered| *renumbered != frame)?;
        let picture_id = Some(PictureId::Long(renumbered.picture_id));
        let descriptor = Descriptor { picture_id, tl0_pic_idx: renumbered.tl0_pic_idx, ..own };
        let mut bytes = [0; Descriptor::LEN_MAX];
        let len = descriptor.write(&mut bytes)?;
        Some(Self { bytes, len, replaces: own.len })
    }
}
