//! What the network says, told to clients: ICMP, and how long a datagram may be that is not to be cut.

use std::net::SocketAddr;

use motet_relay::protocol::RelayIp;

use crate::client::{Client, Peer, read, relay_both_ways};
use crate::message::attribute;
use crate::pipes::{Streamed, tcp};
use crate::stage::{Stage, dropped};

/// An address that nobody listens at.
fn nobody() -> SocketAddr {
    Peer::new().addr()
}

#[test]
fn a_client_is_told_that_nobody_listens_at_a_peers_port() {
    let stage = Stage::new();
    let mut client = Client::udp(stage.addr());
    client.allocate();
    let nobody = nobody();
    assert_eq!(client.permit(nobody), 0);
    client.send(nobody, b"hello", false);
    let told = read(client.receive());
    assert_eq!(told.address(attribute::PEER), Some(nobody));
    // Type 3 in seven bits, code 3 in nine: destination unreachable, port unreachable (RFC 8656 section 18.13).
    assert_eq!(told.get(attribute::ICMP), Some(&[0, 0, 3 << 1, 3, 0, 0, 0, 0][..]));
    assert_eq!(told.get(attribute::DATA), None);
}

#[test]
fn who_sends_to_nobody_harms_no_datagram_and_is_told_seldom() {
    let stage = Stage::new();
    let (mut client, mut neighbour) = (Client::udp(stage.addr()), Client::udp(stage.addr()));
    let (peer, nobody) = (Peer::new(), nobody());
    let relayed = client.allocate();
    assert_eq!((client.permit(nobody), client.bind(peer.addr())), (0, 0));
    let relayed_of_neighbour = neighbour.allocate();
    assert_eq!(neighbour.bind(peer.addr()), 0);
    for round in 0..100_u8 {
        client.send(nobody, b"hello", false);
        client.send_on_channel(&[round]);
        assert_eq!(peer.receive(), (relayed, vec![round]), "nothing is lost for other peers");
    }
    relay_both_ways(&mut neighbour, &peer, relayed_of_neighbour);
    stage.wait_for("most is not told", |counters| dropped(counters, "icmp_rate") > 0);
}

#[test]
fn a_datagram_that_is_not_to_be_cut_arrives_whole_or_the_client_learns_what_fits() {
    let local: SocketAddr = "[::1]:0".parse().unwrap();
    let Ok(peer) = std::net::UdpSocket::bind(local) else { return };
    peer.set_read_timeout(Some(crate::pipes::PATIENCE)).unwrap();
    let stage = Stage::with(|settings| {
        settings.server.relays = vec![RelayIp { bind: local.ip(), announce: None }];
    });
    // The longest datagrams are longer than what loopback takes at once, over IPv6; a stream carries such an indication.
    let mut client = Client::over(Streamed::over(tcp(stage.addr())));
    let answer = client.try_allocate(|request| request.with(attribute::REQUESTED_FAMILY, &[2, 0, 0, 0]));
    assert_eq!(answer.unwrap().code(), 0);
    let addr = peer.local_addr().unwrap();
    assert_eq!(client.permit(addr), 0);
    let long = [7; 65_500];
    client.send(addr, &long, true);
    let told = read(client.receive());
    assert_eq!(told.address(attribute::PEER), Some(addr));
    let icmp = told.get(attribute::ICMP).unwrap();
    assert_eq!(icmp[..4], [0, 0, 2 << 1, 0], "packet too big");
    let mtu = u32::from_be_bytes(icmp[4..].try_into().unwrap());
    assert!((1_280..65_548).contains(&mtu), "{mtu}");
    client.send(addr, b"short", true);
    client.send(addr, &long, false);
    let mut bytes = vec![0; 1 << 16];
    assert_eq!(peer.recv(&mut bytes).unwrap(), 5);
    assert_eq!(peer.recv(&mut bytes).unwrap(), long.len(), "cut and put together again");
}
