//! Even ports and reservations (EVEN-PORT, RESERVATION-TOKEN), and both address families.

mod world;

use std::time::Duration;

use world::message::Answer;
use world::{Client, World, addr, attribute, ip, method, settings, settings_with, shared, udp};

fn ask_for(world: &mut World, client: &mut Client, attributes: &[(u16, &[u8])]) -> Answer {
    let request = client.allocate_request();
    let request = attributes.iter().fold(request, |request, (kind, value)| request.with(*kind, value));
    client.ask(world, request)
}

fn clients() -> [Client; 3] {
    [4000, 4001, 4002].map(|port| Client::anna(udp(&format!("198.51.100.1:{port}"))))
}

#[test]
fn an_even_port_is_even() {
    let mut world = World::new(settings());
    for port in 4000..4032 {
        let mut anna = Client::anna(udp(&format!("198.51.100.1:{port}")));
        let answer = ask_for(&mut world, &mut anna, &[(attribute::EVEN_PORT, &[0])]);
        assert_eq!(answer.address(attribute::RELAYED).unwrap().port() % 2, 0);
        assert_eq!(answer.get(attribute::RESERVATION), None);
    }
    assert!(world.shelf.is_empty());
}

#[test]
fn a_reserved_port_is_the_next_one_and_its_users_alone() {
    let mut world = World::new(settings());
    let [mut anna, mut again, _] = clients();
    let answer = ask_for(&mut world, &mut anna, &[(attribute::EVEN_PORT, &[0x80])]);
    let first = answer.address(attribute::RELAYED).unwrap();
    let token = answer.get(attribute::RESERVATION).unwrap().to_vec();
    assert_eq!((first.port() % 2, token.len(), world.shelf.len()), (0, 8, 1));
    let mut thief = Client::participant(udp("198.51.100.2:1"), "thief");
    assert_eq!(ask_for(&mut world, &mut thief, &[(attribute::RESERVATION, &token)]).code(), 508);
    let answer = ask_for(&mut world, &mut again, &[(attribute::RESERVATION, &token)]);
    assert_eq!(answer.address(attribute::RELAYED).unwrap().port(), first.port() + 1);
    assert!(world.shelf.is_empty());
    let [.., mut late] = clients();
    assert_eq!(ask_for(&mut world, &mut late, &[(attribute::RESERVATION, &token)]).code(), 508, "once only");
}

#[test]
fn a_reservation_crosses_servers_as_its_client_may() {
    let (shared, now) = shared(settings());
    let mut worlds = [0, 1].map(|number| World::with(shared.clone(), now, number));
    let [mut anna, mut again, _] = clients();
    let answer = ask_for(&mut worlds[0], &mut anna, &[(attribute::EVEN_PORT, &[0x80])]);
    let token = answer.get(attribute::RESERVATION).unwrap().to_vec();
    worlds[1].shelf = std::mem::take(&mut worlds[0].shelf);
    let answer = ask_for(&mut worlds[1], &mut again, &[(attribute::RESERVATION, &token)]);
    assert!(answer.is_success());
    worlds[0].advance(Duration::from_secs(60));
}

#[test]
fn a_reservation_waits_for_thirty_seconds() {
    let mut world = World::new(settings_with(|settings| settings.ports = 50_000..=50_001));
    let [mut anna, mut again, mut third] = clients();
    let answer = ask_for(&mut world, &mut anna, &[(attribute::EVEN_PORT, &[0x80])]);
    let token = answer.get(attribute::RESERVATION).unwrap().to_vec();
    assert_eq!(ask_for(&mut world, &mut third, &[]).code(), 508, "both ports are taken");
    world.advance(Duration::from_secs(30));
    assert!(world.shelf.is_empty());
    assert_eq!(ask_for(&mut world, &mut again, &[(attribute::RESERVATION, &token)]).code(), 508);
    assert_eq!(third.allocate(&mut world), addr("192.0.2.10:50001"));
}

#[test]
fn a_reserved_port_counts_as_an_allocation() {
    let mut world = World::new(settings_with(|settings| settings.quotas.allocations_per_user_max = Some(2)));
    let [mut anna, mut again, mut third] = clients();
    let answer = ask_for(&mut world, &mut anna, &[(attribute::EVEN_PORT, &[0x80])]);
    let token = answer.get(attribute::RESERVATION).unwrap().to_vec();
    assert_eq!(ask_for(&mut world, &mut third, &[]).code(), 486);
    assert!(ask_for(&mut world, &mut again, &[(attribute::RESERVATION, &token)]).is_success());
    assert_eq!(ask_for(&mut world, &mut third, &[]).code(), 486);
    anna.refresh(&mut world, 0);
    assert_eq!(
        ask_for(&mut world, &mut third, &[(attribute::EVEN_PORT, &[0x80])]).code(),
        486,
        "it takes two"
    );
    assert!(ask_for(&mut world, &mut third, &[]).is_success());
}

#[test]
fn where_no_socket_is_had_no_reservation_is_left() {
    let mut world = World::new(settings_with(|settings| settings.ports = 50_000..=50_001));
    let [mut anna, ..] = clients();
    world.fails = true;
    assert_eq!(ask_for(&mut world, &mut anna, &[(attribute::EVEN_PORT, &[0x80])]).code(), 508);
    world.fails = false;
    assert!(ask_for(&mut world, &mut anna, &[(attribute::EVEN_PORT, &[0x80])]).is_success());
}

#[test]
fn each_family_is_had_by_its_name_and_ipv4_by_none() {
    for (family, expected) in
        [(None, "192.0.2.10"), (Some([1, 0, 0, 0]), "192.0.2.10"), (Some([2, 0, 0, 0]), "2001:db8::10")]
    {
        let mut world = World::new(settings());
        let [mut anna, ..] = clients();
        let wish = family.as_ref().map(|value| (attribute::REQUESTED_FAMILY, &value[..]));
        let answer = ask_for(&mut world, &mut anna, wish.as_slice());
        assert_eq!(answer.address(attribute::RELAYED).unwrap().ip(), ip(expected));
    }
}

#[test]
fn a_family_that_the_server_has_not_is_refused_or_told_beside_the_other() {
    let mut world = World::new(settings_with(|settings| settings.relays.truncate(1)));
    let [mut anna, mut both, _] = clients();
    assert_eq!(ask_for(&mut world, &mut anna, &[(attribute::REQUESTED_FAMILY, &[2, 0, 0, 0])]).code(), 440);
    let answer = ask_for(&mut world, &mut both, &[(attribute::ADDITIONAL_FAMILY, &[2, 0, 0, 0])]);
    assert_eq!(answer.all(attribute::RELAYED).len(), 1);
    assert_eq!(answer.get(attribute::ADDRESS_ERROR).unwrap()[..4], [2, 0, 4, 40]);
}

#[test]
fn a_family_whose_socket_is_not_had_is_told_beside_the_other() {
    let mut world = World::new(settings_with(|settings| settings.ports = 50_000..=50_000));
    world.taken.insert(addr("[2001:db8::10]:50000"));
    let [mut anna, ..] = clients();
    let answer = ask_for(&mut world, &mut anna, &[(attribute::ADDITIONAL_FAMILY, &[2, 0, 0, 0])]);
    assert_eq!(answer.address(attribute::RELAYED), Some(addr("192.0.2.10:50000")));
    assert_eq!(answer.get(attribute::ADDRESS_ERROR).unwrap()[..4], [2, 0, 5, 8]);
    assert_eq!(anna.refresh(&mut world, 0).code(), 0);
    world.taken.clear();
    let again = ask_for(&mut world, &mut anna, &[(attribute::ADDITIONAL_FAMILY, &[2, 0, 0, 0])]);
    assert_eq!(again.all(attribute::RELAYED).len(), 2, "nothing leaked");
}

#[test]
fn a_dual_allocation_has_two_addresses_and_loses_one_at_a_time() {
    let mut world = World::new(settings());
    let [mut anna, ..] = clients();
    let answer = ask_for(&mut world, &mut anna, &[(attribute::ADDITIONAL_FAMILY, &[2, 0, 0, 0])]);
    let relayed: Vec<_> =
        answer.all(attribute::RELAYED).iter().map(|value| answer.unxor(value).ip()).collect();
    assert_eq!(relayed, [ip("192.0.2.10"), ip("2001:db8::10")]);
    assert_eq!(answer.get(attribute::ADDRESS_ERROR), None);
    let peers = [addr("9.9.9.9:1"), addr("[2606:4700::1]:1")];
    assert_eq!(anna.permit(&mut world, &peers), 0);
    assert_eq!(anna.bind(&mut world, 0x4000, peers[0]), 0);
    assert_eq!(anna.bind(&mut world, 0x4001, peers[1]), 0);
    let request = anna.request(method::REFRESH).with(attribute::LIFETIME, &[0; 4]);
    let request = request.with(attribute::REQUESTED_FAMILY, &[1, 0, 0, 0]);
    assert!(anna.ask(&mut world, request).is_success());
    assert_eq!(world.relays.len(), 1);
    assert_eq!(anna.send_on(&mut world, 0x4000, b"x"), None);
    assert!(anna.send_on(&mut world, 0x4001, b"x").is_some());
    assert_eq!(anna.permit(&mut world, &peers[..1]), 443);
    let request = anna.request(method::REFRESH).with(attribute::REQUESTED_FAMILY, &[1, 0, 0, 0]);
    assert_eq!(anna.ask(&mut world, request).code(), 443);
    assert!(anna.refresh(&mut world, 0).is_success());
    assert!(world.relays.is_empty());
}

#[test]
fn families_of_one_allocation_end_each_at_their_time() {
    let mut world = World::new(settings());
    let [mut anna, ..] = clients();
    ask_for(&mut world, &mut anna, &[(attribute::ADDITIONAL_FAMILY, &[2, 0, 0, 0])]);
    let request = anna.request(method::REFRESH).with(attribute::LIFETIME, &1200_u32.to_be_bytes());
    anna.ask(&mut world, request.with(attribute::REQUESTED_FAMILY, &[2, 0, 0, 0]));
    world.advance(Duration::from_secs(600));
    assert_eq!(
        world.server.relayed(anna.socket).iter().map(|relayed| relayed.is_ipv6()).collect::<Vec<_>>(),
        [true]
    );
    world.advance(Duration::from_secs(600));
    assert_eq!(world.server.counters().allocations, 0);
}
