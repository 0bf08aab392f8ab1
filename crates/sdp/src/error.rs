//! Why a session description is refused, with the line that is to blame.

use std::borrow::Cow;
use std::fmt;

/// Where in a description something stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    /// 1-based.
    pub number: usize,
    /// The line, cut to [`Line::TEXT_MAX`] characters; what follows `a=ice-pwd:` and the like is left out.
    pub text: String,
}

impl Line {
    /// The most characters of a line that an error repeats.
    pub const TEXT_MAX: usize = 80;

    /// Line `number` of `sdp`; empty text where there is no such line.
    fn of(sdp: &str, number: usize) -> Self {
        let line = sdp.split('\n').nth(number.saturating_sub(1)).unwrap_or_default().trim_end();
        let secret = ["a=ice-pwd:", "a=crypto:", "k="].into_iter().find(|prefix| line.starts_with(prefix));
        let text = match secret {
            Some(prefix) => format!("{prefix}..."),
            None if line.chars().nth(Self::TEXT_MAX).is_some() => {
                line.chars().take(Self::TEXT_MAX - 3).chain("...".chars()).collect()
            }
            None => line.to_owned(),
        };
        Self { number, text }
    }
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
    Missing(&'static str),
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
    /// The caller asked for what the session's state does not allow.
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

/// An error whose line is known by number only: readers of single lines need not carry the text around.
#[derive(Debug)]
pub(crate) struct Fault {
    blame: Blame,
    line: usize,
    problem: Cow<'static, str>,
}

#[derive(Clone, Copy, Debug)]
enum Blame {
    Malformed,
    Unsupported,
    Mismatch,
}

/// What a reader of lines returns.
pub(crate) type Checked<T> = Result<T, Fault>;

impl Fault {
    pub(crate) fn malformed(line: usize, problem: impl Into<Cow<'static, str>>) -> Self {
        Self { blame: Blame::Malformed, line, problem: problem.into() }
    }

    pub(crate) fn unsupported(line: usize, problem: impl Into<Cow<'static, str>>) -> Self {
        Self { blame: Blame::Unsupported, line, problem: problem.into() }
    }

    pub(crate) fn mismatch(line: usize, problem: impl Into<Cow<'static, str>>) -> Self {
        Self { blame: Blame::Mismatch, line, problem: problem.into() }
    }

    /// The error for the outside, with the line's text taken from `sdp`.
    pub(crate) fn within(self, sdp: &str) -> SdpError {
        let (line, problem) = (Line::of(sdp, self.line), self.problem.into_owned());
        match self.blame {
            Blame::Malformed => SdpError::Malformed { line, problem },
            Blame::Unsupported => SdpError::Unsupported { line, problem },
            Blame::Mismatch => SdpError::Mismatch { line, problem },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_the_line_by_number_and_shortened_text() {
        let sdp = format!("v=0\r\na=long:{}\r\n", "x".repeat(500));
        let error = Fault::malformed(2, "too long").within(&sdp);
        let text = error.to_string();
        assert!(text.starts_with("line 2 (a=long:xxx"), "{text}");
        assert!(text.ends_with("...): too long") && text.len() < 120, "{text}");
    }

    #[test]
    fn a_password_is_not_repeated() {
        let error = Fault::malformed(1, "too short").within("a=ice-pwd:hunter2");
        assert_eq!(error.to_string(), "line 1 (a=ice-pwd:...): too short");
    }
}
