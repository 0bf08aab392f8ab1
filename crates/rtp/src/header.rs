//! The RTP header as a sender writes it, extensions included (RFC 3550 section 5.1, RFC 8285 section 4).

use crate::ext::{ExtensionKind, ExtensionMap, ExtensionValues, OneByteForm};
use crate::wire::Sink;
use crate::{PayloadType, RtpTime, Ssrc};

/// What a sender chooses in the fixed header.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct RtpHeader {
    /// The marker bit; for video the last packet of a frame.
    pub marker: bool,
    /// The payload type.
    pub payload_type: PayloadType,
    /// The sequence number.
    pub seq: u16,
    /// The RTP timestamp.
    pub rtp_time: RtpTime,
    /// The synchronisation source.
    pub ssrc: Ssrc,
}

/// Why a header was not written.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, thiserror::Error)]
pub enum WriteError {
    /// The buffer is smaller than the header; [`HEADER_LEN_MAX`] always suffices.
    #[error("the buffer is too small for the header")]
    BufferTooSmall,
}

/// The most that [`write_header`] can produce, in bytes: every known extension, each at its longest, in two-byte form.
pub const HEADER_LEN_MAX: usize = FIXED_LEN + 4 + ExtensionValues::ELEMENTS_LEN_MAX.next_multiple_of(4);

const FIXED_LEN: usize = 12;

/// Writes the fixed header and one header extension element for each value that has an id in `map`; answers how many
/// bytes that is. The one-byte form is chosen where every id and length fits it, else the two-byte form. On an error
/// `out` holds nothing of meaning.
pub fn write_header(
    header: &RtpHeader,
    values: &ExtensionValues,
    map: &ExtensionMap,
    out: &mut [u8],
) -> Result<usize, WriteError> {
    let plan = ElementPlan::of(values, map);
    put_header(header, values, map, plan, Sink::at(out, 0)).ok_or(WriteError::BufferTooSmall)
}

/// What the elements of one header will take.
#[derive(Clone, Copy)]
struct ElementPlan {
    count: usize,
    data_len: usize,
    one_byte: bool,
}

impl ElementPlan {
    fn of(values: &ExtensionValues, map: &ExtensionMap) -> Self {
        let mut plan = Self { count: 0, data_len: 0, one_byte: true };
        for (id, len) in elements(values, map).map(|(kind, id)| (id, values.len_of(kind))) {
            plan.count += 1;
            plan.data_len += len;
            plan.one_byte &= OneByteForm::fits(id, len);
        }
        plan
    }

    /// Length of the extension in 32-bit words, its own header not counted.
    fn words(self) -> usize {
        let element_header_len = if self.one_byte { 1 } else { 2 };
        (self.data_len + self.count * element_header_len).div_ceil(4)
    }
}

fn elements(values: &ExtensionValues, map: &ExtensionMap) -> impl Iterator<Item = (ExtensionKind, u8)> {
    let present = ExtensionKind::ALL.into_iter().filter(|kind| values.len_of(*kind) != 0);
    present.filter_map(|kind| Some((kind, map.id(kind)?)))
}

fn put_header(
    header: &RtpHeader,
    values: &ExtensionValues,
    map: &ExtensionMap,
    plan: ElementPlan,
    mut sink: Sink<'_>,
) -> Option<usize> {
    let has_extension = plan.count != 0;
    sink.u8(0x80 | u8::from(has_extension) << 4)?;
    sink.u8(u8::from(header.marker) << 7 | header.payload_type.get())?;
    sink.u16(header.seq)?;
    sink.u32(header.rtp_time.0)?;
    sink.u32(header.ssrc.0)?;
    if !has_extension {
        return Some(sink.len());
    }
    sink.u16(if plan.one_byte { OneByteForm::PROFILE } else { OneByteForm::TWO_BYTE_PROFILE })?;
    // At most ELEMENTS_LEN_MAX / 4, far below 16 bits.
    sink.u16(plan.words() as u16)?;
    for (kind, id) in elements(values, map) {
        // Both forms' lengths fit a byte: ELEMENT_LEN_MAX bounds them.
        let len = values.len_of(kind) as u8;
        match plan.one_byte {
            true => sink.u8(id << 4 | (len - 1))?,
            false => sink.put(&[id, len])?,
        }
        values.put(kind, &mut sink)?;
    }
    sink.pad_to_word(FIXED_LEN)?;
    Some(sink.len())
}
