//! The retransmission payload format (RFC 4588): the original sequence number (OSN), then the original payload.

/// Bytes that a retransmission's payload is longer than the original's.
pub const OSN_LEN: usize = 2;

/// The OSN and the original payload of a retransmission. `None` when the payload is too short to hold an OSN, as that
/// of a padding-only packet is.
pub fn split_osn(payload: &[u8]) -> Option<(u16, &[u8])> {
    let (osn, original) = payload.split_first_chunk::<OSN_LEN>()?;
    Some((u16::from_be_bytes(*osn), original))
}

/// What to send before the original payload.
pub const fn write_osn(osn: u16) -> [u8; OSN_LEN] {
    osn.to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_original_sequence_number_comes_before_the_original_payload() {
        assert_eq!(split_osn(&[0x12, 0x34, 5, 6]), Some((0x1234, &[5, 6][..])));
        assert_eq!(write_osn(0x1234), [0x12, 0x34]);
    }

    #[test]
    fn a_payload_without_room_for_it_is_no_retransmission() {
        assert_eq!(split_osn(&[1]), None);
        assert_eq!(split_osn(&[]), None);
        assert_eq!(split_osn(&[0, 1]), Some((1, &[][..])));
    }
}
