//! AES-128 in counter mode with HMAC-SHA1, tags cut to 80 bits (RFC 3711 sections 4.1.1 and 4.2.1).

use aws_lc_rs::cipher::{AES_128, EncryptingKey, EncryptionContext, UnboundCipherKey};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac;
use aws_lc_rs::iv::FixedLength;
use zeroize::Zeroizing;

use crate::error::SrtpError;
use crate::gcm::{PacketId, xor};

pub(crate) const TAG_LEN: usize = 10;
pub(crate) const SALT_LEN: usize = 14;
pub(crate) const AUTH_KEY_LEN: usize = 20;

/// One session's keys and salt, for RTP or for RTCP.
pub(crate) struct Cm {
    cipher: EncryptingKey,
    salt: Zeroizing<[u8; SALT_LEN]>,
    auth: hmac::Key,
}

impl Cm {
    pub(crate) fn new(key: &[u8], salt: Zeroizing<[u8; SALT_LEN]>, auth: &[u8]) -> Result<Self, SrtpError> {
        let key = UnboundCipherKey::new(&AES_128, key).map_err(|_| SrtpError::BadKeyLength)?;
        let cipher = EncryptingKey::ctr(key).map_err(|_| SrtpError::Crypto)?;
        let auth = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, auth);
        Ok(Self { cipher, salt, auth })
    }

    /// Encrypts or decrypts: counter mode is its own inverse.
    pub(crate) fn crypt(&self, id: PacketId, in_out: &mut [u8]) -> Result<(), SrtpError> {
        // An empty slice has no address that the C side may be given.
        if in_out.is_empty() {
            return Ok(());
        }
        let mut counter = [0; 16];
        counter[..SALT_LEN].copy_from_slice(&*self.salt);
        xor(&mut counter[4..8], &id.ssrc.to_be_bytes());
        xor(&mut counter[8..14], &id.index.to_be_bytes()[2..]);
        self.cipher
            .less_safe_encrypt(in_out, EncryptionContext::Iv128(FixedLength::from(&counter)))
            .map(|_| ())
            .map_err(|_| SrtpError::Crypto)
    }

    /// The tag over `packet` followed by `trailer`: RTP's rollover counter, nothing for RTCP.
    pub(crate) fn tag(&self, packet: &[u8], trailer: &[u8]) -> [u8; TAG_LEN] {
        let mut context = hmac::Context::with_key(&self.auth);
        context.update(packet);
        context.update(trailer);
        let full = context.sign();
        let mut tag = [0; TAG_LEN];
        tag.copy_from_slice(&full.as_ref()[..TAG_LEN]);
        tag
    }

    /// Compares in constant time.
    pub(crate) fn verify(&self, packet: &[u8], trailer: &[u8], tag: &[u8]) -> Result<(), SrtpError> {
        verify_slices_are_equal(&self.tag(packet, trailer), tag).map_err(|_| SrtpError::Unauthenticated)
    }
}
