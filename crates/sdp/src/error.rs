//! Why a session description is refused, with the line that is to blame.

use std::fmt;

/// Where in a description something stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    /// 1-based.
    pub number: usize,
    /// The line, cut to [`Line::TEXT_MAX`] characters. ICE passwords are left out.
    pub text: String,
}

impl Line {
    /// The most characters of a line that an error repeats.
    pub const TEXT_MAX: usize = 80;
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {} ({})", self.number, self.text)
    }
}

/// Why a description was not taken. The session is as it was before.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SdpError {
    /// The text is not what its grammar asks.
    #[error("{line}: {problem}")]
    Malformed {
        /// The guilty line.
        line: Line,
        /// What is wrong with it.
        problem: String,
    },
    /// The description lacks what it must have.
    #[error("{0}")]
    Missing(String),
    /// Well formed, and nothing that Motet serves.
    #[error("{line}: {problem}")]
    Unsupported {
        /// The guilty line.
        line: Line,
        /// What is not served.
        problem: String,
    },
    /// It contradicts what was agreed before, or the offer that it answers.
    #[error("{line}: {problem}")]
    Mismatch {
        /// The guilty line.
        line: Line,
        /// What it contradicts.
        problem: String,
    },
    /// A limit is passed; the text names it.
    #[error("{0}")]
    LimitReached(String),
    /// The session was not waiting for this.
    #[error("{0}")]
    BadState(&'static str),
}

impl SdpError {
    /// A stable word per kind of error, for counters and for programs.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Malformed { .. } => "sdpMalformed",
            Self::Missing(_) => "sdpMissing",
            Self::Unsupported { .. } => "sdpUnsupported",
            Self::Mismatch { .. } => "sdpMismatch",
            Self::LimitReached(_) => "sdpLimitReached",
            Self::BadState(_) => "sdpBadState",
        }
    }
}
