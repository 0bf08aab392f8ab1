//! Session keys from a master key (RFC 3711 section 4.3, RFC 6188 for AES-256, RFC 7714 section 11).
//!
//! The key derivation rate is zero, as DTLS-SRTP has it (RFC 5764 section 4.1.2): session keys are derived once.

use aws_lc_rs::cipher::{AES_128, AES_256, EncryptingKey, EncryptionContext, UnboundCipherKey};
use aws_lc_rs::iv::FixedLength;
use zeroize::Zeroizing;

use crate::error::SrtpError;
use crate::profile::MasterKey;

/// What a derived key is for; the numbers are RFC 3711's section 4.3.2.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Label {
    RtpCipher = 0,
    RtpAuth = 1,
    RtpSalt = 2,
    RtcpCipher = 3,
    RtcpAuth = 4,
    RtcpSalt = 5,
}

/// Where the label lies in the counter block: 48 bits of index follow it, then the 16-bit block counter.
const LABEL_AT: usize = 7;

/// Fills `out` with the keystream that the master key yields for `label`.
pub(crate) fn derive(master: &MasterKey, label: Label, out: &mut [u8]) -> Result<(), SrtpError> {
    let algorithm = if master.key().len() == 32 { &AES_256 } else { &AES_128 };
    let key = UnboundCipherKey::new(algorithm, master.key()).map_err(|_| SrtpError::BadKeyLength)?;
    let key = EncryptingKey::ctr(key).map_err(|_| SrtpError::Crypto)?;

    // A salt of 96 bits is filled up with zeros to 112 (RFC 7714 section 11).
    let mut counter = Zeroizing::new([0; 16]);
    counter[..master.salt().len()].copy_from_slice(master.salt());
    counter[LABEL_AT] ^= label as u8;

    out.fill(0);
    key.less_safe_encrypt(out, EncryptionContext::Iv128(FixedLength::from(&*counter)))
        .map_err(|_| SrtpError::Crypto)?;
    Ok(())
}
