//! Secrets and certificates that change while calls go on.

use motet_relay::protocol::{Secret, SettingsError};

use crate::client::{Client, Peer, relay_both_ways};
use crate::pipes::{Datagrams, Sealed, Streamed, socket, tls};
use crate::stage::{Certificate, Stage};

#[test]
fn secrets_change_and_no_allocation_ends() {
    let stage = Stage::with(|settings| settings.server.secrets = vec![Secret::new("old")]);
    let of = |secret: &str| Client::of_secret(Datagrams::to(stage.addr()), secret.as_bytes());
    let code = |mut client: Client| client.try_allocate(|request| request).unwrap().code();
    let (mut client, peer) = (of("old"), Peer::new());
    let relayed = client.allocate();
    assert_eq!(client.bind(peer.addr()), 0);
    assert_eq!(code(of("new")), 401);
    stage.server.set_secrets(&[Secret::new("new"), Secret::new("old")]).unwrap();
    assert_eq!((code(of("new")), code(of("old"))), (0, 0), "the one before is still good");
    stage.server.set_secrets(&[Secret::new("new")]).unwrap();
    assert_eq!((code(of("new")), code(of("old"))), (0, 401));
    relay_both_ways(&mut client, &peer, relayed);
    assert_eq!(client.refresh(600), 0, "the allocation outlives the secret of its credentials");
    relay_both_ways(&mut client, &peer, relayed);
}

#[test]
fn secrets_that_make_no_sense_change_nothing() {
    let stage = Stage::with(|settings| settings.server.secrets = vec![Secret::new("old")]);
    let empty = [Secret::new("new"), Secret::new("")];
    assert_eq!(stage.server.set_secrets(&empty), Err(SettingsError::EmptySecret));
    Client::of_secret(Datagrams::to(stage.addr()), b"old").allocate();
}

#[test]
fn certificates_change_and_no_connection_ends() {
    let stage = Stage::new();
    let (old, new) = (&stage.certificate, Certificate::new());
    let mut clients = [
        Client::over(Streamed::over(tls(stage.addr(), &old.der).unwrap())),
        Client::over(Sealed::handshake(socket(stage.addr()), &old.pem).unwrap()),
    ];
    let peer = Peer::new();
    let relayed = clients.each_mut().map(|client| {
        let relayed = client.allocate();
        assert_eq!(client.bind(peer.addr()), 0);
        relayed
    });
    stage.server.set_certificate(Some(new.tls()), Some(new.dtls()));
    for (client, relayed) in clients.iter_mut().zip(relayed) {
        relay_both_ways(client, &peer, relayed);
        assert_eq!(client.refresh(600), 0);
    }
    assert!(tls(stage.addr(), &old.der).is_err(), "the former is shown no more");
    assert!(Sealed::handshake(socket(stage.addr()), &old.pem).is_none());
    Client::over(Streamed::over(tls(stage.addr(), &new.der).unwrap())).allocate();
    Client::over(Sealed::handshake(socket(stage.addr()), &new.pem).unwrap()).allocate();
}
