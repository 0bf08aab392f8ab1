//! VP9 payloads (RFC 9628 section 4).

use super::BadPayload;
use crate::wire::Reader;

/// The payload descriptor (RFC 9628 section 4.2).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Descriptor {
    /// Number of the picture (I), with the bits that the sender chose for it.
    pub picture_id: Option<PictureId>,
    /// P: the frame refers to earlier pictures.
    pub inter_picture_predicted: bool,
    /// Where the frame stands among the layers (L).
    pub layers: Option<LayerIndices>,
    /// F: the frame names its references.
    pub flexible_mode: bool,
    /// B: the packet is the first of its layer frame.
    pub starts_frame: bool,
    /// E: the packet is the last of its layer frame.
    pub ends_frame: bool,
    /// Z: no frame of a higher spatial layer refers to this one.
    pub not_reference_for_upper: bool,
    /// How many pictures back each reference lies, in flexible mode; 0 where there is none.
    pub reference_distances: [u8; REFERENCES_MAX],
    /// V: the stream's layers.
    pub scalability_structure: Option<ScalabilityStructure>,
    /// Bytes that the descriptor takes.
    pub len: usize,
}

/// A picture's number in the width that the sender chose.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PictureId {
    /// 7 bits.
    Short(u8),
    /// 15 bits.
    Long(u16),
}

/// Where a frame stands among the layers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LayerIndices {
    /// TID: the temporal layer, 0 to 7.
    pub temporal_layer: u8,
    /// U: from here a receiver may move up to this temporal layer.
    pub switching_up_point: bool,
    /// SID: the spatial layer, 0 to 7.
    pub spatial_layer: u8,
    /// D: the frame refers to the spatial layer below in the same picture.
    pub inter_layer_predicted: bool,
    /// TL0PICIDX: number of the temporal base layer picture that this one hangs on; absent in flexible mode.
    pub tl0_pic_idx: Option<u8>,
}

/// The layers of the stream, as far as a forwarder needs them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ScalabilityStructure {
    /// How many spatial layers there are, 1 to 8.
    pub spatial_layers: u8,
    /// Width and height of each in pixels, lowest layer first, where the sender gives them.
    pub sizes: Option<[(u16, u16); SPATIAL_LAYERS_MAX]>,
}

/// References that a frame can name.
pub const REFERENCES_MAX: usize = 3;
/// Spatial layers that three bits can number.
pub const SPATIAL_LAYERS_MAX: usize = 8;

const I: u8 = 0x80;
const P: u8 = 0x40;
const L: u8 = 0x20;
const F: u8 = 0x10;
const B: u8 = 0x08;
const E: u8 = 0x04;
const V: u8 = 0x02;
const Z: u8 = 0x01;
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

/// Whether the packet is the first of a keyframe: it begins a frame of the lowest spatial layer that refers to no earlier
/// picture.
pub fn is_keyframe_start(payload: &[u8]) -> bool {
    parse(payload).is_ok_and(|descriptor| {
        let is_lowest_layer = descriptor.layers.is_none_or(|layers| layers.spatial_layer == 0);
        descriptor.starts_frame && !descriptor.inter_picture_predicted && is_lowest_layer
    })
}

fn read(reader: &mut Reader<'_>) -> Option<Descriptor> {
    let first = reader.u8()?;
    let (predicted, flexible_mode) = (first & P != 0, first & F != 0);
    Some(Descriptor {
        picture_id: if first & I != 0 { Some(read_picture_id(reader)?) } else { None },
        inter_picture_predicted: predicted,
        layers: if first & L != 0 { Some(read_layers(reader, flexible_mode)?) } else { None },
        flexible_mode,
        starts_frame: first & B != 0,
        ends_frame: first & E != 0,
        not_reference_for_upper: first & Z != 0,
        reference_distances: if predicted && flexible_mode {
            read_references(reader)?
        } else {
            Default::default()
        },
        scalability_structure: if first & V != 0 { Some(read_scalability_structure(reader)?) } else { None },
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

fn read_layers(reader: &mut Reader<'_>, flexible_mode: bool) -> Option<LayerIndices> {
    let byte = reader.u8()?;
    Some(LayerIndices {
        temporal_layer: byte >> 5,
        switching_up_point: byte & 0x10 != 0,
        spatial_layer: byte >> 1 & 7,
        inter_layer_predicted: byte & 1 != 0,
        tl0_pic_idx: if flexible_mode { None } else { Some(reader.u8()?) },
    })
}

/// Up to three distances, each with a bit that says whether another follows. `None` for a fourth.
fn read_references(reader: &mut Reader<'_>) -> Option<[u8; REFERENCES_MAX]> {
    let mut distances = [0; REFERENCES_MAX];
    for distance in &mut distances {
        let byte = reader.u8()?;
        *distance = byte >> 1;
        if byte & 1 == 0 {
            return Some(distances);
        }
    }
    None
}

fn read_scalability_structure(reader: &mut Reader<'_>) -> Option<ScalabilityStructure> {
    let first = reader.u8()?;
    let spatial_layers = (first >> 5) + 1;
    let (has_sizes, has_picture_group) = (first & 0x10 != 0, first & 0x08 != 0);
    let sizes = if has_sizes { Some(read_sizes(reader, spatial_layers)?) } else { None };
    if has_picture_group {
        skip_picture_group(reader)?;
    }
    Some(ScalabilityStructure { spatial_layers, sizes })
}

fn read_sizes(reader: &mut Reader<'_>, spatial_layers: u8) -> Option<[(u16, u16); SPATIAL_LAYERS_MAX]> {
    let mut sizes = [(0, 0); SPATIAL_LAYERS_MAX];
    for size in sizes.iter_mut().take(usize::from(spatial_layers)) {
        *size = (reader.u16()?, reader.u16()?);
    }
    Some(sizes)
}

fn skip_picture_group(reader: &mut Reader<'_>) -> Option<()> {
    for _ in 0..reader.u8()? {
        let references = reader.u8()? >> 2 & 3;
        reader.bytes(usize::from(references))?;
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_packet_of_a_keyframe_with_layers_and_structure_is_read() {
        // I, L, B, V; picture id 0x1234; TID 0, SID 0; TL0PICIDX 7; two spatial layers with sizes and a picture group.
        let payload =
            [0xaa, 0x92, 0x34, 0x00, 7, 0x38, 1, 64, 0, 180, 2, 128, 1, 104, 2, 0x00, 0x14, 1, 0xff];
        let descriptor = parse(&payload).unwrap();
        assert_eq!(descriptor.picture_id, Some(PictureId::Long(0x1234)));
        assert_eq!(descriptor.layers.unwrap().tl0_pic_idx, Some(7));
        let structure = descriptor.scalability_structure.unwrap();
        assert_eq!(structure.spatial_layers, 2);
        assert_eq!(structure.sizes.unwrap()[..3], [(320, 180), (640, 360), (0, 0)]);
        assert_eq!(descriptor.len, 18);
        assert!(is_keyframe_start(&payload));
    }

    #[test]
    fn layers_of_a_predicted_frame_in_flexible_mode_are_read() {
        // I, P, L, F, E; picture id 5; TID 2, U, SID 1, D; references 1 and 3 pictures back.
        let descriptor = parse(&[0xf4, 5, 0x53, 0x03, 0x06, 0xff]).unwrap();
        let layers = LayerIndices {
            temporal_layer: 2,
            switching_up_point: true,
            spatial_layer: 1,
            inter_layer_predicted: true,
            tl0_pic_idx: None,
        };
        assert_eq!((descriptor.picture_id, descriptor.layers), (Some(PictureId::Short(5)), Some(layers)));
        assert_eq!((descriptor.reference_distances, descriptor.len), ([1, 3, 0], 5));
        assert!(descriptor.ends_frame && !descriptor.starts_frame);
    }

    #[test]
    fn only_the_lowest_spatial_layer_starts_a_keyframe() {
        assert!(is_keyframe_start(&[B, 0]));
        assert!(!is_keyframe_start(&[B | P, 0]) && !is_keyframe_start(&[0, 0]));
        assert!(!is_keyframe_start(&[L | B, 0x03, 0, 0xff]), "spatial layer 1");
    }

    #[test]
    fn a_fourth_reference_or_a_missing_byte_is_an_error() {
        assert_eq!(parse(&[P | F, 3, 3, 3, 0]), Err(BadPayload));
        assert_eq!(parse(&[V, 0x30, 0, 1, 0, 1, 0, 1]), Err(BadPayload));
        assert_eq!(parse(&[V, 0x08, 255, 0x0c]), Err(BadPayload));
        assert_eq!(parse(&[I, 0x80]), Err(BadPayload));
        assert_eq!(parse(&[B]), Err(BadPayload), "no payload follows");
        assert_eq!(parse(&[]), Err(BadPayload));
    }
}
