//! Lost datagrams, under simulated time: flights go again, soon and from both libraries.

mod peers;

use std::time::{Duration, Instant};

use motet_control::DtlsRole;
use motet_dtls::{Certificate, HANDSHAKE_TIMEOUT};

use peers::{DimplPeer, Identity, Offer, Ours, Peer, run};

/// More than any handshake here takes without loss.
const DATAGRAMS: usize = 8;

/// Our role, and what the other end speaks.
const CASES: [(DtlsRole, Offer); 3] =
    [(DtlsRole::Server, Offer::V1_2), (DtlsRole::Server, Offer::V1_3), (DtlsRole::Client, Offer::V1_2)];

fn pair(ours: DtlsRole, offer: Offer, now: Instant) -> (Ours, DimplPeer) {
    let other = if ours == DtlsRole::Server { DtlsRole::Client } else { DtlsRole::Server };
    let identity = Identity::ecdsa();
    let peer = DimplPeer::new(&identity, other, offer, now);
    (Ours::new(&Certificate::generate().unwrap(), ours, &identity.fingerprint(), now), peer)
}

/// How long the handshake takes; panics if it fails.
fn time_to_connect(role: DtlsRole, offer: Offer, loss: &mut dyn FnMut(bool, usize) -> bool) -> Duration {
    let start = Instant::now();
    let (mut ours, mut peer) = pair(role, offer, start);
    let end = run(&mut ours, &mut peer, start, HANDSHAKE_TIMEOUT, loss);
    assert!(ours.keys().is_some(), "ours: {:?}, {:?}", ours.dtls, ours.error);
    assert_eq!(ours.keys(), peer.keys(), "theirs: {:?}", peer.error);
    end - start
}

#[test]
fn any_one_lost_datagram_costs_less_than_two_seconds() {
    for (role, offer) in CASES {
        for lost_from_us in [true, false] {
            for lost in 0..DATAGRAMS {
                let took = time_to_connect(role, offer, &mut |from_us, number| {
                    from_us == lost_from_us && number == lost
                });
                assert!(took < Duration::from_secs(2), "{role:?} {offer:?} {lost_from_us} {lost}: {took:?}");
            }
        }
    }
}

#[test]
fn our_own_flight_goes_again_after_a_quarter_of_a_second() {
    let start = Instant::now();
    let certificate = Certificate::generate().unwrap();
    let mut ours = Ours::new(&certificate, DtlsRole::Client, &Identity::ecdsa().fingerprint(), start);
    let mut datagram = Vec::new();
    assert!(ours.send(&mut datagram));
    let first = datagram.clone();
    assert_eq!(ours.next_tick(), Some(start + Duration::from_millis(250)));

    ours.tick(start + Duration::from_millis(249));
    assert!(!ours.send(&mut datagram));
    ours.tick(start + Duration::from_millis(250));
    assert!(ours.send(&mut datagram));
    assert_ne!(first[5..11], datagram[5..11], "under another record number");
    assert_eq!(first[13..], datagram[13..]);
    assert_eq!(ours.next_tick(), Some(start + Duration::from_millis(750)));
}

#[test]
fn a_peer_who_never_answers_is_given_up_at_the_deadline() {
    for role in [DtlsRole::Client, DtlsRole::Server] {
        let start = Instant::now();
        let certificate = Certificate::generate().unwrap();
        let mut ours = Ours::new(&certificate, role, &Identity::ecdsa().fingerprint(), start);
        let mut flights = 0;
        while ours.error.is_none() {
            let at = ours.next_tick().unwrap();
            assert!(at <= start + HANDSHAKE_TIMEOUT);
            ours.tick(at);
            flights += usize::from(ours.send(&mut Vec::new()));
        }
        assert_eq!(ours.error, Some(motet_dtls::DtlsError::Timeout));
        assert_eq!(ours.next_tick(), None);
        assert!(flights < 15, "{flights}");
    }
}

/// Every way to lose some of the first six datagrams: nothing that a handshake waits for is sent only once. Six, since the other end's
/// sixth repetition comes after 19 of the 30 seconds; with losses that go on at random there is always a pattern that outlasts it.
#[test]
fn whatever_is_lost_of_the_first_six_datagrams_goes_again() {
    for (role, offer) in CASES {
        for lost in 0_u32..1 << 6 {
            let mut sent = 0;
            let mut is_lost = |_: bool, _: usize| {
                sent += 1;
                sent <= 6 && lost >> (sent - 1) & 1 == 1
            };
            let took = time_to_connect(role, offer, &mut is_lost);
            assert!(took < HANDSHAKE_TIMEOUT, "{role:?} {offer:?} {lost:06b}: {took:?}");
        }
    }
}
