//! What a hostile peer can make one association hold, in live bytes of the process: one test, so that it counts alone.

mod raw;

use std::alloc::System;

use motet_sctp::{STREAMS_MAX, Settings};
use raw::{BINARY, DCEP, FIRST_TSN, Raw, UNORDERED, WHOLE, data_chunk, forward_chunk, reset_chunk};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// What a flood of pieces of one byte costs: the window's half a million of them, with what the library keeps for each.
const TINY_BYTES_MAX: isize = 20 << 20;
/// What anything else costs.
const BYTES_MAX: isize = 4 << 20;

/// An attack: one call sends a packet, told which it is.
type Attack = fn(&mut Raw, u32);

fn held(attack: Attack, packets: u32, are_events_fetched: bool) -> isize {
    let region = Region::new(ALLOCATOR);
    let mut raw = Raw::connected(Settings::default());
    raw.open(0);
    for number in 0..packets {
        attack(&mut raw, number);
        if are_events_fetched {
            raw.drain();
        }
    }
    while raw.association.poll_transmit().is_some() {}
    let stats = region.change();
    drop(raw);
    stats.bytes_allocated as isize - stats.bytes_deallocated as isize
}

#[test]
fn what_a_hostile_peer_makes_us_hold_is_bounded() {
    let attacks: [(&str, Attack, bool, isize); 8] = [
        ("one message in endless tiny pieces", endless_tiny, true, TINY_BYTES_MAX),
        ("tiny pieces with gaps between", gaps, true, TINY_BYTES_MAX),
        ("one message in endless large pieces", endless_large, true, BYTES_MAX),
        ("whole messages that nobody fetches", whole, false, BYTES_MAX),
        ("channels opened and messages that nobody fetches", unfetched_channels, false, BYTES_MAX),
        ("each stream touched", streams, true, BYTES_MAX),
        ("data given up while a reset is pending", forwards, true, BYTES_MAX),
        ("streams reset", resets, true, BYTES_MAX),
    ];
    for (name, attack, are_events_fetched, most) in attacks {
        let bytes = held(attack, 10_000, are_events_fetched);
        assert!(bytes < most, "{name}: {bytes} bytes");
    }
}

fn endless_tiny(raw: &mut Raw, number: u32) {
    let first = u8::from(number == 0) * 0b10;
    let pieces: Vec<_> =
        (0..50).map(|at| raw.data(if at == 0 { first } else { 0 }, 0, 1, BINARY, b"x")).collect();
    raw.send(&pieces);
}

fn gaps(raw: &mut Raw, number: u32) {
    let base = raw.tsn + 1 + number * 100;
    let pieces: Vec<_> = (0..50).map(|at| data_chunk(base + 2 * at, 0, 0, 1, BINARY, b"x")).collect();
    raw.send(&pieces);
}

fn endless_large(raw: &mut Raw, number: u32) {
    let piece = raw.data(u8::from(number == 0) * 0b10, 0, 1, BINARY, &[7; 1_100]);
    raw.send(&[piece]);
}

fn whole(raw: &mut Raw, _: u32) {
    let messages: Vec<_> = (0..50).map(|_| raw.data(WHOLE | UNORDERED, 0, 0, BINARY, b"x")).collect();
    raw.send(&messages);
}

fn unfetched_channels(raw: &mut Raw, number: u32) {
    let stream = (number * 2) as u16 % STREAMS_MAX;
    raw.open(stream);
    let message = raw.data(WHOLE | UNORDERED, stream, 0, BINARY, &[7; 1_000]);
    raw.send(&[message]);
}

fn streams(raw: &mut Raw, number: u32) {
    let stream = number as u16 % STREAMS_MAX;
    let ordered = raw.data(WHOLE, stream, 0, DCEP, b"?");
    let unordered = raw.data(WHOLE | UNORDERED, stream, 0, BINARY, b"?");
    raw.send(&[ordered, unordered]);
}

fn forwards(raw: &mut Raw, number: u32) {
    if number == 0 {
        raw.send(&[reset_chunk(FIRST_TSN, raw.tsn + 1, &[0])]);
    }
    raw.send(&[forward_chunk(raw.tsn + 2 + number, &[(0, 0); 250])]);
}

fn resets(raw: &mut Raw, number: u32) {
    let streams: Vec<u16> = (0..STREAMS_MAX / 2).collect();
    raw.send(&[reset_chunk(FIRST_TSN + number, raw.tsn - 1, &streams)]);
}
