//! The keys that a handshake yields for SRTP (RFC 5764 section 4.2).

use std::fmt;

use zeroize::Zeroizing;

/// A protection profile of SRTP that both sides agreed on (RFC 5764 section 4.1.2, RFC 7714 section 14.2).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum SrtpProfile {
    /// AEAD_AES_256_GCM.
    AeadAes256Gcm,
    /// AEAD_AES_128_GCM.
    AeadAes128Gcm,
    /// AES128_CM_HMAC_SHA1_80.
    Aes128CmSha1_80,
}

impl SrtpProfile {
    /// Lengths of its master key and master salt in bytes.
    pub const fn key_and_salt_len(self) -> (usize, usize) {
        match self {
            Self::AeadAes256Gcm => (32, 12),
            Self::AeadAes128Gcm => (16, 12),
            Self::Aes128CmSha1_80 => (16, 14),
        }
    }
}

/// One direction's SRTP master key and salt, of the profile's lengths. Wiped when dropped, never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct SrtpKey {
    /// The master key.
    pub key: Zeroizing<Vec<u8>>,
    /// The master salt.
    pub salt: Zeroizing<Vec<u8>>,
}

impl fmt::Debug for SrtpKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SrtpKey(..)")
    }
}

/// What a handshake yields for SRTP, already sorted by side.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SrtpKeying {
    /// The profile that both sides agreed on.
    pub profile: SrtpProfile,
    /// For what this side sends.
    pub local: SrtpKey,
    /// For what the peer sends.
    pub remote: SrtpKey,
}
