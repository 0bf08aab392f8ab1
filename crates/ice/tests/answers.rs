//! What each kind of STUN message is answered, and what is not answered at all.

mod peer;

use std::time::Instant;

use motet_control::CandidateProtocol;
use motet_ice::{Event, IceError, IceLite, SocketId, Tuple, peek_check};
use peer::{CheckWriter, PASSWORD, agent, answer, check, credentials, events, seconds, udp};
use stun_types::message::{IntegrityAlgorithm, Message, MessageClass};

#[test]
fn a_check_is_answered_with_the_address_it_came_from_signed() {
    let mut agent = agent();
    agent.handle_datagram(Instant::now(), udp(4000), &check()).unwrap();
    let answered = answer(&mut agent).unwrap();
    assert_eq!((answered.to, answered.code, answered.is_signed), (udp(4000), 0, true));
    assert_eq!(answered.mapped, Some(udp(4000).remote));
    assert_eq!(answer(&mut agent), None);
}

#[test]
fn an_ipv4_peer_of_a_dual_stack_socket_is_told_its_ipv4_address() {
    let mut agent = agent();
    let remote = "[::ffff:192.0.2.7]:900".parse().unwrap();
    let tuple = Tuple { socket: SocketId(1), protocol: CandidateProtocol::Udp, remote };
    agent.handle_datagram(Instant::now(), tuple, &check()).unwrap();
    let answered = answer(&mut agent).unwrap();
    assert_eq!(answered.mapped, Some("192.0.2.7:900".parse().unwrap()));
    assert_eq!(answered.to, tuple, "the answer goes where the check came from");
}

#[test]
fn a_check_signed_with_sha256_is_answered_with_sha256() {
    let mut agent = agent();
    let check = CheckWriter { algorithm: Some(IntegrityAlgorithm::Sha256), ..CheckWriter::new() };
    agent.handle_datagram(Instant::now(), udp(1), &check.write()).unwrap();
    let mut bytes = Vec::new();
    agent.poll_transmit(&mut bytes).unwrap();
    let message = Message::from_bytes(&bytes).unwrap();
    assert_eq!(message.validate_integrity(&peer::key(PASSWORD)).unwrap(), IntegrityAlgorithm::Sha256);
}

/// Expects a refusal by `error`, answered by `code` or not at all, and that nothing else happened.
fn refused(check: &CheckWriter, error: IceError, code: Option<u16>) -> IceLite {
    let (mut agent, datagram) = (agent(), check.write());
    assert_eq!(agent.handle_datagram(Instant::now(), udp(1), &datagram), Err(error));
    let answered = answer(&mut agent);
    assert_eq!(answered.as_ref().map(|answered| answered.code), code);
    if let Some(answered) = answered {
        assert!(answered.is_signed || answered.len <= datagram.len(), "no amplification for strangers");
    }
    assert_eq!(events(&mut agent), []);
    assert_eq!(agent.poll_timeout(), None);
    assert!(!agent.is_validated(&udp(1)));
    agent
}

#[test]
fn a_wrong_password_is_unauthorized() {
    let check = CheckWriter { password: "another-password-of-22-characters", ..CheckWriter::new() };
    refused(&check, IceError::WrongIntegrity, Some(401));
}

#[test]
fn an_unknown_username_is_unauthorized() {
    refused(&CheckWriter::new().username("othr:rmot"), IceError::UnknownUsername, Some(401));
}

#[test]
fn another_remote_fragment_than_the_signaled_is_unauthorized() {
    refused(&CheckWriter::new().username("locl:othr"), IceError::WrongRemoteUfrag, Some(401));
}

#[test]
fn an_unknown_remote_fragment_is_not_held_against_anyone() {
    let mut agent = IceLite::new(credentials(peer::UFRAG), None);
    let check = CheckWriter::new().username("locl:whoever").write();
    assert_eq!(agent.handle_datagram(Instant::now(), udp(1), &check), Ok(()));
    agent.set_remote_ufrag("rmot".to_owned());
    let refused = agent.handle_datagram(Instant::now(), udp(1), &check);
    assert_eq!(refused, Err(IceError::WrongRemoteUfrag));
}

#[test]
fn a_request_without_credentials_is_bad() {
    let long = CheckWriter::new();
    refused(&CheckWriter { username: None, ..long.clone() }, IceError::MissingCredentials, Some(400));
    refused(&CheckWriter { algorithm: None, ..long }, IceError::MissingCredentials, Some(400));
}

#[test]
fn a_request_shorter_than_its_refusal_is_not_answered() {
    let shortest =
        CheckWriter { username: None, algorithm: None, attributes: Vec::new(), ..CheckWriter::new() };
    refused(&shortest, IceError::MissingCredentials, None);
}

#[test]
fn a_missing_or_wrong_fingerprint_is_dropped_in_silence() {
    refused(&CheckWriter { fingerprint: false, ..CheckWriter::new() }, IceError::BadFingerprint, None);
    let (mut agent, mut datagram) = (agent(), check());
    *datagram.last_mut().unwrap() ^= 1;
    assert_eq!(agent.handle_datagram(Instant::now(), udp(1), &datagram), Err(IceError::BadFingerprint));
    assert_eq!(answer(&mut agent), None);
}

#[test]
fn a_peer_that_claims_to_be_controlled_is_told_of_the_conflict() {
    let mut agent = refused(
        &CheckWriter { attributes: vec![(0x8029, vec![0xff; 8])], ..CheckWriter::new() }.nominating(),
        IceError::RoleConflict,
        Some(487),
    );
    agent.handle_datagram(Instant::now(), udp(1), &check()).unwrap();
    assert_eq!(agent.selected(), Some(udp(1)), "it may change its mind");
}

#[test]
fn an_unknown_attribute_that_must_be_understood_is_named() {
    let check =
        CheckWriter::new().attribute(0x0003, &[0; 4]).attribute(0x7abc, &[]).attribute(0xc057, &[0; 4]);
    refused(&check, IceError::UnknownAttribute, Some(420));
    let mut agent = agent();
    agent.handle_datagram(Instant::now(), udp(1), &check.write()).unwrap_err();
    let mut bytes = Vec::new();
    agent.poll_transmit(&mut bytes).unwrap();
    let message = Message::from_bytes(&bytes).unwrap();
    let unknown = message.raw_attribute(0x000a.into()).unwrap();
    assert_eq!(&*unknown.value, [0x00, 0x03, 0x7a, 0xbc]);
    assert!(message.validate_integrity(&peer::key(PASSWORD)).is_ok());
}

#[test]
fn strangers_are_answered_ten_times_a_second_at_most() {
    let (mut agent, now) = (agent(), Instant::now());
    let forged = CheckWriter { password: "guess", ..CheckWriter::new() }.write();
    let mut answers_in_a_second = |now| {
        (0..1000)
            .filter(|_| agent.handle_datagram(now, udp(1), &forged).is_err() && answer(&mut agent).is_some())
            .count()
    };
    assert_eq!(answers_in_a_second(now), 10);
    assert_eq!(answers_in_a_second(now + seconds(1)), 10);
}

#[test]
fn responses_and_other_methods_are_never_answered() {
    let now = Instant::now();
    for class in [MessageClass::Success, MessageClass::Error] {
        refused(&CheckWriter { class, ..CheckWriter::new() }, IceError::UnexpectedResponse, None);
    }
    let (mut agent, mut allocate) = (agent(), check());
    allocate[1] = 3;
    assert_eq!(agent.handle_datagram(now, udp(1), &allocate), Err(IceError::UnsupportedMethod));
    assert_eq!(answer(&mut agent), None);
}

#[test]
fn lengths_that_do_not_add_up_are_malformed() {
    let whole = check();
    let now = Instant::now();
    let judged = |datagram: &[u8]| agent().handle_datagram(now, udp(1), datagram);
    assert_eq!(judged(&[]), Err(IceError::NotStun));
    assert_eq!(judged(&whole[..19]), Err(IceError::NotStun));
    assert_eq!(judged(&whole[..whole.len() - 4]), Err(IceError::Malformed));
    assert_eq!(judged(&[&whole[..], &[0; 4]].concat()), Err(IceError::Malformed));
    let mut overlong = whole.clone();
    overlong[22..24].copy_from_slice(&[0xff, 0xff]);
    assert_eq!(judged(&overlong), Err(IceError::Malformed));
    let mut huge = CheckWriter::new().attribute(0x8022, &[0; 1200]).write();
    assert_eq!(judged(&huge), Err(IceError::TooLong));
    huge[0] |= 0x80;
    assert_eq!(judged(&huge), Err(IceError::NotStun));
}

#[test]
fn what_stands_after_the_integrity_is_not_believed() {
    let mut datagram = CheckWriter { fingerprint: false, ..CheckWriter::new() }.write();
    datagram.extend_from_slice(&[0x00, 0x25, 0, 0]);
    datagram.extend_from_slice(&[0x80, 0x28, 0, 4, 0, 0, 0, 0]);
    let length = datagram.len() - 20;
    datagram[2..4].copy_from_slice(&(length as u16).to_be_bytes());
    let mut agent = agent();
    // Whether such a check counts does not matter; that it does not nominate does.
    let _ = agent.handle_datagram(Instant::now(), udp(1), &datagram);
    assert!(!events(&mut agent).contains(&Event::Disconnected));
    assert_ne!(agent.state(), motet_control::IceState::Completed);
}

#[test]
fn a_peek_finds_whom_a_check_is_for() {
    let datagram = check();
    let seen = peek_check(&datagram).unwrap();
    assert_eq!((seen.local_ufrag, seen.remote_ufrag), ("locl", "rmot"));
    let response = CheckWriter { class: MessageClass::Success, ..CheckWriter::new() }.write();
    assert_eq!(peek_check(&response), None);
    assert_eq!(peek_check(&CheckWriter::new().username("nocolon").write()), None);
    assert_eq!(peek_check(&[0x80; 100]), None);
}
