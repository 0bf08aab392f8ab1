//! The packet path allocates nothing for a packet. One test alone, so that no other allocates beside it.

mod peer;

use std::alloc::System;

use motet_ice::Tuple;
use motet_router::Egress;
use motet_rtp::ext::ExtensionValues;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

use peer::{VIDEO, World, frame, video_header, video_out, video_parameters};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// An egress that only counts.
struct Nowhere {
    buffer: Vec<u8>,
    packets: usize,
}

impl Egress for Nowhere {
    fn send(&mut self, _to: Tuple, len_max: usize, fill: impl FnOnce(&mut [u8]) -> usize) {
        let len = fill(&mut self.buffer[..len_max]);
        self.packets += usize::from(len > 0);
    }
}

const CONSUMERS: u64 = 20;
const WARM_UP: u64 = 2_000;
const MEASURED: u64 = 1_000;

#[test]
fn a_packet_to_twenty_receivers_allocates_nothing() {
    let mut world = World::new();
    let mut publisher = world.connect(1);
    world.produce(&publisher, VIDEO, video_parameters());
    for id in 1..=CONSUMERS {
        let subscriber = world.connect(1 + id);
        world.consume(&subscriber, id, VIDEO, video_out(id));
    }
    let mut packets: Vec<Vec<u8>> = (1..=WARM_UP + MEASURED)
        .map(|seq| {
            let values = ExtensionValues { transport_seq: Some(seq as u16), ..Default::default() };
            publisher.seal(video_header(seq), seq, &values, &frame(seq, seq == 1))
        })
        .collect();
    let mut nowhere = Nowhere { buffer: vec![0; 4_096], packets: 0 };
    let mut allocations = 0;
    for (seq, packet) in packets.iter_mut().enumerate() {
        world.pass_ms(1);
        world.router.handle_timeout(world.now, &mut nowhere);
        let region = Region::new(ALLOCATOR);
        world.router.handle_datagram(world.now, publisher.id, publisher.tuple, packet, &mut nowhere);
        if seq as u64 >= WARM_UP {
            allocations += region.change().allocations + region.change().reallocations;
        }
    }
    assert!(nowhere.packets as u64 >= (WARM_UP + MEASURED) * CONSUMERS);
    // An alarm that a packet sets may split a node of the timers' tree, now and then.
    assert!(allocations < 10, "{allocations} in {MEASURED} packets to {CONSUMERS} receivers each");
}
