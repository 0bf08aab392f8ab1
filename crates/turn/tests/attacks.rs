//! The known attacks on TURN servers, each by its name.

mod world;

use std::time::Duration;

use motet_turn::{ClientProtocol, DropReason, FromClient, Refusal, stream};
use world::message::{Message, channel_data};
use world::{Client, World, addr, allow, attribute, method, settings, settings_with, socket, udp};

const PEER: &str = "9.9.9.9:5000";

/// A client with an allocation of both families.
fn attacker() -> (World, Client) {
    let mut world = World::new(settings());
    let mut client = Client::participant(udp("198.51.100.66:4000"), "mallory");
    let request = client.allocate_request().with(attribute::ADDITIONAL_FAMILY, &[2, 0, 0, 0]);
    assert!(client.ask(&mut world, request).is_success());
    (world, client)
}

/// By permission, by channel and by indication: none may reach it.
fn cannot_reach(ip: &str, refusal: Refusal) {
    let (mut world, mut mallory) = attacker();
    let peer = std::net::SocketAddr::new(ip.parse().unwrap(), 80);
    assert_eq!(mallory.permit(&mut world, &[peer]), 403);
    assert_eq!(mallory.bind(&mut world, 0x4000, peer), 403);
    assert_eq!(mallory.send(&mut world, peer, b"GET / HTTP/1.0\r\n\r\n"), None);
    assert_eq!(mallory.send_on(&mut world, 0x4000, b"GET / HTTP/1.0\r\n\r\n"), None);
    assert_eq!(world.server.counters().refused(refusal), 2);
    assert_eq!(world.server.counters().dropped(DropReason::PeerRefused), 2);
}

#[test]
fn relay_to_127_0_0_1() {
    cannot_reach("127.0.0.1", Refusal::Loopback);
}

#[test]
fn relay_to_0_0_0_0() {
    cannot_reach("0.0.0.0", Refusal::Unspecified);
}

#[test]
fn relay_to_ipv6_loopback() {
    cannot_reach("::1", Refusal::Loopback);
}

#[test]
fn relay_to_ipv6_unspecified() {
    cannot_reach("::", Refusal::Unspecified);
}

#[test]
fn relay_to_ipv4_mapped_loopback() {
    cannot_reach("::ffff:127.0.0.1", Refusal::Loopback);
}

#[test]
fn relay_to_nat64_loopback() {
    cannot_reach("64:ff9b::7f00:1", Refusal::Loopback);
}

#[test]
fn relay_to_cloud_metadata() {
    cannot_reach("169.254.169.254", Refusal::CloudMetadata);
}

#[test]
fn relay_to_the_servers_own_listener() {
    let mut world = World::new(settings_with(|settings| {
        settings.peers.own = vec![addr("9.9.9.9:3478")];
    }));
    let mut mallory = Client::participant(udp("198.51.100.66:4000"), "mallory");
    mallory.allocate(&mut world);
    assert_eq!(mallory.permit(&mut world, &[addr("9.9.9.9:1")]), 0, "other relays live there");
    assert_eq!(mallory.send(&mut world, addr("9.9.9.9:3478"), b"x"), None);
    assert_eq!(mallory.bind(&mut world, 0x4000, addr("9.9.9.9:3478")), 403);
    assert!(mallory.send(&mut world, addr("9.9.9.9:50000"), b"x").is_some());
    let relayed = world.server.relayed(mallory.socket)[0];
    assert_eq!(world.peer_sends(relayed, addr("9.9.9.9:3478"), 10), None, "nor back");
}

#[test]
fn reflection_off_the_servers_answers() {
    // A spoofed source is a victim. What it is sent is bounded in size and in rate.
    let mut world = World::new(settings());
    let victim = "198.51.100.200:53";
    let mut client = Client::anna(udp(victim));
    let binding = Message::request(method::BINDING, 1);
    world.give(udp(victim), &binding.0);
    assert!(world.answer().bytes.len() <= binding.0.len() + 12, "one address more than the request");
    let allocate = client.allocate_request();
    let signed = client.sign(allocate.clone());
    for request in [allocate, signed] {
        world.give(udp(victim), &request.0);
        // Header, error, realm, nonce, algorithms: what RFC 8489 asks for, and nothing else.
        assert!(world.answer().bytes.len() <= 20 + 24 + 16 + 36 + 12);
    }
    let (mut sent, mut received) = (0, 0);
    for transaction in 0..10_000 {
        let request =
            Message::request(method::ALLOCATE, transaction).with(attribute::TRANSPORT, &[17, 0, 0, 0]);
        sent += request.0.len();
        world.give(udp(victim), &request.0);
        received += world.try_answer().map_or(0, |answer| answer.bytes.len());
    }
    assert!(received < sent / 4, "{received} bytes for {sent}");
    for bytes in [
        &[0x01, 0x01, 0, 0, 0x21, 0x12, 0xa4, 0x42, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0][..],
        b"junk",
        &[0; 100],
    ] {
        world.give(udp(victim), bytes);
        assert!(world.answers.is_empty(), "responses and junk are never answered");
    }
}

#[test]
fn reflection_between_two_relays() {
    // An answer to an answer would circle for ever: peers' bytes are never read as messages.
    let (mut world, mut mallory) = attacker();
    mallory.permit(&mut world, &[addr(PEER)]);
    let relayed = world.server.relayed(mallory.socket)[0];
    assert!(world.peer_sends(relayed, addr(PEER), 28).is_some());
    world.settle();
    assert!(world.answers.is_empty());
}

#[test]
fn allocation_exhaustion() {
    let mut world = World::new(settings_with(|settings| {
        settings.ports = 50_000..=50_199;
        settings.quotas.allocations_per_user_max = Some(10);
        settings.quotas.allocations_per_address_max = Some(50);
    }));
    let mut made = 0;
    for port in 1000..1200_u16 {
        let name = format!("mallory{}", port % 20);
        let mut client = Client::participant(udp(&format!("198.51.100.66:{port}")), &name);
        let request = client.allocate_request();
        made += usize::from(client.ask(&mut world, request).is_success());
    }
    assert_eq!(made, 50);
    let mut anna = Client::anna(udp("198.51.100.1:4000"));
    anna.allocate(&mut world);
}

#[test]
fn port_scanning_through_permissions() {
    let (mut world, mut mallory) = attacker();
    // Inside: nothing, however often.
    let inside = (1..=200).map(|host| addr(&format!("10.0.0.{host}:22")));
    let opened = inside.filter(|peer| mallory.permit(&mut world, &[*peer]) == 0).count();
    assert_eq!(opened, 0);
    assert_eq!(world.server.counters().refused(Refusal::Private), 200);
    // Outside: as many hosts as an allocation may have peers.
    let outside = (0..200).map(|host| addr(&format!("9.9.{host}.9:22")));
    let opened = outside.filter(|peer| mallory.permit(&mut world, &[*peer]) == 0).count();
    assert_eq!(opened, 64);
    // Beside a media port that is allowed: that port alone.
    let mut media = allow("10.0.0.5");
    media.ports = Some(7000..=7000);
    let policy = motet_turn::PeerPolicy { allowed: vec![media], ..Default::default() };
    world.shared.set_peers(policy);
    let (mut client, peer) = (Client::participant(udp("198.51.100.66:5000"), "m2"), addr("10.0.0.5:7000"));
    let relayed = client.allocate(&mut world);
    assert_eq!(client.permit(&mut world, &[peer]), 0);
    let reached =
        (1..=9000).filter(|port| client.send(&mut world, addr(&format!("10.0.0.5:{port}")), b"x").is_some());
    assert_eq!(reached.collect::<Vec<_>>(), [7000]);
    assert_eq!(world.peer_sends(relayed, addr("10.0.0.5:22"), 1), None);
}

#[test]
fn forged_integrity() {
    let mut world = World::new(settings());
    let mut anna = Client::anna(udp("198.51.100.1:4000"));
    anna.learn_nonce(&mut world);
    let request = anna.allocate_request().with(attribute::LIFETIME, &600_u32.to_be_bytes());
    let signed = anna.sign(request).0;
    for bit in 20 * 8..signed.len() * 8 {
        let mut forged = signed.clone();
        forged[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(world.give(anna.socket, &forged), FromClient::Nothing);
        assert!(!world.try_answer().is_some_and(|answer| answer.is_success()), "bit {bit}");
        world.advance(Duration::from_millis(20));
    }
    assert!(world.relays.is_empty());
    let mut foreign = anna.clone();
    foreign.password = "battery staple".to_owned();
    let request = foreign.allocate_request();
    assert_eq!(foreign.ask(&mut world, request).code(), 401);
}

#[test]
fn attributes_behind_the_integrity_say_nothing() {
    let (mut world, mallory) = attacker();
    let mut mallory = mallory;
    let request = mallory.request(method::REFRESH).with(attribute::LIFETIME, &900_u32.to_be_bytes());
    let smuggled = mallory.sign(request).with(attribute::LIFETIME, &[0; 4]);
    world.give(mallory.socket, &smuggled.0);
    assert_eq!(world.answer().lifetime_s(), Some(900));
    let request = mallory.request(method::CREATE_PERMISSION).with_peer(addr(PEER));
    let smuggled = mallory.sign(request).with_peer(addr("9.9.9.8:1"));
    world.give(mallory.socket, &smuggled.0);
    assert!(world.answer().is_success());
    assert_eq!(mallory.send(&mut world, addr("9.9.9.8:1"), b"x"), None);
}

#[test]
fn replayed_requests() {
    let mut world = World::new(settings());
    let mut anna = Client::anna(udp("198.51.100.1:4000"));
    anna.learn_nonce(&mut world);
    let request = anna.allocate_request();
    let captured = anna.sign(request).0;
    world.give(anna.socket, &captured);
    assert!(world.answer().is_success());
    // From elsewhere the nonce is another address's.
    world.give(udp("198.51.100.66:4000"), &captured);
    assert_eq!(world.answer().code(), 438);
    // From the same place it is the same request again.
    world.give(anna.socket, &captured);
    assert!(world.answer().is_success());
    assert_eq!(world.relays.len(), 1);
    // And later it is stale.
    world.advance(Duration::from_secs(601));
    world.give(anna.socket, &captured);
    assert_eq!(world.answer().code(), 438);
    assert!(world.relays.is_empty());
}

#[test]
fn made_up_nonces() {
    let mut world = World::new(settings());
    let mut anna = Client::anna(udp("198.51.100.1:4000"));
    anna.learn_nonce(&mut world);
    let right = anna.nonce.clone();
    let mut nonces: Vec<Vec<u8>> =
        (0..right.len()).map(|at| [&right[..at], b"/", &right[at + 1..]].concat()).collect();
    nonces.extend([
        b"x".to_vec(),
        vec![b'A'; 29],
        vec![0xff; 29],
        [&right[..], b"A"].concat(),
        vec![b'A'; 700],
    ]);
    for nonce in nonces.into_iter().filter(|nonce| *nonce != right) {
        anna.nonce = nonce;
        let request = anna.allocate_request();
        assert_eq!(anna.ask(&mut world, request).code(), 438, "{:?}", anna.nonce);
    }
}

#[test]
fn fingerprint_games() {
    let mut world = World::new(settings());
    let from = udp("198.51.100.66:4000");
    let right = Message::request(method::BINDING, 1).with_fingerprint();
    world.give(from, &right.0);
    assert!(world.answer().get(attribute::FINGERPRINT).is_some(), "who sends one gets one");
    let mut wrong = right.clone();
    *wrong.0.last_mut().unwrap() ^= 1;
    let not_last = right.clone().with(attribute::SOFTWARE, b"x");
    let twice = right.clone().with_fingerprint();
    let short = Message::request(method::BINDING, 1).with(attribute::FINGERPRINT, &[0; 2]);
    for message in [wrong, not_last, twice, short] {
        world.give(from, &message.0);
        assert!(world.answers.is_empty());
    }
    assert_eq!(world.server.counters().dropped(DropReason::BadFingerprint), 4);
}

#[test]
fn truncated_and_lying_lengths() {
    let mut world = World::new(settings());
    let mut anna = Client::anna(udp("198.51.100.1:4000"));
    anna.allocate(&mut world);
    anna.bind(&mut world, 0x4000, addr(PEER));
    let request = anna.request(method::CREATE_PERMISSION).with_peer(addr(PEER));
    let signed = anna.sign(request).with_fingerprint().0;
    let send = Message::indication(method::SEND, 1).with_peer(addr(PEER)).with(attribute::DATA, b"hello").0;
    let channel = channel_data(0x4000, b"hello");
    for whole in [&signed, &send, &channel] {
        for len in 0..whole.len() {
            assert_eq!(
                world.give(anna.socket, &whole[..len]),
                FromClient::Nothing,
                "{len} of {}",
                whole.len()
            );
        }
        for at in 0..whole.len().min(64) {
            for lie in [0x00, 0x01, 0x7f, 0xff] {
                let mut lying = whole.clone();
                lying[at] = lie;
                if let FromClient::ToPeer { payload, .. } = world.give(anna.socket, &lying) {
                    assert!(payload.end <= lying.len());
                }
            }
        }
        world.answers.clear();
    }
    let past_the_end = [0x40, 0x00, 0xff, 0xff, 1, 2, 3];
    assert_eq!(world.give(anna.socket, &past_the_end), FromClient::Nothing);
}

#[test]
fn channel_number_abuse() {
    let (mut world, mut mallory) = attacker();
    for number in [0x0000, 0x0001, 0x3fff, 0x8000, 0xffff] {
        assert_eq!(mallory.bind(&mut world, number, addr(PEER)), 400, "{number:#x}");
    }
    assert_eq!(mallory.bind(&mut world, 0x4000, addr(PEER)), 0);
    // Every number but the bound one, and the bound one for somebody else.
    let heard =
        (0x4000..=0x7fff).filter(|number| mallory.send_on(&mut world, *number, b"x").is_some()).count();
    assert_eq!(heard, 1);
    let stranger = Client::participant(udp("198.51.100.67:4000"), "stranger");
    assert_eq!(stranger.send_on(&mut world, 0x4000, b"x"), None);
    assert_eq!(world.server.counters().dropped(DropReason::NoAllocation), 1);
    // All numbers at one peer, and all peers at one number.
    assert_eq!(mallory.bind(&mut world, 0x4001, addr(PEER)), 400);
    assert_eq!(mallory.bind(&mut world, 0x4000, addr("9.9.9.8:1")), 400);
    let bound = (0..200)
        .filter(|at| mallory.bind(&mut world, 0x4100 + at, addr(&format!("9.9.9.8:{}", 1 + at))) == 0);
    assert_eq!(bound.count(), 63, "64 in all");
}

#[test]
fn tcp_slow_loris() {
    let mut world = World::new(settings());
    let mallory = socket(ClientProtocol::Tcp, "198.51.100.66:4000");
    assert!(world.server.handle_client_opened(world.now, mallory));
    // A byte at a time never is a message, and never asks for more than one message's room.
    let request = Message::request(method::ALLOCATE, 1).with(attribute::DATA, &vec![0; 60_000]).0;
    for len in 0..request.len() {
        match stream::next_message(&request[..len]) {
            stream::Framed::Incomplete { needed } => {
                assert!((len + 1..=stream::MESSAGE_LEN_MAX).contains(&needed))
            }
            other => panic!("{other:?} after {len} bytes"),
        }
    }
    world.advance(Duration::from_secs(29));
    assert!(world.closed_clients.is_empty());
    // Unauthenticated requests on the way buy no time.
    world.give(mallory, &Message::request(method::BINDING, 1).0);
    world.give(mallory, &Message::request(method::ALLOCATE, 2).0);
    world.advance(Duration::from_secs(1));
    assert_eq!(world.closed_clients, [mallory]);
}

#[test]
fn one_clients_flood_leaves_its_neighbours_relay_alone() {
    let (mut world, mallory) = attacker();
    let mut anna = Client::anna(udp("198.51.100.1:4000"));
    anna.allocate(&mut world);
    anna.bind(&mut world, 0x4000, addr(PEER));
    for round in 0..20_000_u64 {
        let message = Message::request((round % 0x0fff) as u16 & !0x110, round)
            .with((round % 0xffff) as u16, &[round as u8; 9]);
        world.give(mallory.socket, &message.0);
        world.answers.clear();
        if round % 100 == 0 {
            assert!(anna.send_on(&mut world, 0x4000, &[0; 100]).is_some());
        }
    }
}
