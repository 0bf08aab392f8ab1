//! The test vectors of RFC 5769, as far as a lite agent meets them.

mod peer;

use std::time::Instant;

use motet_control::IceCredentials;
use motet_ice::{IceError, IceLite, peek_check};
use peer::{events, udp};
use stun_types::attribute::ErrorCode;
use stun_types::message::Message;

const PASSWORD: &str = "VOkJxbRl1RmTxUk/WvJxBt";

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
    digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

/// Section 2.1.
fn sample_request() -> Vec<u8> {
    bytes(
        "00010058 2112a442 b7e7a701 bc34d686 fa87dfae
         80220010 5354554e 20746573 7420636c 69656e74
         00240004 6e0001ff
         80290008 932ff9b1 51263b36
         00060009 6576746a 3a683676 59202020
         00080014 9aeaa70c bfd8cb56 781ef2b5 b2d3f249 c1b571a2
         80280004 e57a3bcf",
    )
}

fn agent() -> IceLite {
    let credentials = IceCredentials { ufrag: "evtj".to_owned(), password: PASSWORD.to_owned() };
    IceLite::new(credentials, Some("h6vY".to_owned()))
}

#[test]
fn the_sample_request_is_authentic_and_on_the_wrong_side() {
    let (mut agent, request) = (agent(), sample_request());
    let seen = peek_check(&request).unwrap();
    assert_eq!((seen.local_ufrag, seen.remote_ufrag), ("evtj", "h6vY"));
    // Its sender is controlled, which is only found once fingerprint and integrity hold.
    assert_eq!(agent.handle_datagram(Instant::now(), udp(1), &request), Err(IceError::RoleConflict));
    let mut out = Vec::new();
    assert_eq!(agent.poll_transmit(&mut out), Some(udp(1)));
    let answer = Message::from_bytes(&out).unwrap();
    assert_eq!(answer.attribute::<ErrorCode>().unwrap().code(), 487);
    assert!(answer.validate_integrity(&peer::key(PASSWORD)).is_ok());
    assert_eq!(out[4..20], request[4..20], "cookie and transaction");
    assert_eq!(events(&mut agent), []);
}

#[test]
fn each_changed_bit_of_the_sample_request_is_refused() {
    for bit in 0..sample_request().len() * 8 {
        let mut request = sample_request();
        request[bit / 8] ^= 1 << (bit % 8);
        let judged = agent().handle_datagram(Instant::now(), udp(1), &request);
        assert!(judged.is_err_and(|error| error != IceError::RoleConflict), "bit {bit}");
    }
}

#[test]
fn the_sample_responses_are_never_answered() {
    // Section 2.2.
    let ipv4 = bytes(
        "0101003c 2112a442 b7e7a701 bc34d686 fa87dfae
         8022000b 74657374 20766563 746f7220
         00200008 0001a147 e112a643
         00080014 2b91f599 fd9e90c3 8c7489f9 2af9ba53 f06be7d7
         80280004 c07d4c96",
    );
    // Section 2.3.
    let ipv6 = bytes(
        "01010048 2112a442 b7e7a701 bc34d686 fa87dfae
         8022000b 74657374 20766563 746f7220
         00200014 0002a147 0113a9fa a5d3f179 bc25f4b5 bed2b9d9
         00080014 a382954e 4be67bf1 1784c97c 8292c275 bfe3ed41
         80280004 c8fb0b4c",
    );
    for response in [ipv4, ipv6] {
        assert!(Message::from_bytes(&response).unwrap().validate_integrity(&peer::key(PASSWORD)).is_ok());
        let mut agent = agent();
        let judged = agent.handle_datagram(Instant::now(), udp(1), &response);
        assert_eq!(judged, Err(IceError::UnexpectedResponse));
        assert_eq!(agent.poll_transmit(&mut Vec::new()), None);
    }
}
