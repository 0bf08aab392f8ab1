//! This side's certificate and what identifies it.
#![expect(clippy::todo, reason = "signatures first")]
#![expect(unused_variables, reason = "signatures first")]

use motet_control::{Fingerprint, FingerprintHash};

use crate::error::CertificateError;

/// A certificate with its private key, shared by all associations of a server. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Certificate {}

impl Certificate {
    /// A new self-signed certificate: ECDSA on P-256.
    pub fn generate() -> Result<Self, CertificateError> {
        todo!()
    }

    /// From PEM texts: ECDSA on P-256 or P-384, or RSA of 2048 bits or more.
    pub fn from_pem(certificate: &str, private_key: &str) -> Result<Self, CertificateError> {
        todo!()
    }

    /// The fingerprint to announce in signaling.
    pub fn fingerprint(&self, hash: FingerprintHash) -> Fingerprint {
        todo!()
    }
}
