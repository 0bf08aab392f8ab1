//! Whatever strangers throw at a worker is dropped and counted; those in a call see nothing of it, and nothing is kept.

use std::net::SocketAddr;

use motet_control::WorkerStats;
use motet_sim::{Conditions, Datagram, Half, PeerSetup, WORKER_IPV4, WORKER_PORT, Way};

use crate::call::{Call, ms, secs};

fn worker() -> SocketAddr {
    SocketAddr::new(WORKER_IPV4, WORKER_PORT)
}

fn stranger(index: usize) -> SocketAddr {
    let [.., high, low] = index.to_be_bytes();
    SocketAddr::new([203, 0, high, low].into(), 1_024 + (index % 50_000) as u16)
}

fn entities(stats: &WorkerStats) -> [usize; 4] {
    [stats.routers, stats.transports, stats.producers, stats.consumers]
}

/// Has the flood come over two seconds of a call, and asserts that the call does not suffer.
fn call_under(seed: u64, flood: impl FnOnce(&mut Call) -> Vec<Datagram>) -> Call {
    let mut call = Call::new(seed);
    call.scenario.run_for(secs(1));
    let flood = flood(&mut call);
    let before = entities(&call.scenario.worker_stats());
    let slices = flood.len().div_ceil(200);
    for slice in flood.chunks(slices.max(1)) {
        slice.iter().for_each(|datagram| call.scenario.inject(datagram.clone()));
        call.scenario.run_for(ms(10));
    }
    call.assert_flows();
    assert_eq!(entities(&call.scenario.worker_stats()), before);
    let received = call.scenario.received(call.bob, call.camera);
    assert_eq!((received.damaged, received.holes()), (0, vec![]));
    call
}

/// A STUN binding request (RFC 8489) with a user name and an integrity of zeros.
fn forged_check(user: &str, transaction: &[u8]) -> Vec<u8> {
    let padded = user.len().next_multiple_of(4);
    let mut message = vec![0x00, 0x01];
    message.extend((padded as u16 + 4 + 24).to_be_bytes());
    message.extend(0x2112_a442_u32.to_be_bytes());
    message.extend(&transaction[..12]);
    message.extend([0x00, 0x06]);
    message.extend((user.len() as u16).to_be_bytes());
    message.extend(user.bytes());
    message.resize(20 + 4 + padded, 0);
    message.extend([0x00, 0x08, 0x00, 0x14]);
    message.extend([0; 20]);
    message
}

#[test]
fn noise_of_thousands_of_strangers() {
    let mut call = call_under(121, |call| {
        let chance = call.scenario.chance();
        (0..20_000)
            .map(|index| {
                let len = 1 + chance.below(200);
                Datagram::udp(stranger(index), worker(), chance.bytes(len))
            })
            .collect()
    });
    let dropped = call.scenario.drops("unknown_tuple") + call.scenario.drops("unknown_ufrag");
    assert_eq!(dropped, 20_000);
}

#[test]
fn checks_for_nobody_and_checks_with_a_wrong_password() {
    let mut call = call_under(122, |call| {
        let alice = call.scenario.address(call.alice, Half::Publish);
        let user = user_name(call, alice);
        let chance = call.scenario.chance();
        let check = |index: usize, chance: &mut motet_sim::Chance| {
            let user =
                if index.is_multiple_of(2) { user.clone() } else { format!("{}:x", chance.letters(8)) };
            Datagram::udp(stranger(index), worker(), forged_check(&user, &chance.bytes(12)))
        };
        (0..10_000).map(|index| check(index, chance)).collect()
    });
    assert_eq!(call.scenario.drops("unknown_ufrag"), 5_000);
    assert_eq!(call.scenario.drops("bad_stun"), 5_000);
    assert_eq!(call.scenario.worker_stats().transports, 2);
}

/// The user name that the checks from an address carry.
fn user_name(call: &mut Call, from: SocketAddr) -> String {
    call.scenario.start_tap();
    call.scenario.run_for(secs(5));
    let checks = call.scenario.take_tap();
    let check = checks.iter().find(|it| it.source == from && it.bytes.starts_with(&[0x00, 0x01])).unwrap();
    let at = check.bytes.windows(2).skip(20).position(|it| it == [0x00, 0x06]).unwrap() + 20;
    let len = usize::from(u16::from_be_bytes([check.bytes[at + 2], check.bytes[at + 3]]));
    String::from_utf8(check.bytes[at + 4..at + 4 + len].to_vec()).unwrap()
}

#[test]
fn everything_that_the_publisher_ever_sent_again() {
    let mut call = call_under(123, |call| {
        let alice = call.scenario.address(call.alice, Half::Publish);
        call.scenario.start_tap();
        call.scenario.run_for(secs(5));
        let mut replayed = call.scenario.take_tap();
        replayed.retain(|datagram| datagram.source == alice && datagram.bytes[0] >= 128);
        assert!(replayed.len() > 500);
        replayed
    });
    assert!(call.scenario.drops("srtp_replay") > 500);
}

#[test]
fn sealed_packets_with_a_bit_flipped() {
    let mut call = call_under(124, |call| {
        let alice = call.scenario.address(call.alice, Half::Publish);
        call.scenario.start_tap();
        call.scenario.run_for(secs(5));
        let mut forged = call.scenario.take_tap();
        forged.retain(|datagram| datagram.source == alice && datagram.bytes[0] >= 128);
        for datagram in &mut forged {
            // A packet number that is yet to come, so that it is no replay; for RTCP, the index at its end.
            let (at, len) =
                if (192..224).contains(&datagram.bytes[1]) { (datagram.bytes.len() - 3, 1) } else { (2, 2) };
            datagram.bytes[at..at + len].iter_mut().for_each(|byte| *byte = byte.wrapping_add(9));
        }
        forged
    });
    assert!(call.scenario.drops("srtp_auth") > 500, "{:?}", call.scenario.worker_stats().drops);
    assert!(call.scenario.drops("srtcp") > 0, "{:?}", call.scenario.worker_stats().drops);
}

#[test]
fn dtls_and_media_from_addresses_that_ice_never_saw() {
    let mut call = call_under(125, |call| {
        call.scenario.start_tap();
        call.scenario.run_for(secs(1));
        let tapped = call.scenario.take_tap();
        let to_worker = tapped.into_iter().filter(|datagram| datagram.destination == worker());
        let hello = vec![22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 1, 0, 4, 1, 0, 0, 0];
        let from_strangers = to_worker.enumerate().map(|(index, datagram)| {
            let bytes = if index.is_multiple_of(2) { hello.clone() } else { datagram.bytes };
            Datagram::udp(stranger(index), worker(), bytes)
        });
        from_strangers.filter(|datagram| datagram.bytes[0] > 3).collect()
    });
    assert!(call.scenario.drops("unknown_tuple") > 100);
}

#[test]
fn two_hundred_who_never_finish_their_handshake() {
    let mut call = Call::new(126);
    let half_open: Vec<_> = (0..200)
        .map(|_| {
            let peer = call.scenario.join(PeerSetup::default());
            let ip = call.scenario.ip(peer);
            let silent = Conditions { drops_dtls: true, ..Conditions::default() };
            *call.scenario.network().conditions(ip, Way::Down) = silent;
            call.scenario.subscribe(peer, &[call.camera]);
            peer
        })
        .collect();
    call.scenario.run_for(secs(5));
    call.assert_flows();
    call.scenario.run_for(secs(40));
    let failed = |told: &&(_, motet_control::Notification)| {
        matches!(
            told.1,
            motet_control::Notification::TransportDtls { state: motet_control::DtlsState::Failed, .. }
        )
    };
    assert_eq!(call.scenario.notifications().iter().filter(failed).count(), 200);
    call.assert_flows();
    half_open.into_iter().for_each(|peer| call.scenario.leave(peer));
    assert_eq!(entities(&call.scenario.worker_stats()), [1, 2, 2, 2]);
}
