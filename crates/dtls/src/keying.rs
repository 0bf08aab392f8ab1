//! The keys that a handshake yields for SRTP (RFC 5764 section 4.2).

use std::fmt;

use motet_control::DtlsRole;
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

impl SrtpKeying {
    /// Sorts the exporter's output, which RFC 5764 section 4.2 orders client key, server key, client salt, server salt.
    /// `None` when it is not of the profile's length.
    pub(crate) fn from_exported(profile: SrtpProfile, material: &[u8], role: DtlsRole) -> Option<Self> {
        let (key_len, salt_len) = profile.key_and_salt_len();
        if material.len() != 2 * (key_len + salt_len) {
            return None;
        }
        let (keys, salts) = material.split_at(2 * key_len);
        let side = |index: usize| SrtpKey {
            key: Zeroizing::new(keys[index * key_len..][..key_len].to_vec()),
            salt: Zeroizing::new(salts[index * salt_len..][..salt_len].to_vec()),
        };
        let (client, server) = (side(0), side(1));
        Some(match role {
            DtlsRole::Client => Self { profile, local: client, remote: server },
            DtlsRole::Server => Self { profile, local: server, remote: client },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_side_gets_its_own_key_as_local() {
        let material: Vec<u8> = (0..56).collect();
        let client =
            SrtpKeying::from_exported(SrtpProfile::AeadAes128Gcm, &material, DtlsRole::Client).unwrap();
        assert_eq!(client.local.key[..], material[..16]);
        assert_eq!(client.remote.key[..], material[16..32]);
        assert_eq!(client.local.salt[..], material[32..44]);
        assert_eq!(client.remote.salt[..], material[44..]);
        let server =
            SrtpKeying::from_exported(SrtpProfile::AeadAes128Gcm, &material, DtlsRole::Server).unwrap();
        assert_eq!((&server.local, &server.remote), (&client.remote, &client.local));
        assert_eq!(SrtpKeying::from_exported(SrtpProfile::AeadAes256Gcm, &material, DtlsRole::Client), None);
    }

    #[test]
    fn keys_are_not_printed() {
        let keying =
            SrtpKeying::from_exported(SrtpProfile::AeadAes128Gcm, &[77; 56], DtlsRole::Client).unwrap();
        assert!(!format!("{keying:?}").contains("77"));
    }
}
