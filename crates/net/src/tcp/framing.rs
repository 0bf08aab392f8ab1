//! Frames of RFC 4571 section 2: a 16-bit length in network order, then so many bytes.

/// Bytes of the length before each frame.
pub(crate) const PREFIX_BYTES: usize = 2;
/// The longest frame that is accepted, in bytes. Media packets, STUN messages and DTLS records as sent over a path of
/// 1,500 bytes are far below; what announces more is no WebRTC peer.
pub(crate) const FRAME_MAX_BYTES: usize = 8 * 1024;

/// The peer announced a frame longer than [`FRAME_MAX_BYTES`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct FrameTooLong;

/// The length of the frame that begins `bytes`, without its prefix; `None` until all of it is there.
pub(crate) fn first_frame(bytes: &[u8]) -> Result<Option<usize>, FrameTooLong> {
    let Some(prefix) = bytes.first_chunk::<PREFIX_BYTES>() else { return Ok(None) };
    let len = usize::from(u16::from_be_bytes(*prefix));
    if len > FRAME_MAX_BYTES {
        return Err(FrameTooLong);
    }
    Ok((bytes.len() >= PREFIX_BYTES + len).then_some(len))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_found_only_when_all_of_it_is_there() {
        assert_eq!(first_frame(&[]), Ok(None));
        assert_eq!(first_frame(&[0]), Ok(None));
        assert_eq!(first_frame(&[0, 2, 7]), Ok(None));
        assert_eq!(first_frame(&[0, 2, 7, 7]), Ok(Some(2)));
        assert_eq!(first_frame(&[0, 2, 7, 7, 0]), Ok(Some(2)));
        assert_eq!(first_frame(&[0, 0]), Ok(Some(0)));
    }

    #[test]
    fn too_long_a_frame_is_refused_by_its_announcement() {
        assert_eq!(first_frame(&[0x20, 0x00]), Ok(None));
        assert_eq!(first_frame(&[0x20, 0x01]), Err(FrameTooLong));
        assert_eq!(first_frame(&[0xff, 0xff]), Err(FrameTooLong));
    }
}
