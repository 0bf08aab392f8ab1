//! The test vectors of RFC 5769, and the one of RFC 8489 appendix B.

use std::net::SocketAddr;

use super::integrity::verify;
use super::numbers::{attribute, method};
use super::*;

/// The password of the first three.
const PASSWORD: &[u8] = b"VOkJxbRl1RmTxUk/WvJxBt";
/// Section 2.4, and appendix B: katakana for Matrix, and a password that its preparation has changed.
const USERNAME: &str = "\u{30DE}\u{30C8}\u{30EA}\u{30C3}\u{30AF}\u{30B9}";
const PREPARED: &str = "TheMatrIX";

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

/// Section 2.2.
fn sample_ipv4_response() -> Vec<u8> {
    bytes(
        "0101003c 2112a442 b7e7a701 bc34d686 fa87dfae
         8022000b 74657374 20766563 746f7220
         00200008 0001a147 e112a643
         00080014 2b91f599 fd9e90c3 8c7489f9 2af9ba53 f06be7d7
         80280004 c07d4c96",
    )
}

/// Section 2.3.
fn sample_ipv6_response() -> Vec<u8> {
    bytes(
        "01010048 2112a442 b7e7a701 bc34d686 fa87dfae
         8022000b 74657374 20766563 746f7220
         00200014 0002a147 0113a9fa a5d3f179 bc25f4b5 bed2b9d9
         00080014 a382954e 4be67bf1 1784c97c 8292c275 bfe3ed41
         80280004 c8fb0b4c",
    )
}

/// Section 2.4.
fn sample_long_term_request() -> Vec<u8> {
    bytes(
        "00010060 2112a442 78ad3433 c6ad72c0 29da412e
         00060012 e3839ee3 8388e383 aae38383 e382afe3 82b90000
         0015001c 662f2f34 39396b39 35346436 4f4c3334 6f4c3946 53547679 36347341
         0014000b 6578616d 706c652e 6f726700
         00080014 f67024656dd64a3e02b8e0712e85c9a28ca89666",
    )
}

/// RFC 8489 appendix B.1.
fn sample_sha256_request() -> Vec<u8> {
    bytes(
        "00010090 2112a442 78ad3433 c6ad72c0 29da412e
         001e0020 4a3cf38f ef6992bd a952c678 0417da0f 24819415 569e60b2 05c46e41 407f1704
         00150029 6f624d61 744a6f73 32414141 43662f2f 3439396b 39353464 364f4c33 346f4c39 46535476 79363473 41000000
         0014000b 6578616d 706c652e 6f726700
         001d0004 00020000
         001c0020 b5c7bf00 5b6c52a2 1c51c5e8 92f81924 136296cb 927c4314 9309278c c6518e65",
    )
}

fn is_signed(message: &[u8], tag_at: usize, integrity: Integrity) -> bool {
    let tag_len = usize::from(be_u16(message, tag_at + 2).unwrap());
    let length = (tag_at + 4 + tag_len - HEADER_LEN) as u16;
    verify(PASSWORD, integrity, &message[..tag_at], length, &message[tag_at + 4..][..tag_len])
}

#[test]
fn the_sample_request_is_read_and_its_integrity_and_fingerprint_hold() {
    let request = sample_request();
    let message = Message::read(&request).unwrap();
    assert_eq!((message.class, message.method), (Class::Request, method::BINDING));
    assert_eq!(message.username, Some(&b"evtj:h6vY"[..]));
    assert_eq!(message.unknown(), [0x0024], "PRIORITY is none of a TURN server's");
    assert!(message.has_fingerprint);
    assert!(is_signed(&request, request.len() - 32, Integrity::Sha1));
    for bit in 0..request.len() * 8 {
        let mut changed = request.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        let is_taken = Message::read(&changed).is_ok_and(|message| message.has_fingerprint);
        assert!(!is_taken, "bit {bit}");
    }
}

#[test]
fn the_sample_responses_hold_and_their_addresses_are_what_we_would_write() {
    let ipv4: SocketAddr = "192.0.2.1:32853".parse().unwrap();
    let ipv6: SocketAddr = "[2001:db8:1234:5678:11:2233:4455:6677]:32853".parse().unwrap();
    for (response, address) in [(sample_ipv4_response(), ipv4), (sample_ipv6_response(), ipv6)] {
        let message = Message::read(&response).unwrap();
        assert_eq!(message.class, Class::Success);
        assert!(is_signed(&response, response.len() - 32, Integrity::Sha1));
        let value_at = 20 + 16 + 4;
        let value_len = response.len() - 32 - value_at;
        let value = &response[value_at..][..value_len];
        assert_eq!(read_xor_address(value, &message.transaction), Some(address));
        let mut out = Vec::new();
        Writer::new(&mut out, Class::Success, method::BINDING, message.transaction)
            .xor_address(attribute::XOR_MAPPED_ADDRESS, address);
        assert_eq!(out[24..], *value);
        assert_eq!(out[..2], response[..2]);
    }
}

#[test]
fn the_long_term_request_is_signed_with_the_key_of_name_realm_and_password() {
    let request = sample_long_term_request();
    let message = Message::read(&request).unwrap();
    assert_eq!(message.username, Some(USERNAME.as_bytes()));
    assert_eq!((message.realm, message.nonce.map(<[u8]>::len)), (Some(&b"example.org"[..]), Some(28)));
    let key = |password: &str| {
        LongTermKey::derive(KeyAlgorithm::Md5, USERNAME.as_bytes(), b"example.org", password.as_bytes())
    };
    assert!(message.is_signed_by(&key(PREPARED)));
    assert!(!message.is_signed_by(&key("TheMatrix")));
}

#[test]
fn the_sha256_request_names_its_user_by_a_hash_and_is_signed_with_the_longer_key() {
    let request = sample_sha256_request();
    let message = Message::read(&request).unwrap();
    assert_eq!(message.userhash, Some(&crate::shared::userhash(USERNAME, "example.org")[..]));
    assert_eq!(message.password_algorithm, Some(&[0, 2, 0, 0][..]));
    assert_eq!(message.integrity(), Some(Integrity::Sha256));
    let key =
        LongTermKey::derive(KeyAlgorithm::Sha256, USERNAME.as_bytes(), b"example.org", PREPARED.as_bytes());
    assert!(message.is_signed_by(&key));
}

#[test]
fn what_is_written_is_read_again() {
    let key = LongTermKey::derive(KeyAlgorithm::Sha256, b"name", b"realm", b"password");
    for integrity in [Integrity::Sha1, Integrity::Sha256] {
        for (class, number) in [(Class::Request, 0x001), (Class::Indication, 0xfff), (Class::Error, 0x7a5)] {
            let mut out = b"what stands before".to_vec();
            let start = out.len();
            Writer::new(&mut out, class, number, [9; 12])
                .attribute(attribute::USERNAME, b"name")
                .integrity(integrity, &key)
                .fingerprint();
            let message = Message::read(&out[start..]).unwrap();
            assert_eq!((message.class, message.method, message.transaction), (class, number, [9; 12]));
            assert_eq!(message.username, Some(&b"name"[..]));
            assert!(message.has_fingerprint && message.is_signed_by(&key));
            assert_eq!(message.integrity(), Some(integrity));
        }
    }
}

#[test]
fn a_short_sha256_tag_is_right_down_to_sixteen_bytes() {
    let key = LongTermKey::derive(KeyAlgorithm::Md5, b"name", b"realm", b"password");
    for len in [12, 16, 20, 32] {
        let (mut header, mut out) = (Vec::new(), Vec::new());
        Writer::new(&mut header, Class::Request, method::ALLOCATE, [9; 12]);
        let tag = key.sign(Integrity::Sha256, &header, 4 + len as u16);
        Writer::new(&mut out, Class::Request, method::ALLOCATE, [9; 12])
            .attribute(attribute::MESSAGE_INTEGRITY_SHA256, &tag.as_ref()[..len]);
        let judged = Message::read(&out).map(|message| message.is_signed_by(&key));
        assert_eq!(judged, if len < 16 { Err(Malformed::Structure) } else { Ok(true) });
    }
}
