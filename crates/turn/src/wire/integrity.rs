//! Integrity of messages and the keys of long-term credentials (RFC 8489 sections 9.2, 14.5, 14.6 and 18.5).

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::{digest, hmac};
use md5::{Digest, Md5};
use zeroize::Zeroize;

/// Which of the two attributes protects a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Integrity {
    /// MESSAGE-INTEGRITY.
    Sha1,
    /// MESSAGE-INTEGRITY-SHA256.
    Sha256,
}

/// How a key is made of a password (PASSWORD-ALGORITHM).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum KeyAlgorithm {
    Md5 = 1,
    Sha256 = 2,
}

/// The key that a user's messages are signed with. Wiped when dropped.
#[derive(Clone)]
pub(crate) struct LongTermKey {
    algorithm: KeyAlgorithm,
    bytes: [u8; 32],
}

impl LongTermKey {
    /// Makes it of what the user knows. The strings are taken to be prepared (RFC 8265) already, as browsers take them.
    pub(crate) fn derive(algorithm: KeyAlgorithm, username: &[u8], realm: &[u8], password: &[u8]) -> Self {
        let parts = [username, b":", realm, b":", password];
        let mut bytes = [0; 32];
        match algorithm {
            KeyAlgorithm::Md5 => {
                let mut hash = Md5::new();
                parts.iter().for_each(|part| hash.update(part));
                bytes[..16].copy_from_slice(&hash.finalize());
            }
            KeyAlgorithm::Sha256 => {
                let mut hash = digest::Context::new(&digest::SHA256);
                parts.iter().for_each(|part| hash.update(part));
                bytes.copy_from_slice(hash.finish().as_ref());
            }
        }
        Self { algorithm, bytes }
    }

    pub(crate) fn algorithm(&self) -> KeyAlgorithm {
        self.algorithm
    }

    fn as_bytes(&self) -> &[u8] {
        match self.algorithm {
            KeyAlgorithm::Md5 => &self.bytes[..16],
            KeyAlgorithm::Sha256 => &self.bytes,
        }
    }

    /// Signs the bytes before an integrity attribute, under the length that counts it as the last one.
    pub(super) fn sign(&self, integrity: Integrity, message: &[u8], length: u16) -> hmac::Tag {
        sign(self.as_bytes(), integrity, message, length)
    }

    /// Whether a tag is right, in a time that does not tell where it is wrong.
    pub(super) fn verify(&self, integrity: Integrity, message: &[u8], length: u16, tag: &[u8]) -> bool {
        verify(self.as_bytes(), integrity, message, length, tag)
    }
}

impl Drop for LongTermKey {
    fn drop(&mut self) {
        self.bytes.zeroize();
    }
}

impl std::fmt::Debug for LongTermKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LongTermKey(..)")
    }
}

/// What [`LongTermKey::verify`] does, with any key.
pub(super) fn verify(key: &[u8], integrity: Integrity, message: &[u8], length: u16, tag: &[u8]) -> bool {
    let own = sign(key, integrity, message, length);
    let own = &own.as_ref()[..tag.len().min(own.as_ref().len())];
    verify_slices_are_equal(own, tag).is_ok()
}

fn sign(key: &[u8], integrity: Integrity, message: &[u8], length: u16) -> hmac::Tag {
    let algorithm = match integrity {
        Integrity::Sha1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
        Integrity::Sha256 => hmac::HMAC_SHA256,
    };
    let mut context = hmac::Context::with_key(&hmac::Key::new(algorithm, key));
    context.update(&message[..2]);
    context.update(&length.to_be_bytes());
    context.update(&message[4..]);
    context.sign()
}
