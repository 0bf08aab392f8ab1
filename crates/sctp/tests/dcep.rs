//! DCEP as bytes: the layouts of RFC 8832 sections 5.1 and 5.2.

use motet_sctp::{
    ChannelParameters, DcepMessage, DropReason, LABEL_BYTES_MAX, OpenError, PROTOCOL_BYTES_MAX, Reliability,
};
use proptest::prelude::*;

/// 5.1: type 3, channel type, priority, reliability, lengths of label and protocol, label, protocol.
#[rustfmt::skip]
const OPEN_RELIABLE: &[u8] = &[
    0x03, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x04, 0x00, 0x00, b'c', b'h', b'a', b't',
];

#[rustfmt::skip]
const OPEN_LIFETIME_UNORDERED: &[u8] = &[
    0x03, 0x82, 0x02, 0x00, 0x00, 0x00, 0x0b, 0xb8, 0x00, 0x03, 0x00, 0x04, b'p', b'o', b's', b'v', b'1', b'.', b'0',
];

fn open(parameters: ChannelParameters) -> DcepMessage {
    DcepMessage::Open(parameters)
}

#[test]
fn the_layout_is_that_of_the_rfc() {
    let chat = open(ChannelParameters { label: "chat".to_owned(), ..ChannelParameters::default() });
    let positions = open(ChannelParameters {
        label: "pos".to_owned(),
        protocol: "v1.0".to_owned(),
        ordered: false,
        reliability: Reliability::LifetimeMs(3_000),
        priority: 512,
    });
    for (message, bytes) in
        [(chat, OPEN_RELIABLE), (positions, OPEN_LIFETIME_UNORDERED), (DcepMessage::Ack, &[0x02])]
    {
        assert_eq!(message.write().unwrap(), bytes);
        assert_eq!(DcepMessage::parse(bytes), Ok(message));
    }
}

#[test]
fn each_channel_type_has_its_number() {
    let types = [
        (0x00, true, Reliability::Reliable),
        (0x80, false, Reliability::Reliable),
        (0x01, true, Reliability::Retransmits(7)),
        (0x81, false, Reliability::Retransmits(7)),
        (0x02, true, Reliability::LifetimeMs(7)),
        (0x82, false, Reliability::LifetimeMs(7)),
    ];
    for (number, ordered, reliability) in types {
        let bytes = [0x03, number, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0];
        let Ok(DcepMessage::Open(parameters)) = DcepMessage::parse(&bytes) else {
            panic!("{number:#04x} is a channel type")
        };
        assert_eq!((parameters.ordered, parameters.reliability), (ordered, reliability));
    }
    for number in [0x03, 0x04, 0x7f, 0x83, 0xff] {
        let bytes = [0x03, number, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        assert_eq!(DcepMessage::parse(&bytes), Err(DropReason::DcepMalformed), "{number:#04x}");
    }
}

#[test]
fn lies_are_refused_by_name() {
    let with = |label: u16, protocol: u16, names: &[u8]| {
        let mut bytes = vec![0x03, 0, 0, 0, 0, 0, 0, 0];
        bytes.extend(label.to_be_bytes());
        bytes.extend(protocol.to_be_bytes());
        bytes.extend(names);
        DcepMessage::parse(&bytes)
    };
    assert_eq!(DcepMessage::parse(&[]), Err(DropReason::DcepMalformed));
    assert_eq!(DcepMessage::parse(&[0x02, 0]), Err(DropReason::DcepMalformed));
    for other in [0x00, 0x01, 0x04, 0xff] {
        assert_eq!(DcepMessage::parse(&[other]), Err(DropReason::DcepUnknownType));
    }
    for end in 1..OPEN_RELIABLE.len() {
        assert_eq!(DcepMessage::parse(&OPEN_RELIABLE[..end]), Err(DropReason::DcepMalformed), "{end}");
    }
    assert_eq!(with(u16::MAX, u16::MAX, b"x"), Err(DropReason::DcepMalformed));
    assert_eq!(with(1, 1, b"xyz"), Err(DropReason::DcepMalformed));
    assert_eq!(with(1, 0, &[0xff]), Err(DropReason::DcepNotUtf8));
    assert_eq!(with(0, 1, &[0xff]), Err(DropReason::DcepNotUtf8));
    // A letter cut in two by the border between label and protocol.
    assert_eq!(with(1, 1, "ü".as_bytes()), Err(DropReason::DcepNotUtf8));
    let label = vec![b'x'; LABEL_BYTES_MAX + 1];
    assert_eq!(with(label.len() as u16, 0, &label), Err(DropReason::DcepLabelTooLong));
    let protocol = vec![b'x'; PROTOCOL_BYTES_MAX + 1];
    assert_eq!(with(0, protocol.len() as u16, &protocol), Err(DropReason::DcepProtocolTooLong));
}

#[test]
fn what_nobody_would_read_is_not_written() {
    let label = "x".repeat(70_000);
    let message = open(ChannelParameters { label, ..ChannelParameters::default() });
    assert_eq!(message.write(), Err(OpenError::LabelTooLong));
}

proptest! {
    #[test]
    fn what_is_written_reads_the_same(
        label in ".{0,200}", protocol in "[ -~]{0,100}", ordered: bool, kind in 0..3, value: u32, priority: u16,
    ) {
        let reliability = match kind {
            0 => Reliability::Reliable,
            1 => Reliability::Retransmits(value),
            _ => Reliability::LifetimeMs(value),
        };
        let message = open(ChannelParameters { label, protocol, ordered, reliability, priority });
        prop_assert_eq!(DcepMessage::parse(&message.write().unwrap()), Ok(message));
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        if let Ok(message) = DcepMessage::parse(&bytes) {
            prop_assert_eq!(DcepMessage::parse(&message.write().unwrap()), Ok(message));
        }
    }
}
