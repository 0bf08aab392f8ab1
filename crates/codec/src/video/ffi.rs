//! What the C side of the doors offers, as `door.c` declares it.
#![expect(unsafe_code, reason = "the C side of the doors is declared here")]

use std::ffi::c_int;

use super::picture::{PictureView, Plane};

/// A picture in a library's memory.
#[repr(C)]
#[derive(Clone, Copy)]
pub(super) struct DoorPicture {
    pub(super) planes: [*const u8; 3],
    pub(super) strides: [isize; 3],
    pub(super) width: u32,
    pub(super) height: u32,
}

pub(super) const NONE: c_int = 0;
pub(super) const PICTURE: c_int = 1;
pub(super) const FORMAT: c_int = 2;

#[repr(C)]
pub(super) struct VpxDecoder {
    _private: [u8; 0],
}
#[repr(C)]
pub(super) struct Vp8Encoder {
    _private: [u8; 0],
}
#[repr(C)]
pub(super) struct Av1Decoder {
    _private: [u8; 0],
}

// SAFETY: the signatures are those of door.c.
unsafe extern "C" {
    pub(super) fn door_vpx_decoder_new(is_vp9: c_int, frame_bytes_max: usize) -> *mut VpxDecoder;
    pub(super) fn door_vpx_decoder_free(decoder: *mut VpxDecoder);
    pub(super) fn door_vpx_decode(
        decoder: *mut VpxDecoder,
        data: *const u8,
        len: usize,
        out: *mut DoorPicture,
    ) -> c_int;
    pub(super) fn door_vp8_encoder_new(
        width: u32,
        height: u32,
        fps: u32,
        bitrate_kbps: u32,
        speed: c_int,
    ) -> *mut Vp8Encoder;
    pub(super) fn door_vp8_encoder_free(encoder: *mut Vp8Encoder);
    pub(super) fn door_vp8_encoder_set_bitrate(encoder: *mut Vp8Encoder, bitrate_kbps: u32) -> c_int;
    pub(super) fn door_vp8_encode(
        encoder: *mut Vp8Encoder,
        picture: *const DoorPicture,
        time: i64,
        duration: u32,
        force_key: c_int,
        data: *mut *const u8,
        len: *mut usize,
        is_key: *mut c_int,
    ) -> c_int;
    pub(super) fn door_vp9_key_size(data: *const u8, len: usize, width: *mut u32, height: *mut u32) -> c_int;
    pub(super) fn door_av1_sequence_size(
        data: *const u8,
        len: usize,
        width: *mut u32,
        height: *mut u32,
    ) -> c_int;
    pub(super) fn door_av1_decoder_new(pixels_max: u32) -> *mut Av1Decoder;
    pub(super) fn door_av1_decoder_free(decoder: *mut Av1Decoder);
    pub(super) fn door_av1_decode(
        decoder: *mut Av1Decoder,
        data: *const u8,
        len: usize,
        out: *mut DoorPicture,
    ) -> c_int;
}

impl DoorPicture {
    pub(super) const EMPTY: Self =
        Self { planes: [std::ptr::null(); 3], strides: [0; 3], width: 0, height: 0 };

    /// For a library that reads the picture during one call.
    pub(super) fn of(view: &PictureView<'_>) -> Self {
        let planes = view.planes();
        Self {
            planes: [0, 1, 2].map(|index| planes[index].bytes().as_ptr()),
            strides: [0, 1, 2].map(|index| planes[index].stride() as isize),
            width: view.width() as u32,
            height: view.height() as u32,
        }
    }

    /// `None` when the library gave no picture of positive size and strides.
    ///
    /// # Safety
    /// Each plane that is not null points to rows of at least the picture's width (half of it, rounded up, for
    /// the latter two), as many as its height says, one stride apart, which stay valid and unwritten for `'a`.
    pub(super) unsafe fn view<'a>(&self) -> Option<PictureView<'a>> {
        let (width, height) = (self.width as usize, self.height as usize);
        let half = (width.div_ceil(2), height.div_ceil(2));
        let mut planes = [None; 3];
        for (index, plane) in planes.iter_mut().enumerate() {
            let (width, height) = if index == 0 { (width, height) } else { half };
            let stride = usize::try_from(self.strides[index]).ok()?;
            if self.planes[index].is_null() || width == 0 || height == 0 || stride < width {
                return None;
            }
            let len = stride.checked_mul(height - 1)?.checked_add(width)?;
            // SAFETY: `len` ends with the last row's last byte; the caller vouches for the rows.
            let data = unsafe { std::slice::from_raw_parts(self.planes[index], len) };
            *plane = Plane::new(data, stride, width, height);
        }
        let [Some(y), Some(u), Some(v)] = planes else { return None };
        PictureView::new([y, u, v])
    }
}
