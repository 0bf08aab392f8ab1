//! The audio mixer: 48 kHz, frames of 20 ms, floating point. Each member who speaks hears all but itself; everyone else
//! shares one encode, so the cost follows the speakers and not the listeners.
//!
//! A packet's way: [`AudioMixer::handle_rtp`] puts it into its stream's jitter buffer (`stream`), where it is decoded at once
//! while the stream is quiet, to know whether a voice begins, and in time once one sounds (`decode`). Each turn takes a
//! frame of every voice (`source`), adds announcements, takes each speaker's own voice out again for its own mix, and
//! limits, encodes and numbers what is left (`output`).

mod announcement;
mod buffer;
mod decode;
mod delay;
mod event;
mod gate;
mod leader;
mod limiter;
mod member;
mod mixer;
mod output;
mod pcm;
mod queue;
mod resample;
mod settings;
mod source;
mod stream;
mod stretch;
mod turn;

pub use announcement::{Announcement, AnnouncementError, AnnouncementId};
pub use event::{AudioEvent, AudioStats, Level, Mix, SourceStats};
pub use mixer::{ANNOUNCEMENTS_MAX, AudioMixer, CATCH_UP_MAX, SOURCES_MAX};
pub use settings::{AudioCodec, AudioError, AudioFormat, AudioOutput, AudioSettings, Voice};
