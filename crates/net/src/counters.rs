//! What passed and what was refused, counted by name.

/// Why net did not deliver, send or accept something.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum DropReason {
    /// Datagrams came faster than they were taken, and the socket's receive buffer was full.
    UdpReceiveFull,
    /// A datagram came that is longer than a receive buffer.
    UdpTruncated,
    /// A datagram came from an address that is none.
    UdpNoSource,
    /// The socket's send buffer stayed full for as long as a flush may wait.
    UdpSendBlocked,
    /// The system refused to send to this receiver: no route, a firewall, too long for the path.
    UdpSendRefused,
    /// Asked to send from a socket that is not open, or more than a datagram may hold.
    SendImpossible,
    /// All TCP connections that may exist do.
    TcpConnectionsFull,
    /// One address holds as many TCP connections as one may.
    TcpConnectionsOfIpFull,
    /// The system could not accept a TCP connection.
    TcpAcceptFailed,
    /// A TCP connection did not prove itself, or left a frame unfinished, for too long.
    TcpTooSlow,
    /// A TCP connection announced a frame longer than one may be; it was closed.
    TcpFrameTooLong,
    /// A TCP frame was empty.
    TcpFrameEmpty,
    /// A TCP peer reads too slowly; what would not fit its output queue was not sent.
    TcpOutputFull,
    /// The TCP connection to send over has ended.
    TcpGone,
}

impl DropReason {
    /// Each reason once, in the order of the enum.
    pub const ALL: [DropReason; 14] = [
        Self::UdpReceiveFull,
        Self::UdpTruncated,
        Self::UdpNoSource,
        Self::UdpSendBlocked,
        Self::UdpSendRefused,
        Self::SendImpossible,
        Self::TcpConnectionsFull,
        Self::TcpConnectionsOfIpFull,
        Self::TcpAcceptFailed,
        Self::TcpTooSlow,
        Self::TcpFrameTooLong,
        Self::TcpFrameEmpty,
        Self::TcpOutputFull,
        Self::TcpGone,
    ];

    /// A stable name, as metrics show it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UdpReceiveFull => "udp_receive_full",
            Self::UdpTruncated => "udp_truncated",
            Self::UdpNoSource => "udp_no_source",
            Self::UdpSendBlocked => "udp_send_blocked",
            Self::UdpSendRefused => "udp_send_refused",
            Self::SendImpossible => "send_impossible",
            Self::TcpConnectionsFull => "tcp_connections_full",
            Self::TcpConnectionsOfIpFull => "tcp_connections_of_ip_full",
            Self::TcpAcceptFailed => "tcp_accept_failed",
            Self::TcpTooSlow => "tcp_too_slow",
            Self::TcpFrameTooLong => "tcp_frame_too_long",
            Self::TcpFrameEmpty => "tcp_frame_empty",
            Self::TcpOutputFull => "tcp_output_full",
            Self::TcpGone => "tcp_gone",
        }
    }
}

/// Totals of one direction of an endpoint. Sizes are payloads of UDP datagrams and TCP frames.
#[derive(Clone, Default, Debug)]
pub struct Counters {
    /// Datagrams and frames that came.
    pub received_packets: u64,
    /// Their bytes.
    pub received_bytes: u64,
    /// Datagrams and frames that went.
    pub sent_packets: u64,
    /// Their bytes.
    pub sent_bytes: u64,
    drops: [u64; DropReason::ALL.len()],
}

impl Counters {
    /// How often something was dropped for `reason`.
    pub fn dropped(&self, reason: DropReason) -> u64 {
        self.drops[reason as usize]
    }

    /// Both taken together.
    pub fn plus(&self, other: &Self) -> Self {
        let mut drops = self.drops;
        drops.iter_mut().zip(other.drops).for_each(|(mine, theirs)| *mine += theirs);
        Self {
            received_packets: self.received_packets + other.received_packets,
            received_bytes: self.received_bytes + other.received_bytes,
            sent_packets: self.sent_packets + other.sent_packets,
            sent_bytes: self.sent_bytes + other.sent_bytes,
            drops,
        }
    }

    pub(crate) fn drop_one(&mut self, reason: DropReason) {
        self.drop_many(reason, 1);
    }

    pub(crate) fn drop_many(&mut self, reason: DropReason, count: usize) {
        self.drops[reason as usize] += count as u64;
    }

    pub(crate) fn note_received(&mut self, bytes: usize) {
        self.received_packets += 1;
        self.received_bytes += bytes as u64;
    }

    pub(crate) fn note_sent(&mut self, packets: usize, bytes: usize) {
        self.sent_packets += packets as u64;
        self.sent_bytes += bytes as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_counts_under_its_own_name() {
        let mut counters = Counters::default();
        for reason in DropReason::ALL {
            counters.drop_one(reason);
        }
        assert!(DropReason::ALL.iter().all(|reason| counters.dropped(*reason) == 1));
        let mut names: Vec<_> = DropReason::ALL.iter().map(|reason| reason.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), DropReason::ALL.len());
    }
}
