//! A hostile peer: it is refused by name, it breaks nothing but its own association, and makes nothing grow.

mod raw;

use std::time::Duration;

use motet_sctp::{
    ChannelId, ChannelParameters, DcepMessage, DropReason, End, Event, MessageKind,
    PACKET_BYTES_RECEIVED_MAX, STREAMS_MAX, Settings, TRANSMITS_MAX,
};
use proptest::prelude::*;
use raw::{
    BINARY, DCEP, ERROR, FIRST_TSN, HEARTBEAT, RE_CONFIG, Raw, UNORDERED, WHOLE, chunk, data_chunk,
    forward_chunk, reset_chunk,
};

fn connected() -> Raw {
    Raw::connected(Settings::default())
}

/// That the association still serves: an open channel brings a message.
fn serves(raw: &mut Raw, stream: u16, ssn: u16) {
    let data = raw.data(WHOLE, stream, ssn, BINARY, b"still here");
    raw.send(&[data]);
    let (events, _) = raw.drain();
    let message = Event::Message {
        channel: ChannelId(stream),
        kind: MessageKind::Binary,
        data: b"still here".to_vec(),
    };
    assert_eq!(events.last(), Some(&message), "{:?}", raw.association.drops());
}

#[test]
fn packets_that_are_not_sctp_are_dropped_by_name() {
    let mut raw = connected();
    raw.open(0);
    raw.drain();
    raw.give(&[]);
    raw.give(&[0; 11]);
    raw.give(&[0xff; 100]);
    assert_eq!(raw.dropped(DropReason::Malformed), 3);
    raw.give(&vec![0; PACKET_BYTES_RECEIVED_MAX + 1]);
    assert_eq!(raw.dropped(DropReason::PacketTooLong), 1);
    raw.send(&[data_chunk(FIRST_TSN, WHOLE, STREAMS_MAX, 0, BINARY, b"x")]);
    raw.send(&[forward_chunk(FIRST_TSN, &[(0, 0), (u16::MAX, 0)])]);
    assert_eq!(raw.dropped(DropReason::StreamOutOfRange), 2);
    raw.send(&[data_chunk(FIRST_TSN, WHOLE, 0, 0, BINARY, b"")]);
    assert_eq!(raw.dropped(DropReason::NoUserData), 1);
    raw.send(&vec![chunk(HEARTBEAT, 0, &[0, 1, 0, 4]); 17]);
    raw.send(&vec![vec![0xc5, 0, 0, 4]; 17]);
    raw.send(&vec![chunk(RE_CONFIG, 0, &[]); 3]);
    assert_eq!(raw.dropped(DropReason::TooManyChunks), 3);
    assert!(raw.drain().1.is_empty(), "none of it is answered");
    serves(&mut raw, 0, 1);
}

#[test]
fn messages_without_a_place_are_dropped_by_name() {
    let mut raw = connected();
    raw.open(0);
    let stray = raw.data(WHOLE, 8, 0, BINARY, b"no channel here");
    let partial = raw.data(WHOLE, 0, 1, 52, b"deprecated");
    let unknown = raw.data(WHOLE, 0, 2, 0xdead_beef, b"?");
    let ack = raw.data(WHOLE, 0, 3, DCEP, &[2]);
    raw.send(&[stray, partial, unknown, ack]);
    assert_eq!(raw.dropped(DropReason::NoChannel), 1);
    assert_eq!(raw.dropped(DropReason::UnknownPayload), 2);
    assert_eq!(raw.dropped(DropReason::DcepUnexpectedAck), 1);
    raw.drain();
    serves(&mut raw, 0, 4);
}

#[test]
fn channels_that_cannot_be_are_closed_and_not_acknowledged() {
    let open = DcepMessage::Open(ChannelParameters::default()).write().unwrap();
    let cases: [(u16, &[u8], DropReason); 3] = [
        (1, &open, DropReason::DcepWrongParity),
        (4, &open[..5], DropReason::DcepMalformed),
        (4, &[9], DropReason::DcepUnknownType),
    ];
    for (stream, message, reason) in cases {
        let mut raw = connected();
        let data = raw.data(WHOLE, stream, 0, DCEP, message);
        raw.send(&[data]);
        assert_eq!(raw.dropped(reason), 1, "{reason:?}");
        let (events, packets) = raw.drain();
        assert!(events.is_empty());
        let kinds: Vec<u8> = packets.iter().flat_map(|packet| kinds_of(packet)).collect();
        assert!(kinds.contains(&RE_CONFIG) && !kinds.contains(&0), "{reason:?}: {kinds:?}");
    }

    // Opened twice: the channel ends.
    let mut raw = connected();
    raw.open(0);
    let again = raw.data(WHOLE, 0, 1, DCEP, &open);
    raw.send(&[again]);
    assert_eq!(raw.dropped(DropReason::DcepInUse), 1);
    let (_, packets) = raw.drain();
    assert!(packets.iter().flat_map(|packet| kinds_of(packet)).any(|kind| kind == RE_CONFIG));
    let late = raw.data(WHOLE, 0, 2, BINARY, b"x");
    raw.send(&[late]);
    assert_eq!(raw.dropped(DropReason::ChannelClosing), 1);
}

#[test]
fn a_new_beginning_ends_the_association() {
    let mut raw = connected();
    raw.open(0);
    raw.drain();
    // A request to connect is answered, as it may be an old one; only its cookie would begin anew.
    let mut value = 0x0505_0505_u32.to_be_bytes().to_vec();
    value.extend(0x0010_0000_u32.to_be_bytes());
    value.extend([0, 16, 0, 16]);
    value.extend(5_u32.to_be_bytes());
    raw.give(&raw::with_header(0, &[chunk(raw::INIT, 0, &value)]));
    let (events, packets) = raw.drain();
    assert!(events.is_empty());
    let ack = packets.last().expect("it is answered");
    let tag = u32::from_be_bytes(*ack[16..].first_chunk().unwrap());
    let cookie = raw::cookie_of(ack);
    raw.give(&raw::with_header(tag, &[chunk(raw::COOKIE_ECHO, 0, &cookie)]));
    let (events, _) = raw.drain();
    assert_eq!(events, [Event::Ended(End::Restarted)]);
    raw.open(2);
    assert_eq!(raw.dropped(DropReason::Ended), 1);
    assert!(raw.drain().0.is_empty());
}

#[test]
fn what_the_peer_makes_us_say_is_bounded() {
    let mut raw = connected();
    for _ in 0..10_000 {
        raw.send(&vec![chunk(HEARTBEAT, 0, &[0, 1, 0, 8, 1, 2, 3, 4]); 16]);
    }
    let (_, packets) = raw.drain();
    assert_eq!(packets.len(), TRANSMITS_MAX);
    assert!(raw.dropped(DropReason::TransmitQueueFull) > 100_000);
}

#[test]
fn errors_of_the_peer_are_counted() {
    let mut raw = connected();
    raw.send(&[chunk(ERROR, 0, &[0, 6, 0, 4])]);
    assert_eq!(raw.dropped(DropReason::PeerError), 1);
    raw.send(&[chunk(6, 0, &[])]);
    assert_eq!(raw.drain().0, [Event::Ended(End::Aborted)]);
}

#[test]
fn giving_up_data_while_a_reset_is_pending_is_bounded() {
    let mut raw = connected();
    raw.open(0);
    raw.send(&[reset_chunk(FIRST_TSN, raw.tsn + 1, &[0])]);
    for tsn in 0..1_000 {
        raw.send(&[forward_chunk(raw.tsn + 2 + tsn, &[(0, 0); 200])]);
    }
    assert_eq!(raw.dropped(DropReason::ResetPending), 1_000 - 64);
    // An honest peer asks again, and goes on.
    raw.send(&[reset_chunk(FIRST_TSN, raw.tsn + 1, &[0])]);
    raw.wait(Duration::from_secs(1));
    raw.send(&[forward_chunk(raw.tsn + 2_000, &[])]);
    assert_eq!(raw.dropped(DropReason::ResetPending), 1_000 - 64);
}

#[test]
fn a_peer_that_opens_and_closes_for_ever_leaves_nothing() {
    let mut raw = connected();
    for round in 0..500 {
        raw.open(0);
        let (events, packets) = raw.drain();
        assert!(matches!(events[..], [Event::Opened { .. }]), "round {round}: {events:?}");
        // Everything is acknowledged, then the peer resets, and answers the reset of ours.
        let ours = packets.iter().find_map(|packet| tsn_of(packet)).expect("the acknowledgement is data");
        let mut sack = ours.to_be_bytes().to_vec();
        sack.extend([0, 1, 0, 0, 0, 0, 0, 0]);
        raw.send(&[chunk(3, 0, &sack), reset_chunk(FIRST_TSN + round, raw.tsn - 1, &[0])]);
        let (events, packets) = raw.drain();
        assert!(events.is_empty(), "round {round}: {events:?}");
        let request = packets.iter().find_map(|packet| request_of(packet)).expect("ours is reset, too");
        let mut performed = vec![0, 16, 0, 12];
        performed.extend(request.to_be_bytes());
        performed.extend(1_u32.to_be_bytes());
        raw.send(&[chunk(RE_CONFIG, 0, &performed)]);
        assert_eq!(raw.drain().0, [Event::Closed(ChannelId(0))], "round {round}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_chunks_make_it_panic(
        chunks in prop::collection::vec((any::<u8>(), any::<u8>(), prop::collection::vec(any::<u8>(), 0..40)), 1..6),
    ) {
        let mut raw = connected();
        let chunks: Vec<_> = chunks.iter().map(|(kind, flags, value)| chunk(*kind, *flags, value)).collect();
        raw.send(&chunks);
        raw.wait(Duration::from_secs(5));
        let ended = raw.drain().0.contains(&Event::Ended(End::LibraryFailed));
        prop_assert!(!ended);
    }

    #[test]
    fn no_order_of_data_makes_it_panic(
        pieces in prop::collection::vec((0..20_u32, 0..8_u8, 0..3_u16, 0..3_u16, 0..3_usize), 1..60),
    ) {
        let mut raw = connected();
        for stream in [0, 2] {
            raw.open(stream);
        }
        for (tsn, flags, stream, ssn, kind) in pieces {
            let tsn = raw.tsn + tsn;
            let id = [BINARY, DCEP, 56][kind];
            raw.send(&[match flags {
                3 if ssn == 2 => forward_chunk(tsn, &[(stream, ssn)]),
                1 if ssn == 1 => reset_chunk(FIRST_TSN, tsn, &[stream]),
                _ => data_chunk(tsn, flags & (WHOLE | UNORDERED), stream, ssn, id, &[3, 0]),
            }]);
        }
        let ended = raw.drain().0.iter().any(|event| matches!(event, Event::Ended(_)));
        prop_assert!(!ended);
    }
}

fn kinds_of(packet: &[u8]) -> Vec<u8> {
    chunks_of(packet).iter().map(|chunk| chunk[0]).collect()
}

fn chunks_of(packet: &[u8]) -> Vec<&[u8]> {
    let (mut chunks, mut rest) = (Vec::new(), &packet[12..]);
    while let Some(&[_, _, l0, l1]) = rest.first_chunk() {
        let length = usize::from(u16::from_be_bytes([l0, l1]));
        chunks.push(&rest[..length]);
        rest = &rest[length.next_multiple_of(4)..];
    }
    chunks
}

/// Of the first DATA chunk.
fn tsn_of(packet: &[u8]) -> Option<u32> {
    let data = chunks_of(packet).into_iter().find(|chunk| chunk[0] == 0)?;
    Some(u32::from_be_bytes(*data[4..].first_chunk()?))
}

/// Of the first request to reset streams.
fn request_of(packet: &[u8]) -> Option<u32> {
    let request =
        chunks_of(packet).into_iter().find(|chunk| chunk[0] == RE_CONFIG && chunk[4..6] == [0, 13])?;
    Some(u32::from_be_bytes(*request[8..].first_chunk()?))
}
