//! What a datagram is, told from its first bytes (RFC 7983, RFC 5761).

/// The protocols that share one 5-tuple.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum PacketClass {
    /// STUN (RFC 8489).
    Stun,
    /// DTLS records.
    Dtls,
    /// RTP or RTCP; [`is_rtcp`] tells which.
    Rtp,
    /// TURN ChannelData.
    TurnChannel,
    /// Nothing that belongs here, ZRTP and QUIC included.
    Unknown,
}

/// The protocol of a datagram that begins with `first_byte` (RFC 7983 section 7).
pub const fn packet_class(first_byte: u8) -> PacketClass {
    match first_byte {
        0..=3 => PacketClass::Stun,
        20..=63 => PacketClass::Dtls,
        64..=79 => PacketClass::TurnChannel,
        128..=191 => PacketClass::Rtp,
        _ => PacketClass::Unknown,
    }
}

/// Whether a datagram of class [`PacketClass::Rtp`] is RTCP: its second byte is one that no RTP payload type may
/// look like (RFC 5761 section 4).
pub const fn is_rtcp(bytes: &[u8]) -> bool {
    bytes.len() > 1 && matches!(bytes[1], 192..=223)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_bytes_divide_as_rfc_7983_says() {
        let classes = [0, 3, 4, 19, 20, 63, 64, 79, 80, 127, 128, 191, 192, 255].map(packet_class);
        use PacketClass::*;
        let expected = [Stun, Stun, Unknown, Unknown, Dtls, Dtls, TurnChannel, TurnChannel];
        assert_eq!(classes[..8], expected);
        assert_eq!(classes[8..], [Unknown, Unknown, Rtp, Rtp, Unknown, Unknown]);
    }

    #[test]
    fn payload_types_64_to_95_with_the_marker_are_rtcp() {
        assert!(is_rtcp(&[0x80, 200]) && is_rtcp(&[0x80, 192]) && is_rtcp(&[0x80, 223]));
        assert!(!is_rtcp(&[0x80, 191]) && !is_rtcp(&[0x80, 224]) && !is_rtcp(&[0x80, 72]));
        assert!(!is_rtcp(&[0x80]) && !is_rtcp(&[]));
    }
}
