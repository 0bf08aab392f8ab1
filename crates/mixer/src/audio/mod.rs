//! The audio mixer: 48 kHz, frames of 20 ms, floating point. Each member who speaks hears all but itself; everyone else
//! shares one encode, so the cost follows the speakers and not the listeners.

mod announcement;
mod event;
mod mixer;
mod settings;

pub use announcement::{Announcement, AnnouncementError, AnnouncementId};
pub use event::{AudioEvent, AudioStats, Level, Mix, SourceStats};
pub use mixer::{AudioMixer, CATCH_UP_MAX};
pub use settings::{AudioCodec, AudioError, AudioFormat, AudioOutput, AudioSettings, Voice};
