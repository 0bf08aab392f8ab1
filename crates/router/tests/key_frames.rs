//! Requests for keyframes: many ask, few go out.

mod peer;

use motet_control::{ConsumerId, Request, RtcpFeedback};
use motet_rtp::Ssrc;
use motet_rtp::rtcp::{self, Packet};

use peer::{Peer, VIDEO, VIDEO_SSRC, World, video_out, video_parameters};

/// The keyframe requests that came to a publisher: PLIs, and the numbers of FIRs.
fn requests(world: &mut World, publisher: &mut Peer) -> (usize, Vec<u8>) {
    let (mut plis, mut firs) = (0, Vec::new());
    for compound in publisher.reports(world) {
        for packet in rtcp::packets(&compound) {
            match packet.unwrap() {
                Packet::Pli { media, .. } => plis += usize::from(media == VIDEO_SSRC),
                Packet::Fir(fir) => firs.extend(fir.entries().map(|entry| entry.seq)),
                _ => {}
            }
        }
    }
    (plis, firs)
}

fn pli(world: &mut World, subscriber: &mut Peer, media: Ssrc) {
    subscriber.send_rtcp(world, |writer| writer.pli(Ssrc(1), media).expect("it fits"));
}

fn with_fir_only() -> motet_control::RtpParameters {
    let mut parameters = video_parameters();
    parameters.codecs[0].rtcp_feedback = vec![RtcpFeedback::Nack, RtcpFeedback::Fir];
    parameters
}

#[test]
fn a_new_consumer_asks_at_once() {
    let (mut world, mut publisher, _subscriber) = World::call();
    assert_eq!(requests(&mut world, &mut publisher), (1, vec![]));
}

#[test]
fn many_new_consumers_ask_once() {
    let (mut world, mut publisher, subscriber) = World::call();
    for id in 10..30 {
        world.consume(&subscriber, id, VIDEO, video_out(id));
    }
    assert_eq!(requests(&mut world, &mut publisher).0, 1);
    publisher.send_video(&mut world, 1, true);
    world.pass_ms(3_000);
    assert_eq!(requests(&mut world, &mut publisher).0, 0, "all of them are served by one keyframe");
}

#[test]
fn losses_of_many_receivers_are_paced() {
    let (mut world, mut publisher, mut first) = World::call();
    let mut second = world.connect(3);
    world.consume(&second, 3, VIDEO, video_out(3));
    publisher.send_video(&mut world, 1, true);
    requests(&mut world, &mut publisher);
    world.pass_ms(500);
    let mut plis = 0;
    for round in 0..20 {
        pli(&mut world, &mut first, Ssrc(0x10_0001));
        pli(&mut world, &mut second, Ssrc(0x10_0003));
        let asked = requests(&mut world, &mut publisher).0;
        plis += asked;
        for _ in 0..asked {
            publisher.send_video(&mut world, 2 + round, true);
        }
        world.pass_ms(50);
    }
    assert!((2..=3).contains(&plis), "one per half second: {plis}");
}

#[test]
fn a_keyframe_that_does_not_come_is_asked_for_again_while_media_flows() {
    let (mut world, mut publisher, _subscriber) = World::call();
    publisher.stream_video(&mut world, 1..151, false);
    let plis = requests(&mut world, &mut publisher).0;
    assert!((5..=6).contains(&plis), "one per second in 5 s: {plis}");
}

#[test]
fn a_sender_that_is_silent_is_left_alone_after_a_while() {
    let (mut world, mut publisher, _subscriber) = World::call();
    world.pass_ms(60_000);
    assert!(requests(&mut world, &mut publisher).0 <= 4);
}

#[test]
fn fir_is_used_where_the_sender_has_no_pli_and_counts_new_requests() {
    let mut world = World::new();
    let (mut publisher, subscriber) = (world.connect(1), world.connect(2));
    world.produce(&publisher, VIDEO, with_fir_only());
    world.consume(&subscriber, 1, VIDEO, video_out(1));
    world.pass_ms(1_500);
    publisher.send_video(&mut world, 1, true);
    world.must(Request::RequestKeyFrame { consumer_id: ConsumerId(1) });
    world.pass_ms(600);
    assert_eq!(requests(&mut world, &mut publisher), (0, vec![1, 1, 2]), "one, its repetition, another");
    let stream = world.producer_stats(VIDEO).streams.remove(0);
    assert_eq!((stream.pli_count, stream.fir_count), (0, 3));
}

#[test]
fn a_repeated_fir_of_a_receiver_asks_for_nothing_more() {
    let (mut world, mut publisher, mut subscriber) = World::call();
    publisher.send_video(&mut world, 1, true);
    requests(&mut world, &mut publisher);
    world.pass_ms(1_000);
    for _ in 0..3 {
        subscriber.send_rtcp(&mut world, |writer| writer.fir(Ssrc(1), Ssrc(0x10_0001), 7).expect("it fits"));
        publisher.send_video(&mut world, 2, true);
        world.pass_ms(1_000);
    }
    publisher.send_video(&mut world, 3, true);
    assert!(requests(&mut world, &mut publisher).0 <= 1);
    assert_eq!(world.consumer_stats(1).stream.fir_count, 3);
}

#[test]
fn resuming_asks_and_pausing_does_not() {
    let (mut world, mut publisher, _subscriber) = World::call();
    publisher.send_video(&mut world, 1, true);
    world.pass_ms(1_000);
    requests(&mut world, &mut publisher);
    let consumer_id = ConsumerId(1);
    world.must(Request::SetConsumerPaused { consumer_id, paused: true });
    publisher.stream_video(&mut world, 2..32, false);
    assert_eq!(requests(&mut world, &mut publisher).0, 0);
    world.must(Request::SetConsumerPaused { consumer_id, paused: false });
    assert_eq!(requests(&mut world, &mut publisher).0, 1);
}

#[test]
fn a_paused_producer_is_not_asked_until_it_goes_on() {
    let (mut world, mut publisher, mut subscriber) = World::call();
    publisher.send_video(&mut world, 1, true);
    world.pass_ms(1_000);
    requests(&mut world, &mut publisher);
    world.must(Request::SetProducerPaused { producer_id: VIDEO, paused: true });
    pli(&mut world, &mut subscriber, Ssrc(0x10_0001));
    world.must(Request::RequestKeyFrame { consumer_id: ConsumerId(1) });
    world.pass_ms(3_000);
    assert_eq!(requests(&mut world, &mut publisher).0, 0);
    world.must(Request::SetProducerPaused { producer_id: VIDEO, paused: false });
    assert_eq!(requests(&mut world, &mut publisher).0, 1);
}

#[test]
fn a_consumer_whose_transport_is_not_connected_asks_when_it_is() {
    let mut world = World::new();
    let mut publisher = world.connect(1);
    world.produce(&publisher, VIDEO, video_parameters());
    let mut subscriber = world.open(2);
    world.consume(&subscriber, 1, VIDEO, video_out(1));
    publisher.send_video(&mut world, 1, true);
    assert_eq!(requests(&mut world, &mut publisher).0, 0);
    subscriber.signal(&mut world);
    subscriber.check(&mut world);
    subscriber.shake_hands(&mut world);
    assert_eq!(requests(&mut world, &mut publisher).0, 1);
}
