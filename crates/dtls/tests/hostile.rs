//! What forged, false and senseless datagrams may not do.

mod peers;

use std::time::{Duration, Instant};

use motet_control::{DtlsRole, Fingerprint, FingerprintHash};
use motet_dtls::{Certificate, DtlsError, Event};
use proptest::prelude::*;

use peers::{DimplPeer, Identity, Offer, OpensslPeer, Ours, Peer, run};

const ALERT: [u8; 15] = [21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 9, 0, 2, 2, 40];

fn shake(ours: &mut Ours, peer: &mut dyn Peer) -> Instant {
    run(ours, peer, Instant::now(), Duration::from_secs(30), &mut |_, _| false)
}

fn server(peer: &Fingerprint) -> Ours {
    Ours::new(&Certificate::generate().unwrap(), DtlsRole::Server, peer, Instant::now())
}

fn dimpl_client(identity: &Identity, offer: Offer) -> DimplPeer {
    DimplPeer::new(identity, DtlsRole::Client, offer, Instant::now())
}

/// A connected pair of each library.
fn connected() -> Vec<(Ours, DimplPeer, Instant)> {
    let pairs = [Offer::V1_2, Offer::V1_3].map(|offer| {
        let identity = Identity::ecdsa();
        let (mut ours, mut peer) = (server(&identity.fingerprint()), dimpl_client(&identity, offer));
        let now = shake(&mut ours, &mut peer);
        assert!(ours.dtls.is_connected());
        (ours, peer, now)
    });
    pairs.into_iter().collect()
}

fn assert_they_still_hear_each_other(ours: &mut Ours, peer: &mut DimplPeer, now: Instant) {
    ours.say(now, b"still here");
    peer.say(now, b"me too");
    run(ours, peer, now, Duration::ZERO, &mut |_, _| false);
    assert_eq!(ours.messages().last().map(Vec::as_slice), Some(&b"me too"[..]));
    assert_eq!(peer.messages().last().map(Vec::as_slice), Some(&b"still here"[..]));
}

#[test]
fn another_certificate_than_announced_gets_no_keys() {
    let announced = Identity::ecdsa().fingerprint();
    for offer in [Offer::V1_2, Offer::V1_3] {
        let mut ours = server(&announced);
        shake(&mut ours, &mut dimpl_client(&Identity::ecdsa(), offer));
        assert_eq!(ours.error, Some(DtlsError::FingerprintMismatch), "{offer:?}");
        assert_eq!(ours.events, [], "{offer:?}");
        assert!(!ours.dtls.is_connected());
    }
    let certificate = Certificate::generate().unwrap();
    let mut ours = Ours::new(&certificate, DtlsRole::Client, &announced, Instant::now());
    shake(&mut ours, &mut OpensslPeer::new(Some(&Identity::rsa()), DtlsRole::Server));
    assert_eq!((ours.error, ours.events), (Some(DtlsError::FingerprintMismatch), vec![]));
}

#[test]
fn one_of_several_fingerprints_suffices() {
    let identity = Identity::ecdsa();
    let wrong = Fingerprint { hash: FingerprintHash::Sha512, digest: vec![0; 64] };
    let announced = vec![wrong, identity.fingerprint()];
    let now = Instant::now();
    let dtls =
        motet_dtls::Dtls::new(&Certificate::generate().unwrap(), DtlsRole::Server, announced, now).unwrap();
    let mut ours = Ours { dtls, role: DtlsRole::Server, events: vec![], error: None };
    shake(&mut ours, &mut dimpl_client(&identity, Offer::V1_3));
    assert!(ours.dtls.is_connected());
}

#[test]
fn a_client_without_a_certificate_is_refused() {
    let mut ours = server(&Identity::ecdsa().fingerprint());
    shake(&mut ours, &mut OpensslPeer::new(None, DtlsRole::Client));
    assert!(matches!(ours.error, Some(DtlsError::Handshake(_))), "{:?}", ours.error);
    assert_eq!(ours.events, []);
}

#[test]
fn a_peer_without_srtp_is_refused() {
    let identity = Identity::ecdsa();
    let mut ours = server(&identity.fingerprint());
    shake(&mut ours, &mut OpensslPeer::with_profiles(Some(&identity), DtlsRole::Client, None));
    assert_eq!((ours.error, ours.events), (Some(DtlsError::NoSrtpProfile), vec![]));
}

#[test]
fn each_profile_is_taken_from_a_peer_that_has_no_other() {
    for name in ["SRTP_AES128_CM_SHA1_80", "SRTP_AEAD_AES_128_GCM", "SRTP_AEAD_AES_256_GCM"] {
        let identity = Identity::ecdsa();
        let mut ours = server(&identity.fingerprint());
        let mut peer = OpensslPeer::with_profiles(Some(&identity), DtlsRole::Client, Some(name));
        shake(&mut ours, &mut peer);
        assert!(ours.keys().is_some(), "{name}");
        assert_eq!(ours.keys(), peer.keys());
    }
}

#[test]
fn junk_and_forgeries_do_not_end_a_connected_association() {
    for (mut ours, mut peer, now) in connected() {
        let forged_data = [&[23, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 99, 0, 40][..], &[0xab; 40]].concat();
        let renegotiation =
            [22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 1, 0, 0, 12, 1, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0];
        let next_epoch = [&[22, 0xfe, 0xfd, 0, 2, 0, 0, 0, 0, 0, 99, 0, 40][..], &[0xab; 40]].concat();
        let ciphertext_1_3 = [&[0x2f, 0, 9, 0, 40][..], &[0xcd; 40]].concat();
        for junk in
            [&[][..], &[22], &[0xff; 200], &ALERT, &forged_data, &renegotiation, &next_epoch, &ciphertext_1_3]
        {
            let ignored = ours.dtls.ignored();
            for _ in 0..200 {
                ours.receive(now, junk);
            }
            assert_eq!(ours.error, None, "{junk:?}");
            assert_eq!(ours.dtls.ignored() - ignored, 200, "{junk:?}");
        }
        assert_they_still_hear_each_other(&mut ours, &mut peer, now);
    }
}

#[test]
fn a_replayed_handshake_does_not_disturb_a_connected_association() {
    for offer in [Offer::V1_2, Offer::V1_3] {
        let identity = Identity::ecdsa();
        let (mut ours, mut peer) = (server(&identity.fingerprint()), dimpl_client(&identity, offer));
        let mut recorded = Vec::new();
        let now = Instant::now();
        for _ in 0..6 {
            let mut datagram = Vec::new();
            while peer.send(&mut datagram) {
                recorded.push(datagram.clone());
                ours.receive(now, &datagram);
            }
            while ours.send(&mut datagram) {
                peer.receive(now, &datagram);
            }
        }
        assert!(ours.dtls.is_connected());
        for datagram in recorded.iter().cycle().take(200) {
            ours.receive(now, datagram);
        }
        assert_eq!(ours.error, None);
        assert_they_still_hear_each_other(&mut ours, &mut peer, now);
    }
}

#[test]
fn hellos_that_no_library_takes_are_forgotten() {
    let now = Instant::now();
    for offer in [Offer::V1_2, Offer::V1_3] {
        let identity = Identity::ecdsa();
        let (mut ours, mut peer) = (server(&identity.fingerprint()), dimpl_client(&identity, offer));
        // Complete and well-formed, but with one cipher suite that nobody has; 1.2 and 1.3.
        for extensions in [&[0, 0][..], &[0, 7, 0, 43, 0, 3, 2, 0xfe, 0xfc]] {
            let body = [&[0xfe, 0xfd][..], &[1; 32], &[0, 0, 0, 2, 0x77, 0x77, 1, 0], extensions].concat();
            let len = body.len() as u8;
            let header =
                [22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, len + 12, 1, 0, 0, len, 0, 0, 0, 0, 0, 0, 0, len];
            ours.receive(now, &[&header[..], &body].concat());
            assert_eq!(ours.error, None);
        }
        while ours.send(&mut Vec::new()) {}
        shake(&mut ours, &mut peer);
        assert!(ours.dtls.is_connected(), "{offer:?} {:?} {:?}", ours.error, peer.error);
    }
}

#[test]
fn endless_bad_hellos_end_the_association() {
    let mut ours = server(&Identity::ecdsa().fingerprint());
    let now = Instant::now();
    let body = [&[0xfe, 0xfd][..], &[1; 32], &[0, 0, 0, 2, 0x77, 0x77, 1, 0, 0, 0]].concat();
    let len = body.len() as u8;
    let header =
        [22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, len + 12, 1, 0, 0, len, 0, 0, 0, 0, 0, 0, 0, len];
    for _ in 0..100 {
        ours.receive(now, &[&header[..], &body].concat());
    }
    assert!(matches!(ours.error, Some(DtlsError::Handshake(_))));
}

#[test]
fn a_forged_alert_does_not_end_a_handshake_and_a_true_one_does_soon() {
    for offer in [Offer::V1_2, Offer::V1_3] {
        let identity = Identity::ecdsa();
        let (mut ours, mut peer) = (server(&identity.fingerprint()), dimpl_client(&identity, offer));
        let now = Instant::now();
        let mut datagram = Vec::new();
        ours.receive(now, &ALERT);
        while peer.send(&mut datagram) {
            ours.receive(now, &datagram);
        }
        ours.receive(now, &ALERT);
        assert_eq!(ours.error, None);
        shake(&mut ours, &mut peer);
        assert!(ours.dtls.is_connected(), "{offer:?}");
    }
    let mut ours = Ours::new(
        &Certificate::generate().unwrap(),
        DtlsRole::Client,
        &Identity::ecdsa().fingerprint(),
        Instant::now(),
    );
    let now = Instant::now();
    ours.receive(now, &ALERT);
    ours.tick(now + Duration::from_millis(1999));
    assert_eq!(ours.error, None);
    ours.tick(now + Duration::from_secs(2));
    assert!(
        matches!(&ours.error, Some(DtlsError::Handshake(text)) if text.contains("40")),
        "{:?}",
        ours.error
    );
}

#[test]
fn junk_between_all_flights_does_not_end_a_handshake() {
    for offer in [Offer::V1_2, Offer::V1_3] {
        let identity = Identity::ecdsa();
        let (mut ours, mut peer) = (server(&identity.fingerprint()), dimpl_client(&identity, offer));
        let now = Instant::now();
        let junk: [&[u8]; 6] = [
            &[],
            &[0x2f; 60],
            &[22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 50, 0, 4, 1, 2, 3, 4],
            // A ServerHello to the server, a hello out of turn, an early Finished.
            &[22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 51, 0, 13, 2, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 1, 9],
            &[22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 52, 0, 13, 1, 0, 0, 1, 0, 5, 0, 0, 0, 0, 0, 1, 9],
            &[22, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 53, 0, 13, 2, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 1, 9],
        ];
        for _ in 0..6 {
            junk.iter().for_each(|junk| ours.receive(now, junk));
            let mut datagram = Vec::new();
            while peer.send(&mut datagram) {
                ours.receive(now, &datagram);
            }
            junk.iter().for_each(|junk| ours.receive(now, junk));
            while ours.send(&mut datagram) {
                peer.receive(now, &datagram);
            }
        }
        assert_eq!(ours.error, None, "{offer:?}");
        shake(&mut ours, &mut peer);
        assert!(ours.dtls.is_connected(), "{offer:?}");
    }
}

#[test]
fn closing_is_told_in_both_directions() {
    for (mut ours, mut peer, now) in connected() {
        peer.close();
        run(&mut ours, &mut peer, now, Duration::ZERO, &mut |_, _| false);
        assert_eq!(ours.events.last(), Some(&Event::Closed));
        assert!(!ours.dtls.is_connected());
    }
    for (mut ours, mut peer, now) in connected() {
        ours.dtls.close();
        run(&mut ours, &mut peer, now, Duration::ZERO, &mut |_, _| false);
        assert!(peer.is_closed);
        assert!(ours.dtls.send_application_data(now, b"x").is_err());
    }
}

#[test]
fn a_caller_who_does_not_drain_loses_data_and_keeps_the_association() {
    for (mut ours, mut peer, now) in connected() {
        for _ in 0..1000 {
            ours.dtls.send_application_data(now, &[1; 1000]).unwrap();
        }
        let mut kept = 0;
        while ours.send(&mut Vec::new()) {
            kept += 1;
        }
        assert!(kept <= motet_dtls::DATAGRAMS_MAX);
        assert_they_still_hear_each_other(&mut ours, &mut peer, now);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Single bits flipped in any one datagram of the peer: the handshake may fail, but only by an error.
    #[test]
    fn damaged_datagrams_never_panic(
        offer in prop::sample::select(&[Offer::V1_2, Offer::V1_3][..]),
        damaged in 0_usize..4,
        flips in prop::collection::vec(any::<prop::sample::Index>(), 1..4),
    ) {
        let identity = Identity::ecdsa();
        let (mut ours, mut peer) = (server(&identity.fingerprint()), dimpl_client(&identity, offer));
        let now = Instant::now();
        let mut count = 0;
        for _ in 0..4 {
            let mut datagram = Vec::new();
            while peer.send(&mut datagram) {
                if count == damaged {
                    for flip in &flips {
                        let bit = flip.index(datagram.len() * 8);
                        datagram[bit / 8] ^= 1 << (bit % 8);
                    }
                }
                count += 1;
                ours.receive(now, &datagram);
            }
            while ours.send(&mut datagram) {
                peer.receive(now, &datagram);
            }
        }
    }
}
