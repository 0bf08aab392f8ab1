//! Why a datagram was no good check.

/// Why a datagram changed nothing; the sender may have been answered all the same. Grouped by blame.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IceError {
    /// Not STUN at all, by its first bytes or its cookie (RFC 8489 section 5).
    #[error("not a STUN message")]
    NotStun,
    /// Lengths that do not add up, or an attribute of the wrong shape.
    #[error("malformed STUN message")]
    Malformed,
    /// Longer than any check is.
    #[error("STUN message longer than any connectivity check")]
    TooLong,
    /// The FINGERPRINT is absent from a request or does not match (RFC 8489 section 14.7).
    #[error("STUN fingerprint is missing or wrong")]
    BadFingerprint,
    /// A method other than Binding.
    #[error("STUN method is not Binding")]
    UnsupportedMethod,
    /// A response: a lite agent never asks, so nothing is ever answered to it.
    #[error("STUN response to a question never asked")]
    UnexpectedResponse,
    /// A keepalive (RFC 8445 section 11) from a tuple that no check has validated.
    #[error("STUN indication from a tuple that is not validated")]
    UnknownTuple,
    /// No USERNAME, or no integrity.
    #[error("check carries no credentials")]
    MissingCredentials,
    /// The USERNAME does not name this side's credentials.
    #[error("check names an unknown username")]
    UnknownUsername,
    /// The USERNAME names another peer than the one signaled.
    #[error("check names another remote username fragment than the signaled one")]
    WrongRemoteUfrag,
    /// MESSAGE-INTEGRITY does not match.
    #[error("check fails its integrity")]
    WrongIntegrity,
    /// A check that was accepted before comes again, over a tuple that is not validated.
    #[error("copy of a check that came over another tuple")]
    Copied,
    /// The peer believes to be controlled, which only this side may be.
    #[error("role conflict: the peer claims to be controlled")]
    RoleConflict,
    /// A comprehension-required attribute that is not known here.
    #[error("unknown comprehension-required attribute")]
    UnknownAttribute,
}

impl IceError {
    /// A stable word for counters.
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::NotStun => "ice_not_stun",
            Self::Malformed => "ice_malformed",
            Self::TooLong => "ice_too_long",
            Self::BadFingerprint => "ice_bad_fingerprint",
            Self::UnsupportedMethod => "ice_unsupported_method",
            Self::UnexpectedResponse => "ice_unexpected_response",
            Self::UnknownTuple => "ice_unknown_tuple",
            Self::MissingCredentials => "ice_missing_credentials",
            Self::UnknownUsername => "ice_unknown_username",
            Self::WrongRemoteUfrag => "ice_wrong_remote_ufrag",
            Self::WrongIntegrity => "ice_wrong_integrity",
            Self::Copied => "ice_copied",
            Self::RoleConflict => "ice_role_conflict",
            Self::UnknownAttribute => "ice_unknown_attribute",
        }
    }
}
