//! Why a packet was not protected or unprotected.

/// Why a packet was refused. Nothing in the session changed because of it, except what the variant says.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, thiserror::Error)]
pub enum SrtpError {
    /// Not an RTP or RTCP packet, or too short to carry the authentication tag.
    #[error("malformed or truncated packet")]
    Malformed,
    /// The authentication tag does not match: forged, damaged, or for other keys.
    #[error("authentication failed")]
    Unauthenticated,
    /// A packet with this index was accepted before.
    #[error("replayed packet")]
    Replayed,
    /// The index lies behind the replay window, so that nobody can tell whether it is new.
    #[error("packet older than the replay window")]
    TooOld,
    /// The packet's E bit says that it is not encrypted; every profile here encrypts RTCP.
    #[error("unencrypted RTCP packet")]
    Unencrypted,
    /// These keys have protected as many packets as they may (RFC 3711 section 9.2).
    #[error("the keys have served their life")]
    KeysExhausted,
    /// The output buffer is too small.
    #[error("output buffer too small")]
    BufferTooSmall,
    /// A master key or salt does not have the length of its profile.
    #[error("key or salt of the wrong length")]
    BadKeyLength,
    /// The crypto library refused; this does not happen with keys and buffers of the right lengths.
    #[error("crypto library refused")]
    Crypto,
}

impl SrtpError {
    /// A stable name in snake_case, for counters.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Malformed => "srtp_malformed",
            Self::Unauthenticated => "srtp_unauthenticated",
            Self::Replayed => "srtp_replayed",
            Self::TooOld => "srtp_too_old",
            Self::Unencrypted => "srtp_unencrypted",
            Self::KeysExhausted => "srtp_keys_exhausted",
            Self::BufferTooSmall => "srtp_buffer_too_small",
            Self::BadKeyLength => "srtp_bad_key_length",
            Self::Crypto => "srtp_crypto",
        }
    }
}
