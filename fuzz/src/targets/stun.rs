//! STUN: what is no check of the peer's changes nothing, no answer amplifies, and attributes of any shape are survived
//! behind a right signature too.

use std::net::SocketAddr;
use std::time::Instant;

use motet_control::{CandidateProtocol, IceCredentials, IceState};
use motet_ice::{IceLite, SocketId, Tuple, peek_check};
use stun_types::attribute::{Fingerprint, MessageIntegrity};
use stun_types::message::{IntegrityKey, Message, ShortTermCredentials};

/// The credentials of RFC 5769, so that its vectors are seeds.
const UFRAG: &str = "evtj";
const REMOTE_UFRAG: &str = "h6vY";
const PASSWORD: &str = "VOkJxbRl1RmTxUk/WvJxBt";

/// Takes `data` as a datagram, and what follows its header as the attributes of a request that the peer signed.
pub fn stun(data: &[u8]) {
    let seen = peek_check(data);
    let is_accepted = give(data);
    // Only an authentic check or nothing: an indication needs a validated tuple first.
    assert!(!is_accepted || seen.is_some_and(|check| check.local_ufrag == UFRAG));
    give(&signed(data.get(20..).unwrap_or(data)));
}

fn give(datagram: &[u8]) -> bool {
    let credentials = IceCredentials { ufrag: UFRAG.to_owned(), password: PASSWORD.to_owned() };
    let mut agent = IceLite::new(credentials, Some(REMOTE_UFRAG.to_owned()));
    let remote = SocketAddr::from(([192, 0, 2, 1], 3478));
    let tuple = Tuple { socket: SocketId(0), protocol: CandidateProtocol::Udp, remote };
    let now = Instant::now();
    let judged = agent.handle_datagram(now, tuple, datagram);
    assert_eq!(judged.is_ok(), agent.is_validated(&tuple));
    assert_eq!(judged.is_ok(), agent.state() != IceState::New);
    if let Err(error) = judged {
        assert!(error.reason().starts_with("ice_"));
    }
    let mut answer = Vec::new();
    if agent.poll_transmit(&mut answer) == Some(tuple) {
        let message = Message::from_bytes(&answer).expect("an answer is well-formed");
        assert!(message.is_response());
        assert_eq!(answer[4..20], datagram[4..20], "it is for the request");
        let is_signed = message.validate_integrity_with_key(&key()).is_ok();
        assert!(is_signed || answer.len() <= datagram.len());
    }
    assert_eq!(agent.poll_transmit(&mut answer), None);
    judged.is_ok()
}

/// A Binding request of these attributes, cut where they get too many, with integrity and fingerprint.
fn signed(attributes: &[u8]) -> Vec<u8> {
    let attributes = &attributes[..attributes.len().min(1_000) / 4 * 4];
    let mut request = vec![0x00, 0x01, 0, 0, 0x21, 0x12, 0xa4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
    request.extend_from_slice(attributes);
    set_length(&mut request, 24);
    let hmac = MessageIntegrity::compute(&[&request], &key()).expect("an integrity can be computed");
    request.extend_from_slice(&[0x00, 0x08, 0, 20]);
    request.extend_from_slice(&hmac);
    set_length(&mut request, 8);
    let crc = u32::from_be_bytes(Fingerprint::compute(&[&request]));
    request.extend_from_slice(&[0x80, 0x28, 0, 4]);
    request.extend_from_slice(&(crc ^ 0x5354_554e).to_be_bytes());
    request
}

/// The length of all that is there but the header, and of what is to come.
fn set_length(request: &mut [u8], to_come: usize) {
    let length = (request.len() - 20 + to_come) as u16;
    request[2..4].copy_from_slice(&length.to_be_bytes());
}

fn key() -> IntegrityKey {
    ShortTermCredentials::new(PASSWORD.to_owned()).make_key()
}
