//! Why a packet or a message was refused: a closed list of stable names, counted.

macro_rules! drop_reasons {
    ($($(#[$doc:meta])* $name:ident => $text:literal,)+) => {
        /// Why something was refused. The names are stable: they end up in metrics.
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
    /// A packet after the association's end.
    Ended => "sctp_ended",
    /// Longer than any packet of SCTP over DTLS.
    PacketTooLong => "sctp_packet_too_long",
    /// Not SCTP: its parts do not add up, or its checksum is wrong.
    Malformed => "sctp_malformed",
    /// A packet with more chunks than any honest peer puts into one.
    TooManyChunks => "sctp_too_many_chunks",
    /// Data on a stream that was not offered to the peer.
    StreamOutOfRange => "sctp_stream_out_of_range",
    /// A DATA chunk without data.
    NoUserData => "sctp_no_user_data",
    /// Data while too many messages wait to be fetched; the peer sends it again.
    ReceiveQueueFull => "sctp_receive_queue_full",
    /// Data given up by the peer while the reset of a stream waits for data before it; the peer says so again.
    ResetPending => "sctp_reset_pending",
    /// A chunk that has no place at this point of the association.
    WrongState => "sctp_wrong_state",
    /// A chunk that breaks the protocol.
    ProtocolViolation => "sctp_protocol_violation",
    /// The peer reported an error of its own.
    PeerError => "sctp_peer_error",
    /// The library refused for another reason.
    Refused => "sctp_refused",
    /// A packet of this side that nobody fetched; SCTP sends it again.
    TransmitQueueFull => "sctp_transmit_queue_full",
    /// A message on a stream that is no channel.
    NoChannel => "sctp_no_channel",
    /// A message on a channel that is being closed.
    ChannelClosing => "sctp_channel_closing",
    /// A message that is longer than was announced to be taken.
    MessageTooLong => "sctp_message_too_long",
    /// A message that is neither text nor bytes; the partial ones, which RFC 8831 deprecates, are among them.
    UnknownPayload => "sctp_unknown_payload",
    /// A DCEP message whose parts do not add up.
    DcepMalformed => "dcep_malformed",
    /// A DCEP message of a type that RFC 8832 does not know.
    DcepUnknownType => "dcep_unknown_type",
    /// An acknowledgement that nobody waits for.
    DcepUnexpectedAck => "dcep_unexpected_ack",
    /// A label that is too long.
    DcepLabelTooLong => "dcep_label_too_long",
    /// A protocol name that is too long.
    DcepProtocolTooLong => "dcep_protocol_too_long",
    /// A label or protocol that is not UTF-8.
    DcepNotUtf8 => "dcep_not_utf8",
    /// A channel opened on a stream that is this side's to open.
    DcepWrongParity => "dcep_wrong_parity",
    /// A channel opened where there is one.
    DcepInUse => "dcep_in_use",
    /// One channel more than there may be.
    DcepTooManyChannels => "dcep_too_many_channels",
}

/// How often each reason applied.
#[derive(Clone, Debug)]
pub struct Drops {
    counts: [u64; DropReason::ALL.len()],
}

impl Default for Drops {
    fn default() -> Self {
        Self { counts: [0; DropReason::ALL.len()] }
    }
}

impl Drops {
    /// How often `reason` applied.
    pub fn count(&self, reason: DropReason) -> u64 {
        self.counts[reason as usize]
    }

    /// Every reason with its count.
    pub fn iter(&self) -> impl Iterator<Item = (DropReason, u64)> {
        DropReason::ALL.iter().map(|reason| (*reason, self.count(*reason)))
    }

    pub(crate) fn add(&mut self, reason: DropReason) {
        self.counts[reason as usize] += 1;
    }
}
