//! Why a packet was refused: a closed list of stable names, counted wherever packets come in.

macro_rules! drop_reasons {
    ($($(#[$doc:meta])* $name:ident => $text:literal,)+) => {
        /// Why a packet was refused. The names are stable: they end up in metrics.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        #[repr(u8)]
        pub enum DropReason {
            $($(#[$doc])* $name,)+
        }

        impl DropReason {
            /// Each reason once, in the order of its discriminant.
            pub const ALL: &[DropReason] = &[$(Self::$name,)+];

            /// The stable name, in snake case.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)+
                }
            }
        }
    };
}

drop_reasons! {
    /// The first byte belongs to no protocol of RFC 7983, or to TURN channels.
    UnknownProtocol => "unknown_protocol",
    /// Anything but a connectivity check from an address that ICE has not validated.
    UnvalidatedTuple => "unvalidated_tuple",
    /// A connectivity check that ICE refused.
    BadStun => "bad_stun",
    /// DTLS before the peer's parameters are known.
    EarlyDtls => "early_dtls",
    /// A DTLS datagram that was refused.
    BadDtls => "bad_dtls",
    /// A DTLS datagram that came to nothing: forged, repeated, or a mere acknowledgement.
    IgnoredDtls => "ignored_dtls",
    /// Media before keys.
    NoKeys => "no_keys",
    /// An RTP packet whose authentication failed, or too short to have any.
    SrtpAuth => "srtp_auth",
    /// An RTP packet that came before, or is too old to tell.
    SrtpReplay => "srtp_replay",
    /// An RTCP packet that failed authentication or came before.
    Srtcp => "srtcp",
    /// Not RTP after all.
    BadRtp => "bad_rtp",
    /// RTCP whose parts are malformed.
    BadRtcp => "bad_rtcp",
    /// No producer takes a packet with this SSRC, MID or payload type.
    UnknownSsrc => "unknown_ssrc",
    /// Another stream of the transport has this SSRC.
    SsrcConflict => "ssrc_conflict",
    /// The transport has as many SSRCs as it may have.
    SsrcLimit => "ssrc_limit",
    /// A payload type that the producer did not declare.
    UnknownPayloadType => "unknown_payload_type",
    /// The same packet came again, directly or as a retransmission.
    Duplicate => "duplicate",
    /// Too old to be of use to anybody.
    TooOld => "too_old",
    /// A retransmission that does not hold an original packet (RFC 4588 section 4).
    BadRtx => "bad_rtx",
    /// The consumer has no payload type for this format.
    NoFormat => "no_format",
    /// The consumer awaits the start of a keyframe.
    AwaitingKeyFrame => "awaiting_key_frame",
    /// The consumer cannot place it: older than what it forwarded first.
    NotPlaced => "not_placed",
    /// The consumer's transport has no keys or no path yet.
    NotConnected => "not_connected",
    /// Sealing failed.
    SealFailed => "seal_failed",
    /// A retransmission that was asked for and is no longer known.
    NotStored => "not_stored",
    /// A retransmission over the consumer's budget.
    OverBudget => "over_budget",
    /// A retransmission asked for by a receiver without RTX.
    NoRtx => "no_rtx",
    /// RTCP that names a stream which does not exist.
    UnknownRtcpTarget => "unknown_rtcp_target",
}

/// Counts per reason.
#[derive(Clone, Debug)]
pub(crate) struct DropCounts([u64; DropReason::ALL.len()]);

impl Default for DropCounts {
    fn default() -> Self {
        Self([0; DropReason::ALL.len()])
    }
}

impl DropCounts {
    /// One more.
    pub(crate) fn add(&mut self, reason: DropReason) {
        self.0[reason as usize] += 1;
    }

    /// All of `other` on top.
    pub(crate) fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.0.iter_mut().zip(&other.0) {
            *mine += theirs;
        }
    }

    /// How many of one reason.
    pub(crate) fn get(&self, reason: DropReason) -> u64 {
        self.0[reason as usize]
    }

    /// Those that happened, by stable name.
    pub(crate) fn to_named(&self) -> Vec<(&'static str, u64)> {
        DropReason::ALL
            .iter()
            .map(|&reason| (reason.as_str(), self.get(reason)))
            .filter(|&(_, count)| count > 0)
            .collect()
    }
}
