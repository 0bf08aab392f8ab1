//! This side's certificate and what identifies it.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::digest::{self, SHA256, SHA384, SHA512};
use motet_control::{Fingerprint, FingerprintHash};
use openssl::error::ErrorStack;
use openssl::nid::Nid;
use openssl::pkey::{Id, PKey, PKeyRef, Private};
use openssl::ssl::SslContext;
use openssl::x509::{X509, X509Ref};
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair, PKCS_ECDSA_P256_SHA256, date_time_ymd};
use zeroize::Zeroizing;

use crate::dimpl_door::DimplSetup;
use crate::error::CertificateError;
use crate::openssl_door;

const RSA_BITS_MIN: u32 = 2048;

/// A certificate with its private key, shared by all associations of a server. Cheap to clone.
#[derive(Clone)]
pub struct Certificate(Arc<Inner>);

struct Inner {
    der: Vec<u8>,
    openssl: SslContext,
    /// `None` for an RSA key.
    dimpl: Option<DimplSetup>,
}

impl Certificate {
    /// A new self-signed certificate: ECDSA on P-256, for `CN=motet`. Peers know it by its fingerprint and do not look
    /// at its dates, so these are wide: what runs for years need not be restarted for them.
    pub fn generate() -> Result<Self, CertificateError> {
        let failed = |error: rcgen::Error| CertificateError::Generate(error.to_string());
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(failed)?;
        // The serial number is by default a hash of the public key, and so unique, which Firefox insists on.
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, "motet");
        params.not_before = date_time_ymd(2020, 1, 1);
        // The last year that fits UTCTime, which every parser reads (RFC 5280 section 4.1.2.5.1).
        params.not_after = date_time_ymd(2049, 12, 31);
        let certificate = params.self_signed(&key).map_err(failed)?;

        let openssl_failed = |error: ErrorStack| CertificateError::Generate(error.to_string());
        let x509 = X509::from_der(certificate.der()).map_err(openssl_failed)?;
        let key_der = Zeroizing::new(key.serialize_der());
        let key = PKey::private_key_from_der(&key_der).map_err(openssl_failed)?;
        Self::new(&x509, &key)
    }

    /// From PEM texts: ECDSA on P-256 or P-384, or RSA of 2048 bits or more. The first certificate of the text counts,
    /// the rest of a chain is of no use to peers that know certificates by fingerprint. The key must not be encrypted.
    ///
    /// With an RSA key only DTLS 1.2 is spoken: the library for DTLS 1.3 has no RSA.
    pub fn from_pem(certificate: &str, private_key: &str) -> Result<Self, CertificateError> {
        let bad = |error: ErrorStack| CertificateError::BadPem(error.to_string());
        let x509 = X509::from_pem(certificate.as_bytes()).map_err(bad)?;
        // Without a callback OpenSSL would ask for a password on the terminal.
        let no_password = |_: &mut [u8]| Err(ErrorStack::get());
        let key = PKey::private_key_from_pem_callback(private_key.as_bytes(), no_password).map_err(bad)?;
        Self::new(&x509, &key)
    }

    fn new(x509: &X509Ref, key: &PKeyRef<Private>) -> Result<Self, CertificateError> {
        check_key(key)?;
        let bad = |error: ErrorStack| CertificateError::BadPem(error.to_string());
        if !x509.public_key().map_err(bad)?.public_eq(key) {
            return Err(CertificateError::Mismatch);
        }
        let der = x509.to_der().map_err(bad)?;
        let openssl = openssl_door::context(x509, key).map_err(bad)?;
        let dimpl = if key.id() == Id::EC {
            let key_der = Zeroizing::new(key.private_key_to_pkcs8().map_err(bad)?);
            DimplSetup::new(&der, &key_der).map_err(|error| CertificateError::BadPem(error.to_string()))?
        } else {
            None
        };
        Ok(Self(Arc::new(Inner { der, openssl, dimpl })))
    }

    /// The fingerprint to announce in signaling.
    pub fn fingerprint(&self, hash: FingerprintHash) -> Fingerprint {
        fingerprint_of(&self.0.der, hash)
    }

    pub(crate) fn openssl(&self) -> &SslContext {
        &self.0.openssl
    }

    pub(crate) fn dimpl(&self) -> Option<&DimplSetup> {
        self.0.dimpl.as_ref()
    }
}

fn check_key(key: &PKeyRef<Private>) -> Result<(), CertificateError> {
    let is_supported = match key.id() {
        Id::RSA => key.bits() >= RSA_BITS_MIN,
        Id::EC => {
            let curve = key.ec_key().ok().and_then(|key| key.group().curve_name());
            matches!(curve, Some(Nid::X9_62_PRIME256V1 | Nid::SECP384R1))
        }
        _ => false,
    };
    if is_supported { Ok(()) } else { Err(CertificateError::UnsupportedKey) }
}

/// The fingerprint of a certificate in DER (RFC 8122 section 5).
pub(crate) fn fingerprint_of(der: &[u8], hash: FingerprintHash) -> Fingerprint {
    let algorithm = match hash {
        FingerprintHash::Sha256 => &SHA256,
        FingerprintHash::Sha384 => &SHA384,
        FingerprintHash::Sha512 => &SHA512,
    };
    Fingerprint { hash, digest: digest::digest(algorithm, der).as_ref().to_vec() }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Certificate({})", self.fingerprint(FingerprintHash::Sha256))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generated_certificate_serves_both_libraries() {
        let certificate = Certificate::generate().unwrap();
        assert!(certificate.dimpl().is_some());
        let x509 = X509::from_der(&certificate.0.der).unwrap();
        let name = x509.subject_name().entries().next().unwrap().data().as_slice().to_vec();
        assert_eq!(name, b"motet");
        assert_eq!(x509.not_after().to_string(), "Dec 31 00:00:00 2049 GMT");
        assert_ne!(
            certificate.fingerprint(FingerprintHash::Sha256),
            Certificate::generate().unwrap().fingerprint(FingerprintHash::Sha256)
        );
    }

    #[test]
    fn text_that_is_not_pem_is_refused() {
        assert!(matches!(Certificate::from_pem("", ""), Err(CertificateError::BadPem(_))));
    }
}
