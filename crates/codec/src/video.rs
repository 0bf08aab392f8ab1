//! Video: pictures in I420, frames of one stream in the order in which they were encoded.
//!
//! [`Decoder`] opens VP8, VP9, H264 and AV1, [`Encoder`] writes VP8 and H264, [`Scaler`] changes sizes. A decoded picture stays in
//! the decoder's memory and is lent out; nothing is copied.
//!
//! The libraries behind are written in C and C++, and read what strangers send. What contains that: frames above a length
//! or a size are refused before or by the library; every decoder has one thread and bounded memory; a decoder that failed is
//! thrown away with all its state. A fault in the memory of a library cannot be contained in the same process, so the libraries are
//! the system's (libvpx, libdav1d), which the system's updates mend, or a pinned one built from source (openh264).

mod av1;
mod decoder;
mod encoder;
mod ffi;
mod h264;
mod picture;
mod scale;
mod sps;
mod vpx;

pub use decoder::{DecodeError, DecodeLimits, Decoder, VideoCodec};
pub use encoder::{EncodeError, Encoded, Encoder, EncoderSettings, PictureCodec};
pub use picture::{Picture, PictureMut, PictureView, Plane, PlaneMut, Rect, Yuv};
pub use scale::Scaler;
