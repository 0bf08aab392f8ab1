//! The door to libdav1d.
#![expect(unsafe_code, reason = "libdav1d is C; each call says why it is sound")]

use std::ptr::NonNull;

use super::decoder::{DecodeError, DecodeLimits};
use super::ffi::{self, DoorPicture};
use super::picture::PictureView;

pub(super) struct Av1Decoder {
    raw: NonNull<ffi::Av1Decoder>,
    limits: DecodeLimits,
    picture: Option<DoorPicture>,
}

// SAFETY: a dav1d context of one thread is bound to none, and `&mut` keeps two from using it at once.
unsafe impl Send for Av1Decoder {}

impl Av1Decoder {
    pub(super) fn new(limits: DecodeLimits) -> Result<Self, DecodeError> {
        // SAFETY: no pointers are passed.
        let raw = unsafe { ffi::door_av1_decoder_new(limits.pixels_max) };
        let raw = NonNull::new(raw).ok_or(DecodeError::Library)?;
        Ok(Self { raw, limits, picture: None })
    }

    /// `unit` is a temporal unit in the low overhead format, each OBU with its size.
    pub(super) fn decode(&mut self, unit: &[u8]) -> Result<bool, DecodeError> {
        self.picture = None;
        if let Some((width, height)) = sequence_size(unit) {
            self.limits.check(width, height)?;
        }
        let mut out = DoorPicture::EMPTY;
        // SAFETY: `raw` is alive, `unit` is as long as is said, `out` outlives the call.
        let result =
            unsafe { ffi::door_av1_decode(self.raw.as_ptr(), unit.as_ptr(), unit.len(), &raw mut out) };
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
        // SAFETY: the decoder holds a reference to the picture until it has another one, which needs `&mut self`.
        self.picture.and_then(|picture| unsafe { picture.view() })
    }
}

/// The largest size that a sequence header in `unit` allows, if there is one.
fn sequence_size(unit: &[u8]) -> Option<(u32, u32)> {
    let (mut width, mut height) = (0, 0);
    // SAFETY: `unit` is as long as is said, and the out parameters outlive the call.
    let found =
        unsafe { ffi::door_av1_sequence_size(unit.as_ptr(), unit.len(), &raw mut width, &raw mut height) };
    (found != 0).then_some((width, height))
}

impl Drop for Av1Decoder {
    fn drop(&mut self) {
        // SAFETY: made by `door_av1_decoder_new`, freed once.
        unsafe { ffi::door_av1_decoder_free(self.raw.as_ptr()) };
    }
}
