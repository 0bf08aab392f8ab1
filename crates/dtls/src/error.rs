//! Why a DTLS association ended or a certificate was refused.

/// Why an association cannot go on. Always fatal: send what [`crate::Dtls::poll_transmit`] still has (an alert), then
/// drop the association.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum DtlsError {
    /// The handshake did not complete within [`crate::HANDSHAKE_TIMEOUT`].
    #[error("no DTLS handshake within the time given")]
    Timeout,
    /// The peer's certificate has none of the fingerprints that signaling announced.
    #[error("the peer's certificate has another fingerprint than announced")]
    FingerprintMismatch,
    /// The peer showed no certificate.
    #[error("the peer showed no certificate")]
    NoCertificate,
    /// The peer and this side have no protection profile for media in common.
    #[error("no SRTP profile in common")]
    NoSrtpProfile,
    /// The peer broke the protocol or ended the handshake by an alert; the text is the library's.
    #[error("handshake failed: {0}")]
    Handshake(String),
    /// The call does not fit the association's state.
    #[error("{0}")]
    BadState(&'static str),
    /// A library did not take this side's own certificate or settings; the text is the library's.
    #[error("DTLS setup failed: {0}")]
    Setup(String),
}

impl DtlsError {
    /// A stable name in snake_case, for counters.
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Timeout => "dtls_timeout",
            Self::FingerprintMismatch => "dtls_fingerprint_mismatch",
            Self::NoCertificate => "dtls_no_certificate",
            Self::NoSrtpProfile => "dtls_no_srtp_profile",
            Self::Handshake(_) => "dtls_handshake",
            Self::BadState(_) => "dtls_bad_state",
            Self::Setup(_) => "dtls_setup",
        }
    }
}

/// Why a certificate could not be made or read.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CertificateError {
    /// The text is not PEM, or holds no certificate or no key.
    #[error("{0}")]
    BadPem(String),
    /// The key is not the certificate's.
    #[error("the private key does not belong to the certificate")]
    Mismatch,
    /// The key is neither ECDSA on P-256 or P-384 nor RSA of at least 2048 bits.
    #[error("the key must be ECDSA on P-256 or P-384, or RSA of at least 2048 bits")]
    UnsupportedKey,
    /// A library failed to generate one; the text is the library's.
    #[error("no certificate could be generated: {0}")]
    Generate(String),
}
