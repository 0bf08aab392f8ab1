//! Why a command was not carried out. Nothing was changed by it.

/// Why a command was not carried out, by a text for people and a [`RoomError::reason`] for programs.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum RoomError {
    /// A name cannot be used.
    #[error("{what} {why}")]
    BadName {
        /// Which: `room`, `name` or `identity`.
        what: &'static str,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A chat text is empty or holds control characters.
    #[error("the text {why}")]
    BadText {
        /// What is wrong with it.
        why: &'static str,
    },
    /// A chat text is too long.
    #[error("the text is longer than {bytes_max} bytes")]
    TextTooLong {
        /// The most it may have.
        bytes_max: usize,
    },
    /// There is no such room, and joining makes none.
    #[error("there is no such room")]
    NoSuchRoom,
    /// A room of that name is there already.
    #[error("there is a room of that name already")]
    RoomExists,
    /// No such participant here (any more).
    #[error("there is no such participant")]
    NoSuchParticipant,
    /// No such track here (any more).
    #[error("there is no such track")]
    NoSuchTrack,
    /// The room has all the people that it may have.
    #[error("the room is full: {participants_max} people are in it")]
    RoomFull {
        /// How many it may have.
        participants_max: usize,
    },
    /// The server has all the rooms that it may have.
    #[error("the server is full: {rooms_max} rooms are open")]
    ServerFull {
        /// How many it may have.
        rooms_max: usize,
    },
    /// The participant publishes all that it may.
    #[error("no more than {tracks_max} tracks may be published by one participant")]
    TooManyTracks {
        /// How many it may.
        tracks_max: usize,
    },
    /// The participant receives all that it may.
    #[error("no more than {subscriptions_max} tracks may be received by one participant")]
    TooManySubscriptions {
        /// How many it may.
        subscriptions_max: usize,
    },
    /// The grants do not allow it.
    #[error("not allowed to {what}")]
    NotAllowed {
        /// What was tried.
        what: &'static str,
    },
    /// The mesh has all the people that it may have.
    #[error("the mesh is full: {people_max} people are in it")]
    MeshFull {
        /// How many it may have.
        people_max: usize,
    },
    /// The room is no mesh, or the participant is not in it.
    #[error("the room is no mesh that both are in")]
    NoMesh,
    /// The mesh that is meant is over.
    #[error("the mesh of that epoch is over")]
    StaleEpoch,
    /// What is to be relayed is too long.
    #[error("the message is longer than {bytes_max} bytes")]
    MessageTooLong {
        /// The most it may have.
        bytes_max: usize,
    },
    /// More is to be relayed than others can be asked to read.
    #[error("more is relayed than is passed on, wait a moment")]
    TooMuch,
    /// A layout makes no sense.
    #[error("{why}")]
    BadLayout {
        /// What is wrong with it.
        why: &'static str,
    },
    /// A voice's settings make no sense.
    #[error("{why}")]
    BadVoice {
        /// What is wrong with them.
        why: &'static str,
    },
    /// Settings of a mix make no sense.
    #[error("{why}")]
    BadMix {
        /// What is wrong with them.
        why: &'static str,
    },
    /// Nobody takes the mix, so that there is none.
    #[error("nobody takes the mix of this room")]
    NoMix,
    /// The order of commands is wrong; the text says how.
    #[error("{what}")]
    BadState {
        /// What is wrong.
        what: &'static str,
    },
    /// The resume token is unknown: used, too late, or never given.
    #[error("the session cannot be resumed any more")]
    ResumeExpired,
    /// What a track brings can not be used; the text says why.
    #[error("{what}")]
    BadTrack {
        /// What is wrong.
        what: &'static str,
    },
    /// No worker is alive.
    #[error("no worker is alive")]
    NoWorker,
    /// The server is about to stop.
    #[error("the server is stopping")]
    Stopping,
}

impl RoomError {
    /// The stable word for programs.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::BadName { .. } => "badName",
            Self::BadText { .. } => "badText",
            Self::TextTooLong { .. } => "textTooLong",
            Self::NoSuchRoom => "noSuchRoom",
            Self::RoomExists => "roomExists",
            Self::NoSuchParticipant => "noSuchParticipant",
            Self::NoSuchTrack => "noSuchTrack",
            Self::RoomFull { .. } => "roomFull",
            Self::ServerFull { .. } => "serverFull",
            Self::TooManyTracks { .. } => "tooManyTracks",
            Self::TooManySubscriptions { .. } => "tooManySubscriptions",
            Self::NotAllowed { .. } => "notAllowed",
            Self::MeshFull { .. } => "meshFull",
            Self::NoMesh => "noMesh",
            Self::StaleEpoch => "staleEpoch",
            Self::MessageTooLong { .. } => "messageTooLong",
            Self::TooMuch => "tooMuch",
            Self::BadLayout { .. } => "badLayout",
            Self::BadVoice { .. } => "badVoice",
            Self::BadMix { .. } => "badMix",
            Self::NoMix => "noMix",
            Self::BadState { .. } => "badState",
            Self::ResumeExpired => "resumeExpired",
            Self::BadTrack { .. } => "badTrack",
            Self::NoWorker => "noWorker",
            Self::Stopping => "serverStopping",
        }
    }
}
