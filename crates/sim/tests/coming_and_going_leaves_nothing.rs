//! Two hundred join and leave, an hour passes, and the worker is as large as it was. A binary of its own: it counts all
//! that is allocated.

use std::alloc::System;
use std::net::SocketAddr;
use std::time::Duration;

use motet_control::{Codec, Request};
use motet_sim::{Datagram, Media, PeerId, PeerSetup, ROUTER, Scenario, TrackId, WORKER_IPV4, WORKER_PORT};
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// What the tables of a router may keep that twenty transports, twenty producers and forty consumers were in at once.
const KEPT_BY_ROUTER_MAX: isize = 256 * 1_024;
/// What the worker's own may keep when the router is closed too.
const KEPT_BY_WORKER_MAX: isize = 64 * 1_024;

/// Bytes that are allocated through Rust; what C libraries allocate is not among them.
fn live_bytes() -> isize {
    let stats = ALLOCATOR.stats();
    stats.bytes_allocated.cast_signed() - stats.bytes_deallocated.cast_signed()
}

/// Ten come, publish, see each other for a second, and go.
fn wave(scenario: &mut Scenario) {
    let people: Vec<PeerId> = (0..10).map(|_| scenario.join(PeerSetup::default())).collect();
    let media = [Media::camera(Codec::Vp8), Media::microphone()];
    let tracks: Vec<Vec<TrackId>> = people.iter().map(|person| scenario.publish(*person, &media)).collect();
    for (index, person) in people.iter().enumerate() {
        let next = [&tracks[(index + 1) % 10][..], &tracks[(index + 2) % 10]].concat();
        scenario.subscribe(*person, &next);
    }
    scenario.run_for(Duration::from_secs(1));
    assert!(people.iter().all(|person| scenario.is_connected(*person)));
    assert!(scenario.received(people[0], tracks[1][0]).whole_frames().len() > 10);
    people.into_iter().for_each(|person| scenario.leave(person));
    scenario.run_for(Duration::from_secs(1));
    scenario.forget();
}

/// One test, in two parts: other tests at the same time would be counted too.
#[test]
fn nothing_grows_with_people_or_with_time() {
    two_hundred_who_came_and_went_leave_nothing();
    a_call_of_minutes_is_no_larger_than_one_of_seconds();
    strangers_take_up_nothing();
}

/// Noise, media and checks for nobody, each from an address of its own.
fn strangers_take_up_nothing() {
    let mut scenario = Scenario::new(164);
    let alice = scenario.join(PeerSetup::default());
    scenario.publish(alice, &[Media::microphone()]);
    scenario.run_for(Duration::from_secs(60));
    let mut flood = |count: u16| {
        for index in 0..count {
            let stranger = SocketAddr::new([203, 0, 113, 9].into(), 1_024 + index);
            let worker = SocketAddr::new(WORKER_IPV4, WORKER_PORT);
            let mut bytes = scenario.chance().bytes(100);
            match index % 4 {
                0 => bytes[0] = 0x80,
                1 => bytes[0] = 22,
                2 => bytes[..8].copy_from_slice(&[0, 1, 0, 80, 0x21, 0x12, 0xa4, 0x42]),
                _ => {}
            }
            scenario.inject(Datagram::udp(stranger, worker, bytes));
            scenario.run_for(Duration::from_micros(200));
        }
        scenario.run_for(Duration::from_secs(5));
        scenario.clear_notifications();
        live_bytes()
    };
    let (before, after) = (flood(1_000), flood(50_000));
    let grown = after - before;
    eprintln!("bytes more after 50,000 strangers than after 1,000: {grown}");
    assert!(grown < 8 * 1_024, "{grown}");
}

/// Both peers' and the worker's memory together.
fn a_call_of_minutes_is_no_larger_than_one_of_seconds() {
    let mut scenario = Scenario::new(163);
    let (alice, bob) = (scenario.join(PeerSetup::default()), scenario.join(PeerSetup::default()));
    let tracks = scenario.publish(alice, &[Media::camera(Codec::Vp8), Media::microphone()]);
    scenario.subscribe(bob, &tracks);
    let mut grown_after = |duration: Duration| {
        let until = scenario.now() + duration;
        while scenario.now() < until {
            scenario.run_for(Duration::from_secs(5));
            scenario.forget_received();
            scenario.clear_notifications();
        }
        live_bytes()
    };
    let after_seconds = grown_after(Duration::from_secs(30));
    let after_minutes = grown_after(Duration::from_secs(300));
    let grown = after_minutes - after_seconds;
    eprintln!("bytes more after five minutes of a call than after half a minute: {grown}");
    assert!(grown < 64 * 1_024, "{grown}");
}

fn two_hundred_who_came_and_went_leave_nothing() {
    let mut scenario = Scenario::new(161);
    // Whatever libraries make once for a process is made in another world.
    wave(&mut Scenario::new(162));
    let at_first = live_bytes();
    wave(&mut scenario);
    let after_ten = live_bytes();
    for _ in 1..20 {
        wave(&mut scenario);
    }
    let after_all = live_bytes();
    scenario.run_for(Duration::from_secs(3_600));
    let after_an_hour = live_bytes();
    let stats = scenario.worker_stats();
    assert_eq!(
        [stats.routers, stats.transports, stats.producers, stats.consumers, stats.tcp_connections],
        [1, 0, 0, 0, 0]
    );
    scenario.expect(Request::CloseRouter { router_id: ROUTER });
    scenario.run_for(Duration::from_secs(1));
    let after_closing = live_bytes();
    let kept = [after_ten, after_all, after_an_hour, after_closing].map(|bytes| bytes - at_first);
    eprintln!(
        "bytes more than at first: {} after 10 people, {} after 200, {} an hour later, {} with the router closed",
        kept[0], kept[1], kept[2], kept[3]
    );
    assert!(kept[2] <= KEPT_BY_ROUTER_MAX, "{kept:?}");
    assert!(kept[2] <= kept[0] + 16 * 1_024, "what is kept does not grow with those who come: {kept:?}");
    assert!(kept[3] <= KEPT_BY_WORKER_MAX, "{kept:?}");
}
