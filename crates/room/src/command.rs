//! What can be asked of rooms.

use std::time::Duration;

use motet_control::{
    Announcement, AnnouncementId, Codec, DtlsParameters, Layout, MediaKind, RouterId, RtpParameters,
};

use crate::event::{Flow, Grants, LeaveReason, Source};
use crate::ids::{ParticipantId, ResumeToken, TrackId};
use crate::mixing::{MixSettings, Voice};
use crate::names::{Identity, ParticipantName, RoomName};
use crate::topology::{Intent, PairState, Topologies, ViewIntent};

/// What can be asked of rooms. What each is answered stands behind it.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "an id field says all by its type; every other field is documented")]
pub enum Command {
    /// A person comes in. [`crate::Reply::Joined`].
    Join(Box<Join>),
    /// A dropped client comes back, or one whose drop went unnoticed. [`crate::Reply::Joined`].
    Resume { token: ResumeToken },
    /// A participant's socket is gone; it has the resume grace to come back. [`crate::Reply::Done`].
    Dropped { participant_id: ParticipantId },
    /// A participant goes. [`crate::Reply::Done`].
    Leave { participant_id: ParticipantId, reason: LeaveReason },

    /// Opens one of a participant's transports, or tells the open one again. [`crate::Reply::Transport`].
    OpenTransport { participant_id: ParticipantId, peer: Peer },
    /// Tells the client's side of a transport; again after an ICE restart. [`crate::Reply::Done`].
    ConnectTransport {
        participant_id: ParticipantId,
        peer: Peer,
        /// The client's username fragment.
        remote_ufrag: Option<String>,
        dtls: DtlsParameters,
    },
    /// New ICE credentials for an open transport. [`crate::Reply::Transport`].
    RestartIce { participant_id: ParticipantId, peer: Peer },
    /// Closes a transport and what is on it: tracks end, subscriptions are proposed anew. [`crate::Reply::Done`].
    CloseTransport { participant_id: ParticipantId, peer: Peer },

    /// Publishes tracks over the open publish transport. [`crate::Reply::Published`], one result a track in the same order.
    Publish { participant_id: ParticipantId, tracks: Vec<NewTrack> },
    /// Ends own tracks; unknown ones are passed over. [`crate::Reply::Done`].
    Unpublish { participant_id: ParticipantId, track_ids: Vec<TrackId> },
    /// Mutes or unmutes: everyone their own tracks; an admin may mute others' but not unmute. [`crate::Reply::Done`].
    Mute { by: By, track_id: TrackId, muted: bool },
    /// Asks to receive tracks; those received already are passed over. [`crate::Reply::Subscribed`], one result a track.
    Subscribe { participant_id: ParticipantId, track_ids: Vec<TrackId> },
    /// Receives tracks no longer; unknown ones are passed over. [`crate::Reply::Done`].
    Unsubscribe { participant_id: ParticipantId, track_ids: Vec<TrackId> },
    /// What the client said to the offer of [`crate::Event::Subscribed`] tracks. [`crate::Reply::Done`]; a track that ended
    /// meanwhile is passed over.
    AnswerConsumers { participant_id: ParticipantId, answers: Vec<ConsumerAnswer> },
    /// Stops or starts what one subscriber receives of a track. [`crate::Reply::Done`].
    Pause { participant_id: ParticipantId, track_id: TrackId, paused: bool },

    /// Writes to all in the room, or to one. [`crate::Reply::ChatSent`].
    Chat { participant_id: ParticipantId, text: String, to: Option<ParticipantId> },

    /// Says which tracks a participant has whose media does not pass the server, all or none. [`crate::Reply::Announced`].
    Announce { participant_id: ParticipantId, tracks: Vec<AnnouncedTrack> },
    /// The client follows the move of that epoch to its end. [`crate::Reply::Done`], of an epoch that is past too.
    Settled { participant_id: ParticipantId, epoch: u64 },
    /// Passes a message on within a mesh. [`crate::Reply::Done`].
    Relay {
        participant_id: ParticipantId,
        /// To whom.
        to: ParticipantId,
        /// Of which mesh.
        epoch: u64,
        /// A JSON object.
        message: String,
    },
    /// How the pair with another one of the mesh does. [`crate::Reply::Done`].
    ReportPair {
        participant_id: ParticipantId,
        /// The other one.
        with: ParticipantId,
        /// Of which mesh.
        epoch: u64,
        state: PairState,
    },
    /// What a participant of a mesh sends to others. [`crate::Reply::Done`].
    ReportFlows { participant_id: ParticipantId, flows: Vec<SentFlow> },
    /// Wants to be told of flows, or no longer. [`crate::Reply::Done`].
    WatchFlows { participant_id: ParticipantId, watch: bool },

    /// How a room shall move media. [`crate::Reply::Room`].
    SetTopology { place: Place, intent: Intent },
    /// What a participant wants to take. [`crate::Reply::View`].
    SetView { by: By, participant_id: ParticipantId, view: ViewIntent },
    /// How a room's mix is laid out. [`crate::Reply::Done`].
    SetLayout { place: Place, layout: Layout },
    /// How a participant is heard in the mix. [`crate::Reply::Done`].
    SetVoice { by: By, participant_id: ParticipantId, voice: Voice },
    /// Plays an announcement into a room's mix. [`crate::Reply::Playing`].
    Play { place: Place, announcement: Announcement },
    /// Ends an announcement. [`crate::Reply::Done`], of one that is over too.
    StopPlaying { place: Place, announcement_id: AnnouncementId },

    /// Makes a room ahead of its people. [`crate::Reply::Room`].
    CreateRoom(NewRoom),
    /// Takes a participant out. [`crate::Reply::Done`].
    Remove { by: By, participant_id: ParticipantId },
    /// Ends a room. [`crate::Reply::Done`].
    CloseRoom { by: By, room: RoomName },
    /// Each room. [`crate::Reply::Rooms`].
    ListRooms,
    /// One room with its people. [`crate::Reply::Room`].
    ShowRoom { room: RoomName },
    /// Where a participant's media is, to ask its worker for figures. [`crate::Reply::Location`].
    Locate { participant_id: ParticipantId },
    /// Where the media is of rooms whose flows are watched. [`crate::Reply::Watched`].
    LocateWatched,
    /// What was found of a room's flows; told to whoever watches. [`crate::Reply::Done`].
    TellFlows { router_id: RouterId, flows: Vec<Flow> },
    /// Lets nobody in any more and tells everyone that the server is about to stop. [`crate::Reply::Done`].
    AnnounceStop,
    /// Ends every room. [`crate::Reply::Done`].
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

/// Which room is meant, and who asks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Place {
    /// This one; the operator asks.
    Named(RoomName),
    /// That of this participant, who asks and must be an admin.
    Of(ParticipantId),
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
    /// What the room shall be, if this makes it; `None`: as configured.
    pub topology: Option<Intent>,
    /// What its client can take part in.
    pub topologies: Topologies,
    /// What it wants to take.
    pub view: ViewIntent,
    /// The codecs that its client knows; `None`: whatever it is offered.
    pub codecs: Option<Vec<Codec>>,
}

/// A room to be made.
#[derive(Clone, PartialEq, Debug)]
pub struct NewRoom {
    /// Its name.
    pub name: RoomName,
    /// What it shall be; `None`: as configured.
    pub topology: Option<Intent>,
    /// How its mix is laid out.
    pub layout: Layout,
    /// How it is mixed; `None`: as configured.
    pub mix: Option<MixSettings>,
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
    /// The announced track that it is; that one's source, name and mute stay.
    pub track_id: Option<TrackId>,
}

/// A track whose media does not pass the server.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AnnouncedTrack {
    /// Audio or video.
    pub kind: MediaKind,
    /// Where it comes from.
    pub source: Source,
    /// What its publisher calls it; cut to 128 bytes.
    pub name: Option<String>,
    /// Whether it begins muted.
    pub muted: bool,
}

/// What a participant of a mesh sends to another one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SentFlow {
    /// To whom.
    pub to: ParticipantId,
    /// Sound, in bits per second.
    pub audio_bps: u64,
    /// Pictures, in bits per second.
    pub video_bps: u64,
}

/// What the client said to one offered track.
#[derive(Clone, PartialEq, Debug)]
pub struct ConsumerAnswer {
    /// Which track.
    pub track_id: TrackId,
    /// The parameters as negotiated, or why it does not take the track.
    pub outcome: Result<RtpParameters, String>,
}
