//! A recording that is played into a mix: WAV or Ogg Opus bytes, which a stranger may have sent.

mod ogg;
mod player;
mod wav;

use std::sync::Arc;
use std::time::Duration;

pub(super) use player::Player;

/// One playing, as the mixer's owner calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AnnouncementId(pub u64);

/// A recording that has been checked. Cheap to clone; decoded while it plays.
#[derive(Clone, Debug)]
pub struct Announcement {
    recording: Arc<Recording>,
}

#[derive(Debug)]
enum Recording {
    Wav(wav::Wav),
    Opus(ogg::OpusFile),
}

impl Announcement {
    /// The longest file, in bytes: five minutes of stereo CD sound. It stays in memory while it plays.
    pub const LEN_MAX_BYTES: usize = 64 << 20;

    /// Checks WAV (PCM of 8, 16, 24 or 32 bits, or floats of 32, one or two channels, any usual rate) or Ogg Opus
    /// (RFC 7845, one or two channels). Takes a while for long files; playing does not.
    pub fn parse(bytes: Arc<[u8]>) -> Result<Self, AnnouncementError> {
        if bytes.len() > Self::LEN_MAX_BYTES {
            return Err(AnnouncementError::TooLong);
        }
        let recording = match bytes.first_chunk() {
            Some(b"RIFF") => Recording::Wav(wav::Wav::parse(bytes)?),
            Some(b"OggS") => Recording::Opus(ogg::OpusFile::parse(&bytes)?),
            _ => return Err(AnnouncementError::UnknownFormat),
        };
        Ok(Self { recording: Arc::new(recording) })
    }

    /// How long it plays.
    pub fn duration(&self) -> Duration {
        match &*self.recording {
            Recording::Wav(wav) => Duration::from_secs_f64(wav.frames() as f64 / f64::from(wav.rate_hz)),
            Recording::Opus(file) => Duration::from_secs_f64(file.samples as f64 / 48_000.0),
        }
    }
}

/// Why bytes are no announcement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnnouncementError {
    /// Neither WAV nor Ogg Opus.
    #[error("the file is neither WAV nor Ogg Opus")]
    UnknownFormat,
    /// More than [`Announcement::LEN_MAX_BYTES`].
    #[error("the file is longer than {} bytes", Announcement::LEN_MAX_BYTES)]
    TooLong,
    /// The file is broken, in this way.
    #[error("the file is broken: {0}")]
    Malformed(&'static str),
    /// The file is sound, but this is not played.
    #[error("not supported: {0}")]
    Unsupported(&'static str),
    /// There is no sound in it.
    #[error("the file holds no sound")]
    Empty,
}
