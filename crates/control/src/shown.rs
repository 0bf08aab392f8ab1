//! What a composed picture shows: its cells, and why a placeholder stands in one.

use crate::ids::{MixMember, ProducerId};

/// A cell of the composed picture as it is, in fractions of the picture.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct MixCell {
    /// Left edge, 0 to 1.
    pub x: f32,
    /// Upper edge, 0 to 1.
    pub y: f32,
    /// Width.
    pub w: f32,
    /// Height.
    pub h: f32,
    /// Whom it shows.
    pub member: MixMember,
    /// Which of the member's sources; `None`: it has none, and the placeholder is there.
    pub producer_id: Option<ProducerId>,
}

/// What a source's cell shows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Shown {
    /// Its picture.
    Picture,
    /// The placeholder: the member's name, and why there is no picture.
    Placeholder(Placeholder),
}

/// Why a placeholder stands where a picture should.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Placeholder {
    /// For programs.
    pub reason: PlaceholderReason,
    /// For people, as the placeholder itself has it: `video too large: 7680x4320`.
    pub explanation: String,
}

macro_rules! reasons {
    ($($(#[$doc:meta])* $variant:ident = $word:literal,)*) => {
        /// Why a source cannot be shown in the mix.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub enum PlaceholderReason { $($(#[$doc])* $variant,)* }

        impl PlaceholderReason {
            /// Each once.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The word on the wire.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }
        }
    };
}

reasons! {
    /// Its sender has muted it.
    CameraOff = "cameraOff",
    /// No picture has come yet.
    Waiting = "waiting",
    /// Nothing has come for a while.
    Frozen = "frozen",
    /// The frames are larger than the limit.
    TooLarge = "tooLarge",
    /// More pixels a second than the limit.
    TooFast = "tooFast",
    /// The size changes all the time.
    Restless = "restless",
    /// What comes is no video of its codec.
    Broken = "broken",
    /// A profile of the codec that is not decoded.
    Profile = "profile",
    /// A codec that is not decoded.
    Codec = "codec",
    /// The decoder could not be started.
    NoDecoder = "noDecoder",
    /// The mix has as many sources as it takes.
    TooMany = "tooMany",
}
