//! A cheap look into a STUN message: enough to find whom a check is for, nothing is trusted by it.

/// Whom a connectivity check is for, by its USERNAME (RFC 8445 section 7.2.2); not authenticated.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Check<'a> {
    /// The username fragment of the side that is asked: ours.
    pub local_ufrag: &'a str,
    /// The username fragment of the side that asks.
    pub remote_ufrag: &'a str,
}

/// Finds the USERNAME of a Binding request, without checking fingerprint or integrity. `None` for anything else.
pub fn peek_check(datagram: &[u8]) -> Option<Check<'_>> {
    let _ = datagram;
    todo!()
}
