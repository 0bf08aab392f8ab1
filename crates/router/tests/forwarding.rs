//! The way of media from one peer to another.

mod peer;

use motet_control::{ConsumerId, Encoding, Notification, Request, RtpParameters};
use motet_rtp::ext::{AudioLevel, ExtensionValues, PlayoutDelay, Rotation, VideoOrientation};
use motet_rtp::{RtpHeader, RtpTime, Ssrc};

use peer::{
    AUDIO, Peer, VIDEO, VIDEO_SSRC, World, audio_out, frame, numbers, payload_type, video_header, video_out,
    video_parameters,
};

#[test]
fn audio_goes_from_one_to_the_other_in_the_receivers_words() {
    let (mut world, mut publisher, mut subscriber) = World::call();
    for seq in 65_533..65_540 {
        publisher.send_audio(&mut world, seq, &ExtensionValues::default());
        world.pass_ms(20);
    }
    let media = subscriber.media(&mut world);
    assert_eq!(media.len(), 7);
    let first = media[0].0;
    for (n, (header, values, payload)) in media.iter().enumerate() {
        assert_eq!(header.payload_type, payload_type(63));
        assert_eq!(header.ssrc, Ssrc(0x30_0002));
        assert_eq!(header.seq, first.seq.wrapping_add(n as u16));
        assert_eq!(header.rtp_time, RtpTime(first.rtp_time.0.wrapping_add(n as u32 * 960)));
        assert_eq!(values.mid, "a".parse().ok());
        assert_eq!(payload, &[(65_533 + n) as u8; 80]);
    }
}

#[test]
fn each_packet_of_a_transport_has_the_next_transport_wide_number_and_its_send_time() {
    let (mut world, mut publisher, mut subscriber) = World::call();
    for seq in 1..6 {
        publisher.send_audio(&mut world, seq, &ExtensionValues::default());
        publisher.send_video(&mut world, seq, seq == 1);
        world.pass_ms(20);
    }
    let media = subscriber.media(&mut world);
    let stamps: Vec<u16> = media.iter().map(|(_, values, _)| values.transport_seq.unwrap()).collect();
    assert_eq!(stamps, (stamps[0]..stamps[0] + 10).collect::<Vec<u16>>());
    let elapsed = media[9].1.abs_send_time.unwrap() - media[0].1.abs_send_time.unwrap();
    assert_eq!(elapsed, (80 << 18) / 1_000, "80 ms in 6.18 fixed point");
}

#[test]
fn extensions_that_belong_to_the_media_travel_and_others_do_not() {
    let (mut world, mut publisher, mut subscriber) = World::call();
    let sent = ExtensionValues {
        playout_delay: Some(PlayoutDelay { min_10ms: 1, max_10ms: 20 }),
        video_orientation: Some(VideoOrientation { rotation: Rotation::Degrees90, ..Default::default() }),
        mid: "0".parse().ok(),
        transport_seq: Some(40_000),
        abs_send_time: Some(1),
        ..ExtensionValues::default()
    };
    publisher.send_video_with(&mut world, 1, true, &sent);
    let level = Some(AudioLevel { dbov: -33, voice: true });
    publisher.send_audio(&mut world, 1, &ExtensionValues { audio_level: level, ..Default::default() });
    let media = subscriber.media(&mut world);
    let video = &media[0].1;
    assert_eq!(video.playout_delay, sent.playout_delay);
    assert_eq!(video.video_orientation, sent.video_orientation);
    assert_eq!(video.mid, "v".parse().ok());
    assert_ne!(video.transport_seq, sent.transport_seq);
    assert_ne!(video.abs_send_time, sent.abs_send_time);
    assert_eq!(media[1].1.audio_level, level);
    assert_eq!(media[1].1.playout_delay, None);
}

#[test]
fn video_begins_with_a_keyframe() {
    let (mut world, mut publisher, mut subscriber) = World::call();
    publisher.stream_video(&mut world, 1..4, false);
    publisher.stream_video(&mut world, 4..7, true);
    assert_eq!(numbers(&subscriber.media(&mut world)), [4, 5, 6]);
    let stats = world.consumer_stats(1).stream;
    assert_eq!(stats.drops, [("awaiting_key_frame", 3)]);
    assert_eq!((stats.packets, stats.key_frames), (3, 1));
}

#[test]
fn one_packet_goes_to_each_consumer_under_its_own_numbers() {
    let (mut world, mut publisher, mut first) = World::call();
    let mut second = world.connect(3);
    world.consume(&second, 3, VIDEO, video_out(3));
    publisher.stream_video(&mut world, 1..4, true);
    let (a, b) = (first.media(&mut world), second.media(&mut world));
    assert_eq!((numbers(&a), numbers(&b)), (vec![1, 2, 3], vec![1, 2, 3]));
    assert_ne!(a[0].0.seq, b[0].0.seq);
    assert_eq!(b[0].0.ssrc, Ssrc(0x10_0003));
}

#[test]
fn a_late_packet_takes_the_place_kept_for_it() {
    let (mut world, mut publisher, mut subscriber) = World::call();
    for seq in [1, 2, 4, 5, 3] {
        publisher.send_video(&mut world, seq, seq == 1);
    }
    let media = subscriber.media(&mut world);
    assert_eq!(numbers(&media), [1, 2, 4, 5, 3]);
    let base = media[0].0.seq;
    let offsets: Vec<u16> = media.iter().map(|(header, ..)| header.seq.wrapping_sub(base)).collect();
    assert_eq!(offsets, [0, 1, 3, 4, 2]);
}

#[test]
fn a_duplicate_goes_out_once_however_it_came() {
    let (mut world, mut publisher, mut subscriber) = World::call();
    let packet = publisher.seal(video_header(1), 1, &ExtensionValues::default(), &frame(1, true));
    world.handle(publisher.id, publisher.tuple, &packet);
    world.handle(publisher.id, publisher.tuple, &packet);
    publisher.repair_video(&mut world, 1, 1, true);
    assert_eq!(subscriber.media(&mut world).len(), 1);
    assert_eq!(world.drops(publisher.id), [("srtp_replay", 1)]);
    assert_eq!(world.producer_stats(VIDEO).streams[0].drops, [("duplicate", 1)]);
}

#[test]
fn a_sender_that_jumps_far_ahead_is_followed_without_a_gap() {
    let (mut world, mut publisher, mut subscriber) = World::call();
    publisher.stream_video(&mut world, 1..3, true);
    publisher.stream_video(&mut world, 30_000..30_003, true);
    publisher.stream_video(&mut world, 60_000..60_003, true);
    let media = subscriber.media(&mut world);
    assert_eq!(numbers(&media), [1, 2, 30_000, 30_001, 30_002, 60_000, 60_001, 60_002]);
    assert_eq!(media[7].0.seq, media[0].0.seq + 7);
}

#[test]
fn padding_leaves_no_gap() {
    let (mut world, mut publisher, mut subscriber) = World::call();
    publisher.send_video(&mut world, 1, true);
    publisher.send_rtp(&mut world, (video_header(2), 2), &ExtensionValues::default(), &[]);
    publisher.send_video(&mut world, 3, false);
    let media = subscriber.media(&mut world);
    assert_eq!(numbers(&media), [1, 3]);
    assert_eq!(media[1].0.seq, media[0].0.seq + 1);
}

#[test]
fn a_paused_consumer_gets_nothing_and_resumes_with_a_keyframe_and_no_gap() {
    let (mut world, mut publisher, mut subscriber) = World::call();
    publisher.stream_video(&mut world, 1..4, true);
    let before = subscriber.media(&mut world);
    world.must(Request::SetConsumerPaused { consumer_id: ConsumerId(1), paused: true });
    publisher.stream_video(&mut world, 4..10, true);
    assert!(subscriber.media(&mut world).is_empty());
    world.must(Request::SetConsumerPaused { consumer_id: ConsumerId(1), paused: false });
    publisher.stream_video(&mut world, 10..12, false);
    publisher.stream_video(&mut world, 12..14, true);
    let after = subscriber.media(&mut world);
    assert_eq!(numbers(&after), [12, 13]);
    assert_eq!(after[0].0.seq, before[2].0.seq.wrapping_add(1));
    let elapsed = after[0].0.rtp_time.0.wrapping_sub(before[2].0.rtp_time.0);
    assert_eq!(elapsed, 9 * 3_000, "the clock ran on");
}

#[test]
fn a_paused_producer_reaches_nobody_until_it_goes_on() {
    let (mut world, mut publisher, mut subscriber) = World::call();
    for (producer_id, paused) in [(AUDIO, true), (VIDEO, true)] {
        world.must(Request::SetProducerPaused { producer_id, paused });
    }
    publisher.send_audio(&mut world, 1, &ExtensionValues::default());
    publisher.send_video(&mut world, 1, true);
    assert!(subscriber.media(&mut world).is_empty());
    for (producer_id, paused) in [(AUDIO, false), (VIDEO, false)] {
        world.must(Request::SetProducerPaused { producer_id, paused });
    }
    publisher.send_audio(&mut world, 2, &ExtensionValues::default());
    publisher.send_video(&mut world, 2, false);
    publisher.send_video(&mut world, 3, true);
    let media = subscriber.media(&mut world);
    assert_eq!(media.len(), 2);
    assert_eq!(numbers(&media[1..]), [3]);
}

#[test]
fn what_belongs_to_a_closed_producer_ends_with_it() {
    let (mut world, mut publisher, mut subscriber) = World::call();
    publisher.stream_video(&mut world, 1..3, true);
    world.must(Request::CloseProducer { producer_id: VIDEO });
    assert!(!world.router.has_consumer(ConsumerId(1)) && world.router.has_consumer(ConsumerId(2)));
    let closed = |notification: &Notification| {
        matches!(notification, Notification::ConsumerClosed { consumer_id: ConsumerId(1) })
    };
    assert_eq!(world.notifications.iter().filter(|it| closed(it)).count(), 1);
    assert_eq!(subscriber.media(&mut world).len(), 2);
    publisher.send_video(&mut world, 3, true);
    assert!(subscriber.media(&mut world).is_empty());
    assert_eq!(world.drops(publisher.id), [("unknown_ssrc", 1)]);
}

#[test]
fn a_publisher_that_leaves_ends_its_subscribers_consumers() {
    let (mut world, publisher, subscriber) = World::call();
    world.must(Request::CloseTransport { transport_id: publisher.id });
    let stats = world.transport_stats(subscriber.id);
    assert!(stats.consumers.is_empty());
    let totals = world.router.totals();
    assert_eq!((totals.transports, totals.producers, totals.consumers), (1, 0, 0));
}

#[test]
fn a_stream_is_learned_by_its_mid_and_its_repairs_too() {
    let mut world = World::new();
    let (mut publisher, mut subscriber) = (world.connect(1), world.connect(2));
    let unsignaled = RtpParameters { encodings: vec![Encoding::default()], ..video_parameters() };
    world.produce(&publisher, VIDEO, unsignaled);
    world.produce(
        &publisher,
        motet_control::ProducerId(101),
        RtpParameters { mid: "5".parse().ok(), encodings: vec![Encoding::default()], ..video_parameters() },
    );
    world.consume(&subscriber, 1, VIDEO, video_out(1));
    publisher.send_video(&mut world, 1, true);
    assert_eq!(world.drops(publisher.id), [("unknown_ssrc", 1)], "two producers have the payload type");
    let named = ExtensionValues { mid: "0".parse().ok(), ..ExtensionValues::default() };
    publisher.send_video_with(&mut world, 2, true, &named);
    publisher.send_video(&mut world, 4, false);
    let mut repair = 3u16.to_be_bytes().to_vec();
    repair.extend(frame(3, false));
    let header = RtpHeader { payload_type: payload_type(97), ssrc: Ssrc(0x77), ..video_header(3) };
    publisher.send_rtp(&mut world, (header, 3), &named, &repair);
    assert_eq!(numbers(&subscriber.media(&mut world)), [2, 4, 3]);
}

#[test]
fn a_sender_may_change_its_learned_ssrc_once_the_old_one_is_silent() {
    let mut world = World::new();
    let (mut publisher, mut subscriber) = (world.connect(1), world.connect(2));
    let unsignaled = RtpParameters { encodings: vec![Encoding::default()], ..video_parameters() };
    world.produce(&publisher, VIDEO, unsignaled);
    world.consume(&subscriber, 1, VIDEO, video_out(1));
    publisher.stream_video(&mut world, 1..4, true);
    let other = |seq| (RtpHeader { ssrc: Ssrc(0x99), ..video_header(seq) }, seq);
    let named = ExtensionValues { mid: "0".parse().ok(), ..ExtensionValues::default() };
    publisher.send_rtp(&mut world, other(40_000), &named, &frame(40_000, true));
    assert_eq!(world.drops(publisher.id), [("ssrc_conflict", 1)]);
    assert!(world.notifications.iter().any(|it| matches!(it, Notification::SsrcConflict { .. })));
    world.pass_ms(2_000);
    publisher.send_rtp(&mut world, other(40_001), &named, &frame(40_001, true));
    publisher.send_rtp(&mut world, other(40_002), &named, &frame(40_002, false));
    let media = subscriber.media(&mut world);
    assert_eq!(numbers(&media), [1, 2, 3, 40_001, 40_002]);
    assert_eq!(media[3].0.seq, media[2].0.seq + 1, "the receiver sees one stream");
}

#[test]
fn an_ssrc_that_comes_with_another_mid_is_a_conflict() {
    let (mut world, mut publisher, mut subscriber) = World::call();
    let named = ExtensionValues { mid: "1".parse().ok(), ..ExtensionValues::default() };
    publisher.send_video_with(&mut world, 1, true, &named);
    publisher.send_video_with(&mut world, 2, true, &named);
    assert!(subscriber.media(&mut world).is_empty());
    assert_eq!(world.drops(publisher.id), [("ssrc_conflict", 2)]);
    let told = world.notifications.iter().filter(|it| matches!(it, Notification::SsrcConflict { .. }));
    assert_eq!(told.count(), 1);
}

#[test]
fn a_payload_type_that_was_not_declared_is_dropped() {
    let (mut world, mut publisher, mut subscriber) = World::call();
    let header = RtpHeader { payload_type: payload_type(35), ssrc: VIDEO_SSRC, ..video_header(1) };
    publisher.send_rtp(&mut world, (header, 1), &ExtensionValues::default(), &frame(1, true));
    assert!(subscriber.media(&mut world).is_empty());
    assert_eq!(world.producer_stats(VIDEO).streams[0].drops, [("unknown_payload_type", 1)]);
}

#[test]
fn coming_and_going_of_media_is_told() {
    let (mut world, mut publisher, _subscriber) = World::call();
    let told = |world: &World| -> Vec<bool> {
        let active = world.notifications.iter().filter_map(|notification| match notification {
            Notification::ProducerActive { producer_id, active } if *producer_id == VIDEO => Some(*active),
            _ => None,
        });
        active.collect()
    };
    publisher.stream_video(&mut world, 1..100, true);
    assert_eq!(told(&world), [true]);
    assert!(world.producer_stats(VIDEO).stored_packets > 0);
    world.pass_ms(5_000);
    assert_eq!(told(&world), [true, false]);
    assert_eq!(world.producer_stats(VIDEO).stored_packets, 0, "a silent producer's memory is given back");
    publisher.stream_video(&mut world, 100..102, true);
    assert_eq!(told(&world), [true, false, true]);
}

#[test]
fn a_turned_camera_is_told_once_per_turn() {
    let (mut world, mut publisher, _subscriber) = World::call();
    for (seq, rotation) in [Rotation::Degrees0, Rotation::Degrees90, Rotation::Degrees90, Rotation::Degrees0]
        .into_iter()
        .enumerate()
    {
        let orientation = VideoOrientation { rotation, ..VideoOrientation::default() };
        let values = ExtensionValues { video_orientation: Some(orientation), ..Default::default() };
        publisher.send_video_with(&mut world, seq as u64 + 1, seq == 0, &values);
    }
    let turns: Vec<u16> = world
        .notifications
        .iter()
        .filter_map(|notification| match notification {
            Notification::ProducerVideoOrientation { rotation_degrees, .. } => Some(*rotation_degrees),
            _ => None,
        })
        .collect();
    assert_eq!(turns, [90, 0]);
}

#[test]
fn a_consumer_made_before_its_transport_connects_begins_when_it_does() {
    let mut world = World::new();
    let mut publisher = world.connect(1);
    world.produce(&publisher, AUDIO, peer::audio_parameters());
    let mut subscriber: Peer = world.open(2);
    world.consume(&subscriber, 2, AUDIO, audio_out(2));
    publisher.send_audio(&mut world, 1, &ExtensionValues::default());
    assert_eq!(world.consumer_stats(2).stream.drops, [("not_connected", 1)]);
    subscriber.signal(&mut world);
    subscriber.check(&mut world);
    subscriber.shake_hands(&mut world);
    publisher.send_audio(&mut world, 2, &ExtensionValues::default());
    assert_eq!(subscriber.media(&mut world).len(), 1);
}
