//! How fast one thread carries out requests and relays: `cargo bench -p motet-turn`.
#![expect(clippy::print_stdout, reason = "figures are what it is for")]

#[path = "../tests/world/mod.rs"]
mod world;

use std::time::Instant;

use world::message::{Message, channel_data};
use world::{Client, World, addr, attribute, method, settings_with, udp};

const CYCLES: u64 = 20_000;
const PACKETS: u64 = 5_000_000;
const CLIENTS: usize = 100;

fn main() {
    let mut world = World::new(settings_with(|settings| {
        settings.unauthenticated = None;
        settings.quotas.allocations_per_user_max = None;
        settings.quotas.allocations_per_address_max = None;
        // Counted, and never reached.
        settings.quotas.bytes_per_second_per_user_max = Some(1 << 40);
        settings.quotas.bytes_per_second_per_address_max = Some(1 << 40);
    }));
    cycles(&mut world);
    packets(&mut world);
}

/// Allocate without credentials, allocate with them, refresh to nothing. Messages are made beforehand.
fn cycles(world: &mut World) {
    let mut client = Client::participant(udp("198.51.100.1:4000"), "p1");
    client.learn_nonce(world);
    let mut ask = |kind: u16, lifetime: u32, is_signed: bool| {
        let request = client.request(kind).with(attribute::TRANSPORT, &[17, 0, 0, 0]);
        let request = request.with(attribute::LIFETIME, &lifetime.to_be_bytes());
        if is_signed { client.sign(request).0 } else { request.0 }
    };
    let requests: Vec<[Vec<u8>; 3]> = (0..CYCLES)
        .map(|_| {
            [
                ask(method::ALLOCATE, 600, false),
                ask(method::ALLOCATE, 600, true),
                ask(method::REFRESH, 0, true),
            ]
        })
        .collect();
    let begun = Instant::now();
    for requests in &requests {
        for request in requests {
            world.give(client.socket, request);
            world.answers.clear();
        }
    }
    let seconds = begun.elapsed().as_secs_f64();
    assert_eq!(world.server.counters().allocations_made, CYCLES);
    println!("{:.0} allocate-and-delete cycles a second", CYCLES as f64 / seconds);
}

fn packets(world: &mut World) {
    let peer = addr("9.9.9.9:5000");
    let sockets = (0..CLIENTS).map(|at| udp(&format!("198.51.100.1:{}", 5000 + at)));
    let mut clients: Vec<Client> = sockets.map(|socket| Client::participant(socket, "p1")).collect();
    for client in &mut clients {
        client.allocate(world);
        client.bind(world, 0x4000, peer);
    }
    let relays: Vec<_> = world.relays.keys().copied().collect();
    let data = channel_data(0x4000, &[0; 120]);
    let send = Message::indication(method::SEND, 9).with_peer(peer).with(attribute::DATA, &[0; 120]).0;
    let (data, send) = (&data, &send);
    measure("channel data to peers", |at| {
        let outcome = world.server.handle_client(world.now, clients[at].socket, data);
        assert_ne!(outcome, motet_turn::FromClient::Nothing);
    });
    measure("Send indications to peers", |at| {
        let outcome = world.server.handle_client(world.now, clients[at].socket, send);
        assert_ne!(outcome, motet_turn::FromClient::Nothing);
    });
    measure("peers' datagrams to channels", |at| {
        assert!(world.server.handle_peer(world.now, relays[at], peer, 120).is_some());
    });
}

fn measure(what: &str, step: impl FnMut(usize)) {
    let begun = Instant::now();
    (0..PACKETS).map(|at| at as usize % CLIENTS).for_each(step);
    println!("{what}: {:.0} ns each", begun.elapsed().as_secs_f64() * 1e9 / PACKETS as f64);
}
