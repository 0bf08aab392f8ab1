//! RTP packets as views, well formed and not (RFC 3550 section 5.1).

use motet_rtp::{PayloadType, RtpError, RtpTime, RtpView, Ssrc};

const FIXED: [u8; 12] = [0x80, 0x60, 0x12, 0x34, 0, 1, 0x5f, 0x90, 0xca, 0xfe, 0xba, 0xbe];

/// A packet with `first` as its first byte and `rest` after the fixed header.
fn packet(first: u8, rest: &[u8]) -> Vec<u8> {
    let mut bytes = FIXED.to_vec();
    bytes[0] = first;
    bytes.extend(rest);
    bytes
}

fn error(first: u8, rest: &[u8]) -> RtpError {
    RtpView::parse(&packet(first, rest)).unwrap_err()
}

#[test]
fn the_fixed_header_is_read() {
    let bytes = packet(0x80, &[1, 2, 3]);
    let view = RtpView::parse(&bytes).unwrap();
    assert_eq!((view.marker(), view.payload_type()), (false, PayloadType::new(96).unwrap()));
    assert_eq!((view.seq(), view.rtp_time(), view.ssrc()), (0x1234, RtpTime(90_000), Ssrc(0xcafe_babe)));
    assert_eq!((view.header_len(), view.payload(), view.padding_len()), (12, &[1, 2, 3][..], 0));
    assert_eq!((view.csrcs().len(), view.extensions().count()), (0, 0));
}

#[test]
fn the_marker_is_not_part_of_the_payload_type() {
    let mut bytes = FIXED;
    bytes[1] = 0xe0;
    let view = RtpView::parse(&bytes).unwrap();
    assert_eq!((view.marker(), view.payload_type().get()), (true, 96));
}

#[test]
fn contributing_sources_come_before_the_extension() {
    let bytes = packet(0x92, &[0, 0, 0, 1, 0, 0, 0, 2, 0xbe, 0xde, 0, 1, 0x10, 0xff, 0, 0, 9]);
    let view = RtpView::parse(&bytes).unwrap();
    assert_eq!(view.csrcs().collect::<Vec<_>>(), [Ssrc(1), Ssrc(2)]);
    assert_eq!(view.extensions().collect::<Vec<_>>(), [(1, &[0xff][..])]);
    assert_eq!((view.header_len(), view.payload()), (28, &[9][..]));
}

#[test]
fn padding_is_not_payload() {
    let bytes = packet(0xa0, &[1, 2, 0, 0, 3]);
    let view = RtpView::parse(&bytes).unwrap();
    assert_eq!((view.payload(), view.padding_len()), (&[1, 2][..], 3));
}

#[test]
fn a_packet_of_nothing_but_padding_has_an_empty_payload() {
    let bytes = packet(0xa0, &[0, 0, 0, 4]);
    let view = RtpView::parse(&bytes).unwrap();
    assert_eq!((view.payload(), view.padding_len()), (&[][..], 4));
}

#[test]
fn padding_of_length_zero_is_refused() {
    assert_eq!(error(0xa0, &[1, 2, 0]), RtpError::Padding);
    assert_eq!(error(0xa0, &[]), RtpError::Padding, "no byte is left that could count the padding");
}

#[test]
fn padding_longer_than_the_payload_is_refused() {
    assert_eq!(error(0xa0, &[1, 2, 4]), RtpError::Padding);
    assert_eq!(
        error(0xb0, &[0xbe, 0xde, 0, 1, 0, 0, 0, 1]),
        RtpError::Padding,
        "the extension is no padding"
    );
}

#[test]
fn another_version_is_refused() {
    assert!([0x00, 0x40, 0xc0].into_iter().all(|first| error(first, &[]) == RtpError::Version));
}

#[test]
fn a_packet_cut_within_its_header_is_refused() {
    assert!((0..12).all(|len| RtpView::parse(&FIXED[..len]).unwrap_err() == RtpError::TooShort));
    assert_eq!(error(0x8f, &[0; 59]), RtpError::TooShort);
    assert_eq!(error(0x90, &[0xbe, 0xde, 0]), RtpError::TooShort);
}

#[test]
fn an_extension_longer_than_the_packet_is_refused() {
    assert_eq!(error(0x90, &[0xbe, 0xde, 0, 2, 0, 0, 0, 0]), RtpError::Extension);
    assert_eq!(error(0x90, &[0xbe, 0xde, 0xff, 0xff]), RtpError::Extension);
}

#[test]
fn an_extension_of_another_profile_is_passed_over() {
    let bytes = packet(0x90, &[0xab, 0xac, 0, 1, 1, 2, 3, 4, 9]);
    let view = RtpView::parse(&bytes).unwrap();
    assert_eq!((view.extensions().count(), view.payload()), (0, &[9][..]));
}
