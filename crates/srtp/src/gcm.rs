//! AES in Galois/counter mode (RFC 7714).

use aws_lc_rs::aead::{AES_128_GCM, AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use zeroize::Zeroizing;

use crate::error::SrtpError;

pub(crate) const TAG_LEN: usize = 16;
pub(crate) const SALT_LEN: usize = 12;

/// One session's key and salt, for RTP or for RTCP.
pub(crate) struct Gcm {
    key: LessSafeKey,
    salt: Zeroizing<[u8; SALT_LEN]>,
}

impl Gcm {
    pub(crate) fn new(key: &[u8], salt: Zeroizing<[u8; SALT_LEN]>) -> Result<Self, SrtpError> {
        let algorithm = if key.len() == 32 { &AES_256_GCM } else { &AES_128_GCM };
        let key = UnboundKey::new(algorithm, key).map_err(|_| SrtpError::BadKeyLength)?;
        Ok(Self { key: LessSafeKey::new(key), salt })
    }

    /// Seals `plain` into `out`, which holds as much and the tag.
    pub(crate) fn seal(
        &self,
        id: PacketId,
        aad: &[u8],
        plain: &[u8],
        out: &mut [u8],
    ) -> Result<(), SrtpError> {
        let (sealed, tag) = out.split_at_mut(plain.len());
        self.key
            .seal_out_of_place_scatter(self.nonce(id), Aad::from(aad), plain, sealed, &[], tag)
            .map_err(|_| SrtpError::Crypto)
    }

    /// Seals `in_out` but for its last [`TAG_LEN`] bytes, which become the tag.
    pub(crate) fn seal_in_place(&self, id: PacketId, aad: &[u8], in_out: &mut [u8]) -> Result<(), SrtpError> {
        let (sealed, tag) = in_out.split_at_mut(in_out.len() - TAG_LEN);
        self.key
            .seal_in_place_scatter(self.nonce(id), Aad::from(aad), sealed, &[], tag)
            .map_err(|_| SrtpError::Crypto)
    }

    /// Opens `in_out`, whose last [`TAG_LEN`] bytes are the tag.
    pub(crate) fn open(&self, id: PacketId, aad: &[u8], in_out: &mut [u8]) -> Result<(), SrtpError> {
        self.key
            .open_in_place(self.nonce(id), Aad::from(aad), in_out)
            .map(|_| ())
            .map_err(|_| SrtpError::Unauthenticated)
    }

    /// RFC 7714 sections 8.1 and 9.1: the two formations are the same when RTCP's index is taken as 48 bits.
    fn nonce(&self, id: PacketId) -> Nonce {
        let mut nonce = *self.salt;
        xor(&mut nonce[2..6], &id.ssrc.to_be_bytes());
        xor(&mut nonce[6..12], &id.index.to_be_bytes()[2..]);
        Nonce::assume_unique_for_key(nonce)
    }
}

/// What makes a packet's counter or nonce unique under one key.
#[derive(Clone, Copy)]
pub(crate) struct PacketId {
    pub(crate) ssrc: u32,
    /// 48 bits of rollover counter and sequence number for RTP, 31 bits for RTCP.
    pub(crate) index: u64,
}

pub(crate) fn xor(target: &mut [u8], with: &[u8]) {
    for (byte, with) in target.iter_mut().zip(with) {
        *byte ^= with;
    }
}
