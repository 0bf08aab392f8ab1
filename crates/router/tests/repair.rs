//! Losses made good: asked for on the way in, answered on the way out.

mod peer;

use std::time::Duration;

use motet_control::{ConsumerId, Encoding, Request, RtpParameters};
use motet_rtp::Ssrc;
use motet_rtp::ext::ExtensionValues;
use motet_rtp::rtcp::{self, Packet};

use peer::{Peer, VIDEO, VIDEO_SSRC, World, number, numbers, payload_type, video_out};

/// The sequence numbers that the router asks a publisher for.
fn asked(world: &mut World, publisher: &mut Peer) -> Vec<u16> {
    let mut lost = Vec::new();
    for compound in publisher.reports(world) {
        for packet in rtcp::packets(&compound) {
            if let Packet::Nack(nack) = packet.unwrap() {
                assert_eq!(nack.media, VIDEO_SSRC);
                lost.extend(nack.lost());
            }
        }
    }
    lost
}

fn nack(world: &mut World, subscriber: &mut Peer, media: Ssrc, lost: &[u16]) {
    let lost = lost.to_vec();
    subscriber.send_rtcp(world, |writer| writer.nack(Ssrc(1), media, lost.iter().copied()).expect("it fits"));
}

const CONSUMER_SSRC: Ssrc = Ssrc(0x10_0001);
const CONSUMER_RTX_SSRC: Ssrc = Ssrc(0x20_0001);

#[test]
fn what_is_lost_on_the_way_in_is_asked_for_and_passed_on_when_it_comes() {
    let (mut world, mut publisher, mut subscriber) = World::call();
    for seq in [1, 2, 5] {
        publisher.send_video(&mut world, seq, seq == 1);
    }
    world.pass_ms(10);
    assert_eq!(asked(&mut world, &mut publisher), [3, 4]);
    publisher.repair_video(&mut world, 3, 1, false);
    world.pass_ms(125);
    assert_eq!(asked(&mut world, &mut publisher), [4], "a round trip and a quarter later");
    publisher.repair_video(&mut world, 4, 2, false);
    assert_eq!(numbers(&subscriber.media(&mut world)), [1, 2, 5, 3, 4]);
    let stream = world.producer_stats(VIDEO).streams.remove(0);
    assert_eq!((stream.packets, stream.retransmitted_packets, stream.nacked_packets), (3, 2, 3));
    assert_eq!(stream.packets_lost, 0, "net of repairs");
}

#[test]
fn a_hole_that_is_never_filled_ends_in_a_keyframe_request() {
    let (mut world, mut publisher, mut subscriber) = World::call();
    publisher.stream_video(&mut world, 1..3, true);
    subscriber.receive(&mut world);
    for seq in 4..60 {
        publisher.send_video(&mut world, seq, false);
        world.pass_ms(33);
    }
    assert!(world.producer_stats(VIDEO).streams[0].pli_count >= 1);
}

#[test]
fn padding_on_the_repair_stream_is_no_packet() {
    let (mut world, mut publisher, mut subscriber) = World::call();
    publisher.send_video(&mut world, 1, true);
    let header = motet_rtp::RtpHeader {
        payload_type: payload_type(97),
        ssrc: Ssrc(0x1001),
        seq: 1,
        ..peer::video_header(1)
    };
    publisher.send_rtp(&mut world, (header, 1), &ExtensionValues::default(), &[]);
    let header = motet_rtp::RtpHeader { seq: 2, ..header };
    publisher.send_rtp(&mut world, (header, 2), &ExtensionValues::default(), &[0, 7]);
    assert_eq!(subscriber.media(&mut world).len(), 1);
    assert!(world.producer_stats(VIDEO).streams[0].drops.is_empty());
}

#[test]
fn a_receiver_gets_what_it_misses_over_rtx_as_it_was() {
    let (mut world, mut publisher, mut subscriber) = World::call();
    let values = ExtensionValues { video_orientation: Some(Default::default()), ..Default::default() };
    publisher.send_video(&mut world, 1, true);
    publisher.send_video_with(&mut world, 2, false, &values);
    publisher.send_video(&mut world, 3, false);
    let sent = subscriber.media(&mut world);
    nack(&mut world, &mut subscriber, CONSUMER_SSRC, &[sent[1].0.seq, sent[2].0.seq]);
    let again = subscriber.media(&mut world);
    assert_eq!(again.len(), 2);
    for ((original, original_values, payload), (header, values, rtx)) in sent[1..].iter().zip(&again) {
        assert_eq!((header.ssrc, header.payload_type), (CONSUMER_RTX_SSRC, payload_type(121)));
        assert_eq!((header.rtp_time, header.marker), (original.rtp_time, original.marker));
        assert_eq!(rtx[..2], original.seq.to_be_bytes());
        assert_eq!(&rtx[2..], payload);
        assert_eq!(values.video_orientation, original_values.video_orientation);
        assert_eq!(values.mid, original_values.mid);
        assert_ne!(values.transport_seq, original_values.transport_seq);
    }
    assert_eq!(again[1].0.seq, again[0].0.seq + 1);
    let stream = world.consumer_stats(1).stream;
    assert_eq!((stream.packets, stream.nacked_packets, stream.retransmitted_packets), (3, 2, 2));
}

#[test]
fn the_right_packet_comes_back_after_pauses_and_padding_shifted_the_numbers() {
    let (mut world, mut publisher, mut subscriber) = World::call();
    publisher.stream_video(&mut world, 1..5, true);
    let consumer_id = ConsumerId(1);
    world.must(Request::SetConsumerPaused { consumer_id, paused: true });
    publisher.stream_video(&mut world, 5..9, false);
    world.must(Request::SetConsumerPaused { consumer_id, paused: false });
    publisher.stream_video(&mut world, 9..12, true);
    publisher.send_rtp(&mut world, (peer::video_header(12), 12), &ExtensionValues::default(), &[]);
    publisher.stream_video(&mut world, 13..16, false);
    let sent = subscriber.media(&mut world);
    assert_eq!(numbers(&sent), [1, 2, 3, 4, 9, 10, 11, 13, 14, 15]);
    for (header, _, payload) in &sent {
        nack(&mut world, &mut subscriber, CONSUMER_SSRC, &[header.seq]);
        let again = subscriber.media(&mut world);
        assert_eq!(number(&again[0].2[2..]), number(payload));
    }
}

#[test]
fn a_flood_of_nacks_is_answered_within_the_budget() {
    let (mut world, mut publisher, mut subscriber) = World::call();
    publisher.stream_video(&mut world, 1..40, true);
    let sent = subscriber.media(&mut world);
    let seqs: Vec<u16> = sent.iter().map(|(header, ..)| header.seq).collect();
    for _ in 0..200 {
        nack(&mut world, &mut subscriber, CONSUMER_SSRC, &seqs);
    }
    let again: usize = subscriber.media(&mut world).iter().map(|(.., payload)| payload.len()).sum();
    assert!(again < 120_000, "{again} bytes for 39,000 sent and the first budget of 65,536");
    assert!(
        world
            .consumer_stats(1)
            .stream
            .drops
            .iter()
            .any(|(name, count)| *name == "over_budget" && *count > 1_000)
    );
}

#[test]
fn nobody_is_sent_a_packet_again_under_its_own_number() {
    let mut world = World::new();
    let (mut publisher, mut subscriber) = (world.connect(1), world.connect(2));
    world.produce(&publisher, VIDEO, peer::video_parameters());
    let mut without_rtx: RtpParameters = video_out(1);
    without_rtx.codecs[0].rtx_payload_type = None;
    without_rtx.encodings = vec![Encoding { ssrc: Some(CONSUMER_SSRC), ..Encoding::default() }];
    world.consume(&subscriber, 1, VIDEO, without_rtx);
    publisher.stream_video(&mut world, 1..4, true);
    let sent = subscriber.media(&mut world);
    nack(&mut world, &mut subscriber, CONSUMER_SSRC, &[sent[0].0.seq]);
    assert!(subscriber.media(&mut world).is_empty());
    assert_eq!(world.consumer_stats(1).stream.drops, [("no_rtx", 1)]);
    assert_eq!(world.producer_stats(VIDEO).stored_packets, 0, "nothing is kept that nobody can ask for");
}

#[test]
fn what_is_too_old_or_was_never_sent_is_not_answered() {
    let (mut world, mut publisher, mut subscriber) = World::call();
    publisher.stream_video(&mut world, 1..100, true);
    let sent = subscriber.media(&mut world);
    let never = sent[98].0.seq.wrapping_add(5);
    nack(&mut world, &mut subscriber, CONSUMER_SSRC, &[sent[0].0.seq, never]);
    assert!(subscriber.media(&mut world).is_empty());
    assert_eq!(world.consumer_stats(1).stream.drops, [("not_stored", 2)]);
}

#[test]
fn a_nack_for_somebody_elses_stream_is_counted() {
    let (mut world, mut publisher, mut subscriber) = World::call();
    publisher.stream_video(&mut world, 1..3, true);
    subscriber.receive(&mut world);
    nack(&mut world, &mut subscriber, VIDEO_SSRC, &[1]);
    assert_eq!(world.drops(subscriber.id), [("unknown_rtcp_target", 1)]);
}

#[test]
fn the_store_is_shared_by_all_consumers_and_gone_with_the_last_that_can_ask() {
    let (mut world, mut publisher, _first) = World::call();
    let second = world.connect(3);
    world.consume(&second, 3, VIDEO, video_out(3));
    publisher.stream_video(&mut world, 1..30, true);
    let stats = world.producer_stats(VIDEO);
    assert_eq!((stats.stored_packets, stats.stored_bytes), (29, 29_000));
    world.must(Request::CloseConsumer { consumer_id: ConsumerId(1) });
    assert_eq!(world.producer_stats(VIDEO).stored_packets, 29);
    world.must(Request::CloseConsumer { consumer_id: ConsumerId(3) });
    assert_eq!(world.producer_stats(VIDEO).stored_packets, 0);
}

#[test]
fn long_video_keeps_two_seconds() {
    let (mut world, mut publisher, _subscriber) = World::call();
    for second in 0..120 {
        publisher.stream_video(&mut world, second * 30..second * 30 + 30, second == 0);
    }
    let stats = world.producer_stats(VIDEO);
    assert!((55..=65).contains(&stats.stored_packets), "{}", stats.stored_packets);
    world.pass(Duration::from_secs(6));
    assert_eq!(world.producer_stats(VIDEO).stored_packets, 0);
}
