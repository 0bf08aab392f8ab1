//! Finding the producer of a packet.

use motet_control::{Codec, CodecParameters, Encoding};

use super::*;
use crate::table::Key as _;

fn payload_type(value: u8) -> PayloadType {
    PayloadType::new(value).unwrap()
}

fn parameters(mid: &str, types: (u8, u8), encodings: Vec<Encoding>) -> RtpParameters {
    RtpParameters {
        mid: mid.parse().ok(),
        codecs: vec![CodecParameters {
            codec: Codec::Vp8,
            payload_type: payload_type(types.0),
            rtx_payload_type: Some(payload_type(types.1)),
            clock_rate: 90_000,
            channels: 1,
            fmtp: Default::default(),
            rtcp_feedback: vec![],
        }],
        encodings,
        ..RtpParameters::default()
    }
}

fn with_rid(rid: &str) -> Encoding {
    Encoding { rid: rid.parse().ok(), ..Encoding::default() }
}

fn values(mid: Option<&str>, rid: Option<&str>, repaired_rid: Option<&str>) -> ExtensionValues {
    let parse = |text: Option<&str>| text.and_then(|text| text.parse().ok());
    ExtensionValues {
        mid: parse(mid),
        rid: parse(rid),
        repaired_rid: parse(repaired_rid),
        ..ExtensionValues::default()
    }
}

fn key(index: usize) -> ProducerKey {
    ProducerKey::from_index(index)
}

fn binding(index: usize, encoding: u8, is_repair: bool) -> Binding {
    Binding { producer: key(index), encoding, is_repair }
}

#[test]
fn a_signaled_ssrc_is_known_at_once() {
    let mut table = SsrcTable::default();
    let encoding = Encoding { ssrc: Some(Ssrc(7)), rtx_ssrc: Some(Ssrc(8)), ..Encoding::default() };
    table.add(key(0), &parameters("0", (96, 97), vec![encoding]));
    assert_eq!(table.lookup(Ssrc(7)), Some(binding(0, 0, false)));
    assert_eq!(table.lookup(Ssrc(8)), Some(binding(0, 0, true)));
    table.remove(key(0));
    assert_eq!(table.lookup(Ssrc(7)), None);
}

#[test]
fn mid_and_rid_tell_the_encodings_of_a_simulcast_apart() {
    let mut table = SsrcTable::default();
    table.add(key(0), &parameters("0", (96, 97), vec![Encoding::default()]));
    table.add(key(1), &parameters("1", (96, 97), vec![with_rid("q"), with_rid("h")]));
    let learned = table.learn(Ssrc(5), payload_type(96), &values(Some("1"), Some("h"), None), |_| false);
    assert_eq!(learned, Ok(binding(1, 1, false)));
    let learned = table.learn(Ssrc(6), payload_type(97), &values(Some("1"), None, Some("h")), |_| false);
    assert_eq!(learned, Ok(binding(1, 1, true)));
    assert_eq!(table.lookup(Ssrc(6)), Some(binding(1, 1, true)));
}

#[test]
fn a_payload_type_that_one_producer_has_suffices() {
    let mut table = SsrcTable::default();
    table.add(key(0), &parameters("0", (96, 97), vec![Encoding::default()]));
    table.add(key(1), &parameters("1", (98, 99), vec![Encoding::default()]));
    let learned = table.learn(Ssrc(5), payload_type(99), &values(None, None, None), |_| false);
    assert_eq!(learned, Ok(binding(1, 0, true)));
}

#[test]
fn a_payload_type_that_two_producers_have_tells_nothing() {
    let mut table = SsrcTable::default();
    table.add(key(0), &parameters("0", (96, 97), vec![Encoding::default()]));
    table.add(key(1), &parameters("1", (96, 97), vec![Encoding::default()]));
    let learned = table.learn(Ssrc(5), payload_type(96), &values(None, None, None), |_| false);
    assert_eq!(learned, Err(DropReason::UnknownSsrc));
}

#[test]
fn late_packets_of_an_ended_producer_are_not_taken_for_the_one_that_is_left() {
    let mut table = SsrcTable::default();
    let with_ssrc = |ssrc| Encoding { ssrc: Some(Ssrc(ssrc)), ..Encoding::default() };
    table.add(key(0), &parameters("0", (96, 97), vec![with_ssrc(5)]));
    table.add(key(1), &parameters("1", (96, 97), vec![with_ssrc(6)]));
    table.remove(key(0));
    let unnamed = values(None, None, None);
    let late = table.learn(Ssrc(5), payload_type(96), &unnamed, |_| true);
    assert_eq!(late, Err(DropReason::UnknownSsrc));
    assert_eq!(table.lookup(Ssrc(6)), Some(binding(1, 0, false)));
    // A sender may use its SSRC again for the other, and then says so.
    let named = values(Some("1"), None, None);
    assert_eq!(table.learn(Ssrc(5), payload_type(96), &named, |_| true), Ok(binding(1, 0, false)));
}

#[test]
fn a_learned_stream_gives_way_only_when_it_is_silent() {
    let mut table = SsrcTable::default();
    table.add(key(0), &parameters("0", (96, 97), vec![Encoding::default()]));
    let values = values(Some("0"), None, None);
    table.learn(Ssrc(5), payload_type(96), &values, |_| false).unwrap();
    let refused = table.learn(Ssrc(6), payload_type(96), &values, |_| false);
    assert_eq!(refused, Err(DropReason::SsrcConflict));
    assert_eq!(table.learn(Ssrc(6), payload_type(96), &values, |_| true), Ok(binding(0, 0, false)));
    assert_eq!(table.lookup(Ssrc(5)), None);
}

#[test]
fn a_signaled_stream_that_never_speaks_gives_way_too_but_survives_a_goodbye() {
    let mut table = SsrcTable::default();
    let encoding = Encoding { ssrc: Some(Ssrc(7)), ..Encoding::default() };
    table.add(key(0), &parameters("0", (96, 97), vec![encoding]));
    let values = values(Some("0"), None, None);
    let refused = table.learn(Ssrc(6), payload_type(96), &values, |_| false);
    assert_eq!(refused, Err(DropReason::SsrcConflict));
    table.forget(Ssrc(7));
    assert_eq!(table.lookup(Ssrc(7)), Some(binding(0, 0, false)));
    assert_eq!(table.learn(Ssrc(6), payload_type(96), &values, |_| true), Ok(binding(0, 0, false)));
    assert_eq!(table.lookup(Ssrc(7)), None);
}

#[test]
fn a_learned_stream_that_said_goodbye_makes_room() {
    let mut table = SsrcTable::default();
    table.add(key(0), &parameters("0", (96, 97), vec![Encoding::default()]));
    let values = values(Some("0"), None, None);
    table.learn(Ssrc(5), payload_type(96), &values, |_| false).unwrap();
    table.forget(Ssrc(5));
    assert_eq!(table.learn(Ssrc(6), payload_type(96), &values, |_| false), Ok(binding(0, 0, false)));
}

#[test]
fn a_second_producer_with_the_same_ssrc_or_mid_is_refused() {
    let mut table = SsrcTable::default();
    let encoding = Encoding { ssrc: Some(Ssrc(7)), ..Encoding::default() };
    table.add(key(0), &parameters("0", (96, 97), vec![encoding.clone()]));
    assert!(table.check(&parameters("1", (98, 99), vec![encoding.clone()])).is_err());
    assert!(table.check(&parameters("0", (98, 99), vec![Encoding::default()])).is_err());
    assert!(table.check(&parameters("1", (98, 99), vec![Encoding::default()])).is_ok());
    let twice = Encoding { ssrc: Some(Ssrc(9)), rtx_ssrc: Some(Ssrc(9)), ..Encoding::default() };
    assert!(table.check(&parameters("1", (98, 99), vec![twice])).is_err());
}
