//! The door to libvpx: VP8 and VP9 in, VP8 out.
#![expect(unsafe_code, reason = "libvpx is C; each call says why it is sound")]

use std::ffi::c_int;
use std::ptr::NonNull;

use super::decoder::{DecodeError, DecodeLimits};
use super::encoder::{EncodeError, Encoded, EncoderSettings};
use super::ffi::{self, DoorPicture};
use super::picture::PictureView;

/// VP8 or VP9.
pub(super) struct VpxDecoder {
    raw: NonNull<ffi::VpxDecoder>,
    is_vp9: bool,
    limits: DecodeLimits,
    /// Of the last call.
    picture: Option<DoorPicture>,
}

// SAFETY: a libvpx context is bound to no thread, and `&mut` keeps two from using it at once.
unsafe impl Send for VpxDecoder {}

impl VpxDecoder {
    pub(super) fn new(is_vp9: bool, limits: DecodeLimits) -> Result<Self, DecodeError> {
        // Half a picture's pixels again for the colours; borders of 160 pixels on each side and alignment.
        let side = limits.pixels_max.isqrt() as usize + 512;
        let frame_bytes_max = (limits.pixels_max as usize + side * 1024) * 3 / 2;
        // SAFETY: no pointers are passed.
        let raw = unsafe { ffi::door_vpx_decoder_new(c_int::from(is_vp9), frame_bytes_max) };
        let raw = NonNull::new(raw).ok_or(DecodeError::Library)?;
        Ok(Self { raw, is_vp9, limits, picture: None })
    }

    pub(super) fn decode(&mut self, frame: &[u8]) -> Result<bool, DecodeError> {
        self.picture = None;
        let key_size = if self.is_vp9 { vp9_key_size(frame) } else { vp8_key_size(frame)? };
        if let Some((width, height)) = key_size {
            self.limits.check(width, height)?;
        }
        let mut out = DoorPicture::EMPTY;
        // SAFETY: `raw` is alive, `frame` is as long as is said, `out` outlives the call.
        let result =
            unsafe { ffi::door_vpx_decode(self.raw.as_ptr(), frame.as_ptr(), frame.len(), &raw mut out) };
        match result {
            ffi::PICTURE => {
                self.limits.check(out.width, out.height)?;
                self.picture = Some(out);
                Ok(true)
            }
            ffi::NONE => Ok(false),
            ffi::FORMAT => Err(DecodeError::Format),
            _ => Err(DecodeError::Corrupt),
        }
    }

    pub(super) fn picture(&self) -> Option<PictureView<'_>> {
        // SAFETY: libvpx keeps the picture until it is called again, which needs `&mut self`.
        self.picture.and_then(|picture| unsafe { picture.view() })
    }
}

impl Drop for VpxDecoder {
    fn drop(&mut self) {
        // SAFETY: made by `door_vpx_decoder_new`, freed once.
        unsafe { ffi::door_vpx_decoder_free(self.raw.as_ptr()) };
    }
}

/// Width and height of a keyframe (RFC 6386 section 9.1), `None` for other frames.
fn vp8_key_size(frame: &[u8]) -> Result<Option<(u32, u32)>, DecodeError> {
    let first = frame.first().ok_or(DecodeError::Corrupt)?;
    if first & 1 != 0 {
        return Ok(None);
    }
    let Some(&[0x9d, 0x01, 0x2a, a, b, c, d]) = frame.get(3..10) else { return Err(DecodeError::Corrupt) };
    // The upper two bits ask for upscaling, which nobody does.
    let side = |low: u8, high: u8| u32::from(u16::from_le_bytes([low, high]) & 0x3fff);
    Ok(Some((side(a, b), side(c, d))))
}

fn vp9_key_size(frame: &[u8]) -> Option<(u32, u32)> {
    let (mut width, mut height) = (0, 0);
    // SAFETY: `frame` is as long as is said, and the out parameters outlive the call.
    let is_key =
        unsafe { ffi::door_vp9_key_size(frame.as_ptr(), frame.len(), &raw mut width, &raw mut height) };
    (is_key != 0).then_some((width, height))
}

/// A pause pays for no longer frame than this, in 1/90000 s.
const PAUSE_TICKS_MAX: i64 = 22_500;

/// VP8 for live viewers: no lookahead, constant bitrate, keyframes only when asked for.
pub(super) struct Vp8Encoder {
    raw: NonNull<ffi::Vp8Encoder>,
    frame_ticks: i64,
    clock: Clock,
}

/// What libvpx is told of time. From the time between the ends of two frames its rate control learns how many bits a frame may have: at
/// once where that differs by a tenth from how long the former frame was said to last, else within a second or so. If all were said to last equally
/// long, those that come in time after a late one would be paid as if they were late as well, which makes half as much again as the
/// bitrate of pictures that are late now and then. So each lasts since the one before.
#[derive(Default)]
struct Clock {
    /// The time of the picture before.
    last: Option<i64>,
    /// The end of its frame, as libvpx knows it.
    end: i64,
}

impl Clock {
    /// When the frame of a picture begins and how long it lasts.
    fn frame(&mut self, time: i64, usual_ticks: i64) -> (i64, u32) {
        let since = self.last.map_or(usual_ticks, |last| time.saturating_sub(last));
        self.last = Some(time);
        let (begin, ticks) = (self.end, since.clamp(1, PAUSE_TICKS_MAX));
        self.end = begin.saturating_add(ticks);
        (begin, ticks as u32)
    }
}

// SAFETY: as for the decoder.
unsafe impl Send for Vp8Encoder {}

impl Vp8Encoder {
    pub(super) fn new(settings: &EncoderSettings) -> Result<Self, EncodeError> {
        let (fps, kbps) = (settings.fps.max(1), (settings.bitrate_bps / 1000).max(1));
        let (width, height) = (u32::from(settings.width), u32::from(settings.height));
        // SAFETY: no pointers are passed.
        let raw = unsafe { ffi::door_vp8_encoder_new(width, height, fps, kbps, settings.vp8_speed) };
        let raw = NonNull::new(raw).ok_or(EncodeError::Settings)?;
        Ok(Self { raw, frame_ticks: 90_000 / i64::from(fps), clock: Clock::default() })
    }

    pub(super) fn set_bitrate(&mut self, bitrate_bps: u32) -> Result<(), EncodeError> {
        // SAFETY: `raw` is alive.
        let result =
            unsafe { ffi::door_vp8_encoder_set_bitrate(self.raw.as_ptr(), (bitrate_bps / 1000).max(1)) };
        if result == ffi::NONE { Ok(()) } else { Err(EncodeError::Settings) }
    }

    pub(super) fn encode(
        &mut self,
        picture: &PictureView<'_>,
        time: i64,
        force_key: bool,
        out: &mut Vec<u8>,
    ) -> Result<Encoded, EncodeError> {
        let source = DoorPicture::of(picture);
        let (begin, ticks) = self.clock.frame(time, self.frame_ticks);
        let (mut data, mut len, mut is_key) = (std::ptr::null(), 0, 0);
        // SAFETY: `raw` is alive, the picture is lent for the call, and the out parameters outlive it.
        let result = unsafe {
            ffi::door_vp8_encode(
                self.raw.as_ptr(),
                &raw const source,
                begin,
                ticks,
                c_int::from(force_key),
                &raw mut data,
                &raw mut len,
                &raw mut is_key,
            )
        };
        match result {
            ffi::PICTURE if !data.is_null() => {
                // SAFETY: libvpx keeps these bytes until it is called again, which needs `&mut self`.
                out.extend_from_slice(unsafe { std::slice::from_raw_parts(data, len) });
                Ok(Encoded::Frame { is_key: is_key != 0 })
            }
            ffi::NONE => Ok(Encoded::LeftOut),
            _ => Err(EncodeError::Library),
        }
    }
}

impl Drop for Vp8Encoder {
    fn drop(&mut self) {
        // SAFETY: made by `door_vp8_encoder_new`, freed once.
        unsafe { ffi::door_vp8_encoder_free(self.raw.as_ptr()) };
    }
}
