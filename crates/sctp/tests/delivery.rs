//! What is sent arrives as the channel promises, whatever the network does.

mod link;

use std::time::Duration;

use link::{FAIR, FOUL, Link, Ours, Weather, message};
use motet_sctp::{ChannelId, ChannelParameters, Event, MessageKind, Reliability, SendError};
use proptest::prelude::*;

/// Seeds of links that are run each time; one that ever fails is added.
const SEEDS: [u64; 12] = [1, 2, 3, 4, 5, 6, 7, 8, 0xdead, 0xbeef, 0x5c7b, 0xffff_ffff_ffff_ffff];

/// What was sent and when it is due: the model that judges a reliable ordered channel is the list of what was sent.
fn exchange(link: &mut Link<Ours, Ours>, id: ChannelId, count: u32) -> [Vec<(MessageKind, Vec<u8>)>; 2] {
    let mut sent = [Vec::new(), Vec::new()];
    let mut number = 0;
    while number < count {
        let bytes = [0, 1, 4, 100, 1160, 5_000, 60_000][link.below(7)];
        let kind = if link.below(2) == 0 { MessageKind::Text } else { MessageKind::Binary };
        let data = if bytes == 0 { Vec::new() } else { message(number, bytes) };
        let side = link.below(2);
        let end = if side == 0 { &mut link.a } else { &mut link.b };
        match end.association.send(link.now, id, kind, data.clone()) {
            Ok(()) => {
                sent[side].push((kind, data));
                number += 1;
            }
            Err(SendError::BufferFull { .. }) => {}
            Err(error) => panic!("{error}"),
        }
        if link.below(3) == 0 {
            link.run_for(Duration::from_millis(7));
        }
    }
    sent
}

fn run(weather: Weather, seed: u64, count: u32) {
    let mut link = Link::connected(weather, seed);
    let id = link.open(ChannelParameters::default());
    link.run_until(|link| !link.b.opened().is_empty());
    let [from_a, from_b] = exchange(&mut link, id, count);
    link.run_until(|link| {
        link.a.association.buffered_bytes() == 0 && link.b.association.buffered_bytes() == 0
    });
    link.run_for(Duration::from_secs(5));
    assert!(link.b.messages(id) == from_a, "seed {seed}: a's messages arrive once and in order");
    assert!(link.a.messages(id) == from_b, "seed {seed}: b's messages arrive once and in order");
}

#[test]
fn a_reliable_ordered_channel_brings_everything_once_and_in_order() {
    for seed in SEEDS {
        run(FOUL, seed, 120);
    }
}

#[test]
fn a_third_of_all_packets_may_be_lost() {
    let storm = Weather { loss_percent: 30, ..FOUL };
    for seed in &SEEDS[..4] {
        run(storm, *seed, 40);
    }
}

#[test]
fn a_reliable_unordered_channel_brings_everything_once() {
    for seed in SEEDS {
        let mut link = Link::connected(FOUL, seed);
        let id = link.open(ChannelParameters { ordered: false, ..ChannelParameters::default() });
        let [mut from_a, mut from_b] = exchange(&mut link, id, 80);
        link.run_until(|link| {
            link.a.association.buffered_bytes() == 0 && link.b.association.buffered_bytes() == 0
        });
        link.run_for(Duration::from_secs(5));
        let key = |message: &(MessageKind, Vec<u8>)| (message.0 == MessageKind::Text, message.1.clone());
        let (mut at_a, mut at_b) = (link.a.messages(id), link.b.messages(id));
        for list in [&mut from_a, &mut from_b, &mut at_a, &mut at_b] {
            list.sort_by_key(key);
        }
        assert!(at_b == from_a && at_a == from_b, "seed {seed}");
    }
}

#[test]
fn channels_of_limited_patience_bring_some_and_stall_nobody() {
    let limits = [Reliability::Retransmits(0), Reliability::Retransmits(2), Reliability::LifetimeMs(100)];
    for (reliability, ordered) in limits.into_iter().flat_map(|limit| [(limit, true), (limit, false)]) {
        let mut link = Link::connected(FOUL, 77);
        let id = link.open(ChannelParameters { ordered, reliability, ..ChannelParameters::default() });
        for number in 0..300 {
            link.a.association.send(link.now, id, MessageKind::Binary, message(number, 700)).unwrap();
            link.run_for(Duration::from_millis(5));
        }
        link.run_until(|link| link.a.association.buffered_bytes() == 0);
        link.run_for(Duration::from_secs(2));
        let arrived: Vec<u32> = link.b.messages(id).iter().map(|(_, data)| number_of(data)).collect();
        assert!(arrived.len() > 30, "{reliability:?}: only {} of 300", arrived.len());
        let mut once = arrived.clone();
        once.sort_unstable();
        once.dedup();
        assert_eq!(once.len(), arrived.len(), "{reliability:?}: none comes twice");
        assert!(!ordered || arrived == once, "{reliability:?}: in order");
    }
}

#[test]
fn text_bytes_and_nothing_at_all_keep_their_kinds() {
    let mut link = Link::connected(FAIR, 3);
    let id = link.open(ChannelParameters::default());
    let all = [
        (MessageKind::Text, "grüß dich".as_bytes().to_vec()),
        (MessageKind::Binary, vec![0, 255, 7]),
        (MessageKind::Text, Vec::new()),
        (MessageKind::Binary, Vec::new()),
        (MessageKind::Binary, vec![0]),
    ];
    for (kind, data) in all.clone() {
        link.a.association.send(link.now, id, kind, data).unwrap();
    }
    link.run_until(|link| link.b.messages(id).len() == all.len());
    assert_eq!(link.b.messages(id), all);
}

#[test]
fn the_same_seeds_make_the_same_packets() {
    let packets = |seed| {
        // The thread's own generator stands wherever it stands, and is left there.
        fastrand::seed(seed ^ 99);
        let before = fastrand::get_seed();
        let mut link = Link::connected(FOUL, seed);
        link.open(ChannelParameters::default());
        assert_eq!(fastrand::get_seed(), before);
        (link.packets, link.now - link.start, link.a.association.poll_timeout().map(|at| at - link.start))
    };
    assert_eq!(packets(5), packets(5));
    let first = |seed, chance| {
        fastrand::seed(chance);
        let mut link = Link::ours(FAIR, seed);
        link.a.association.poll_transmit().expect("it asks at once")
    };
    assert_eq!(first(5, 1), first(5, 2));
    assert_ne!(first(5, 1), first(6, 1));
}

#[test]
fn a_silent_peer_is_given_up() {
    let silence = Weather { loss_percent: 100, ..FAIR };
    let mut link = Link::connected(FAIR, 9);
    link.weather = silence;
    let id = link.a.association.open(link.now, ChannelParameters::default()).unwrap();
    link.run_until(|link| link.a.told(&Event::Ended(motet_sctp::End::Unreachable)));
    assert_eq!(link.a.association.send(link.now, id, MessageKind::Text, vec![1]), Err(SendError::Ended));

    let mut link = Link::ours(silence, 10);
    link.run_until(|link| link.a.told(&Event::Ended(motet_sctp::End::Unreachable)));
    assert_eq!(link.a.association.poll_timeout(), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_weather_will_do(
        seed: u64, loss_percent in 0..25_u32, duplicates_percent in 0..25_u32, delay in 0..200_u64, jitter in 0..300_u64,
    ) {
        let weather = Weather {
            loss_percent,
            duplicates_percent,
            delay: Duration::from_millis(delay),
            jitter: Duration::from_millis(jitter),
        };
        run(weather, seed, 12);
    }
}

fn number_of(data: &[u8]) -> u32 {
    u32::from_be_bytes(*data.first_chunk().expect("these have a number"))
}
