//! Allocate and Refresh (RFC 8656 sections 7 and 8).

mod world;

use std::time::Duration;

use motet_turn::{DropReason, FromClient};
use world::{Client, World, addr, attribute, ip, method, settings, settings_with, udp};

#[test]
fn an_allocation_has_an_address_a_lifetime_and_the_clients_own_address() {
    let mut world = World::new(settings());
    let mut anna = Client::anna(udp("198.51.100.1:4000"));
    let request = anna.allocate_request();
    let answer = anna.ask(&mut world, request);
    assert!(answer.is_success() && answer.is_signed_by(&anna.key()));
    let relayed = answer.address(attribute::RELAYED).unwrap();
    assert_eq!(relayed.ip(), ip("192.0.2.10"));
    assert!(relayed.port() >= 49152);
    assert_eq!(answer.lifetime_s(), Some(600));
    assert_eq!(answer.address(attribute::MAPPED), Some(anna.socket.remote));
    assert_eq!(answer.get(attribute::SOFTWARE), None);
    assert_eq!(world.server.relayed(anna.socket), [relayed]);
    assert_eq!(world.server.counters().allocations, 1);
}

#[test]
fn ports_are_not_guessed_from_one_another() {
    let mut world = World::new(settings());
    let ports: Vec<u16> = (0..32)
        .map(|at| Client::anna(udp(&format!("198.51.100.1:{}", 4000 + at))).allocate(&mut world).port())
        .collect();
    let steps = ports.windows(2).filter(|pair| pair[0].abs_diff(pair[1]) < 16).count();
    assert!(steps < 4, "{ports:?}");
}

#[test]
fn a_repeated_request_gets_the_same_answer_and_another_one_a_mismatch() {
    let mut world = World::new(settings());
    let mut anna = Client::anna(udp("198.51.100.1:4000"));
    let request = anna.allocate_request();
    let first = anna.ask(&mut world, request.clone());
    let again = anna.ask(&mut world, request);
    assert_eq!(first.bytes, again.bytes);
    let other = anna.allocate_request();
    assert_eq!(anna.ask(&mut world, other).code(), 437);
    assert_eq!(world.server.counters().allocations_made, 1);
}

#[test]
fn lifetimes_stay_between_the_default_and_the_most() {
    for (asked, granted) in [(0, 600), (10, 600), (600, 600), (1000, 1000), (3600, 3600), (u32::MAX, 3600)] {
        let mut world = World::new(settings());
        let mut anna = Client::anna(udp("198.51.100.1:4000"));
        let request = anna.allocate_request().with(attribute::LIFETIME, &u32::to_be_bytes(asked));
        assert_eq!(anna.ask(&mut world, request).lifetime_s(), Some(granted), "{asked} asked");
    }
}

#[test]
fn an_allocation_ends_with_its_lifetime_to_the_moment() {
    let mut world = World::new(settings());
    let mut anna = Client::anna(udp("198.51.100.1:4000"));
    anna.allocate(&mut world);
    world.advance(Duration::from_secs(600) - Duration::from_nanos(1));
    assert_eq!(world.relays.len(), 1);
    world.advance(Duration::from_nanos(1));
    assert!(world.relays.is_empty());
    assert_eq!(world.server.counters().allocations, 0);
    assert_eq!(world.server.poll_timeout(), None);
}

#[test]
fn a_refresh_prolongs_and_a_lifetime_of_zero_ends() {
    let mut world = World::new(settings());
    let mut anna = Client::anna(udp("198.51.100.1:4000"));
    anna.allocate(&mut world);
    world.advance(Duration::from_secs(500));
    assert_eq!(anna.refresh(&mut world, 900).lifetime_s(), Some(900));
    world.advance(Duration::from_secs(899));
    assert_eq!(world.relays.len(), 1);
    anna.nonce.clear();
    assert_eq!(anna.refresh(&mut world, 0).lifetime_s(), Some(0));
    assert!(world.relays.is_empty());
    assert_eq!(anna.refresh(&mut world, 0).code(), 437);
}

/// Attributes, and the code that they get.
type Case = (&'static [(u16, &'static [u8])], u16);

#[test]
fn requests_that_make_no_sense_are_told_so() {
    let cases: &[Case] = &[
        (&[], 400),
        (&[(attribute::TRANSPORT, &[17])], 400),
        (&[(attribute::TRANSPORT, &[6, 0, 0, 0])], 400),
        (&[(attribute::TRANSPORT, &[132, 0, 0, 0])], 442),
        (&[(attribute::TRANSPORT, &[17, 0, 0, 0]), (attribute::LIFETIME, &[1])], 400),
        (&[(attribute::TRANSPORT, &[17, 0, 0, 0]), (attribute::EVEN_PORT, &[0, 0])], 400),
        (&[(attribute::TRANSPORT, &[17, 0, 0, 0]), (attribute::RESERVATION, &[0; 4])], 400),
        (&[(attribute::TRANSPORT, &[17, 0, 0, 0]), (attribute::RESERVATION, &[0; 8])], 508),
        (
            &[
                (attribute::TRANSPORT, &[17, 0, 0, 0]),
                (attribute::RESERVATION, &[0; 8]),
                (attribute::EVEN_PORT, &[0]),
            ],
            400,
        ),
        (&[(attribute::TRANSPORT, &[17, 0, 0, 0]), (attribute::REQUESTED_FAMILY, &[9, 0, 0, 0])], 440),
        (&[(attribute::TRANSPORT, &[17, 0, 0, 0]), (attribute::REQUESTED_FAMILY, &[1])], 400),
        (&[(attribute::TRANSPORT, &[17, 0, 0, 0]), (attribute::ADDITIONAL_FAMILY, &[1, 0, 0, 0])], 400),
        (&[(attribute::TRANSPORT, &[17, 0, 0, 0]), (0x7777, &[1, 2, 3, 4])], 420),
    ];
    for (attributes, code) in cases {
        let mut world = World::new(settings());
        let mut anna = Client::anna(udp("198.51.100.1:4000"));
        let request = anna.request(method::ALLOCATE);
        let request = attributes.iter().fold(request, |request, (kind, value)| request.with(*kind, value));
        let answer = anna.ask(&mut world, request);
        assert_eq!(answer.code(), *code, "{attributes:x?}");
        assert!(answer.is_signed_by(&anna.key()), "an error is signed too");
        assert!(world.relays.is_empty());
        if *code == 420 {
            assert_eq!(answer.get(attribute::UNKNOWN_ATTRIBUTES), Some(&[0x77, 0x77][..]));
        }
    }
}

#[test]
fn a_taken_port_is_passed_over_and_a_machine_without_sockets_says_so() {
    let mut world = World::new(settings_with(|settings| settings.ports = 50_000..=50_003));
    world.taken.extend(["192.0.2.10:50000", "192.0.2.10:50001", "192.0.2.10:50003"].map(addr));
    let mut anna = Client::anna(udp("198.51.100.1:4000"));
    assert_eq!(anna.allocate(&mut world), addr("192.0.2.10:50002"));
    let mut other = Client::anna(udp("198.51.100.1:4001"));
    let request = other.allocate_request();
    assert_eq!(other.ask(&mut world, request).code(), 508);
    anna.refresh(&mut world, 0);
    world.fails = true;
    let request = anna.allocate_request();
    assert_eq!(anna.ask(&mut world, request).code(), 508);
    assert_eq!(world.server.counters().allocations, 0);
    world.fails = false;
    assert_eq!(anna.allocate(&mut world), addr("192.0.2.10:50002"), "nothing leaked");
}

#[test]
fn behind_a_nat_the_announced_address_is_told() {
    let mut world =
        World::new(settings_with(|settings| settings.relays[0].announce = Some(ip("203.0.113.5"))));
    let mut anna = Client::anna(udp("198.51.100.1:4000"));
    assert_eq!(anna.allocate(&mut world).ip(), ip("203.0.113.5"));
    assert_eq!(world.relays.values().next().unwrap().ip(), ip("192.0.2.10"));
}

#[test]
fn somebody_elses_credentials_do_not_touch_an_allocation() {
    let mut world = World::new(settings());
    let mut anna = Client::anna(udp("198.51.100.1:4000"));
    anna.allocate(&mut world);
    let mut other = Client::participant(anna.socket, "eve");
    other.nonce = anna.nonce.clone();
    assert_eq!(other.refresh(&mut world, 0).code(), 441);
    assert_eq!(world.relays.len(), 1);
}

#[test]
fn whoever_is_shown_the_door_loses_every_allocation() {
    let mut world = World::new(settings());
    let [mut first, mut second] =
        [4000, 4001].map(|port| Client::participant(udp(&format!("198.51.100.1:{port}")), "p"));
    first.allocate(&mut world);
    second.allocate(&mut world);
    Client::anna(udp("198.51.100.1:4002")).allocate(&mut world);
    let now = world.now;
    world.server.end_user(now, "p");
    world.settle();
    assert_eq!(world.relays.len(), 1);
}

#[test]
fn while_its_sockets_are_opened_a_client_is_not_answered_twice() {
    let mut world = World::new(settings());
    let mut anna = Client::anna(udp("198.51.100.1:4000"));
    anna.learn_nonce(&mut world);
    let request = anna.allocate_request();
    let request = anna.sign(request);
    // The engine has not carried out the action yet.
    assert_eq!(world.server.handle_client(world.now, anna.socket, &request.0), FromClient::Nothing);
    assert_eq!(world.server.handle_client(world.now, anna.socket, &request.0), FromClient::Nothing);
    world.settle();
    assert!(world.answer().is_success());
    assert_eq!(world.server.counters().dropped(DropReason::Unexpected), 1);
}
