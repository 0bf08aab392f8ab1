//! Identifiers and words that travel as JSON strings.

use std::borrow::Cow;

use motet_control::{Codec, MediaKind, PlaceholderReason, Quality};
use motet_room::{
    Intent, LeaveReason, MediaState, MoveState, PairState, ParticipantId, Peer, Reason, ResumeToken, RoomEnd,
    Source, Topology, TrackId, View, ViewIntent,
};
use motet_rtp::Mid;
use serde::de::{Deserialize, Deserializer, Error};
use serde::ser::{Serialize, Serializer};

/// A value of another crate as the string that stands for it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Text<T>(pub T);

/// A type with one string per value.
pub trait Word: Sized {
    /// The string.
    fn write(&self) -> Cow<'static, str>;

    /// The value that `text` stands for.
    ///
    /// # Errors
    /// What is expected, for people.
    fn read(text: &str) -> Result<Self, String>;
}

impl<T: Word> Serialize for Text<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.write())
    }
}

impl<'de, T: Word> Deserialize<'de> for Text<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        T::read(&text).map(Text).map_err(D::Error::custom)
    }
}

/// Types that print as their string and parse from it.
macro_rules! printed {
    ($($name:ident: $expected:literal),* $(,)?) => {$(
        impl Word for $name {
            fn write(&self) -> Cow<'static, str> {
                Cow::Owned(self.to_string())
            }

            fn read(text: &str) -> Result<Self, String> {
                text.parse().map_err(|_| format!("expected {}", $expected))
            }
        }
    )*};
}

printed! {
    ParticipantId: "a participant's id",
    TrackId: "a track's id",
    Mid: "a mid of 1 to 16 visible ASCII characters",
}

/// Types with a fixed set of words.
macro_rules! listed {
    ($($name:ident: $all:expr, $word:expr);* $(;)?) => {$(
        impl Word for $name {
            fn write(&self) -> Cow<'static, str> {
                Cow::Borrowed($word(*self))
            }

            fn read(text: &str) -> Result<Self, String> {
                let all: &[$name] = &$all;
                all.iter().copied().find(|known| $word(*known) == text).ok_or_else(|| {
                    let words: Vec<&str> = all.iter().map(|known| $word(*known)).collect();
                    format!("expected one of {}", words.join(", "))
                })
            }
        }
    )*};
}

listed! {
    Source: *Source::ALL, Source::as_str;
    Topology: *Topology::ALL, Topology::as_str;
    Intent: *Intent::ALL, Intent::as_str;
    View: *View::ALL, View::as_str;
    ViewIntent: *ViewIntent::ALL, ViewIntent::as_str;
    Reason: *Reason::ALL, Reason::as_str;
    MoveState: *MoveState::ALL, MoveState::as_str;
    PairState: *PairState::ALL, PairState::as_str;
    LeaveReason: *LeaveReason::ALL, LeaveReason::as_str;
    RoomEnd: *RoomEnd::ALL, RoomEnd::as_str;
    MediaState: *MediaState::ALL, MediaState::as_str;
    PlaceholderReason: *PlaceholderReason::ALL, PlaceholderReason::as_str;
    Peer: [Peer::Publish, Peer::Subscribe], Peer::as_str;
    MediaKind: [MediaKind::Audio, MediaKind::Video], MediaKind::as_str;
    Quality: [Quality::Lost, Quality::Poor, Quality::Good, Quality::Excellent], quality_word;
}

fn quality_word(quality: Quality) -> &'static str {
    match quality {
        Quality::Lost => "lost",
        Quality::Poor => "poor",
        Quality::Good => "good",
        Quality::Excellent => "excellent",
    }
}

/// Written as in SDP, read without case.
impl Word for Codec {
    fn write(&self) -> Cow<'static, str> {
        Cow::Borrowed(self.name())
    }

    fn read(text: &str) -> Result<Self, String> {
        Codec::from_name(text).ok_or_else(|| {
            let names: Vec<&str> = Codec::ALL.iter().map(|codec| codec.name()).collect();
            format!("expected one of {}", names.join(", "))
        })
    }
}

/// Handed out once, to its owner.
impl Word for ResumeToken {
    fn write(&self) -> Cow<'static, str> {
        Cow::Owned(self.secret().to_owned())
    }

    fn read(text: &str) -> Result<Self, String> {
        Ok(Self::new(text))
    }
}
