//! H.264 payloads (RFC 6184 section 5).

use super::BadPayload;
use crate::wire::Reader;

/// Which NAL units a packet carries, and how.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Descriptor {
    /// How they are carried.
    pub packetization: Packetization,
    /// The types of the NAL units that begin in the packet.
    pub begins: NalTypes,
}

/// How NAL units are put into a packet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Packetization {
    /// One whole NAL unit (RFC 6184 section 5.6).
    Single,
    /// Several whole NAL units (RFC 6184 section 5.7.1).
    StapA,
    /// A part of a NAL unit (RFC 6184 section 5.8).
    FuA {
        /// Whether it is the first part.
        is_first: bool,
        /// Whether it is the last part.
        is_last: bool,
        /// The type of the NAL unit.
        nal_type: u8,
    },
    /// A form of the interleaved mode, which WebRTC does not use; its content is unread.
    Interleaved,
}

/// A set of NAL unit types.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct NalTypes(u32);

/// A slice of a picture that is not an IDR picture.
pub const NAL_SLICE: u8 = 1;
/// A slice of an IDR picture.
pub const NAL_IDR: u8 = 5;
/// A sequence parameter set.
pub const NAL_SPS: u8 = 7;
/// A picture parameter set.
pub const NAL_PPS: u8 = 8;
const STAP_A: u8 = 24;
const STAP_B: u8 = 25;
const MTAP_24: u8 = 27;
const FU_A: u8 = 28;
const FU_B: u8 = 29;

impl NalTypes {
    /// Whether `nal_type` is in the set.
    pub const fn contains(self, nal_type: u8) -> bool {
        nal_type < 32 && self.0 >> nal_type & 1 != 0
    }

    /// The types of the set, least first.
    pub fn iter(self) -> impl Iterator<Item = u8> {
        (0..32).filter(move |nal_type| self.contains(*nal_type))
    }

    fn with(self, header: u8) -> Self {
        Self(self.0 | 1 << (header & 0x1f))
    }
}

impl std::fmt::Debug for NalTypes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

/// Reads how the packet's NAL units are put into it, and of which types they are.
pub fn parse(payload: &[u8]) -> Result<Descriptor, BadPayload> {
    let mut reader = Reader::new(payload);
    let header = reader.u8().ok_or(BadPayload)?;
    match header & 0x1f {
        // Types 0, 30 and 31 are undefined (RFC 6184 section 5.2).
        0 | 30 | 31 => Err(BadPayload),
        STAP_A => read_aggregate(reader).ok_or(BadPayload),
        FU_A => read_fragment(reader).ok_or(BadPayload),
        STAP_B..=MTAP_24 | FU_B => {
            Ok(Descriptor { packetization: Packetization::Interleaved, begins: NalTypes::default() })
        }
        _ => {
            Ok(Descriptor { packetization: Packetization::Single, begins: NalTypes::default().with(header) })
        }
    }
}

fn read_aggregate(mut reader: Reader<'_>) -> Option<Descriptor> {
    let mut begins = NalTypes::default();
    loop {
        let len = reader.u16()?;
        let nal = reader.bytes(usize::from(len))?;
        begins = begins.with(*nal.first()?);
        if reader.rest().is_empty() {
            return Some(Descriptor { packetization: Packetization::StapA, begins });
        }
    }
}

fn read_fragment(mut reader: Reader<'_>) -> Option<Descriptor> {
    let header = reader.u8()?;
    let (is_first, is_last, nal_type) = (header & 0x80 != 0, header & 0x40 != 0, header & 0x1f);
    let begins = if is_first { NalTypes::default().with(nal_type) } else { NalTypes::default() };
    Some(Descriptor { packetization: Packetization::FuA { is_first, is_last, nal_type }, begins })
}

/// Whether the packet is the first of a keyframe: one in which a sequence parameter set begins, for WebRTC's senders put
/// one before each IDR picture, and a decoder cannot start without. [`parse`] tells where an IDR picture's slices begin.
pub fn is_keyframe_start(payload: &[u8]) -> bool {
    parse(payload).is_ok_and(|descriptor| descriptor.begins.contains(NAL_SPS))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begins(payload: &[u8]) -> Vec<u8> {
        parse(payload).unwrap().begins.iter().collect()
    }

    #[test]
    fn a_single_nal_unit_is_its_own_header() {
        assert_eq!(begins(&[0x67, 0x42, 0xe0, 0x1f]), [NAL_SPS]);
        assert_eq!(parse(&[0x65, 0x88]).unwrap().packetization, Packetization::Single);
        assert!(
            is_keyframe_start(&[0x67, 0x42])
                && !is_keyframe_start(&[0x65, 0x88])
                && !is_keyframe_start(&[0x41])
        );
    }

    #[test]
    fn an_aggregate_with_parameter_sets_starts_a_keyframe() {
        let payload = [0x78, 0, 3, 0x67, 0x42, 0xe0, 0, 2, 0x68, 0xce, 0, 1, 0x65];
        assert_eq!(begins(&payload), [NAL_IDR, NAL_SPS, NAL_PPS]);
        assert!(is_keyframe_start(&payload));
        assert!(!is_keyframe_start(&[0x78, 0, 1, 0x41, 0, 1, 0x41]));
    }

    #[test]
    fn only_the_first_fragment_begins_its_nal_unit() {
        assert_eq!(begins(&[0x7c, 0x85, 0xb8]), [NAL_IDR]);
        assert_eq!(begins(&[0x7c, 0x05, 0xb8]), []);
        let last = Packetization::FuA { is_first: false, is_last: true, nal_type: NAL_IDR };
        assert_eq!(parse(&[0x7c, 0x45, 0xb8]).unwrap().packetization, last);
        assert!(is_keyframe_start(&[0x7c, 0x87, 0x42]) && !is_keyframe_start(&[0x7c, 0x07, 0x42]));
    }

    #[test]
    fn lying_lengths_and_undefined_types_are_errors() {
        assert_eq!(parse(&[0x78, 0, 9, 0x67]), Err(BadPayload));
        assert_eq!(parse(&[0x78, 0, 0]), Err(BadPayload), "an empty NAL unit has no header");
        assert_eq!(parse(&[0x78, 0, 1, 0x67, 0]), Err(BadPayload));
        assert_eq!(parse(&[0x78]), Err(BadPayload));
        assert_eq!(parse(&[0x7c]), Err(BadPayload));
        assert_eq!(parse(&[0x60]), Err(BadPayload));
        assert_eq!(parse(&[]), Err(BadPayload));
    }
}
