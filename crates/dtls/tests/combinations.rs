//! Both roles against each library, version and kind of certificate: keys agree and messages pass.

mod peers;

use std::time::Instant;

use motet_control::{DtlsRole, FingerprintHash};
use motet_dtls::{Certificate, SrtpProfile};

use peers::{DimplPeer, Identity, Offer, OpensslPeer, Ours, Peer, connect, run};

fn ours(role: DtlsRole, peer: &Identity) -> Ours {
    Ours::new(&Certificate::generate().unwrap(), role, &peer.fingerprint(), Instant::now())
}

#[test]
fn a_dtls_1_2_client_with_an_rsa_certificate_connects() {
    let identity = Identity::rsa();
    let keys = connect(
        &mut ours(DtlsRole::Server, &identity),
        &mut OpensslPeer::new(Some(&identity), DtlsRole::Client),
    );
    assert_eq!(keys.0, SrtpProfile::AeadAes128Gcm, "the cheapest profile that both have");
}

#[test]
fn a_dtls_1_2_client_with_an_ecdsa_certificate_connects() {
    let identity = Identity::ecdsa();
    connect(&mut ours(DtlsRole::Server, &identity), &mut OpensslPeer::new(Some(&identity), DtlsRole::Client));
}

#[test]
fn we_connect_to_a_server_with_an_rsa_certificate() {
    let identity = Identity::rsa();
    connect(&mut ours(DtlsRole::Client, &identity), &mut OpensslPeer::new(Some(&identity), DtlsRole::Server));
}

#[test]
fn we_connect_to_a_server_with_an_ecdsa_certificate() {
    let identity = Identity::ecdsa();
    connect(&mut ours(DtlsRole::Client, &identity), &mut OpensslPeer::new(Some(&identity), DtlsRole::Server));
}

#[test]
fn a_client_of_each_offer_connects_over_dimpl_or_openssl() {
    for offer in [Offer::V1_2, Offer::V1_3, Offer::Both] {
        let identity = Identity::ecdsa();
        let mut client = DimplPeer::new(&identity, DtlsRole::Client, offer, Instant::now());
        let keys = connect(&mut ours(DtlsRole::Server, &identity), &mut client);
        let expected =
            if offer == Offer::V1_2 { SrtpProfile::AeadAes128Gcm } else { SrtpProfile::AeadAes256Gcm };
        assert_eq!(keys.0, expected, "{offer:?}: ours chooses in 1.2, dimpl takes the client's first in 1.3");
    }
}

#[test]
fn we_connect_to_a_dimpl_server() {
    for offer in [Offer::V1_2, Offer::Both] {
        let identity = Identity::ecdsa();
        let mut server = DimplPeer::new(&identity, DtlsRole::Server, offer, Instant::now());
        connect(&mut ours(DtlsRole::Client, &identity), &mut server);
    }
}

#[test]
fn a_hello_in_fragments_is_put_together_for_either_library() {
    for offer in [Offer::V1_2, Offer::V1_3, Offer::Both] {
        let identity = Identity::ecdsa();
        let mut client = DimplPeer::with_mtu(&identity, DtlsRole::Client, offer, 128, Instant::now());
        connect_quietly(&mut ours(DtlsRole::Server, &identity), &mut client);
    }
}

/// As Chromium's with a post-quantum key share.
#[test]
fn a_hello_of_two_datagrams_is_put_together_for_either_library() {
    let identity = Identity::ecdsa();
    let many_protocols = [[15; 16]; 100].concat();
    let mut client = OpensslPeer::with_protocols(&identity, DtlsRole::Client, &many_protocols);
    connect(&mut ours(DtlsRole::Server, &identity), &mut client);

    // dimpl fills its hello up to the MTU; here it is cut in two by hand.
    let now = Instant::now();
    let mut client = DimplPeer::with_mtu(&identity, DtlsRole::Client, Offer::Both, 2000, now);
    let mut server = ours(DtlsRole::Server, &identity);
    let mut hello = Vec::new();
    assert!(client.send(&mut hello));
    assert_eq!(hello.len(), 2000);
    for half in [second_half(&hello), first_half(&hello)] {
        server.receive(now, &half);
    }
    connect_quietly(&mut server, &mut client);
}

/// Where the hello's body is cut; the headers before it have 13 and 12 bytes.
const CUT: usize = 1000;

fn first_half(hello: &[u8]) -> Vec<u8> {
    let mut half = hello[..25 + CUT].to_vec();
    half[11..13].copy_from_slice(&(12 + CUT as u16).to_be_bytes());
    half[23..25].copy_from_slice(&(CUT as u16).to_be_bytes());
    half
}

fn second_half(hello: &[u8]) -> Vec<u8> {
    let body = &hello[25 + CUT..];
    let mut half = [&hello[..25], body].concat();
    half[10] += 1;
    half[11..13].copy_from_slice(&(12 + body.len() as u16).to_be_bytes());
    half[20..22].copy_from_slice(&(CUT as u16).to_be_bytes());
    half[23..25].copy_from_slice(&(body.len() as u16).to_be_bytes());
    half
}

/// Messages of full size do not fit a small MTU's peer.
fn connect_quietly(first: &mut dyn Peer, second: &mut dyn Peer) {
    run(first, second, Instant::now(), motet_dtls::HANDSHAKE_TIMEOUT, &mut |_, _| false);
    assert!(first.keys().is_some());
    assert_eq!(first.keys(), second.keys());
}

#[test]
fn our_own_rsa_certificate_serves_in_both_roles() {
    let (own, peer) = (Identity::rsa(), Identity::ecdsa());
    for role in [DtlsRole::Server, DtlsRole::Client] {
        let other = if role == DtlsRole::Server { DtlsRole::Client } else { DtlsRole::Server };
        let mut ours = Ours::new(&own.certificate(), role, &peer.fingerprint(), Instant::now());
        connect(&mut ours, &mut OpensslPeer::new(Some(&peer), other));
    }
}

#[test]
fn our_own_certificate_may_be_given_as_pem() {
    let (own, peer) = (Identity::ecdsa(), Identity::ecdsa());
    assert_eq!(own.certificate().fingerprint(FingerprintHash::Sha256), own.fingerprint());
    let mut ours = Ours::new(&own.certificate(), DtlsRole::Server, &peer.fingerprint(), Instant::now());
    connect(&mut ours, &mut DimplPeer::new(&peer, DtlsRole::Client, Offer::V1_3, Instant::now()));
}

#[test]
fn two_of_ours_connect() {
    let (one, two) = (Certificate::generate().unwrap(), Certificate::generate().unwrap());
    for hash in [FingerprintHash::Sha256, FingerprintHash::Sha384, FingerprintHash::Sha512] {
        let now = Instant::now();
        let mut client = Ours::new(&one, DtlsRole::Client, &two.fingerprint(hash), now);
        let mut server = Ours::new(&two, DtlsRole::Server, &one.fingerprint(hash), now);
        connect(&mut client, &mut server);
    }
}
