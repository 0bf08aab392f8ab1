//! What participants are told, and the words it is told in. One word per noun, the same as on the wire.

use std::sync::Arc;

use motet_control::{Codec, Layout, MediaKind, Placeholder, Quality, RtpParameters};

use crate::command::Peer;
use crate::ids::{ParticipantId, TrackId};
use crate::names::{ParticipantName, RoomName};
use crate::topology::{Heading, Intent, Reason, Topology, View};

macro_rules! words {
    ($($name:ident { $($variant:ident = $word:literal),* $(,)? })*) => {$(
        impl $name {
            /// Each once.
            pub const ALL: &[$name] = &[$(Self::$variant),*];

            /// The word on the wire.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }

            /// The one that the word means.
            pub fn from_word(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|known| known.as_str() == word)
            }
        }
    )*};
}
pub(crate) use words;

/// What one participant is told. `Subscribed` and `Unsubscribed` are for its session, which negotiates; everything else
/// goes to the client as it is.
#[derive(Clone, PartialEq, Debug)]
pub enum Event {
    /// Somebody else came.
    ParticipantJoined(ParticipantInfo),
    /// Somebody else went, with all its tracks.
    ParticipantLeft {
        /// Who.
        participant_id: ParticipantId,
        /// Why.
        reason: LeaveReason,
    },
    /// Somebody else publishes a track.
    TrackPublished {
        /// Who.
        participant_id: ParticipantId,
        /// What.
        track: TrackInfo,
    },
    /// A track ended. Its own publisher is told too, unless it asked for it.
    TrackUnpublished {
        /// Whose.
        participant_id: ParticipantId,
        /// Which.
        track_id: TrackId,
    },
    /// A track was muted or unmuted. Its own publisher is told too, unless it asked for it.
    TrackMuted {
        /// Whose.
        participant_id: ParticipantId,
        /// Which.
        track_id: TrackId,
        /// Whether it is muted.
        muted: bool,
    },
    /// Who speaks; `None` when the one who spoke is gone.
    ActiveSpeaker {
        /// Who.
        participant_id: Option<ParticipantId>,
    },
    /// How loud the loudest are, loudest first, one entry a participant; empty when all are silent.
    AudioLevels {
        /// Who, and how loud in dBov (-127 to 0).
        levels: Vec<(ParticipantId, i8)>,
    },
    /// How well a participant's media passes, its own included.
    Quality {
        /// Whose.
        participant_id: ParticipantId,
        /// How well.
        quality: Quality,
    },
    /// Somebody wrote; the writer is told too.
    Chat {
        /// Who.
        from: ParticipantId,
        /// What.
        text: String,
        /// When, in milliseconds since 1970-01-01.
        at_unix_ms: u64,
        /// To whom alone; `None`: to all.
        to: Option<ParticipantId>,
    },
    /// One of this participant's own transports changed.
    MediaState {
        /// Which of the two.
        peer: Peer,
        /// Its state.
        state: MediaState,
    },
    /// A track cannot be received.
    SubscriptionRefused {
        /// Which.
        track_id: TrackId,
        /// Why, for people.
        reason: String,
    },
    /// A track has another way: its media passes the server from now on, or does so no longer.
    TrackChanged {
        /// Whose.
        participant_id: ParticipantId,
        /// What it is from now on.
        track: TrackInfo,
    },
    /// How the room moves media, and this participant's part in it: a move begins or is over.
    Topology(Box<Heading>),
    /// Somebody else takes another view.
    ViewChanged {
        /// Who.
        participant_id: ParticipantId,
        /// Which.
        view: View,
    },
    /// The mix is laid out in another way.
    Layout(Layout),
    /// The mix has a placeholder in a track's place, for another reason, or no longer. Its own publisher is told too.
    TrackPlaceholder {
        /// Whose.
        participant_id: ParticipantId,
        /// Which.
        track_id: TrackId,
        /// `None`: its picture is shown.
        placeholder: Option<Placeholder>,
    },
    /// The picture of the mix has these cells, from the lowest to the one that covers the rest; none where there is no mix.
    MixCells(Arc<[MixCell]>),
    /// Somebody else of the mesh passes a message on.
    Relayed {
        /// Who.
        from: ParticipantId,
        /// Of which mesh.
        epoch: u64,
        /// Grows by one with each that this participant is told.
        number: u64,
        /// A JSON object.
        message: String,
    },
    /// Who sends how much to whom.
    Flows(Arc<[Flow]>),
    /// This participant was taken out; the last event that it is told.
    Removed {
        /// Why.
        reason: LeaveReason,
    },
    /// The room ended; the last event that its participants are told.
    RoomClosed {
        /// Why.
        reason: RoomEnd,
    },
    /// The server is about to stop.
    ServerStopping,
    /// For the session: offer this track to the client, then answer with [`crate::Command::AnswerConsumers`].
    Subscribed(Box<Subscription>),
    /// For the session: both transports are closed, and what was on them is over; those that come are new ones.
    TransportsClosed,
    /// For the session: these tracks are over; take them out of the offer.
    Unsubscribed {
        /// Which.
        track_ids: Vec<TrackId>,
    },
}

/// A track to be offered to a subscriber.
#[derive(Clone, PartialEq, Debug)]
pub struct Subscription {
    /// Which track.
    pub track_id: TrackId,
    /// Whose; `None`: it is of the mix.
    pub participant_id: Option<ParticipantId>,
    /// Audio or video.
    pub kind: MediaKind,
    /// Where it comes from.
    pub source: Source,
    /// What to propose: every codec that the track may use in the payload types of
    /// [`motet_control::negotiate::router_capabilities`], the SSRCs, no MID.
    pub rtp_parameters: RtpParameters,
}

/// A cell of the mix and whom it shows, in fractions of the picture.
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
    /// Whom.
    pub participant_id: ParticipantId,
    /// Which of its tracks; `None`: it has no camera, and the placeholder says so.
    pub track_id: Option<TrackId>,
}

/// How much one sends to another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Flow {
    /// Who; `None`: the server.
    pub from: Option<ParticipantId>,
    /// To whom; `None`: the server.
    pub to: Option<ParticipantId>,
    /// Sound, in bits per second.
    pub audio_bps: u64,
    /// Pictures, in bits per second.
    pub video_bps: u64,
    /// Whether it is the mix.
    pub is_mix: bool,
}

/// What a token allows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Grants {
    /// To publish tracks.
    pub publish: bool,
    /// To receive tracks.
    pub subscribe: bool,
    /// To mute and remove others and to close the room.
    pub admin: bool,
}

/// A room as others see it.
#[derive(Clone, PartialEq, Debug)]
pub struct RoomInfo {
    /// Its name.
    pub name: RoomName,
    /// How it moves media.
    pub topology: Topology,
    /// How it is wanted to.
    pub intent: Intent,
    /// Why it does as it does.
    pub reason: Reason,
    /// Why, for people.
    pub explanation: String,
    /// Its last move.
    pub epoch: u64,
    /// Whether somebody is on the move; as one's own answer to `join` or `resume`: whether one is.
    pub is_moving: bool,
    /// How its mix is laid out.
    pub layout: Layout,
    /// Whether there is a mix.
    pub is_mixed: bool,
    /// What the mix shows where.
    pub cells: Arc<[MixCell]>,
    /// Since when, in milliseconds since 1970-01-01.
    pub created_at_unix_ms: u64,
    /// How many people are in it.
    pub participants: usize,
    /// How many may be.
    pub participants_max: usize,
    /// How many tracks are published in it.
    pub tracks: usize,
}

/// A participant as others see it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ParticipantInfo {
    /// Its id.
    pub id: ParticipantId,
    /// Its name.
    pub name: ParticipantName,
    /// Since when, in milliseconds since 1970-01-01.
    pub joined_at_unix_ms: u64,
    /// What it takes.
    pub view: View,
    /// What it publishes.
    pub tracks: Vec<TrackInfo>,
}

/// A track as others see it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TrackInfo {
    /// Its id.
    pub id: TrackId,
    /// Audio or video.
    pub kind: MediaKind,
    /// Where it comes from.
    pub source: Source,
    /// What its publisher calls it.
    pub name: Option<String>,
    /// Whether it is muted.
    pub muted: bool,
    /// The codec that it prefers; `None`: it is announced, and its media does not pass the server.
    pub codec: Option<Codec>,
    /// Why the mix has a placeholder in its place, if it has.
    pub placeholder: Option<Placeholder>,
}

/// Where a track comes from.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[expect(missing_docs, reason = "each says itself")]
pub enum Source {
    Camera,
    Microphone,
    Screen,
    ScreenAudio,
    Other,
    /// The room's mix: nobody publishes it.
    Mix,
}

/// Why a participant is gone.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum LeaveReason {
    /// It left.
    Left,
    /// Its socket dropped, and it did not come back in time.
    TimedOut,
    /// An admin took it out.
    Removed,
    /// The same identity joined again.
    Replaced,
    /// It was too slow to take what it was told, or broke the rules of signaling.
    Misbehaved,
    /// Its media could not be set up; the server's log says why.
    MediaFailed,
}

/// Why a room is gone.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum RoomEnd {
    /// An admin closed it.
    Closed,
    /// Nobody came for its grace time. No participant is ever told this one.
    Empty,
    /// Its worker died; joining again makes the room again on another one.
    WorkerDied,
    /// The server stops.
    ServerStopping,
    /// The worker would not open it; the server's log says why.
    Failed,
}

/// The state of one of a participant's transports.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum MediaState {
    /// Nothing has come yet.
    New,
    /// On its way.
    Connecting,
    /// Media can pass.
    Connected,
    /// The path is lost; an ICE restart may bring it back.
    Disconnected,
    /// It will not come up: the handshake failed.
    Failed,
    /// The client closed it.
    Closed,
}

words! {
    Source {
        Camera = "camera", Microphone = "microphone", Screen = "screen", ScreenAudio = "screenAudio", Other = "other",
        Mix = "mix",
    }
    LeaveReason {
        Left = "left", TimedOut = "timedOut", Removed = "removed", Replaced = "replaced",
        Misbehaved = "misbehaved", MediaFailed = "mediaFailed",
    }
    RoomEnd {
        Closed = "closed", Empty = "empty", WorkerDied = "workerDied", ServerStopping = "serverStopping", Failed = "failed",
    }
    MediaState {
        New = "new", Connecting = "connecting", Connected = "connected", Disconnected = "disconnected",
        Failed = "failed", Closed = "closed",
    }
}
