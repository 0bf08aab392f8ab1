//! Everything random here comes from one seeded generator, so that one seed gives one history.

use motet_control::IceCredentials;
use motet_rtp::Ssrc;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use crate::ids::{ParticipantId, ResumeToken, SessionId, TrackId};

/// ice-char (RFC 8445 section 5.3): 64 of them, so that six random bits make one without bias.
const ICE_CHARS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
/// 96 bits: found by the first check alone, so it must not collide on one port either.
const UFRAG_LEN: usize = 16;
/// 192 bits; RFC 8445 section 5.3 asks for at least 128.
const PASSWORD_LEN: usize = 32;

/// The generator. A cryptographic one: passwords and tokens come from it.
pub(crate) struct Dice(ChaCha20Rng);

impl Dice {
    pub(crate) fn new(seed: [u8; 32]) -> Self {
        Self(ChaCha20Rng::from_seed(seed))
    }

    pub(crate) fn participant_id(&mut self) -> ParticipantId {
        ParticipantId(self.0.next_u64())
    }

    pub(crate) fn track_id(&mut self) -> TrackId {
        TrackId(self.0.next_u64())
    }

    /// SDP's session id is a signed 64-bit number to most readers (RFC 9429 section 5.2.1).
    pub(crate) fn session_id(&mut self) -> SessionId {
        SessionId(self.0.next_u64() >> 1)
    }

    pub(crate) fn resume_token(&mut self) -> ResumeToken {
        ResumeToken::from_random(std::array::from_fn(|_| self.0.next_u64()))
    }

    /// Never zero, which some stacks take for "none".
    pub(crate) fn ssrc(&mut self) -> Ssrc {
        Ssrc(self.0.next_u32().max(1))
    }

    pub(crate) fn ice_credentials(&mut self) -> IceCredentials {
        IceCredentials { ufrag: self.ice_chars(UFRAG_LEN), password: self.ice_chars(PASSWORD_LEN) }
    }

    fn ice_chars(&mut self, len: usize) -> String {
        (0..len).map(|_| char::from(ICE_CHARS[self.0.next_u32() as usize & 63])).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_seed_gives_one_history() {
        let credentials = || Dice::new([7; 32]).ice_credentials();
        assert_eq!(credentials(), credentials());
        assert_eq!(credentials().ufrag.len(), UFRAG_LEN);
        assert_ne!(Dice::new([8; 32]).ice_credentials(), credentials());
    }
}
