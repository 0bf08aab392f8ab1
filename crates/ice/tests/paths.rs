//! Which tuples are valid, which one is selected, and how both end.

mod peer;

use std::time::Instant;

use motet_control::IceState;
use motet_ice::Event::{CredentialsRetired, Disconnected, Removed, Selected, Validated};
use motet_ice::IceError;
use peer::{
    CheckWriter, PASSWORD, REMOTE_UFRAG, accept, agent, answer, check, credentials, events, nomination,
    seconds, tcp, udp,
};
use stun_types::message::MessageClass;

fn indication() -> Vec<u8> {
    let plain = CheckWriter { username: None, algorithm: None, attributes: Vec::new(), ..CheckWriter::new() };
    CheckWriter { class: MessageClass::Indication, ..plain }.write()
}

#[test]
fn the_first_valid_tuple_serves_until_one_is_nominated() {
    let (mut agent, now) = (agent(), Instant::now());
    assert_eq!(agent.state(), IceState::New);
    assert_eq!(accept(&mut agent, now, udp(1), &check()), [Validated(udp(1)), Selected(udp(1))]);
    assert_eq!(agent.state(), IceState::Connected);
    assert_eq!(accept(&mut agent, now, udp(2), &check()), [Validated(udp(2))]);
    assert_eq!(accept(&mut agent, now, udp(2), &nomination()), [Selected(udp(2))]);
    assert_eq!(agent.state(), IceState::Completed);
    assert_eq!(accept(&mut agent, now, udp(2), &check()), []);
    assert_eq!((agent.selected(), agent.is_validated(&udp(1))), (Some(udp(2)), true));
}

#[test]
fn the_latest_nomination_wins() {
    let (mut agent, now) = (agent(), Instant::now());
    accept(&mut agent, now, udp(1), &CheckWriter::new().priority(9).nominating().write());
    assert_eq!(
        accept(&mut agent, now, tcp(2), &CheckWriter::new().priority(1).nominating().write()),
        [Validated(tcp(2)), Selected(tcp(2))]
    );
    accept(&mut agent, now, tcp(2), &check());
    assert_eq!(accept(&mut agent, now, udp(1), &nomination()), [Selected(udp(1))]);
}

#[test]
fn a_peer_that_nominates_every_pair_gets_the_best_of_them() {
    let (mut agent, start) = (agent(), Instant::now());
    let best = || CheckWriter::new().priority(9).nominating().write();
    let worse = || CheckWriter::new().priority(1).nominating().write();
    for round in 0..10 {
        accept(&mut agent, start + seconds(round), udp(1), &best());
        accept(&mut agent, start + seconds(round), udp(2), &worse());
        accept(&mut agent, start + seconds(round), tcp(3), &best());
        if round > 0 {
            assert_eq!(agent.selected(), Some(udp(1)));
        }
    }
}

#[test]
fn a_pair_nominated_again_wins_once_the_selected_one_is_nominated_no_more() {
    let (mut agent, start) = (agent(), Instant::now());
    let best = || CheckWriter::new().priority(9).nominating().write();
    let worse = || CheckWriter::new().priority(1).nominating().write();
    accept(&mut agent, start, udp(2), &worse());
    accept(&mut agent, start, udp(1), &best());
    assert_eq!(accept(&mut agent, start + seconds(2), udp(2), &worse()), []);
    assert_eq!(accept(&mut agent, start + seconds(4), udp(2), &worse()), [Selected(udp(2))]);
}

#[test]
fn a_copy_of_a_check_brings_no_tuple_in() {
    let (mut agent, now) = (agent(), Instant::now());
    let overheard = nomination();
    accept(&mut agent, now, udp(1), &overheard);
    for tuple in [udp(2), tcp(3)] {
        assert_eq!(agent.handle_datagram(now, tuple, &overheard), Err(IceError::Copied));
        assert_eq!((answer(&mut agent), events(&mut agent)), (None, vec![]));
        assert!(!agent.is_validated(&tuple));
    }
    // The peer itself may send it again, and may come from elsewhere with another one.
    assert_eq!(agent.handle_datagram(now, udp(1), &overheard), Ok(()));
    assert_eq!(answer(&mut agent).map(|answer| answer.code), Some(0));
    assert_eq!(accept(&mut agent, now, udp(2), &nomination()), [Validated(udp(2)), Selected(udp(2))]);
}

#[test]
fn numbered_nominations_go_by_their_numbers() {
    let (mut agent, now) = (agent(), Instant::now());
    let numbered =
        |value: u32| CheckWriter::new().nominating().attribute(0xc001, &value.to_be_bytes()).write();
    accept(&mut agent, now, udp(1), &numbered(1));
    accept(&mut agent, now, udp(2), &numbered(2));
    assert_eq!(agent.selected(), Some(udp(2)));
    assert_eq!(accept(&mut agent, now, udp(1), &numbered(1)), [], "it was overtaken on its way");
    assert_eq!(accept(&mut agent, now, udp(1), &numbered(3)), [Selected(udp(1))]);
}

#[test]
fn thirty_seconds_without_a_check_disconnect() {
    let (mut agent, start) = (agent(), Instant::now());
    accept(&mut agent, start, udp(1), &nomination());
    assert_eq!(agent.poll_timeout(), Some(start + seconds(30)));
    accept(&mut agent, start + seconds(10), udp(1), &check());
    agent.handle_timeout(start + seconds(39));
    assert_eq!(events(&mut agent), []);
    agent.handle_timeout(start + seconds(40));
    assert_eq!(events(&mut agent), [Removed(udp(1)), Disconnected]);
    assert_eq!((agent.selected(), agent.state()), (None, IceState::Disconnected));
    assert_eq!(agent.poll_timeout(), None);
    let back = accept(&mut agent, start + seconds(50), udp(1), &nomination());
    assert_eq!(back, [Validated(udp(1)), Selected(udp(1))]);
    assert_eq!(agent.state(), IceState::Completed);
}

#[test]
fn a_lost_selected_tuple_falls_back_to_the_one_heard_last() {
    let (mut agent, start) = (agent(), Instant::now());
    accept(&mut agent, start, udp(1), &nomination());
    accept(&mut agent, start + seconds(20), udp(2), &check());
    accept(&mut agent, start + seconds(25), tcp(3), &check());
    agent.handle_timeout(start + seconds(30));
    assert_eq!(events(&mut agent), [Removed(udp(1)), Selected(tcp(3))]);
    assert_eq!(agent.state(), IceState::Connected);
    agent.tuple_closed(tcp(3));
    assert_eq!(events(&mut agent), [Removed(tcp(3)), Selected(udp(2))]);
    agent.tuple_closed(tcp(3));
    assert_eq!(events(&mut agent), []);
}

#[test]
fn authenticated_media_keeps_a_tuple_alive() {
    let (mut agent, start) = (agent(), Instant::now());
    accept(&mut agent, start, udp(1), &nomination());
    agent.heard(start + seconds(25), &udp(1));
    agent.heard(start + seconds(29), &udp(2));
    assert_eq!(agent.poll_timeout(), Some(start + seconds(55)));
    assert!(!agent.is_validated(&udp(2)));
}

#[test]
fn indications_keep_a_validated_tuple_alive_and_do_nothing_else() {
    let (mut agent, start) = (agent(), Instant::now());
    assert_eq!(agent.handle_datagram(start, udp(1), &indication()), Err(IceError::UnknownTuple));
    accept(&mut agent, start, udp(1), &nomination());
    // As libnice does, one of three lost.
    for at in [25, 75, 100] {
        assert_eq!(agent.handle_datagram(start + seconds(at), udp(1), &indication()), Ok(()));
        agent.handle_timeout(start + seconds(at));
    }
    assert_eq!(answer(&mut agent), None);
    assert_eq!(events(&mut agent), []);
    assert_eq!(agent.selected(), Some(udp(1)));
}

#[test]
fn a_ninth_tuple_pushes_out_the_quietest_of_its_protocol() {
    let (mut agent, start) = (agent(), Instant::now());
    accept(&mut agent, start, tcp(100), &check());
    accept(&mut agent, start, udp(1), &nomination());
    for port in 2..=8 {
        accept(&mut agent, start + seconds(u64::from(port)), udp(port), &check());
    }
    let events = accept(&mut agent, start + seconds(9), udp(9), &check());
    assert_eq!(events, [Removed(udp(2)), Validated(udp(9))]);
    assert!(agent.is_validated(&udp(1)) && agent.is_validated(&tcp(100)));
    assert_eq!(agent.selected(), Some(udp(1)), "however long it has been silent");
}

fn renewed(username: &str) -> CheckWriter {
    CheckWriter { password: PASSWORD, ..CheckWriter::new().username(username) }
}

#[test]
fn a_restart_keeps_the_old_path_until_the_new_one_is_used() {
    let (mut agent, start) = (agent(), Instant::now());
    accept(&mut agent, start, udp(1), &nomination());
    agent.restart(credentials("newu"));
    agent.set_remote_ufrag("newr".to_owned());
    assert_eq!(agent.ufrags().collect::<Vec<_>>(), ["newu", "locl"]);
    assert_eq!(
        accept(&mut agent, start + seconds(20), udp(1), &check()),
        [],
        "the old credentials still serve"
    );
    let crossed = renewed(&format!("newu:{REMOTE_UFRAG}")).write();
    assert_eq!(agent.handle_datagram(start, udp(2), &crossed), Err(IceError::WrongRemoteUfrag));
    while answer(&mut agent).is_some() {}

    let at = start + seconds(21);
    assert_eq!(accept(&mut agent, at, udp(2), &renewed("newu:newr").write()), [Validated(udp(2))]);
    assert_eq!(agent.selected(), Some(udp(1)), "until the new path is nominated");
    let nominating = renewed("newu:newr").nominating().write();
    assert_eq!(accept(&mut agent, at, udp(2), &nominating), [Selected(udp(2))]);
    assert_eq!(accept(&mut agent, at, udp(1), &nomination()), [], "an old nomination is void");

    assert_eq!(agent.poll_timeout(), Some(at + seconds(10)));
    agent.handle_timeout(at + seconds(10));
    assert_eq!(events(&mut agent), [Removed(udp(1)), CredentialsRetired("locl".to_owned())]);
    assert_eq!(agent.ufrags().collect::<Vec<_>>(), ["newu"]);
    assert_eq!(agent.handle_datagram(at, udp(1), &check()), Err(IceError::UnknownUsername));
}

#[test]
fn a_tuple_used_with_the_new_credentials_outlives_the_old_ones() {
    let (mut agent, start) = (agent(), Instant::now());
    accept(&mut agent, start, udp(1), &nomination());
    agent.restart(credentials("newu"));
    accept(&mut agent, start, udp(1), &renewed("newu:newr").write());
    agent.handle_timeout(start + seconds(10));
    assert_eq!(events(&mut agent), [CredentialsRetired("locl".to_owned())]);
    assert_eq!(agent.selected(), Some(udp(1)));
}

#[test]
fn of_three_sets_of_credentials_the_unused_one_goes() {
    let (mut agent, start) = (agent(), Instant::now());
    accept(&mut agent, start, udp(1), &check());
    agent.restart(credentials("two2"));
    agent.restart(credentials("thre"));
    assert_eq!(events(&mut agent), [CredentialsRetired("two2".to_owned())]);
    accept(&mut agent, start, udp(3), &renewed("thre:x").nominating().write());
    agent.restart(credentials("four"));
    let gone = events(&mut agent);
    assert_eq!(gone, [Removed(udp(1)), CredentialsRetired("locl".to_owned())]);
    assert_eq!(agent.ufrags().collect::<Vec<_>>(), ["four", "thre"]);
}
