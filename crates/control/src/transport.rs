//! The words of a transport's setup: ICE (RFC 8445) and DTLS (RFC 5763) parameters, candidates, states.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

/// An ICE username fragment and password (RFC 8445 section 5.3).
#[derive(Clone, PartialEq, Eq)]
pub struct IceCredentials {
    /// Username fragment, 4 to 256 ice-chars.
    pub ufrag: String,
    /// Password, 22 to 256 ice-chars. Never logged.
    pub password: String,
}

impl fmt::Debug for IceCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IceCredentials").field("ufrag", &self.ufrag).finish_non_exhaustive()
    }
}

/// The transport protocol of a candidate or tuple.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum CandidateProtocol {
    /// RFC 768.
    Udp,
    /// TCP, passive on this side (RFC 6544), framed by RFC 4571.
    Tcp,
}

/// One of a worker's addresses as told to peers: always of type `host` (RFC 8445 section 5.1.1).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct IceCandidate {
    /// UDP or passive TCP.
    pub protocol: CandidateProtocol,
    /// The address that peers send to: announced, where one is configured, else bound.
    pub ip: IpAddr,
    /// The port that peers send to.
    pub port: u16,
    /// RFC 8445 section 5.1.2.
    pub priority: u32,
}

/// A path in use between this side and a peer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TransportTuple {
    /// UDP or TCP.
    pub protocol: CandidateProtocol,
    /// This side's bound address.
    pub local: SocketAddr,
    /// The peer's address as seen here.
    pub remote: SocketAddr,
}

/// The side that a DTLS endpoint takes (RFC 5763 section 5).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DtlsRole {
    /// Sends the ClientHello; SDP's `setup:active`.
    Client,
    /// Awaits it; SDP's `setup:passive`.
    Server,
}

/// Hash functions of certificate fingerprints that are still trusted (RFC 8122 section 5).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum FingerprintHash {
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

impl FingerprintHash {
    /// As written in SDP.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sha256 => "sha-256",
            Self::Sha384 => "sha-384",
            Self::Sha512 => "sha-512",
        }
    }

    /// Digest length in bytes.
    pub const fn len_bytes(self) -> usize {
        match self {
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }
}

/// A certificate's fingerprint (`a=fingerprint`, RFC 8122 section 5).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fingerprint {
    /// Which hash.
    pub hash: FingerprintHash,
    /// The digest, of the hash's length.
    pub digest: Vec<u8>,
}

impl fmt::Display for Fingerprint {
    /// `sha-256 AB:CD:...`, as after `a=fingerprint:`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.hash.as_str())?;
        for (index, byte) in self.digest.iter().enumerate() {
            write!(f, "{}{byte:02X}", if index == 0 { ' ' } else { ':' })?;
        }
        Ok(())
    }
}

/// Why a text is no usable fingerprint.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BadFingerprint {
    /// The hash is not sha-256, sha-384 or sha-512.
    #[error("fingerprint hash is not sha-256, sha-384 or sha-512")]
    UnknownHash,
    /// The digest is not colon-separated hex of the hash's length.
    #[error("fingerprint digest is not colon-separated hex of the hash's length")]
    BadDigest,
}

impl FromStr for Fingerprint {
    type Err = BadFingerprint;

    fn from_str(text: &str) -> Result<Self, BadFingerprint> {
        let (name, digest) = text.trim().split_once(' ').ok_or(BadFingerprint::BadDigest)?;
        let hash = [FingerprintHash::Sha256, FingerprintHash::Sha384, FingerprintHash::Sha512]
            .into_iter()
            .find(|hash| hash.as_str().eq_ignore_ascii_case(name))
            .ok_or(BadFingerprint::UnknownHash)?;
        let digest = digest
            .trim()
            .split(':')
            .map(|byte| {
                (byte.len() == 2 && byte.bytes().all(|b| b.is_ascii_hexdigit()))
                    .then(|| u8::from_str_radix(byte, 16).ok())
                    .flatten()
                    .ok_or(BadFingerprint::BadDigest)
            })
            .collect::<Result<Vec<u8>, _>>()?;
        if digest.len() != hash.len_bytes() {
            return Err(BadFingerprint::BadDigest);
        }
        Ok(Self { hash, digest })
    }
}

/// What one side tells the other about its DTLS.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DtlsParameters {
    /// The side that the **teller** takes.
    pub role: DtlsRole,
    /// Fingerprints of the teller's certificate; one match suffices (RFC 8122 section 5).
    pub fingerprints: Vec<Fingerprint>,
}

/// The state of a transport's ICE.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum IceState {
    /// No valid check has come yet.
    New,
    /// A path is valid, none is nominated yet.
    Connected,
    /// The peer nominated a path.
    Completed,
    /// Consent ran out: no check for 30 s (RFC 7675 section 5.1), or the TCP connection ended.
    Disconnected,
}

/// The state of a transport's DTLS.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DtlsState {
    /// Remote parameters are not known yet.
    New,
    /// Handshaking.
    Connecting,
    /// Keys are in place; media flows.
    Connected,
    /// The handshake failed: the wrong fingerprint, a fatal alert, or no answer in time.
    Failed,
    /// The peer closed it.
    Closed,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_survives_writing_and_reading() {
        let fingerprint = Fingerprint { hash: FingerprintHash::Sha256, digest: (0..32).collect() };
        assert_eq!(fingerprint.to_string().parse(), Ok(fingerprint));
    }

    #[test]
    fn weak_or_broken_fingerprints_are_refused_by_name() {
        assert_eq!("sha-1 AA:BB".parse::<Fingerprint>(), Err(BadFingerprint::UnknownHash));
        assert_eq!("sha-256 AA:BB".parse::<Fingerprint>(), Err(BadFingerprint::BadDigest));
        assert_eq!("sha-256 +A:BB".parse::<Fingerprint>(), Err(BadFingerprint::BadDigest));
    }

    #[test]
    fn a_password_is_not_printed() {
        let credentials = IceCredentials { ufrag: "abcd".into(), password: "hunter2".into() };
        assert!(!format!("{credentials:?}").contains("hunter2"));
    }
}
