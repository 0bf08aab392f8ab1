//! What happened, by name.

use crate::{Refusal, reasons};

reasons! {
    /// Why something came to nothing: a datagram dropped or a request refused.
    pub enum DropReason {
        /// Neither STUN nor channel data, or lengths that lie.
        Malformed => "malformed",
        /// A STUN message that this server has no use for: a response, an unknown method.
        Unexpected => "unexpected",
        /// A wrong FINGERPRINT.
        BadFingerprint => "bad_fingerprint",
        /// An answer to somebody without credentials, held back: too many to that source.
        UnauthenticatedRate => "unauthenticated_rate",
        /// Channel data or an indication of a client that has no allocation.
        NoAllocation => "no_allocation",
        /// To or from a peer without a permission.
        NoPermission => "no_permission",
        /// Data on a channel that is not bound.
        NoChannel => "no_channel",
        /// To a peer that may not be relayed to.
        PeerRefused => "peer_refused",
        /// More bytes a second than the user or the address may relay.
        ByteRate => "byte_rate",
        /// A peer's datagram for a relay that nobody has.
        NoRelay => "no_relay",
        /// A peer's datagram longer than a message to the client can carry.
        TooLong => "too_long",
        /// No credentials shown: the usual first try.
        Unauthenticated => "unauthenticated",
        /// Credentials shown, and wrong.
        WrongCredentials => "wrong_credentials",
        /// A nonce that ran out, is another address's, or is not ours.
        StaleNonce => "stale_nonce",
        /// A request that makes no sense.
        BadRequest => "bad_request",
        /// More allocations than somebody may have.
        QuotaReached => "quota_reached",
        /// No port, no memory or no socket left.
        NoCapacity => "no_capacity",
        /// Connections of clients without an allocation: too many.
        HalfOpenFull => "half_open_full",
        /// A client's connection had no allocation for too long, and was ended.
        HalfOpenLate => "half_open_late",
    }
}

/// What happened since the server began, and what there is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counters {
    /// Allocations that there are.
    pub allocations: u64,
    /// Allocations made.
    pub allocations_made: u64,
    /// Client connections (TCP, TLS, DTLS) that there are.
    pub connections: u64,
    /// Binding requests answered.
    pub bindings: u64,
    /// Datagrams relayed to peers, and their payload.
    pub packets_to_peers: u64,
    /// The same in bytes.
    pub bytes_to_peers: u64,
    /// Datagrams relayed to clients, and their payload.
    pub packets_to_clients: u64,
    /// The same in bytes.
    pub bytes_to_clients: u64,
    pub(crate) drops: [u64; DropReason::ALL.len()],
    pub(crate) refusals: [u64; Refusal::ALL.len()],
}

impl Counters {
    /// How often for one reason.
    pub fn dropped(&self, reason: DropReason) -> u64 {
        self.drops[reason as usize]
    }

    /// How often a peer was refused for one reason.
    pub fn refused(&self, refusal: Refusal) -> u64 {
        self.refusals[refusal as usize]
    }

    pub(crate) fn count(&mut self, reason: DropReason) {
        self.drops[reason as usize] += 1;
    }

    pub(crate) fn refuse(&mut self, refusal: Refusal) {
        self.refusals[refusal as usize] += 1;
    }

    pub(crate) fn new() -> Self {
        Self {
            allocations: 0,
            allocations_made: 0,
            connections: 0,
            bindings: 0,
            packets_to_peers: 0,
            bytes_to_peers: 0,
            packets_to_clients: 0,
            bytes_to_clients: 0,
            drops: [0; DropReason::ALL.len()],
            refusals: [0; Refusal::ALL.len()],
        }
    }
}
