//! What the caller is refused, and how an association ends.

use crate::dcep::{LABEL_BYTES_MAX, PROTOCOL_BYTES_MAX};

/// Why a channel was not opened. Nothing changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum OpenError {
    /// The association has ended.
    #[error("the association has ended")]
    Ended,
    /// There are as many channels as there may be, or no stream is left.
    #[error("there are as many channels as there may be")]
    TooManyChannels,
    /// The stream is another channel's.
    #[error("the stream is in use")]
    InUse,
    /// The stream is none of those that both sides have.
    #[error("the stream is out of range")]
    OutOfRange,
    /// The label is too long.
    #[error("the label is longer than {LABEL_BYTES_MAX} bytes")]
    LabelTooLong,
    /// The protocol name is too long.
    #[error("the protocol name is longer than {PROTOCOL_BYTES_MAX} bytes")]
    ProtocolTooLong,
}

/// Why a message was not taken. Nothing changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SendError {
    /// The association has ended.
    #[error("the association has ended")]
    Ended,
    /// The association is not connected yet.
    #[error("the association is not connected")]
    NotConnected,
    /// There is no such channel.
    #[error("there is no such channel")]
    NoChannel,
    /// The channel is being closed.
    #[error("the channel is closing")]
    Closing,
    /// The peer takes no message of this length.
    #[error("{bytes} bytes are more than the {max} that the peer takes")]
    TooLong {
        /// Its length.
        bytes: usize,
        /// What the peer takes.
        max: usize,
    },
    /// Too much waits to be sent or acknowledged: try again after
    /// [`crate::Event::BufferHasRoom`], or drop the message.
    #[error("the send buffer is full: {buffered_bytes} of {max} bytes")]
    BufferFull {
        /// What waits, with what each message costs.
        buffered_bytes: usize,
        /// The limit.
        max: usize,
    },
}

/// How an association ended.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum End {
    /// Either side shut it down.
    Closed,
    /// The peer aborted it.
    Aborted,
    /// The peer did not answer, however often it was asked.
    Unreachable,
    /// The peer broke the protocol.
    ProtocolViolation,
    /// The peer began anew, so that nobody can tell which messages came through.
    Restarted,
    /// The library gave up; an error in it, which the peer may have found on purpose.
    LibraryFailed,
}

impl End {
    /// A stable name in snake_case, for logs and counters.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "sctp_closed",
            Self::Aborted => "sctp_aborted",
            Self::Unreachable => "sctp_unreachable",
            Self::ProtocolViolation => "sctp_protocol_violation",
            Self::Restarted => "sctp_restarted",
            Self::LibraryFailed => "sctp_library_failed",
        }
    }
}
