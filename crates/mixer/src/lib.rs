//! The MCU: many voices to one mix, many pictures to one picture. Sans-IO: plain RTP in, plain RTP out, told the time.

pub mod audio;
mod ids;
pub mod video;

pub use ids::{MemberId, SourceId};
