//! How much anyone may have, across all servers of a process.

mod world;

use std::time::Duration;

use motet_turn::{ClientProtocol, DropReason, Rate, Settings};
use world::message::Message;
use world::{Client, World, addr, attribute, method, settings_with, shared, socket, udp};

const PEER: &str = "9.9.9.9:5000";

fn world(change: impl FnOnce(&mut Settings)) -> World {
    World::new(settings_with(change))
}

/// The code of an allocation's answer.
fn try_allocate(world: &mut World, client: &mut Client) -> u16 {
    let request = client.allocate_request();
    client.ask(world, request).code()
}

#[test]
fn a_user_has_so_many_allocations_also_with_new_credentials_and_at_other_servers() {
    let (shared, now) = shared(settings_with(|settings| settings.quotas.allocations_per_user_max = Some(2)));
    let mut worlds = [0, 1].map(|number| World::with(shared.clone(), now, number));
    let mut clients = [4000_u16, 4001, 4002].map(|port| {
        let socket = udp(&format!("198.51.100.{}:{port}", port - 3999));
        Client::with_secret(socket, "p1", world::SECRET, world::UNIX_S + u64::from(port))
    });
    assert_eq!(try_allocate(&mut worlds[0], &mut clients[0]), 0);
    assert_eq!(try_allocate(&mut worlds[1], &mut clients[1]), 0);
    assert_eq!(try_allocate(&mut worlds[0], &mut clients[2]), 486);
    assert_eq!(worlds[0].server.counters().dropped(DropReason::QuotaReached), 1);
    clients[1].refresh(&mut worlds[1], 0);
    assert_eq!(try_allocate(&mut worlds[0], &mut clients[2]), 0);
    let mut other = Client::participant(udp("198.51.100.9:1"), "p2");
    assert_eq!(try_allocate(&mut worlds[0], &mut other), 0, "others are not concerned");
}

#[test]
fn an_address_has_so_many_allocations_and_an_ipv6_network_is_one() {
    let mut world = world(|settings| settings.quotas.allocations_per_address_max = Some(1));
    let remotes = [
        "198.51.100.1:1",
        "198.51.100.1:2",
        "198.51.100.2:1",
        "[2a00::1]:1",
        "[2a00::2]:1",
        "[2a00:0:0:1::1]:1",
    ];
    let codes = remotes.map(|remote| try_allocate(&mut world, &mut Client::participant(udp(remote), remote)));
    assert_eq!(codes, [0, 486, 0, 0, 486, 0]);
}

#[test]
fn a_full_server_has_no_capacity() {
    let mut world = world(|settings| settings.quotas.allocations_max = 1);
    assert_eq!(try_allocate(&mut world, &mut Client::participant(udp("198.51.100.1:1"), "a")), 0);
    assert_eq!(try_allocate(&mut world, &mut Client::participant(udp("198.51.100.2:1"), "b")), 508);
}

#[test]
fn a_users_bytes_are_held_to_a_rate_over_all_their_allocations() {
    let mut world = world(|settings| {
        settings.quotas.bytes_per_second_per_user_max = Some(100_000);
        settings.quotas.bytes_per_second_per_address_max = None;
    });
    let mut clients =
        [4000, 4001].map(|port| Client::participant(udp(&format!("198.51.100.1:{port}")), "p1"));
    for client in &mut clients {
        client.allocate(&mut world);
        client.bind(&mut world, 0x4000, addr(PEER));
    }
    // A datagram of 972 bytes counts for 1,000.
    let flood = |world: &mut World, clients: &[Client; 2]| {
        let passes = |at: &usize| clients[at % 2].send_on(world, 0x4000, &[0; 972]).is_some();
        (0..1_000_usize).filter(passes).count()
    };
    let burst = flood(&mut world, &clients);
    assert!((100..=101).contains(&burst), "{burst}");
    assert_eq!(world.server.counters().dropped(DropReason::ByteRate), 1_000 - burst as u64);
    world.advance(Duration::from_millis(500));
    assert!((50..=51).contains(&flood(&mut world, &clients)));
    let relayed = world.server.relayed(clients[0].socket)[0];
    assert_eq!(world.peer_sends(relayed, addr(PEER), 10), None, "both directions count");
    let mut other = Client::participant(udp("198.51.100.1:5000"), "p2");
    other.allocate(&mut world);
    other.bind(&mut world, 0x4000, addr(PEER));
    assert!(other.send_on(&mut world, 0x4000, &[0; 972]).is_some());
}

#[test]
fn an_addresss_bytes_are_held_to_a_rate_over_all_its_users() {
    let mut world = world(|settings| settings.quotas.bytes_per_second_per_address_max = Some(100_000));
    let mut clients =
        [4000, 4001].map(|port| Client::participant(udp(&format!("198.51.100.1:{port}")), &port.to_string()));
    for client in &mut clients {
        client.allocate(&mut world);
        client.bind(&mut world, 0x4000, addr(PEER));
    }
    let passed =
        (0..1_000).filter(|at| clients[at % 2].send_on(&mut world, 0x4000, &[0; 972]).is_some()).count();
    assert!((100..=101).contains(&passed), "{passed}");
}

#[test]
fn a_new_allocation_brings_no_new_budget() {
    let mut world = world(|settings| settings.quotas.bytes_per_second_per_user_max = Some(100_000));
    let mut client = Client::participant(udp("198.51.100.1:4000"), "p1");
    let mut passed = 0;
    for _ in 0..5 {
        client.allocate(&mut world);
        client.bind(&mut world, 0x4000, addr(PEER));
        passed += (0..500).filter(|_| client.send_on(&mut world, 0x4000, &[0; 972]).is_some()).count();
        client.refresh(&mut world, 0);
    }
    assert!(passed <= 105, "{passed}");
    world.advance(Duration::from_secs(5));
    client.allocate(&mut world);
    client.bind(&mut world, 0x4000, addr(PEER));
    assert!(client.send_on(&mut world, 0x4000, &[0; 972]).is_some());
}

#[test]
fn empty_datagrams_are_not_free() {
    let mut world = world(|settings| settings.quotas.bytes_per_second_per_user_max = Some(2_800));
    let mut client = Client::participant(udp("198.51.100.1:4000"), "p1");
    client.allocate(&mut world);
    client.bind(&mut world, 0x4000, addr(PEER));
    let passed = (0..1_000).filter(|_| client.send_on(&mut world, 0x4000, b"").is_some()).count();
    assert!((100..=101).contains(&passed), "{passed}");
}

#[test]
fn an_allocation_has_so_many_permissions_and_channels_and_those_that_ran_out_make_room() {
    let mut world = world(|settings| {
        settings.quotas.permissions_max = 3;
        settings.quotas.channels_max = 2;
    });
    let mut anna = Client::anna(udp("198.51.100.1:4000"));
    anna.allocate(&mut world);
    let peers: Vec<_> = (1..=5).map(|at| addr(&format!("9.9.9.{at}:1"))).collect();
    assert_eq!(anna.permit(&mut world, &peers[..4]), 508);
    assert_eq!(anna.bind(&mut world, 0x4000, peers[0]), 0);
    assert_eq!(anna.bind(&mut world, 0x4001, peers[1]), 0);
    assert_eq!(anna.bind(&mut world, 0x4002, peers[2]), 508);
    assert_eq!(anna.permit(&mut world, &peers[2..3]), 0);
    assert_eq!(anna.permit(&mut world, &peers[3..4]), 508);
    assert_eq!(anna.permit(&mut world, &peers[..3]), 0, "again is no more");
    anna.refresh(&mut world, 3600);
    world.advance(Duration::from_secs(300));
    assert_eq!(anna.permit(&mut world, &peers[2..5]), 0);
    world.advance(Duration::from_secs(300));
    assert_eq!(anna.bind(&mut world, 0x4002, peers[2]), 0);
}

#[test]
fn strangers_are_answered_so_often_per_source() {
    let rate = Rate { per_second: 10, burst: 20 };
    let mut world = world(|settings| settings.unauthenticated = Some(rate));
    let binding = Message::request(method::BINDING, 1);
    let ask = |world: &mut World, remote: &str| {
        world.give(udp(remote), &binding.0);
        world.try_answer().is_some()
    };
    assert_eq!((0..100).filter(|port| ask(&mut world, &format!("198.51.100.1:{}", 1000 + port))).count(), 20);
    assert!(ask(&mut world, "198.51.100.2:1"), "another source");
    assert_eq!(world.server.counters().dropped(DropReason::UnauthenticatedRate), 80);
    world.advance(Duration::from_secs(1));
    assert_eq!((0..100).filter(|port| ask(&mut world, &format!("198.51.100.1:{}", 1000 + port))).count(), 10);
    let of_network = (0..100).filter(|at| ask(&mut world, &format!("[2a00::{at:x}]:1"))).count();
    assert_eq!(of_network, 20, "an IPv6 network is one source");
}

#[test]
fn threads_that_share_an_address_share_what_strangers_get() {
    let rate = Rate { per_second: 10, burst: 20 };
    let (shared, now) = shared(settings_with(|settings| settings.unauthenticated = Some(rate)));
    let mut worlds: Vec<World> = (0..4).map(|number| World::with(shared.clone(), now, number)).collect();
    let binding = Message::request(method::BINDING, 1);
    let mut answered = 0;
    for port in 0..100 {
        let world = &mut worlds[port % 4];
        world.give(udp(&format!("198.51.100.1:{}", 1000 + port)), &binding.0);
        answered += usize::from(world.try_answer().is_some());
    }
    assert_eq!(answered, 20);
}

#[test]
fn many_users_of_one_address_are_no_strangers() {
    let rate = Rate { per_second: 10, burst: 20 };
    let mut world = world(|settings| settings.unauthenticated = Some(rate));
    for port in 1..=100 {
        let mut anna = Client::anna(udp(&format!("198.51.100.1:{port}")));
        anna.allocate(&mut world);
        anna.refresh(&mut world, 0);
    }
    let mut strangers = (0..100).map(|port| {
        let request = Message::request(method::ALLOCATE, port).with(attribute::TRANSPORT, &[17, 0, 0, 0]);
        world.give(udp(&format!("198.51.100.1:{}", 1000 + port)), &request.0);
        world.try_answer().is_some()
    });
    assert_eq!(strangers.by_ref().take_while(|is_answered| *is_answered).count(), 20);
    assert!(strangers.all(|is_answered| !is_answered));
}

#[test]
fn half_open_connections_are_few_and_do_not_last() {
    let mut world = world(|settings| {
        settings.quotas.half_open_max = 3;
        settings.quotas.half_open_per_address_max = 2;
    });
    let opens = |world: &mut World, remote: &str| {
        let now = world.now;
        world.server.handle_client_opened(now, socket(ClientProtocol::Tcp, remote))
    };
    let remotes = ["198.51.100.1:1", "198.51.100.1:2", "198.51.100.1:3", "198.51.100.2:1", "198.51.100.3:1"];
    assert_eq!(remotes.map(|remote| opens(&mut world, remote)), [true, true, false, true, false]);
    let mut anna = Client::anna(socket(ClientProtocol::Tcp, "198.51.100.1:1"));
    anna.allocate(&mut world);
    assert!(opens(&mut world, "198.51.100.1:3"), "who has an allocation is not half-open");
    world.advance(Duration::from_secs(30));
    assert_eq!(world.closed_clients.len(), 3);
    assert_eq!(world.server.counters().connections, 1);
    anna.refresh(&mut world, 0);
    world.advance(Duration::from_secs(30));
    assert_eq!(world.closed_clients.len(), 4, "without its allocation it is half-open again");
    assert_eq!(world.server.counters().connections, 0);
    assert_eq!(world.server.poll_timeout(), None);
}

#[test]
fn a_closed_connection_ends_its_allocation() {
    let mut world = world(|_| ());
    let mut anna = Client::anna(socket(ClientProtocol::Tls, "198.51.100.1:1"));
    let now = world.now;
    assert!(world.server.handle_client_opened(now, anna.socket));
    anna.allocate(&mut world);
    world.server.handle_client_closed(now, anna.socket);
    world.settle();
    assert!(world.relays.is_empty());
    assert_eq!((world.server.counters().connections, world.server.counters().allocations), (0, 0));
    let request = anna.request(method::REFRESH).with(attribute::LIFETIME, &[0; 4]);
    assert_eq!(anna.ask(&mut world, request).code(), 437);
}
