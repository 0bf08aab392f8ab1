//! The transport that a description speaks of: one for all its media sections.

use motet_control::{DtlsParameters, Fingerprint, IceCandidate, IceCredentials};

/// This side of the transport, as the worker that opened it tells.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LocalTransport {
    /// Username fragment and password.
    pub ice: IceCredentials,
    /// Where peers may send to, best first.
    pub candidates: Vec<IceCandidate>,
    /// Fingerprints of this side's certificate.
    pub fingerprints: Vec<Fingerprint>,
}

/// The peer's side of the transport, as its description tells.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RemoteTransport {
    /// The peer's username fragment. Its password is not needed by an ICE-lite side, which sends no checks.
    pub ufrag: String,
    /// The peer's role and fingerprints; the same in every description of one session.
    pub dtls: DtlsParameters,
    /// True when the peer's credentials differ from those of its description before (RFC 8839 section 4.4.1.1.1).
    pub ice_restarted: bool,
}
