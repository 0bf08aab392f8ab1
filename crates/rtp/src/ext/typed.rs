//! What the header extensions say, as types of their own. `decode` answers `None` for a malformed value.

use crate::NtpTime;
use crate::wire::{Reader, Sink};

/// How loud the packet's audio is (RFC 6464).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct AudioLevel {
    /// -127 (silence) to 0 (as loud as can be), in dB relative to overload.
    pub dbov: i8,
    /// Whether the sender thinks that it is voice.
    pub voice: bool,
}

impl AudioLevel {
    pub(super) const LEN: usize = 1;

    pub(super) fn decode(data: &[u8]) -> Option<Self> {
        let [byte] = *data.as_array()?;
        Some(Self { dbov: -((byte & 0x7f) as i8), voice: byte & 0x80 != 0 })
    }

    pub(super) fn put(self, sink: &mut Sink<'_>) -> Option<()> {
        // A level above 0 cannot be said; it is as loud as can be.
        let below_overload = self.dbov.min(0).unsigned_abs().min(127);
        sink.u8(u8::from(self.voice) << 7 | below_overload)
    }
}

/// How the receiver must turn the picture before showing it (3GPP TS 26.114 section 7.4.5).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct VideoOrientation {
    /// Whether the camera faces away from the user.
    pub back_camera: bool,
    /// Whether the picture is flipped horizontally.
    pub flipped: bool,
    /// How far the picture is turned.
    pub rotation: Rotation,
}

/// Quarter turns, counter-clockwise as the picture was captured, which the receiver takes back.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Rotation {
    /// Upright.
    #[default]
    Degrees0,
    /// 90 degrees.
    Degrees90,
    /// 180 degrees.
    Degrees180,
    /// 270 degrees.
    Degrees270,
}

impl VideoOrientation {
    pub(super) const LEN: usize = 1;

    pub(super) fn decode(data: &[u8]) -> Option<Self> {
        let [byte] = *data.as_array()?;
        let rotation = match byte & 0x03 {
            0 => Rotation::Degrees0,
            1 => Rotation::Degrees90,
            2 => Rotation::Degrees180,
            _ => Rotation::Degrees270,
        };
        Some(Self { back_camera: byte & 0x08 != 0, flipped: byte & 0x04 != 0, rotation })
    }

    pub(super) fn put(self, sink: &mut Sink<'_>) -> Option<()> {
        sink.u8(u8::from(self.back_camera) << 3 | u8::from(self.flipped) << 2 | self.rotation as u8)
    }
}

/// Between which delays the receiver should play the packet's frame.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct PlayoutDelay {
    /// At least this many times 10 ms; 12 bits.
    pub min_10ms: u16,
    /// At most this many times 10 ms; 12 bits, not below the least.
    pub max_10ms: u16,
}

impl PlayoutDelay {
    pub(super) const LEN: usize = 3;

    pub(super) fn decode(data: &[u8]) -> Option<Self> {
        let [a, b, c] = (*data.as_array::<3>()?).map(u16::from);
        let delay = Self { min_10ms: a << 4 | b >> 4, max_10ms: (b & 0x0f) << 8 | c };
        (delay.min_10ms <= delay.max_10ms).then_some(delay)
    }

    pub(super) fn put(self, sink: &mut Sink<'_>) -> Option<()> {
        let (min, max) = (self.min_10ms.min(0xfff), self.max_10ms.min(0xfff));
        sink.u24(u32::from(min) << 12 | u32::from(max))
    }
}

/// When the packet's frame was captured, by the capturer's clock.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct AbsCaptureTime {
    /// The capture time.
    pub captured: NtpTime,
    /// What to add to get to the sender's clock, in seconds of 32.32 fixed point, where the sender knows it.
    pub clock_offset: Option<i64>,
}

impl AbsCaptureTime {
    pub(super) const LEN_MAX: usize = 16;

    pub(super) fn len(self) -> usize {
        if self.clock_offset.is_some() { 16 } else { 8 }
    }

    pub(super) fn decode(data: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(data);
        let captured = NtpTime(reader.u64()?);
        let clock_offset = match data.len() {
            8 => None,
            16 => Some(reader.u64()?.cast_signed()),
            _ => return None,
        };
        Some(Self { captured, clock_offset })
    }

    pub(super) fn put(self, sink: &mut Sink<'_>) -> Option<()> {
        sink.u64(self.captured.0)?;
        self.clock_offset.map_or(Some(()), |offset| sink.u64(offset.cast_unsigned()))
    }
}

/// An AV1 dependency descriptor, carried as its bytes (AV1 RTP payload specification, appendix A).
#[derive(Clone, Copy)]
pub struct DependencyDescriptor {
    len: u8,
    bytes: [u8; Self::LEN_MAX],
}

impl DependencyDescriptor {
    /// The longest one that is carried, in bytes. A template structure of three spatial and three temporal layers, with
    /// chains and resolutions, takes about 100.
    pub const LEN_MAX: usize = 128;
    /// The mandatory fields.
    const LEN_MIN: usize = 3;

    /// `None` when shorter than the mandatory fields or longer than [`Self::LEN_MAX`].
    pub fn new(bytes: &[u8]) -> Option<Self> {
        if !(Self::LEN_MIN..=Self::LEN_MAX).contains(&bytes.len()) {
            return None;
        }
        let mut inline = [0; Self::LEN_MAX];
        inline[..bytes.len()].copy_from_slice(bytes);
        Some(Self { len: bytes.len() as u8, bytes: inline })
    }

    /// The descriptor's bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }

    /// Whether the packet is the first of its frame.
    pub fn is_start_of_frame(&self) -> bool {
        self.bytes[0] & 0x80 != 0
    }

    /// Whether the packet is the last of its frame.
    pub fn is_end_of_frame(&self) -> bool {
        self.bytes[0] & 0x40 != 0
    }

    /// Number of the frame in decoding order.
    pub fn frame_number(&self) -> u16 {
        u16::from_be_bytes([self.bytes[1], self.bytes[2]])
    }

    /// Whether it carries a template dependency structure, as the first packet of a coded video sequence does.
    pub fn has_template_structure(&self) -> bool {
        self.as_bytes().get(Self::LEN_MIN).is_some_and(|flags| flags & 0x80 != 0)
    }
}

impl PartialEq for DependencyDescriptor {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}
impl Eq for DependencyDescriptor {}
impl std::fmt::Debug for DependencyDescriptor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("DependencyDescriptor").field(&self.as_bytes()).finish()
    }
}
