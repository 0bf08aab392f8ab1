//! A consumer goes on with another producer in one stream that shows no seam.

mod peer;

use motet_control::{Codec, ConsumerId, ProducerId, Refusal, Request, RtpParameters};
use motet_rtp::ext::ExtensionValues;
use motet_rtp::payload::vp8::{self, Descriptor, PictureId, Temporal};
use motet_rtp::{RtpHeader, RtpTime, Ssrc};
use peer::*;

const OTHER_VIDEO: ProducerId = ProducerId(101);
const OTHER_AUDIO: ProducerId = ProducerId(201);
const OTHER_VIDEO_SSRC: Ssrc = Ssrc(0x5000);
const OTHER_AUDIO_SSRC: Ssrc = Ssrc(0x6000);
/// Frames of the other camera are told apart by their number.
const OTHER: u64 = 1_000;

/// A call as [`World::call`], with a second publisher.
fn call() -> (World, Peer, Peer, Peer) {
    let (mut world, publisher, subscriber) = World::call();
    let other = world.connect(3);
    world.produce(&other, OTHER_VIDEO, with_ssrc(video_parameters(), OTHER_VIDEO_SSRC));
    world.produce(&other, OTHER_AUDIO, with_ssrc(audio_parameters(), OTHER_AUDIO_SSRC));
    (world, publisher, other, subscriber)
}

fn with_ssrc(mut parameters: RtpParameters, ssrc: Ssrc) -> RtpParameters {
    parameters.encodings[0].ssrc = Some(ssrc);
    parameters.encodings[0].rtx_ssrc = Some(Ssrc(ssrc.0 + 1));
    parameters
}

fn switch(consumer: u64, producer_id: ProducerId, in_step: bool) -> Request {
    Request::SwitchConsumer { consumer_id: ConsumerId(consumer), producer_id, in_step }
}

fn send_other_video(world: &mut World, other: &mut Peer, seq: u64, is_key: bool) {
    let header =
        RtpHeader { ssrc: OTHER_VIDEO_SSRC, rtp_time: RtpTime(seq as u32 * 3_000), ..video_header(seq) };
    other.send_rtp(world, (header, seq), &ExtensionValues::default(), &frame(OTHER + seq, is_key));
}

fn send_audio(world: &mut World, peer: &mut Peer, ssrc: Ssrc, seq: u64, rtp_time: u32) {
    let header = RtpHeader {
        marker: false,
        payload_type: payload_type(OPUS),
        seq: seq as u16,
        rtp_time: RtpTime(rtp_time),
        ssrc,
    };
    peer.send_rtp(world, (header, seq), &ExtensionValues::default(), &[seq as u8; 80]);
}

fn is_gapless(media: &[Media]) -> bool {
    media.windows(2).all(|pair| pair[1].0.seq == pair[0].0.seq.wrapping_add(1))
}

#[test]
fn video_goes_on_with_the_former_producer_until_the_keyframe_of_the_next() {
    let (mut world, mut publisher, mut other, mut subscriber) = call();
    for seq in 1..=5 {
        publisher.send_video(&mut world, seq, seq == 1);
        send_other_video(&mut world, &mut other, seq, seq == 1);
        world.pass_ms(33);
    }
    world.must(switch(1, OTHER_VIDEO, false));
    for seq in 6..=12 {
        publisher.send_video(&mut world, seq, false);
        send_other_video(&mut world, &mut other, seq, seq == 9);
        world.pass_ms(33);
    }
    let media = subscriber.media(&mut world);
    let expected: Vec<u64> = (1..=9).chain(OTHER + 9..=OTHER + 12).collect();
    assert_eq!(numbers(&media), expected, "the former one's frame of the same moment may still pass");
    assert!(is_gapless(&media));
    let times: Vec<i32> =
        media.windows(2).map(|pair| (pair[1].0.rtp_time.0 - pair[0].0.rtp_time.0) as i32).collect();
    assert!(times.iter().all(|step| (1..=6_000).contains(step)), "{times:?}");
    assert_eq!(world.consumer_stats(1).producer_id, OTHER_VIDEO);
    assert_eq!(world.producer_stats(VIDEO).consumers, 0);
    assert_eq!(world.producer_stats(OTHER_VIDEO).consumers, 1);
}

#[test]
fn the_next_producer_is_asked_for_a_keyframe() {
    let (mut world, mut publisher, mut other, _subscriber) = call();
    publisher.send_video(&mut world, 1, true);
    send_other_video(&mut world, &mut other, 1, true);
    other.reports(&mut world);
    world.pass_ms(1_000);
    other.reports(&mut world);
    world.must(switch(1, OTHER_VIDEO, false));
    world.pass_ms(1);
    let reports = other.reports(&mut world);
    let is_pli = |compound: &Vec<u8>| {
        motet_rtp::rtcp::packets(compound)
            .any(|packet| matches!(packet, Ok(motet_rtp::rtcp::Packet::Pli { media: OTHER_VIDEO_SSRC, .. })))
    };
    assert!(reports.iter().any(is_pli));
}

#[test]
fn audio_in_step_keeps_the_clock_to_the_sample() {
    let (mut world, mut publisher, mut other, mut subscriber) = call();
    for seq in 1..=5u64 {
        send_audio(&mut world, &mut publisher, AUDIO_SSRC, seq, 5_000 + seq as u32 * 960);
        world.pass_ms(20);
    }
    world.must(switch(2, OTHER_AUDIO, true));
    // Comes late, as packets do; its time is the mixer's all the same.
    world.pass_ms(7);
    for seq in 6..=9u64 {
        send_audio(&mut world, &mut publisher, AUDIO_SSRC, seq, 5_000 + seq as u32 * 960);
        send_audio(&mut world, &mut other, OTHER_AUDIO_SSRC, 300 + seq, 5_000 + seq as u32 * 960);
        world.pass_ms(20);
    }
    let media = subscriber.media(&mut world);
    assert_eq!(media.len(), 9);
    assert!(is_gapless(&media));
    let steps: Vec<u32> =
        media.windows(2).map(|pair| pair[1].0.rtp_time.0.wrapping_sub(pair[0].0.rtp_time.0)).collect();
    assert_eq!(steps, [960; 8]);
}

#[test]
fn audio_of_another_clock_goes_on_by_the_time_that_passed() {
    for in_step in [false, true] {
        let (mut world, mut publisher, mut other, mut subscriber) = call();
        for seq in 1..=5u64 {
            send_audio(&mut world, &mut publisher, AUDIO_SSRC, seq, seq as u32 * 960);
            world.pass_ms(20);
        }
        world.must(switch(2, OTHER_AUDIO, in_step));
        for seq in 6..=9u64 {
            send_audio(&mut world, &mut other, OTHER_AUDIO_SSRC, seq, 3_000_000_000 + seq as u32 * 960);
            world.pass_ms(20);
        }
        let media = subscriber.media(&mut world);
        let steps: Vec<u32> =
            media.windows(2).map(|pair| pair[1].0.rtp_time.0.wrapping_sub(pair[0].0.rtp_time.0)).collect();
        assert_eq!(steps, [960; 8], "in step: {in_step}");
    }
}

#[test]
fn the_last_word_counts() {
    let (mut world, mut publisher, mut other, mut subscriber) = call();
    publisher.send_video(&mut world, 1, true);
    world.must(switch(1, OTHER_VIDEO, false));
    world.must(switch(1, VIDEO, false));
    for seq in 2..=5 {
        publisher.send_video(&mut world, seq, false);
        send_other_video(&mut world, &mut other, seq, true);
    }
    assert_eq!(numbers(&subscriber.media(&mut world)), (1..=5).collect::<Vec<_>>());
    assert_eq!(world.producer_stats(OTHER_VIDEO).consumers, 0);
}

#[test]
fn a_consumer_outlives_the_producer_that_it_leaves_and_the_one_that_never_came() {
    let (mut world, mut publisher, mut other, mut subscriber) = call();
    publisher.send_video(&mut world, 1, true);
    world.must(switch(1, OTHER_VIDEO, false));
    world.must(Request::CloseProducer { producer_id: VIDEO });
    send_other_video(&mut world, &mut other, 1, true);
    assert_eq!(numbers(&subscriber.media(&mut world)), [1, OTHER + 1]);

    world.produce(&publisher, ProducerId(102), with_ssrc(video_parameters(), Ssrc(0x7000)));
    world.must(switch(1, ProducerId(102), false));
    world.must(Request::CloseProducer { producer_id: ProducerId(102) });
    send_other_video(&mut world, &mut other, 2, false);
    assert_eq!(numbers(&subscriber.media(&mut world)), [OTHER + 2]);
    assert!(world.router.has_consumer(ConsumerId(1)));
}

#[test]
fn what_waits_for_nothing_switches_at_once() {
    let (mut world, mut publisher, mut other, mut subscriber) = call();
    let paused = |paused| Request::SetConsumerPaused { consumer_id: ConsumerId(1), paused };
    publisher.send_video(&mut world, 1, true);
    world.must(paused(true));
    world.must(switch(1, OTHER_VIDEO, false));
    assert_eq!(world.producer_stats(VIDEO).consumers, 0);
    world.must(paused(false));
    send_other_video(&mut world, &mut other, 1, true);
    world.must(switch(1, VIDEO, false));
    world.must(paused(true));
    assert_eq!(world.producer_stats(OTHER_VIDEO).consumers, 0, "pausing ends the wait");
    assert_eq!(numbers(&subscriber.media(&mut world)), [1, OTHER + 1]);
    world.must(Request::CloseConsumer { consumer_id: ConsumerId(1) });
    assert_eq!(world.producer_stats(VIDEO).consumers, 0);
}

#[test]
fn a_producer_of_another_kind_or_codec_is_refused_and_changes_nothing() {
    let (mut world, mut publisher, mut other, mut subscriber) = call();
    let h264 = RtpParameters {
        codecs: vec![codec(Codec::H264, 102, None)],
        ..with_ssrc(video_parameters(), Ssrc(0x9000))
    };
    world.produce(&other, ProducerId(103), RtpParameters { mid: "7".parse().ok(), ..h264 });
    assert!(matches!(world.ask(switch(1, AUDIO, false)), Err(Refusal::BadParameter(_))));
    assert!(matches!(world.ask(switch(1, ProducerId(103), false)), Err(Refusal::BadParameter(_))));
    assert!(matches!(
        world.ask(switch(1, ProducerId(999), false)),
        Err(Refusal::NotFound { noun: "producer", .. })
    ));
    assert!(matches!(world.ask(switch(9, VIDEO, false)), Err(Refusal::NotFound { noun: "consumer", .. })));
    publisher.send_video(&mut world, 1, true);
    send_other_video(&mut world, &mut other, 1, true);
    assert_eq!(numbers(&subscriber.media(&mut world)), [1]);
}

#[test]
fn what_was_lost_after_a_switch_is_sent_again_and_what_was_lost_before_is_not() {
    let (mut world, mut publisher, mut other, mut subscriber) = call();
    (1..=3).for_each(|seq| publisher.send_video(&mut world, seq, seq == 1));
    world.must(switch(1, OTHER_VIDEO, false));
    (1..=3).for_each(|seq| send_other_video(&mut world, &mut other, seq, seq == 1));
    let seqs: Vec<u16> = subscriber.media(&mut world).iter().map(|(header, ..)| header.seq).collect();
    assert_eq!(seqs.len(), 6);
    let lost = [seqs[1], seqs[3], seqs[5]];
    subscriber.send_rtcp(&mut world, |writer| {
        writer.nack(Ssrc(1), Ssrc(0x10_0001), lost).unwrap();
    });
    let repaired: Vec<[u8; 2]> =
        subscriber.media(&mut world).iter().map(|(.., payload)| [payload[0], payload[1]]).collect();
    assert_eq!(repaired, [seqs[3].to_be_bytes(), seqs[5].to_be_bytes()]);
}

/// Frames that say their numbers, as VP8 has them: picture id and TL0PICIDX.
fn numbered(picture_id: PictureId, tl0: u8, number: u64, is_key: bool) -> Vec<u8> {
    let (mut bytes, frame) = ([0; Descriptor::LEN_MAX], frame(number, is_key));
    let descriptor = Descriptor {
        starts_partition: true,
        picture_id: Some(picture_id),
        tl0_pic_idx: Some(tl0),
        temporal: Some(Temporal { layer: 0, layer_sync: false }),
        ..Descriptor::default()
    };
    let len = descriptor.write(&mut bytes).unwrap();
    [&bytes[..len], &frame[1..]].concat()
}

fn frame_number(payload: &[u8]) -> (Option<PictureId>, Option<u8>) {
    let descriptor = vp8::parse(payload).unwrap();
    assert_eq!(descriptor.temporal, Some(Temporal { layer: 0, layer_sync: false }));
    (descriptor.picture_id, descriptor.tl0_pic_idx)
}

#[test]
fn frames_are_counted_on_over_a_switch_and_when_they_are_sent_again() {
    let (mut world, mut publisher, mut other, mut subscriber) = call();
    for seq in 1..=3u64 {
        // Both wrap.
        let picture_id = PictureId::Long((0x7ffd + seq as u16) & 0x7fff);
        let frame = numbered(picture_id, 252_u8.wrapping_add(seq as u8), seq, seq == 1);
        publisher.send_rtp(&mut world, (video_header(seq), seq), &ExtensionValues::default(), &frame);
    }
    world.must(switch(1, OTHER_VIDEO, true));
    for seq in 1..=3u64 {
        let header = RtpHeader { ssrc: OTHER_VIDEO_SSRC, ..video_header(3 + seq) };
        let frame = numbered(PictureId::Long(17 + seq as u16), 9 + seq as u8, OTHER + seq, seq == 1);
        other.send_rtp(&mut world, (header, 3 + seq), &ExtensionValues::default(), &frame);
    }
    let media = subscriber.media(&mut world);
    let long = |id| Some(PictureId::Long(id));
    let counted: Vec<_> = media.iter().map(|(.., payload)| frame_number(payload)).collect();
    assert_eq!(counted[..3], [(long(0x7ffe), Some(253)), (long(0x7fff), Some(254)), (long(0), Some(255))]);
    assert_eq!(counted[3..], [(long(1), Some(0)), (long(2), Some(1)), (long(3), Some(2))]);
    assert_eq!(media[3].2[6..], frame(OTHER + 1, true)[1..], "what is behind the descriptor is as it was");

    subscriber.send_rtcp(&mut world, |writer| {
        writer.nack(Ssrc(1), Ssrc(0x10_0001), [media[3].0.seq]).unwrap();
    });
    let again = subscriber.media(&mut world);
    assert_eq!(again[0].2[2..], media[3].2, "behind its number, to the byte");
}

#[test]
fn short_frame_numbers_are_passed_on_as_they_are() {
    let (mut world, mut publisher, mut other, mut subscriber) = call();
    let frame = numbered(PictureId::Long(900), 1, 1, true);
    publisher.send_rtp(&mut world, (video_header(1), 1), &ExtensionValues::default(), &frame);
    world.must(switch(1, OTHER_VIDEO, true));
    let header = RtpHeader { ssrc: OTHER_VIDEO_SSRC, ..video_header(2) };
    let frame = numbered(PictureId::Short(126), 2, 2, true);
    other.send_rtp(&mut world, (header, 2), &ExtensionValues::default(), &frame);
    assert_eq!(subscriber.media(&mut world)[1].2, frame);
}

#[test]
fn a_frame_of_the_next_producer_has_a_time_of_its_own() {
    let (mut world, mut publisher, mut other, mut subscriber) = call();
    for seq in 1..=3 {
        publisher.send_video(&mut world, seq, seq == 1);
        world.pass_ms(33);
    }
    world.must(switch(1, OTHER_VIDEO, true));
    // Both are made of one picture at one moment.
    for seq in 3..=5 {
        send_other_video(&mut world, &mut other, seq, seq == 3);
        world.pass_ms(33);
    }
    let times: Vec<u32> = subscriber
        .media(&mut world)
        .windows(2)
        .map(|pair| pair[1].0.rtp_time.0.wrapping_sub(pair[0].0.rtp_time.0))
        .collect();
    assert_eq!(times, [3_000, 3_000, 1, 3_000, 3_000]);
}
