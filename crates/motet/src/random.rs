//! Chance from the system, for what a peer must not guess or share.

use std::io;

use motet_control::IceCredentials;
use motet_rtp::Ssrc;

/// RFC 8839 section 5.4: a fragment of at least 24 bits, a password of at least 128 bits. Six bits a character.
const UFRAG_CHARS: usize = 12;
const PASSWORD_CHARS: usize = 24;

/// ice-chars (RFC 8839 section 5.1): as many as six bits count.
const ICE_CHARS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Fresh ICE credentials, for programs that send [`motet_control::Request`]s themselves.
///
/// # Panics
/// Where the system gave randomness when the first worker started and gives none now, which no supported system does.
pub fn ice_credentials() -> IceCredentials {
    let bytes: [u8; UFRAG_CHARS + PASSWORD_CHARS] = bytes_or_panic();
    let text: String = bytes.iter().map(|byte| char::from(ICE_CHARS[usize::from(byte & 63)])).collect();
    let (ufrag, password) = text.split_at(UFRAG_CHARS);
    IceCredentials { ufrag: ufrag.to_owned(), password: password.to_owned() }
}

/// A fresh SSRC, never 0. The chance that two of one transport meet is the caller's to check (RFC 3550 section 8.1).
///
/// # Panics
/// As [`ice_credentials`].
pub fn ssrc() -> Ssrc {
    Ssrc(u32::from_ne_bytes(bytes_or_panic()).max(1))
}

pub(crate) fn seed() -> io::Result<u64> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    Ok(u64::from_ne_bytes(bytes))
}

fn bytes_or_panic<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the system gave randomness for the worker's seed");
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_as_long_as_the_rfc_asks_and_never_twice_the_same() {
        let (one, other) = (ice_credentials(), ice_credentials());
        assert_eq!((one.ufrag.len(), one.password.len()), (UFRAG_CHARS, PASSWORD_CHARS));
        assert!(one.password.bytes().all(|byte| ICE_CHARS.contains(&byte)));
        assert_ne!(one, other);
    }
}
