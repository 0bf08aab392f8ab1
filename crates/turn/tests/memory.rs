//! What allocations cost in memory, and that relaying costs none. One test: the allocator counts for the whole process.

mod world;

use std::alloc::System;

use motet_turn::FromClient;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use world::message::{Message, channel_data};
use world::{Client, World, addr, attribute, method, settings_with, udp};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const PEER: &str = "9.9.9.9:5000";
const ALLOCATIONS: usize = 5_000;
/// Two addresses' permissions and a channel included; measured: 750. coturn's figure is 22,500.
const BYTES_EACH_MAX: usize = 1_000;

#[test]
fn memory_is_small_given_back_and_not_touched_by_relaying() {
    an_allocation_is_small_and_given_back();
    the_relay_path_allocates_nothing();
}

fn an_allocation_is_small_and_given_back() {
    let mut world = World::new(settings_with(|settings| {
        settings.quotas.allocations_per_user_max = None;
        settings.quotas.allocations_per_address_max = None;
        settings.unauthenticated = None;
    }));
    let sockets = (0..ALLOCATIONS).map(|at| udp(&format!("198.51.{}.1:{}", at % 100, 10_000 + at)));
    let mut clients: Vec<Client> = sockets.map(Client::anna).collect();
    // The engine's side of this test holds memory of its own: room for it is made first.
    world.relays.reserve(ALLOCATIONS);
    world.answers.reserve(16);
    clients.iter_mut().for_each(|client| client.learn_nonce(&mut world));
    let region = Region::new(ALLOCATOR);
    for client in &mut clients {
        client.allocate(&mut world);
        assert_eq!(client.bind(&mut world, 0x4000, addr(PEER)), 0);
        assert_eq!(client.permit(&mut world, &[addr("9.9.9.8:1")]), 0);
    }
    let live = live_bytes(&region);
    assert!(live / ALLOCATIONS < BYTES_EACH_MAX, "{} bytes each", live / ALLOCATIONS);
    clients.iter_mut().for_each(|client| assert_eq!(client.refresh(&mut world, 0).code(), 0));
    let left = live_bytes(&region);
    assert!(left / ALLOCATIONS < 8, "{left} of {live} bytes left");
}

fn live_bytes(region: &Region<'_, System>) -> usize {
    let change = region.change();
    change.bytes_allocated.saturating_sub(change.bytes_deallocated)
}

fn the_relay_path_allocates_nothing() {
    let mut world = World::new(settings_with(|settings| {
        settings.quotas.bytes_per_second_per_user_max = None;
    }));
    let mut anna = Client::anna(udp("198.51.100.1:4000"));
    let relayed = anna.allocate(&mut world);
    anna.bind(&mut world, 0x4001, addr(PEER));
    anna.permit(&mut world, &[addr("9.9.9.8:1")]);
    let relay = *world.relays.iter().find(|(_, bound)| **bound == relayed).unwrap().0;
    let on_channel = channel_data(0x4001, &[0; 1200]);
    let by_send =
        Message::indication(method::SEND, 9).with_peer(addr(PEER)).with(attribute::DATA, &[0; 1200]).0;
    let region = Region::new(ALLOCATOR);
    for _ in 0..1_000 {
        for data in [&on_channel, &by_send] {
            let outcome = world.server.handle_client(world.now, anna.socket, data);
            assert!(matches!(outcome, FromClient::ToPeer { .. }));
        }
        assert!(world.server.handle_peer(world.now, relay, addr(PEER), 1200).is_some());
        assert!(world.server.handle_peer(world.now, relay, addr("9.9.9.8:2"), 1200).is_some());
    }
    assert_eq!(region.change().allocations, 0);
    assert_eq!(world.server.counters().packets_to_peers, 2_000);
    assert_eq!(world.server.counters().bytes_to_clients, 2_400_000);
}
