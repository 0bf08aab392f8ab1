//! Why a socket is closed (RFC 6455 section 7.4).

/// Why the server closes a socket. Each has a code and, as its reason, a stable word.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Close {
    /// The client left.
    Left,
    /// The server stops.
    ServerStopping,
    /// More messages a second than are read.
    TooManyMessages,
    /// A message longer than is read, or not of text.
    BadMessage,
    /// The session went on on another socket.
    Replaced,
    /// The participant was taken out; the notification before says why.
    Removed,
    /// The room ended; the notification before says why.
    RoomClosed,
    /// The client does not read what it is sent. It may resume.
    Slow,
    /// The client said nothing and answered no ping. It may resume.
    Silent,
    /// The client did not join in time.
    NotJoined,
    /// The client did not answer an offer in time. It may resume, and is offered again.
    OfferUnanswered,
}

impl Close {
    /// Each once.
    pub const ALL: [Close; 11] = [
        Self::Left,
        Self::ServerStopping,
        Self::TooManyMessages,
        Self::BadMessage,
        Self::Replaced,
        Self::Removed,
        Self::RoomClosed,
        Self::Slow,
        Self::Silent,
        Self::NotJoined,
        Self::OfferUnanswered,
    ];

    /// The code on the wire.
    pub const fn code(self) -> u16 {
        match self {
            Self::Left => 1000,
            Self::ServerStopping => 1001,
            Self::TooManyMessages => 1008,
            Self::BadMessage => 1009,
            Self::Replaced => 4001,
            Self::Removed => 4002,
            Self::RoomClosed => 4003,
            Self::Slow => 4004,
            Self::Silent => 4005,
            Self::NotJoined => 4006,
            Self::OfferUnanswered => 4007,
        }
    }

    /// The reason on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Left => "left",
            Self::ServerStopping => "serverStopping",
            Self::TooManyMessages => "tooManyMessages",
            Self::BadMessage => "badMessage",
            Self::Replaced => "replaced",
            Self::Removed => "removed",
            Self::RoomClosed => "roomClosed",
            Self::Slow => "slow",
            Self::Silent => "silent",
            Self::NotJoined => "notJoined",
            Self::OfferUnanswered => "offerUnanswered",
        }
    }
}
