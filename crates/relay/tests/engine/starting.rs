//! Mistakes that stop the start, each in words that say what to change.

use std::net::{SocketAddr, TcpListener, UdpSocket};

use motet_relay::protocol::{RelayIp, Secret};
use motet_relay::{TurnServer, TurnSettings};

use crate::client::Client;
use crate::stage::settings;

/// What the start says.
fn said(change: impl FnOnce(&mut TurnSettings)) -> String {
    let mut settings = settings();
    change(&mut settings);
    match TurnServer::start(settings) {
        Ok(_) => panic!("it starts"),
        Err(error) => error.to_string(),
    }
}

fn loopback(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}

#[test]
fn a_port_that_somebody_has_is_named() {
    let udp = UdpSocket::bind(loopback(0)).unwrap();
    let tcp = TcpListener::bind(loopback(0)).unwrap();
    for threads in [1, 2] {
        for (protocol, addr) in [("UDP", udp.local_addr().unwrap()), ("TCP", tcp.local_addr().unwrap())] {
            let said = said(|settings| (settings.listen, settings.threads) = (vec![addr], threads));
            assert!(said.starts_with(&format!("cannot listen on {protocol} {addr}: ")), "{said}");
        }
    }
}

#[test]
fn a_port_of_another_turn_server_is_named_though_threads_could_share_it() {
    let mut shared = settings();
    shared.threads = 2;
    let first = TurnServer::start(shared).unwrap();
    let addr = first.listen_addrs()[0];
    let said = said(|settings| (settings.listen, settings.threads) = (vec![addr], 2));
    assert!(said.contains(&addr.to_string()), "{said}");
}

#[test]
fn an_address_of_another_machine_is_named() {
    let elsewhere = SocketAddr::from(([192, 0, 2, 1], 0));
    let listening = said(|settings| settings.listen = vec![elsewhere]);
    assert!(listening.starts_with("cannot listen on UDP 192.0.2.1:0: "), "{listening}");
    let relaying = said(|settings| settings.server.relays[0].bind = elsewhere.ip());
    assert!(relaying.starts_with("cannot relay from 192.0.2.1: "), "{relaying}");
}

#[test]
fn settings_that_make_no_sense_are_told_apart() {
    let wildcard = SocketAddr::from(([0, 0, 0, 0], 0));
    assert_eq!(said(|settings| settings.server.relays.clear()), "no relay address is given");
    let relays =
        said(|settings| settings.server.relays = vec![RelayIp { bind: wildcard.ip(), announce: None }]);
    assert_eq!(relays, "0.0.0.0 is no relay address: name one of this machine's own");
    assert_eq!(said(|settings| settings.server.secrets = vec![Secret::new("")]), "a secret is empty");
    let nobody = said(|settings| settings.server.users.clear());
    assert_eq!(nobody, "neither a secret nor a user is given: nobody could use the server");
    let password = said(|settings| settings.server.users[0].password = String::new().into());
    assert_eq!(password, "user \"anna\" has no name or no password");
    let listen =
        "a TURN server listens on at least one address of this machine, on none twice, and on no wildcard";
    assert_eq!(said(|settings| settings.listen.clear()), listen);
    assert_eq!(said(|settings| settings.listen = vec![wildcard]), listen);
    assert_eq!(said(|settings| settings.listen = vec![loopback(9), loopback(9)]), listen);
    assert_eq!(said(|settings| settings.threads = 257), "257 threads are too many: 256 at most");
}

#[test]
fn a_start_that_fails_leaves_every_port_free() {
    let taken = UdpSocket::bind(loopback(0)).unwrap();
    let free = UdpSocket::bind(loopback(0)).unwrap().local_addr().unwrap();
    said(|settings| settings.listen = vec![free, taken.local_addr().unwrap()]);
    let mut settings = settings();
    settings.listen = vec![free];
    let server = TurnServer::start(settings).expect("the port is free");
    Client::udp(server.listen_addrs()[0]).allocate();
    server.stop();
    UdpSocket::bind(free).expect("so it is after a stop");
}
