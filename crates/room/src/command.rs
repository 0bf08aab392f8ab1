//! What can be asked of rooms, and what they answer.

use std::time::Duration;

use motet_control::{
    ConsumerId, DtlsParameters, Fingerprint, IceCandidate, IceCredentials, MediaKind, ProducerId,
    RtpParameters, TransportId,
};

use crate::config::Limits;
use crate::error::RoomError;
use crate::event::{Grants, LeaveReason, ParticipantInfo, RoomInfo, Source, Topology, TrackInfo};
use crate::ids::{ParticipantId, ResumeToken, SessionId, TrackId, WorkerIndex};
use crate::names::{Identity, ParticipantName, RoomName};

/// What can be asked of rooms. What each is answered stands behind it.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "an id field says all by its type; every other field is documented")]
pub enum Command {
    /// A person comes in. [`Reply::Joined`].
    Join(Box<Join>),
    /// A dropped client comes back, or one whose drop went unnoticed. [`Reply::Joined`].
    Resume { token: ResumeToken },
    /// A participant's socket is gone; it has the resume grace to come back. [`Reply::Done`].
    Dropped { participant_id: ParticipantId },
    /// A participant goes. [`Reply::Done`].
    Leave { participant_id: ParticipantId, reason: LeaveReason },

    /// Opens one of a participant's transports, or tells the open one again. [`Reply::Transport`].
    OpenTransport { participant_id: ParticipantId, peer: Peer },
    /// Tells the client's side of a transport; again after an ICE restart. [`Reply::Done`].
    ConnectTransport {
        participant_id: ParticipantId,
        peer: Peer,
        /// The client's username fragment.
        remote_ufrag: Option<String>,
        dtls: DtlsParameters,
    },
    /// New ICE credentials for an open transport. [`Reply::Transport`].
    RestartIce { participant_id: ParticipantId, peer: Peer },
    /// Closes a transport and what is on it: tracks end, subscriptions are proposed anew. [`Reply::Done`].
    CloseTransport { participant_id: ParticipantId, peer: Peer },

    /// Publishes tracks over the open publish transport. [`Reply::Published`], one result a track in the same order.
    Publish { participant_id: ParticipantId, tracks: Vec<NewTrack> },
    /// Ends own tracks; unknown ones are passed over. [`Reply::Done`].
    Unpublish { participant_id: ParticipantId, track_ids: Vec<TrackId> },
    /// Mutes or unmutes: everyone their own tracks; an admin may mute others' but not unmute. [`Reply::Done`].
    Mute { by: By, track_id: TrackId, muted: bool },
    /// Asks to receive tracks; those received already are passed over. [`Reply::Subscribed`], one result a track.
    Subscribe { participant_id: ParticipantId, track_ids: Vec<TrackId> },
    /// Receives tracks no longer; unknown ones are passed over. [`Reply::Done`].
    Unsubscribe { participant_id: ParticipantId, track_ids: Vec<TrackId> },
    /// What the client said to the offer of [`crate::Event::Subscribed`] tracks. [`Reply::Done`]; a track that ended
    /// meanwhile is passed over.
    AnswerConsumers { participant_id: ParticipantId, answers: Vec<ConsumerAnswer> },
    /// Stops or starts what one subscriber receives of a track. [`Reply::Done`].
    Pause { participant_id: ParticipantId, track_id: TrackId, paused: bool },

    /// Writes to all in the room, or to one. [`Reply::ChatSent`].
    Chat { participant_id: ParticipantId, text: String, to: Option<ParticipantId> },
    /// Asks for another topology. [`RoomError::NotYet`] for all but `sfu`.
    SetTopology { participant_id: ParticipantId, topology: Topology },

    /// Makes a room ahead of its people. [`Reply::Room`].
    CreateRoom(NewRoom),
    /// Takes a participant out. [`Reply::Done`].
    Remove { by: By, participant_id: ParticipantId },
    /// Ends a room. [`Reply::Done`].
    CloseRoom { by: By, room: RoomName },
    /// Each room. [`Reply::Rooms`].
    ListRooms,
    /// One room with its people. [`Reply::Room`].
    ShowRoom { room: RoomName },
    /// Where a participant's media is, to ask its worker for figures. [`Reply::Location`].
    Locate { participant_id: ParticipantId },
    /// Lets nobody in any more and tells everyone that the server is about to stop. [`Reply::Done`].
    AnnounceStop,
    /// Ends every room. [`Reply::Done`].
    CloseAll,
}

/// Who asks for something that a grant decides.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum By {
    /// The operator, through the HTTP API.
    Operator,
    /// Someone in the room.
    Participant(ParticipantId),
}

/// Which of a participant's two PeerConnections.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Peer {
    /// The client sends.
    Publish,
    /// The client receives.
    Subscribe,
}

impl Peer {
    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Publish => "publish",
            Self::Subscribe => "subscribe",
        }
    }

    /// The one that the word means.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Publish, Self::Subscribe].into_iter().find(|peer| peer.as_str() == word)
    }
}

/// A person comes in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Join {
    /// Where to.
    pub room: RoomName,
    /// What it is called.
    pub name: ParticipantName,
    /// Who it is, where a token says so.
    pub identity: Option<Identity>,
    /// What it may do.
    pub grants: Grants,
    /// Whether it receives every track without asking.
    pub auto_subscribe: bool,
    /// The topology that it wants; `None` takes what the room has.
    pub topology: Option<Topology>,
}

/// A room to be made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewRoom {
    /// Its name.
    pub name: RoomName,
    /// How it moves media; `None`: `sfu`.
    pub topology: Option<Topology>,
    /// How many people may be in it; `None`, or more than the server's limit: the server's limit.
    pub participants_max: Option<usize>,
    /// How long it stays without people; `None`: as configured.
    pub empty_grace: Option<Duration>,
}

/// A track to be published.
#[derive(Clone, PartialEq, Debug)]
pub struct NewTrack {
    /// Audio or video.
    pub kind: MediaKind,
    /// Where it comes from.
    pub source: Source,
    /// What its publisher calls it; cut to 128 bytes.
    pub name: Option<String>,
    /// Whether it begins muted.
    pub muted: bool,
    /// As negotiated with the publisher.
    pub rtp_parameters: RtpParameters,
}

/// What the client said to one offered track.
#[derive(Clone, PartialEq, Debug)]
pub struct ConsumerAnswer {
    /// Which track.
    pub track_id: TrackId,
    /// The parameters as negotiated, or why it does not take the track.
    pub outcome: Result<RtpParameters, String>,
}

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
#[derive(Clone, PartialEq, Eq, Debug)]
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
    /// What it receives.
    pub consumers: Vec<(TrackId, ConsumerId)>,
}
