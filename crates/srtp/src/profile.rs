//! Protection profiles and the keys that they take.

use std::fmt;

use zeroize::Zeroizing;

use crate::error::SrtpError;

/// A protection profile of DTLS-SRTP (RFC 5764 section 4.1.2, RFC 7714 section 14.2).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Profile {
    /// AES-256 in Galois/counter mode, 16-byte tags.
    AeadAes256Gcm,
    /// AES-128 in Galois/counter mode, 16-byte tags.
    AeadAes128Gcm,
    /// AES-128 in counter mode with HMAC-SHA1, 10-byte tags.
    Aes128CmSha1_80,
}

impl Profile {
    /// Length of the master key in bytes.
    pub const fn key_len(self) -> usize {
        match self {
            Self::AeadAes256Gcm => 32,
            Self::AeadAes128Gcm | Self::Aes128CmSha1_80 => 16,
        }
    }

    /// Length of the master salt in bytes.
    pub const fn salt_len(self) -> usize {
        match self {
            Self::AeadAes256Gcm | Self::AeadAes128Gcm => 12,
            Self::Aes128CmSha1_80 => 14,
        }
    }

    /// How many bytes longer an SRTP packet is than its RTP packet.
    pub const fn rtp_overhead(self) -> usize {
        self.tag_len()
    }

    /// How many bytes longer an SRTCP packet is than its RTCP packet: the tag, and the index with its E bit.
    pub const fn rtcp_overhead(self) -> usize {
        self.tag_len() + 4
    }

    pub(crate) const fn tag_len(self) -> usize {
        match self {
            Self::AeadAes256Gcm | Self::AeadAes128Gcm => crate::gcm::TAG_LEN,
            Self::Aes128CmSha1_80 => crate::cm::TAG_LEN,
        }
    }
}

/// A master key with its master salt. Wiped when dropped, never printed.
#[derive(Clone)]
pub struct MasterKey {
    key: Zeroizing<[u8; MasterKey::KEY_LEN_MAX]>,
    key_len: usize,
    salt: Zeroizing<[u8; MasterKey::SALT_LEN_MAX]>,
    salt_len: usize,
}

impl MasterKey {
    pub(crate) const KEY_LEN_MAX: usize = 32;
    const SALT_LEN_MAX: usize = 14;

    /// From bytes of `profile`'s lengths; [`SrtpError::BadKeyLength`] for others.
    pub fn new(profile: Profile, key: &[u8], salt: &[u8]) -> Result<Self, SrtpError> {
        if key.len() != profile.key_len() || salt.len() != profile.salt_len() {
            return Err(SrtpError::BadKeyLength);
        }
        let mut master = Self {
            key: Zeroizing::new([0; Self::KEY_LEN_MAX]),
            key_len: key.len(),
            salt: Zeroizing::new([0; Self::SALT_LEN_MAX]),
            salt_len: salt.len(),
        };
        master.key[..key.len()].copy_from_slice(key);
        master.salt[..salt.len()].copy_from_slice(salt);
        Ok(master)
    }

    pub(crate) fn key(&self) -> &[u8] {
        &self.key[..self.key_len]
    }

    pub(crate) fn salt(&self) -> &[u8] {
        &self.salt[..self.salt_len]
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey(..)")
    }
}

/// What a key exchange yields: a profile and each side's master key. Wiped when dropped, never printed.
#[derive(Clone)]
pub struct KeyingMaterial {
    /// The profile both sides agreed on.
    pub profile: Profile,
    /// Protects what this side sends.
    pub local: MasterKey,
    /// Protects what the peer sends.
    pub remote: MasterKey,
}

impl fmt::Debug for KeyingMaterial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyingMaterial").field("profile", &self.profile).finish_non_exhaustive()
    }
}
