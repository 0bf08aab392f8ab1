//! Permissions, channels, Send and Data (RFC 8656 sections 9 to 12), and what they cost.

mod world;

use std::time::Duration;

use motet_turn::{ClientProtocol, DropReason, FromClient, Refusal};
use world::message::Message;
use world::{Client, World, addr, attribute, method, settings, socket, udp};

const PEER: &str = "9.9.9.9:5000";

fn allocated(protocol: ClientProtocol) -> (World, Client, std::net::SocketAddr) {
    let mut world = World::new(settings());
    let mut anna = Client::anna(socket(protocol, "198.51.100.1:4000"));
    let relayed = anna.allocate(&mut world);
    (world, anna, relayed)
}

#[test]
fn nothing_passes_without_a_permission_and_all_ports_pass_with_one() {
    let (mut world, mut anna, relayed) = allocated(ClientProtocol::Udp);
    assert_eq!(anna.send(&mut world, addr(PEER), b"hello"), None);
    assert_eq!(world.peer_sends(relayed, addr(PEER), 5), None);
    assert_eq!(world.server.counters().dropped(DropReason::NoPermission), 2);
    assert_eq!(anna.permit(&mut world, &[addr("9.9.9.9:0")]), 0);
    assert_eq!(anna.send(&mut world, addr(PEER), b"hello"), Some((addr(PEER), b"hello".to_vec())));
    assert!(world.peer_sends(relayed, addr("9.9.9.9:1"), 5).is_some());
    assert_eq!(world.peer_sends(relayed, addr("9.9.9.8:5000"), 5), None);
    world.advance(Duration::from_secs(300));
    assert_eq!(anna.send(&mut world, addr(PEER), b"hello"), None, "five minutes are over");
    assert_eq!(world.peer_sends(relayed, addr(PEER), 5), None);
}

#[test]
fn a_data_indication_names_the_peer_and_is_padded() {
    for peer in [PEER, "[2606:4700::1]:53"] {
        let mut world = World::new(settings());
        let mut anna = Client::anna(udp("198.51.100.1:4000"));
        let request = anna.allocate_request().with(attribute::ADDITIONAL_FAMILY, &[2, 0, 0, 0]);
        assert!(anna.ask(&mut world, request).is_success());
        let bound = world.server.relayed(anna.socket);
        assert_eq!(anna.permit(&mut world, &[addr(peer)]), 0);
        let relayed = *bound.iter().find(|bound| bound.is_ipv4() == addr(peer).is_ipv4()).unwrap();
        let to_client = world.peer_sends(relayed, addr(peer), 5).unwrap();
        assert_eq!((to_client.client, to_client.padding), (anna.socket, 3));
        let mut bytes = to_client.prefix.as_bytes().to_vec();
        bytes.extend_from_slice(b"hello\0\0\0");
        let indication = world::Answer::read(to_client.client, bytes);
        assert_eq!(indication.bytes[..2], [0x00, 0x17]);
        assert_eq!(indication.address(attribute::PEER), Some(addr(peer)));
        assert_eq!(indication.get(attribute::DATA), Some(&b"hello"[..]));
    }
}

#[test]
fn a_channel_carries_both_ways_and_brings_its_permission() {
    for (protocol, padding) in [(ClientProtocol::Udp, 0), (ClientProtocol::Dtls, 0), (ClientProtocol::Tls, 3)]
    {
        let (mut world, mut anna, relayed) = allocated(protocol);
        assert_eq!(anna.bind(&mut world, 0x4001, addr(PEER)), 0);
        assert_eq!(anna.send_on(&mut world, 0x4001, b"hello"), Some((addr(PEER), b"hello".to_vec())));
        assert_eq!(anna.send_on(&mut world, 0x4001, b""), Some((addr(PEER), Vec::new())));
        let to_client = world.peer_sends(relayed, addr(PEER), 5).unwrap();
        assert_eq!(to_client.prefix.as_bytes(), [0x40, 0x01, 0, 5]);
        assert_eq!(to_client.padding, padding);
        let other_port = world.peer_sends(relayed, addr("9.9.9.9:5001"), 5).unwrap();
        assert_eq!(other_port.prefix.as_bytes()[..2], [0x00, 0x17], "another port has no channel");
    }
}

#[test]
fn a_channel_lives_longer_than_its_permission_and_is_silent_without() {
    let (mut world, mut anna, relayed) = allocated(ClientProtocol::Udp);
    anna.bind(&mut world, 0x4001, addr(PEER));
    world.advance(Duration::from_secs(300));
    assert_eq!(anna.send_on(&mut world, 0x4001, b"hello"), None);
    assert_eq!(world.peer_sends(relayed, addr(PEER), 5), None);
    anna.permit(&mut world, &[addr(PEER)]);
    assert!(anna.send_on(&mut world, 0x4001, b"hello").is_some());
    world.advance(Duration::from_secs(299));
    assert!(anna.refresh(&mut world, 600).is_success());
    world.advance(Duration::from_secs(1));
    anna.permit(&mut world, &[addr(PEER)]);
    assert_eq!(anna.send_on(&mut world, 0x4001, b"hello"), None, "ten minutes are over");
    assert_eq!(world.server.counters().dropped(DropReason::NoChannel), 1);
}

#[test]
fn a_number_has_one_peer_and_a_peer_one_number_until_they_run_out() {
    let (mut world, mut anna, _) = allocated(ClientProtocol::Udp);
    assert_eq!(anna.bind(&mut world, 0x4001, addr(PEER)), 0);
    assert_eq!(anna.bind(&mut world, 0x4001, addr(PEER)), 0, "again is a refresh");
    assert_eq!(anna.bind(&mut world, 0x4001, addr("9.9.9.9:5001")), 400);
    assert_eq!(anna.bind(&mut world, 0x4002, addr(PEER)), 400);
    anna.refresh(&mut world, 3600);
    world.advance(Duration::from_secs(600));
    assert_eq!(anna.bind(&mut world, 0x4002, addr(PEER)), 0);
    assert_eq!(anna.bind(&mut world, 0x4001, addr("9.9.9.9:5001")), 0);
}

#[test]
fn a_permission_request_is_done_wholly_or_not_at_all() {
    let (mut world, mut anna, _) = allocated(ClientProtocol::Udp);
    assert_eq!(anna.permit(&mut world, &[addr(PEER), addr("127.0.0.1:1")]), 403);
    assert_eq!(anna.permit(&mut world, &[addr(PEER), addr("[2606:4700::1]:1")]), 443);
    assert_eq!(anna.permit(&mut world, &[]), 400);
    assert_eq!(anna.send(&mut world, addr(PEER), b"hello"), None);
    assert_eq!(world.server.counters().refused(Refusal::Loopback), 1);
    assert_eq!(anna.permit(&mut world, &[addr(PEER), addr("9.9.9.8:1"), addr(PEER)]), 0);
    assert!(anna.send(&mut world, addr("9.9.9.8:7"), b"hello").is_some());
}

#[test]
fn a_send_indication_asks_not_to_be_fragmented_and_what_is_not_understood_is_dropped() {
    let (mut world, mut anna, _) = allocated(ClientProtocol::Udp);
    anna.permit(&mut world, &[addr(PEER)]);
    let send = || Message::indication(method::SEND, 9).with_peer(addr(PEER));
    let whole = send().with(attribute::DATA, b"x").with(attribute::DONT_FRAGMENT, &[]).with_fingerprint();
    match world.give(anna.socket, &whole.0) {
        FromClient::ToPeer { dont_fragment, payload, .. } => {
            assert!(dont_fragment && whole.0[payload] == *b"x")
        }
        other => panic!("{other:?}"),
    }
    for message in [send(), send().with(attribute::DATA, b"x").with(0x7001, &[0; 4])] {
        assert_eq!(world.give(anna.socket, &message.0), FromClient::Nothing);
    }
    assert!(world.answers.is_empty());
}

#[test]
fn an_icmp_error_of_a_peer_is_told() {
    let (mut world, mut anna, relayed) = allocated(ClientProtocol::Udp);
    let relay = *world.relays.iter().find(|(_, bound)| **bound == relayed).unwrap().0;
    let now = world.now;
    world.server.handle_peer_icmp(now, relay, addr(PEER), (3, 4), 1280);
    world.settle();
    assert!(world.answers.is_empty(), "no permission");
    anna.permit(&mut world, &[addr(PEER)]);
    world.server.handle_peer_icmp(now, relay, addr(PEER), (5, 0), 0);
    world.settle();
    assert!(world.answers.is_empty(), "a redirect is none of the client's");
    world.server.handle_peer_icmp(now, relay, addr(PEER), (3, 4), 1280);
    world.settle();
    let told = world.answer();
    assert_eq!(told.address(attribute::PEER), Some(addr(PEER)));
    assert_eq!(told.get(attribute::ICMP), Some(&[0, 0, 6, 4, 0, 0, 5, 0][..]));
}
