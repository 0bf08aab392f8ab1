//! VP8 payloads (RFC 7741 section 4).

use super::BadPayload;
use crate::wire::{Reader, Sink};

/// The payload descriptor (RFC 7741 section 4.2).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Descriptor {
    /// N: no other frame refers to this one.
    pub non_reference: bool,
    /// S: the packet begins a partition.
    pub starts_partition: bool,
    /// PID: which partition.
    pub partition: u8,
    /// Number of the frame.
    pub picture_id: Option<PictureId>,
    /// TL0PICIDX: number of the temporal base layer frame that this one hangs on.
    pub tl0_pic_idx: Option<u8>,
    /// TID and Y.
    pub temporal: Option<Temporal>,
    /// KEYIDX: number of the keyframe that this frame hangs on, 5 bits.
    pub key_idx: Option<u8>,
    /// Bytes that the descriptor takes.
    pub len: usize,
}

/// A frame's number in the width that the sender chose.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PictureId {
    /// 7 bits.
    Short(u8),
    /// 15 bits.
    Long(u16),
}

/// Where a frame stands among the temporal layers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Temporal {
    /// TID: the temporal layer, 0 to 3.
    pub layer: u8,
    /// Y: the frame refers to nothing but the base layer, so that a receiver may move up to its layer here.
    pub layer_sync: bool,
}

const X: u8 = 0x80;
const N: u8 = 0x20;
const S: u8 = 0x10;
const PID: u8 = 0x07;
const I: u8 = 0x80;
const L: u8 = 0x40;
const T: u8 = 0x20;
const K: u8 = 0x10;
const M: u8 = 0x80;

/// Reads the descriptor. A descriptor without any payload after it is an error.
pub fn parse(payload: &[u8]) -> Result<Descriptor, BadPayload> {
    let mut reader = Reader::new(payload);
    let descriptor = read(&mut reader).ok_or(BadPayload)?;
    match reader.rest() {
        [] => Err(BadPayload),
        rest => Ok(Descriptor { len: payload.len() - rest.len(), ..descriptor }),
    }
}

fn read(reader: &mut Reader<'_>) -> Option<Descriptor> {
    let first = reader.u8()?;
    let extensions = if first & X != 0 { reader.u8()? } else { 0 };
    let picture_id = if extensions & I != 0 { Some(read_picture_id(reader)?) } else { None };
    let tl0_pic_idx = if extensions & L != 0 { Some(reader.u8()?) } else { None };
    let last = if extensions & (T | K) != 0 { reader.u8()? } else { 0 };
    let temporal = Temporal { layer: last >> 6, layer_sync: last & 0x20 != 0 };
    Some(Descriptor {
        non_reference: first & N != 0,
        starts_partition: first & S != 0,
        partition: first & PID,
        picture_id,
        tl0_pic_idx,
        temporal: (extensions & T != 0).then_some(temporal),
        key_idx: (extensions & K != 0).then_some(last & 0x1f),
        len: 0,
    })
}

fn read_picture_id(reader: &mut Reader<'_>) -> Option<PictureId> {
    let first = reader.u8()?;
    if first & M == 0 {
        return Some(PictureId::Short(first));
    }
    Some(PictureId::Long(u16::from(first & !M) << 8 | u16::from(reader.u8()?)))
}

/// Whether the packet is the first of a keyframe: it begins the first partition, and the frame header's P bit is 0
/// (RFC 7741 section 4.3).
pub fn is_keyframe_start(payload: &[u8]) -> bool {
    parse(payload).is_ok_and(|descriptor| {
        let begins_frame = descriptor.starts_partition && descriptor.partition == 0;
        begins_frame && payload.get(descriptor.len).is_some_and(|byte| byte & 1 == 0)
    })
}

impl PictureId {
    /// The number, without its width.
    pub const fn get(self) -> u16 {
        match self {
            Self::Short(id) => id as u16,
            Self::Long(id) => id,
        }
    }
}

impl Descriptor {
    /// The longest descriptor, in bytes.
    pub const LEN_MAX: usize = 6;

    /// Writes the descriptor, so that a forwarder can give a frame another number; answers how many bytes that is, which
    /// [`Self::LEN_MAX`] bounds and [`Self::len`] plays no part in. `None` when `out` is too small.
    pub fn write(&self, out: &mut [u8]) -> Option<usize> {
        let mut sink = Sink::at(out, 0);
        let flag = |is_set, bit| if is_set { bit } else { 0 };
        let extensions = flag(self.picture_id.is_some(), I)
            | flag(self.tl0_pic_idx.is_some(), L)
            | flag(self.temporal.is_some(), T)
            | flag(self.key_idx.is_some(), K);
        let first = flag(self.non_reference, N) | flag(self.starts_partition, S) | (self.partition & PID);
        sink.u8(first | flag(extensions != 0, X))?;
        if extensions == 0 {
            return Some(sink.len());
        }
        sink.u8(extensions)?;
        match self.picture_id {
            Some(PictureId::Short(id)) => sink.u8(id & !M)?,
            Some(PictureId::Long(id)) => sink.u16(id | u16::from(M) << 8)?,
            None => {}
        }
        if let Some(index) = self.tl0_pic_idx {
            sink.u8(index)?;
        }
        if extensions & (T | K) != 0 {
            let temporal = self.temporal.map_or(0, |t| (t.layer & 3) << 6 | flag(t.layer_sync, 0x20));
            sink.u8(temporal | self.key_idx.unwrap_or(0) & 0x1f)?;
        }
        Some(sink.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shortest_descriptor_is_one_byte() {
        let expected = Descriptor { starts_partition: true, len: 1, ..Descriptor::default() };
        assert_eq!(parse(&[0x10, 0x00]), Ok(expected));
    }

    #[test]
    fn every_field_is_read_and_written() {
        let expected = Descriptor {
            non_reference: true,
            starts_partition: true,
            partition: 2,
            picture_id: Some(PictureId::Long(0x1234)),
            tl0_pic_idx: Some(9),
            temporal: Some(Temporal { layer: 2, layer_sync: true }),
            key_idx: Some(17),
            len: 6,
        };
        let bytes = [0xb2, 0xf0, 0x92, 0x34, 9, 0xb1, 0xff];
        assert_eq!(parse(&bytes), Ok(expected));
        let mut out = [0; Descriptor::LEN_MAX];
        assert_eq!(expected.write(&mut out), Some(6));
        assert_eq!(out, bytes[..6]);
        assert_eq!(expected.write(&mut out[..5]), None);
    }

    #[test]
    fn a_short_picture_id_stays_short() {
        let descriptor = parse(&[0x90, 0x80, 0x11, 0xff]).unwrap();
        assert_eq!((descriptor.picture_id, descriptor.len), (Some(PictureId::Short(0x11)), 3));
        let mut out = [0; Descriptor::LEN_MAX];
        assert_eq!(descriptor.write(&mut out).map(|len| out[..len].to_vec()), Some(vec![0x90, 0x80, 0x11]));
    }

    #[test]
    fn a_keyframe_starts_in_the_first_partition_with_p_clear() {
        assert!(is_keyframe_start(&[0x10, 0x50, 0x9d]));
        assert!(!is_keyframe_start(&[0x10, 0x51]), "P is set: predicted");
        assert!(!is_keyframe_start(&[0x11, 0x50]), "another partition");
        assert!(!is_keyframe_start(&[0x00, 0x50]), "not its beginning");
    }

    #[test]
    fn a_descriptor_cut_anywhere_is_an_error() {
        let bytes = [0xb2, 0xf0, 0x92, 0x34, 9, 0xb1];
        assert!((0..=bytes.len()).all(|len| parse(&bytes[..len]) == Err(BadPayload)));
    }
}
