//! RIFF WAVE: chunks, of which `fmt ` and `data` matter.

use std::ops::Range;
use std::sync::Arc;

use super::AnnouncementError;
use crate::audio::resample::Resampler;

/// How one sample is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Coding {
    Unsigned8,
    Signed16,
    Signed24,
    Signed32,
    Float32,
}

impl Coding {
    const fn len_bytes(self) -> usize {
        match self {
            Self::Unsigned8 => 1,
            Self::Signed16 => 2,
            Self::Signed24 => 3,
            Self::Signed32 | Self::Float32 => 4,
        }
    }

    fn read(self, bytes: &[u8]) -> f32 {
        match (self, bytes) {
            (Self::Unsigned8, [a]) => (f32::from(*a) - 128.0) / 128.0,
            (Self::Signed16, [a, b]) => f32::from(i16::from_le_bytes([*a, *b])) / 32_768.0,
            (Self::Signed24, [a, b, c]) => i32::from_le_bytes([0, *a, *b, *c]) as f32 / 2_147_483_648.0,
            (Self::Signed32, [a, b, c, d]) => i32::from_le_bytes([*a, *b, *c, *d]) as f32 / 2_147_483_648.0,
            (Self::Float32, [a, b, c, d]) => {
                let value = f32::from_le_bytes([*a, *b, *c, *d]);
                if value.is_finite() { value.clamp(-1.0, 1.0) } else { 0.0 }
            }
            _ => 0.0,
        }
    }
}

/// A checked file.
#[derive(Debug)]
pub(super) struct Wav {
    bytes: Arc<[u8]>,
    data: Range<usize>,
    coding: Coding,
    pub(super) channels: usize,
    pub(super) rate_hz: u32,
}

impl Wav {
    pub(super) fn parse(bytes: Arc<[u8]>) -> Result<Self, AnnouncementError> {
        if bytes.get(8..12) != Some(b"WAVE") {
            return Err(AnnouncementError::UnknownFormat);
        }
        let mut format = None;
        let mut place = 12;
        while let Some((name, len)) = chunk_header(&bytes, place) {
            let start = place + 8;
            // A recorder that was cut off has not written the length.
            let end = start.saturating_add(len).min(bytes.len());
            match &name {
                b"fmt " => format = Some(read_format(&bytes[start..end])?),
                b"data" => {
                    let (coding, channels, rate_hz) =
                        format.ok_or(AnnouncementError::Malformed("the data comes before its format"))?;
                    let wav = Self { bytes, data: start..end, coding, channels, rate_hz };
                    return if wav.frames() == 0 { Err(AnnouncementError::Empty) } else { Ok(wav) };
                }
                _ => {}
            }
            // Chunks begin at even places.
            place = end + (len & 1);
        }
        Err(AnnouncementError::Malformed("there is no data chunk"))
    }

    /// Samples per channel.
    pub(super) fn frames(&self) -> usize {
        self.data.len() / self.frame_len()
    }

    fn frame_len(&self) -> usize {
        self.coding.len_bytes() * self.channels
    }

    /// Up to `count` samples of one channel from place `first` on.
    pub(super) fn read(&self, first: usize, count: usize, channel: usize) -> impl Iterator<Item = f32> + '_ {
        let frames = self.bytes[self.data.clone()].chunks_exact(self.frame_len()).skip(first).take(count);
        let start = channel * self.coding.len_bytes();
        frames.map(move |frame| self.coding.read(&frame[start..start + self.coding.len_bytes()]))
    }
}

fn chunk_header(bytes: &[u8], place: usize) -> Option<([u8; 4], usize)> {
    let (name, rest) = bytes.get(place..)?.split_first_chunk()?;
    Some((*name, u32::from_le_bytes(*rest.first_chunk()?) as usize))
}

fn read_format(chunk: &[u8]) -> Result<(Coding, usize, u32), AnnouncementError> {
    const PCM: u16 = 1;
    const FLOAT: u16 = 3;
    const EXTENSIBLE: u16 = 0xfffe;
    let at = |place: usize| chunk.get(place..place + 2).map(|bytes| u16::from_le_bytes([bytes[0], bytes[1]]));
    let short = AnnouncementError::Malformed("the format chunk is too short");
    let kind = match at(0).ok_or(short)? {
        // The kind then leads the 16 bytes of the sub-format.
        EXTENSIBLE => at(24).ok_or(short)?,
        kind => kind,
    };
    let channels = usize::from(at(2).ok_or(short)?);
    let rate_hz = u32::from(at(4).ok_or(short)?) | u32::from(at(6).ok_or(short)?) << 16;
    let coding = match (kind, at(14).ok_or(short)?) {
        (PCM, 8) => Coding::Unsigned8,
        (PCM, 16) => Coding::Signed16,
        (PCM, 24) => Coding::Signed24,
        (PCM, 32) => Coding::Signed32,
        (FLOAT, 32) => Coding::Float32,
        _ => return Err(AnnouncementError::Unsupported("this coding of samples")),
    };
    if !(1..=2).contains(&channels) {
        return Err(AnnouncementError::Unsupported("more than two channels"));
    }
    if Resampler::new(rate_hz).is_none() {
        return Err(AnnouncementError::Unsupported("this sample rate"));
    }
    Ok((coding, channels, rate_hz))
}
