//! The MCU's engine: mixers as guests of a worker's routers, each on threads of its own.
//!
//! [`Mixers`] carries out what [`crate::control::MixerRequest`] asks for one worker. A mixer hears its sources through direct
//! transports and sends its mixes over them, so that to the router it is one more peer: its mixes are ordinary producers, and
//! the worker waits for it no more than for anybody. One thread mixes sound, another composes pictures; both give way to the
//! worker's threads, the second altogether as long as the machine has time to spare. A panic in either ends that mixer, which is
//! told, and no other.

mod audio;
mod courtesy;
mod door;
mod ladder;
mod links;
mod own;
mod picture;
mod seat;
mod stats;
mod stream;
mod thread;
mod video;

pub use door::Mixers;
pub use motet_mixer::audio::AnnouncementError;

use std::sync::Arc;

/// Checks a WAV or Ogg Opus file, so that whoever uploads one hears at once what is wrong with it.
///
/// # Errors
/// As [`AnnouncementError`] says.
pub fn check_announcement(file: Arc<[u8]>) -> Result<(), AnnouncementError> {
    motet_mixer::audio::Announcement::parse(file).map(|_| ())
}
