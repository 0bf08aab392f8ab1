//! RTCP that lies: versions, lengths, counts and padding that do not fit.

use motet_rtp::rtcp::{self, Packet, RtcpError};

fn error(bytes: &[u8]) -> RtcpError {
    let mut packets = rtcp::packets(bytes);
    let error = packets.next().unwrap().unwrap_err();
    assert!(packets.next().is_none(), "after an error there are no more packets");
    error
}

const RR: [u8; 8] = [0x80, 201, 0, 1, 0, 0, 0, 0xaa];

#[test]
fn a_header_cut_short_is_an_error() {
    assert!((1..4).all(|len| error(&RR[..len]) == RtcpError::TooShort));
    assert!(rtcp::packets(&[]).next().is_none());
}

#[test]
fn another_version_is_an_error() {
    assert!([0x00, 0x40, 0xc0].into_iter().all(|first| error(&[first, 201, 0, 0]) == RtcpError::Version));
}

#[test]
fn a_length_beyond_the_compound_is_an_error() {
    assert_eq!(error(&RR[..7]), RtcpError::Length);
    assert_eq!(error(&[0x80, 201, 0xff, 0xff, 0, 0, 0, 0xaa]), RtcpError::Length);
}

#[test]
fn packets_before_an_error_are_given_out() {
    let compound = [&RR[..], &[0x00, 201, 0, 0], &RR].concat();
    let packets: Vec<_> = rtcp::packets(&compound).collect();
    assert!(matches!(packets[..], [Ok(Packet::ReceiverReport(_)), Err(RtcpError::Version)]));
}

#[test]
fn padding_of_length_zero_is_an_error() {
    assert_eq!(error(&[0xa0, 201, 0, 2, 0, 0, 0, 0xaa, 0, 0, 0, 0]), RtcpError::Padding);
    assert_eq!(error(&[0xa0, 201, 0, 0]), RtcpError::Padding, "no byte is left that could count the padding");
}

#[test]
fn padding_longer_than_the_packet_is_an_error() {
    assert_eq!(error(&[0xa0, 201, 0, 2, 0, 0, 0, 0xaa, 0, 0, 0, 9]), RtcpError::Padding);
    assert_eq!(error(&[0xa0, 201, 0, 1, 0, 0, 0, 1]), RtcpError::Content, "it ate the sender");
}

#[test]
fn padding_is_not_content() {
    let compound = [0xa0, 204, 0, 3, 0, 0, 0, 0xaa, 1, 2, 3, 4, 0, 0, 0, 4];
    let packet = rtcp::packets(&compound).next().unwrap().unwrap();
    assert!(matches!(
        packet,
        Packet::Unknown { packet_type: 204, count: 0, body: [0, 0, 0, 0xaa, 1, 2, 3, 4] }
    ));
}

#[test]
fn transport_cc_padded_by_bytes_is_read() {
    let body = [0, 0, 0, 0xaa, 0, 0, 0, 0x11, 0, 5, 0, 1, 0, 1, 0x23, 4, 0x20, 1, 0x10, 1];
    let compound = [&[0xaf, 205, 0, 5][..], &body].concat();
    let packet = rtcp::packets(&compound).next().unwrap().unwrap();
    let Packet::TransportCc(feedback) = packet else { panic!("{packet:?}") };
    assert!(feedback.arrivals().eq([(5, Some(16))]));
}

#[test]
fn counts_beyond_the_packet_are_errors() {
    let lies: [&[u8]; 8] = [
        &[0x81, 200, 0, 6, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        &[0x81, 201, 0, 1, 0, 0, 0, 1],
        &[0x82, 202, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0],
        &[0x81, 202, 0, 2, 0, 0, 0, 1, 1, 9, b'a', b'b'],
        &[0x82, 203, 0, 1, 0, 0, 0, 1],
        &[0x81, 203, 0, 2, 0, 0, 0, 1, 4, b'a', b'b', b'c'],
        &[0x8f, 206, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0, b'R', b'E', b'M', b'B', 1, 0, 0, 0],
        &[0x80, 207, 0, 2, 0, 0, 0, 1, 4, 0, 0, 2],
    ];
    assert!(lies.into_iter().all(|bytes| error(bytes) == RtcpError::Content));
}

#[test]
fn feedback_without_its_two_sources_is_an_error() {
    for (packet_type, feedback_type) in [(205, 1), (205, 15), (206, 1), (206, 4)] {
        assert_eq!(error(&[0x80 | feedback_type, packet_type, 0, 1, 0, 0, 0, 1]), RtcpError::Content);
    }
}

#[test]
fn transport_cc_with_too_few_chunks_or_deltas_is_an_error() {
    let feedback = |count: u8, rest: [u8; 4]| {
        let mut bytes = vec![0x8f, 205, 0, 5, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, count, 0, 0, 0, 0];
        bytes.extend(rest);
        bytes
    };
    assert_eq!(error(&feedback(30, [0x80, 0, 0x80, 0])), RtcpError::Content, "30 packets, 28 statuses");
    assert_eq!(error(&feedback(3, [0x20, 3, 1, 1])), RtcpError::Content, "three deltas, two there");
    assert_eq!(error(&feedback(2, [0x40, 2, 1, 1])), RtcpError::Content, "two large deltas, one there");
    assert_eq!(error(&feedback(1, [0x60, 1, 0, 0])), RtcpError::Content, "the reserved status");
    assert!(rtcp::packets(&feedback(2, [0x20, 2, 1, 1])).next().unwrap().is_ok());
}

#[test]
fn other_application_feedback_is_unknown() {
    let compound = [0x8f, 206, 0, 3, 0, 0, 0, 1, 0, 0, 0, 2, b'A', b'F', b'B', b'0'];
    let packet = rtcp::packets(&compound).next().unwrap().unwrap();
    assert!(matches!(packet, Packet::Unknown { packet_type: 206, count: 15, .. }));
}

#[test]
fn extended_report_blocks_of_a_wrong_length_are_unknown() {
    let compound = [0x80, 207, 0, 4, 0, 0, 0, 1, 4, 0, 0, 0, 5, 0, 0, 1, 0, 0, 0, 0];
    let packet = rtcp::packets(&compound).next().unwrap().unwrap();
    let Packet::Xr(xr) = packet else { panic!("{packet:?}") };
    let types: Vec<_> = xr
        .blocks()
        .map(|block| match block {
            rtcp::XrBlock::Unknown { block_type, content } => (block_type, content.len()),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(types, [(4, 0), (5, 4)]);
}
