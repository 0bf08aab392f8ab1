//! Clients inside DTLS.

use std::net::UdpSocket;
use std::time::Duration;

use crate::client::{Client, Peer, relay_both_ways};
use crate::pipes::{Sealed, hello_with_cookie, socket};
use crate::stage::{Stage, dropped};

fn sealed(stage: &Stage) -> Client {
    Client::over(Sealed::handshake(socket(stage.addr()), &stage.certificate.pem).expect("a handshake"))
}

#[test]
fn a_client_allocates_and_is_relayed_inside_dtls() {
    let stage = Stage::new();
    let (mut client, peer) = (sealed(&stage), Peer::new());
    let relayed = client.allocate();
    assert_eq!(client.bind(peer.addr()), 0);
    relay_both_ways(&mut client, &peer, relayed);
    // Sizes about those of records and datagrams.
    for len in [0, 1, 3, 1_100, 1_199] {
        let payload = vec![len as u8; len];
        client.send_on_channel(&payload);
        assert_eq!(peer.receive(), (relayed, payload.clone()));
        peer.0.send_to(&payload, relayed).unwrap();
        assert_eq!(client.receive_on_channel(), payload);
    }
    stage.wait_for("it is counted", |counters| (counters.connections, counters.allocations) == (1, 1));
}

#[test]
fn a_goodbye_ends_the_tunnel_and_what_was_allocated_through_it() {
    let stage = Stage::new();
    let (mut stays, mut goes) = (sealed(&stage), sealed(&stage));
    stays.allocate();
    goes.allocate();
    stage.wait_for("both are there", |counters| (counters.connections, counters.allocations) == (2, 2));
    drop(goes);
    stage.wait_for("one has gone", |counters| (counters.connections, counters.allocations) == (1, 1));
    assert_eq!(stays.refresh(600), 0);
}

/// Begins a handshake and says no more.
pub(crate) fn begin_handshake(stage: &Stage) -> UdpSocket {
    let socket = socket(stage.addr());
    let hello = hello_with_cookie(&socket, &stage.certificate.pem);
    socket.send(&hello).unwrap();
    socket
}

#[test]
fn handshakes_that_are_not_finished_are_few_and_do_not_last() {
    let stage = Stage::with(|settings| {
        settings.server.quotas.half_open_per_address_max = 3;
        settings.server.lifetimes.half_open = Duration::from_secs(4);
    });
    let begun: Vec<UdpSocket> = (0..5).map(|_| begin_handshake(&stage)).collect();
    stage.wait_for("some are refused", |counters| dropped(counters, "half_open") > 0);
    stage.wait_for("the others are given up and counted", |counters| {
        let sum = dropped(counters, "half_open") + dropped(counters, "half_open_late");
        counters.connections == 0 && sum == begun.len() as u64
    });
    // There is room again.
    let mut client = sealed(&stage);
    client.allocate();
}

#[test]
fn tunnels_have_an_end_whoever_they_are_from() {
    let stage = Stage::with(|settings| settings.connections_max = 1);
    let mut client = sealed(&stage);
    client.allocate();
    let refused = begin_handshake(&stage);
    stage.wait_for("it is counted", |counters| dropped(counters, "dtls_full") == 1);
    assert_eq!(client.refresh(600), 0);
    drop(refused);
}

#[test]
fn what_is_no_hello_begins_nothing() {
    let stage = Stage::new();
    let socket = socket(stage.addr());
    let lengths = [1, 13, 25, 60, 1_200];
    for len in lengths {
        let mut garbage = vec![0x5a; len];
        garbage[0] = 22;
        socket.send(&garbage).unwrap();
    }
    stage.wait_for("each is counted", |counters| {
        dropped(counters, "dtls_failed") == lengths.len() as u64 && counters.connections == 0
    });
}
