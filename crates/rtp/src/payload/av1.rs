//! AV1 payloads (RTP Payload Format For AV1, sections 4.3 and 4.4).

use super::BadPayload;
use crate::wire::Reader;

/// The aggregation header, and what the packet's OBUs are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Descriptor {
    /// Z: the first OBU element continues an OBU of the packet before.
    pub continues_first: bool,
    /// Y: the last OBU element goes on in the next packet.
    pub last_continues: bool,
    /// N: the packet is the first of a coded video sequence.
    pub starts_sequence: bool,
    /// The types of the OBUs that begin in the packet.
    pub begins: ObuTypes,
    /// The layers of the first OBU that names them.
    pub layers: Option<ObuLayers>,
}

/// A set of OBU types.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct ObuTypes(u16);

/// Where an OBU stands among the layers (OBU extension header).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ObuLayers {
    /// The temporal layer, 0 to 7.
    pub temporal_layer: u8,
    /// The spatial layer, 0 to 3.
    pub spatial_layer: u8,
}

/// The sequence header.
pub const OBU_SEQUENCE_HEADER: u8 = 1;

const Z: u8 = 0x80;
const Y: u8 = 0x40;
const N: u8 = 0x08;
const HAS_EXTENSION: u8 = 0x04;

impl ObuTypes {
    /// Whether `obu_type` is in the set.
    pub const fn contains(self, obu_type: u8) -> bool {
        obu_type < 16 && self.0 >> obu_type & 1 != 0
    }

    /// The types of the set, least first.
    pub fn iter(self) -> impl Iterator<Item = u8> {
        (0..16).filter(move |obu_type| self.contains(*obu_type))
    }
}

impl std::fmt::Debug for ObuTypes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

/// Reads the aggregation header and the header of each OBU that begins in the packet.
pub fn parse(payload: &[u8]) -> Result<Descriptor, BadPayload> {
    let mut reader = Reader::new(payload);
    let aggregation = reader.u8().ok_or(BadPayload)?;
    let mut descriptor = Descriptor {
        continues_first: aggregation & Z != 0,
        last_continues: aggregation & Y != 0,
        starts_sequence: aggregation & N != 0,
        begins: ObuTypes::default(),
        layers: None,
    };
    let announced = aggregation >> 4 & 3;
    let mut index = 0;
    while !reader.rest().is_empty() {
        index += 1;
        let element = take_element(&mut reader, announced, index).ok_or(BadPayload)?;
        let begins_obu = index > 1 || !descriptor.continues_first;
        if begins_obu {
            descriptor.note_obu(element);
        }
    }
    // W announces 1 to 3 elements, 0 as many as there are; an aggregation header alone is no payload.
    let is_complete = index != 0 && (announced == 0 || index == usize::from(announced));
    if is_complete { Ok(descriptor) } else { Err(BadPayload) }
}

/// The next OBU element: its length stands before it, but for the last of an announced number. `None` when it does not
/// fit, or is one more than announced.
fn take_element<'a>(reader: &mut Reader<'a>, announced: u8, index: usize) -> Option<&'a [u8]> {
    let len = if index == usize::from(announced) { reader.rest().len() } else { read_leb128(reader)? };
    reader.bytes(len)
}

/// A little-endian base 128 number of at most eight bytes (AV1 specification section 4.10.5), which must fit 32 bits.
fn read_leb128(reader: &mut Reader<'_>) -> Option<usize> {
    let mut value = 0u64;
    for index in 0..8 {
        let byte = reader.u8()?;
        value |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return u32::try_from(value).ok().map(|value| value as usize);
        }
    }
    None
}

impl Descriptor {
    /// Takes in the header of an OBU; an empty element has none.
    fn note_obu(&mut self, obu: &[u8]) {
        let Some(header) = obu.first() else { return };
        self.begins.0 |= 1 << (header >> 3 & 0x0f);
        if let (Some(extension), None, true) = (obu.get(1), self.layers, header & HAS_EXTENSION != 0) {
            self.layers =
                Some(ObuLayers { temporal_layer: extension >> 5, spatial_layer: extension >> 3 & 3 });
        }
    }
}

/// Whether the packet is the first of a keyframe: it starts a coded video sequence, or a sequence header begins in it.
pub fn is_keyframe_start(payload: &[u8]) -> bool {
    parse(payload).is_ok_and(|descriptor| {
        // The first packet of a sequence continues nothing; one that says both is not believed.
        let starts_sequence = descriptor.starts_sequence && !descriptor.continues_first;
        starts_sequence || descriptor.begins.contains(OBU_SEQUENCE_HEADER)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: u8 = 6;

    #[test]
    fn announced_elements_are_read_the_last_without_a_length() {
        // W=2, N: a sequence header of three bytes, then a frame to the end that goes on in the next packet.
        let payload = [0x68, 3, 0x08, 1, 2, 0x30, 9, 9];
        let descriptor = parse(&payload).unwrap();
        assert_eq!(descriptor.begins.iter().collect::<Vec<_>>(), [OBU_SEQUENCE_HEADER, FRAME]);
        assert!(descriptor.starts_sequence && descriptor.last_continues && !descriptor.continues_first);
        assert!(is_keyframe_start(&payload));
    }

    #[test]
    fn unannounced_elements_all_have_a_length() {
        // W=0: a frame of two bytes with an extension (temporal layer 1, spatial layer 2), then one of one byte.
        let descriptor = parse(&[0x00, 2, 0x34, 0x30, 1, 0x18]).unwrap();
        assert_eq!(descriptor.begins.iter().collect::<Vec<_>>(), [3, FRAME]);
        assert_eq!(descriptor.layers, Some(ObuLayers { temporal_layer: 1, spatial_layer: 2 }));
    }

    #[test]
    fn a_continued_element_has_no_header() {
        // What continues looks like a sequence header, and is none.
        let descriptor = parse(&[0x90, 0x08, 0]).unwrap();
        assert_eq!(descriptor.begins, ObuTypes::default());
        assert!(!is_keyframe_start(&[0x90, 0x08, 0]) && !is_keyframe_start(&[0x98, 0x08, 0]));
    }

    #[test]
    fn a_delta_frame_starts_no_keyframe() {
        assert!(is_keyframe_start(&[0x18, 0x30]) && is_keyframe_start(&[0x10, 0x08]));
        assert!(!is_keyframe_start(&[0x10, 0x30]));
    }

    #[test]
    fn lengths_that_do_not_fit_are_errors() {
        assert_eq!(parse(&[]), Err(BadPayload));
        assert_eq!(parse(&[0x10]), Err(BadPayload), "no element");
        assert_eq!(parse(&[0x00, 5, 0x30]), Err(BadPayload), "beyond the packet");
        assert_eq!(parse(&[0x30, 1, 0x30]), Err(BadPayload), "three announced, one there");
        assert_eq!(parse(&[0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]), Err(BadPayload));
        assert_eq!(parse(&[0x00, 0x80]), Err(BadPayload), "a length without its end");
    }
}
