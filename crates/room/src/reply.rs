//! What rooms answer.

use motet_control::{
    AnnouncementId, ConsumerId, Fingerprint, IceCandidate, IceCredentials, ProducerId, RouterId, TransportId,
};

use crate::command::Peer;
use crate::config::Limits;
use crate::error::RoomError;
use crate::event::{Flow, Grants, ParticipantInfo, RoomInfo, TrackInfo};
use crate::ids::{ParticipantId, ResumeToken, SessionId, TrackId, WorkerIndex};
use crate::topology::View;

/// What a command is answered; which one stands at each [`Command`].
#[derive(Clone, Debug)]
pub enum Reply {
    /// Carried out; nothing to tell.
    Done,
    /// Welcome.
    Joined(Box<Joined>),
    /// This side of a transport.
    Transport(TransportFacts),
    /// One result a track, in the order asked.
    Published(Vec<Result<TrackInfo, RoomError>>),
    /// One result a track, in the order asked.
    Subscribed(Vec<Result<TrackId, RoomError>>),
    /// One id for each track, in the order asked.
    Announced(Vec<TrackId>),
    /// What the participant takes from then on.
    View {
        /// Which.
        view: View,
        /// By which move.
        epoch: u64,
    },
    /// The announcement plays, or waits for its turn.
    Playing(AnnouncementId),
    /// Rooms whose flows are watched.
    Watched(Vec<WatchedRoom>),
    /// The text went out.
    ChatSent {
        /// When, in milliseconds since 1970-01-01.
        at_unix_ms: u64,
    },
    /// Each room, by name.
    Rooms(Vec<RoomInfo>),
    /// One room.
    Room(Box<RoomDetails>),
    /// Where a participant's media is.
    Location(Box<Location>),
}

/// What a participant learns on coming in or coming back.
#[derive(Clone, PartialEq, Debug)]
pub struct Joined {
    /// Who it is here.
    pub participant_id: ParticipantId,
    /// Its stay.
    pub session_id: SessionId,
    /// To come back with; the one before is void.
    pub resume_token: ResumeToken,
    /// The room.
    pub room: RoomInfo,
    /// Everyone **else**.
    pub participants: Vec<ParticipantInfo>,
    /// The participant itself.
    pub you: ParticipantInfo,
    /// What it may do.
    pub grants: Grants,
    /// Who speaks.
    pub active_speaker: Option<ParticipantId>,
    /// What is bounded.
    pub limits: Limits,
    /// How it came: `None` for a join.
    pub resumed: Option<ResumedFrom>,
}

/// How a resumed session was found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ResumedFrom {
    /// Its socket was known to be gone.
    Dropped,
    /// Its old socket seemed alive; the new one takes its place.
    Attached,
}

/// This side of a transport, as SDP needs it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TransportFacts {
    /// Username fragment and password.
    pub ice: IceCredentials,
    /// Where the client may send to, best first.
    pub candidates: Vec<IceCandidate>,
    /// This side's fingerprints.
    pub fingerprints: Vec<Fingerprint>,
}

/// A room with its people.
#[derive(Clone, PartialEq, Debug)]
pub struct RoomDetails {
    /// The room.
    pub room: RoomInfo,
    /// Its people.
    pub participants: Vec<ParticipantInfo>,
    /// Where it runs.
    pub worker: WorkerIndex,
}

/// Where a participant's media is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Location {
    /// On which worker.
    pub worker: WorkerIndex,
    /// Its open transports.
    pub transports: Vec<(Peer, TransportId)>,
    /// What it publishes.
    pub producers: Vec<(TrackId, ProducerId)>,
    /// What it has announced and not published.
    pub announced: Vec<TrackId>,
    /// What it receives.
    pub consumers: Vec<(TrackId, ConsumerId)>,
}

/// A room whose flows are watched.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WatchedRoom {
    /// Its router.
    pub router_id: RouterId,
    /// On which worker.
    pub worker: WorkerIndex,
    /// The transports of its people, with who takes the mix.
    pub people: Vec<WatchedPerson>,
    /// What clients tell of what they send to each other.
    pub reported: Vec<Flow>,
}

/// Where the media of one of a watched room's people is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WatchedPerson {
    /// Who.
    pub participant_id: ParticipantId,
    /// Its open transports.
    pub transports: Vec<(Peer, TransportId)>,
    /// Those of its consumers that are of the mix.
    pub mix: Vec<ConsumerId>,
    /// Those of its consumers that are of pictures.
    pub pictures: Vec<ConsumerId>,
}
