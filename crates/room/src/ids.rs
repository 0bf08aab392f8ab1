//! Names of people and tracks as they travel: random, short, unguessable enough not to collide, never secret. The resume
//! token is the one secret.

use std::fmt;
use std::str::FromStr;

/// Digits of Crockford's base 32, in lower case: no letter that is read as another.
const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// Digits of a 64-bit number in base 32.
const LEN: usize = 13;

/// The text is no identifier of this kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("this is no identifier that Motet gave out")]
pub struct BadId;

macro_rules! wire_id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str($prefix)?;
                write_digits(self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = BadId;

            fn from_str(text: &str) -> Result<Self, BadId> {
                text.strip_prefix($prefix).and_then(read_digits).map(Self).ok_or(BadId)
            }
        }
    };
}

wire_id!(/// One person in one room, from join to leave; written `p_` and 13 digits.
    ParticipantId, "p_");
wire_id!(/// One track of a participant; written `t_` and 13 digits.
    TrackId, "t_");
wire_id!(/// One stay of a participant, over all its resumes; written `s_` and 13 digits. Fits the 63 bits of SDP's session id.
    SessionId, "s_");

/// Which worker, in the order in which they were added.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct WorkerIndex(pub usize);

/// What a client shows to take its dropped session up again. Secret, good for one resume.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResumeToken(String);

impl ResumeToken {
    /// As told by a client; anything may be told, only the given ones are known.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The secret, to hand it to its client.
    pub fn secret(&self) -> &str {
        &self.0
    }

    pub(crate) fn from_random(words: [u64; 4]) -> Self {
        Self(words.iter().map(|word| format!("{word:016x}")).collect())
    }
}

impl fmt::Debug for ResumeToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ResumeToken(..)")
    }
}

fn write_digits(value: u64, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for place in (0..LEN).rev() {
        let digit = (value >> (place * 5)) as usize & 31;
        fmt::Write::write_char(f, char::from(DIGITS[digit]))?;
    }
    Ok(())
}

fn read_digits(text: &str) -> Option<u64> {
    if text.len() != LEN {
        return None;
    }
    text.bytes().try_fold(0u64, |value, byte| {
        let digit = DIGITS.iter().position(|known| *known == byte)? as u64;
        // Thirteen digits hold 65 bits; the topmost bit has no place in the value.
        value.checked_mul(32)?.checked_add(digit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_survives_writing_and_reading() {
        for value in [0, 1, 31, 32, u64::MAX, 0x0123_4567_89ab_cdef] {
            let id = ParticipantId(value);
            assert_eq!(id.to_string().parse(), Ok(id));
        }
    }

    #[test]
    fn ids_of_another_kind_and_broken_ids_are_refused() {
        let track = TrackId(7).to_string();
        assert_eq!(track.parse::<ParticipantId>(), Err(BadId));
        assert_eq!("t_".parse::<TrackId>(), Err(BadId));
        assert_eq!("t_zzzzzzzzzzzzz".parse::<TrackId>(), Err(BadId), "more than 64 bits");
        assert_eq!("t_00000000000I0".parse::<TrackId>(), Err(BadId));
    }

    #[test]
    fn a_resume_token_is_not_printed() {
        let token = ResumeToken::from_random([1, 2, 3, 4]);
        assert_eq!(token.secret().len(), 64);
        assert!(!format!("{token:?}").contains("0001"));
    }
}
