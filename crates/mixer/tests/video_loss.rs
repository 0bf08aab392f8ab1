//! Lost, late and doubled packets: a keyframe is asked for, and nobody else suffers.

mod stage;

use motet_mixer::SourceId;
use motet_mixer::video::{Trouble, VideoCodec};
use stage::camera::{BLUE, GREEN};
use stage::{Camera, FRAME, Stage, camera, colour, is_like};

#[test]
fn a_lost_frame_is_waited_for_and_then_a_keyframe_is_asked_for() {
    let mut stage = Stage::new(320, 180);
    stage.join(0, camera(0));
    stage.run(20);
    let asked = stage.key_requests(SourceId(0));
    let lost = stage.cameras[0].1.shoot();
    assert!(!lost.is_empty());
    stage.run(4);
    assert_eq!(stage.key_requests(SourceId(0)), asked, "it may come yet");
    stage.run(40);
    assert_eq!(stage.key_requests(SourceId(0)), asked + 1, "asked once, answered once");
    let stats = stage.compositor.source_stats(SourceId(0)).unwrap();
    assert_eq!(stats.losses, 1);
    assert!(stats.frames > 55, "{stats:?}");
    assert_eq!(stage.trouble(SourceId(0)), Some(None), "the last picture stays");
}

#[test]
fn a_retransmission_in_time_costs_no_keyframe() {
    let mut stage = Stage::new(320, 180);
    stage.join(0, camera(0));
    stage.run(5);
    let asked = stage.key_requests(SourceId(0));
    let late = stage.cameras[0].1.shoot();
    stage.run(3);
    for packet in late.iter().chain(&late) {
        stage.send(SourceId(0), packet);
    }
    stage.run(10);
    let stats = stage.compositor.source_stats(SourceId(0)).unwrap();
    assert_eq!((stats.losses, stage.key_requests(SourceId(0))), (0, asked));
    assert_eq!(stats.frames, 5 + 1 + 3 + 10);
    assert_eq!(stats.late_packets, late.len() as u64);
}

#[test]
fn packets_of_a_frame_come_in_any_order() {
    for codec in [VideoCodec::Vp8, VideoCodec::Vp9, VideoCodec::H264, VideoCodec::Av1] {
        let mut stage = Stage::new(320, 180);
        let wanted = match codec {
            VideoCodec::Vp9 => GREEN,
            VideoCodec::Av1 => BLUE,
            _ => colour(3),
        };
        stage.join(0, Camera::new(codec, 640, 360, wanted));
        stage.cameras[0].1.is_on = false;
        stage.run(1);
        for _ in 0..10 {
            stage.cameras[0].1.is_on = true;
            let packets = stage.cameras[0].1.shoot();
            stage.cameras[0].1.is_on = false;
            for packet in packets.iter().rev() {
                stage.send(SourceId(0), packet);
            }
            stage.now += FRAME;
            stage.turn();
        }
        assert!(is_like(stage.seen(0.5, 0.5), wanted), "{codec:?}");
        let stats = stage.compositor.source_stats(SourceId(0)).unwrap();
        assert_eq!((stats.frames, stats.losses), (10, 0), "{codec:?}");
    }
}

#[test]
fn every_codec_survives_one_packet_in_ten_lost() {
    let mut stage = Stage::new(640, 360);
    let codecs = [VideoCodec::Vp8, VideoCodec::Vp9, VideoCodec::H264, VideoCodec::Av1];
    for (number, codec) in codecs.into_iter().enumerate() {
        let wanted = [colour(0), GREEN, colour(2), BLUE][number];
        stage.join(number as u64, Camera::new(codec, 320, 180, wanted));
    }
    stage.loses = |number| number * 2_654_435_761 % 97 < 10;
    stage.run(150);
    let viewer = &stage.viewers[0].1;
    assert_eq!(viewer.frames, 150, "the picture goes on at its rate");
    for number in 0..4 {
        let stats = stage.compositor.source_stats(SourceId(number)).unwrap();
        assert!(stats.losses > 0 && stats.frames > 10, "{number}: {stats:?}");
        assert!(stats.key_requests <= 13, "at most two a second: {stats:?}");
    }
}

#[test]
fn one_senders_loss_is_nobody_elses() {
    let mut stage = Stage::new(640, 360);
    stage.join(0, camera(0));
    stage.join(1, camera(1));
    stage.run(5);
    stage.cameras[0].1.is_on = false;
    stage.run(100);
    assert_eq!(stage.trouble(SourceId(0)), Some(Some(Trouble::Frozen)));
    let stats = stage.compositor.source_stats(SourceId(1)).unwrap();
    assert_eq!((stats.frames, stats.losses), (105, 0));
    // Back again: with a keyframe, because one was asked for, or simply the next frame.
    stage.cameras[0].1.is_on = true;
    stage.run(5);
    assert_eq!(stage.trouble(SourceId(0)), Some(None));
    assert!(is_like(stage.seen(0.25, 0.5), colour(0)));
}

#[test]
fn another_ssrc_begins_anew() {
    let mut stage = Stage::new(320, 180);
    stage.join(0, camera(0));
    stage.run(5);
    let mut other = camera(7);
    other.seq = 30_000;
    stage.cameras[0].1 = other;
    stage.run(5);
    assert!(is_like(stage.seen(0.5, 0.5), colour(7)));
}

#[test]
fn a_source_whose_keyframe_requests_get_lost_is_asked_again_and_shown_in_the_end() {
    let mut stage = Stage::new(320, 180);
    // It has sent for a while when it is added: no keyframe comes by itself.
    let mut late = camera(0);
    for _ in 0..5 {
        late.shoot();
    }
    stage.hears_requests = false;
    stage.join(0, late);
    stage.run(25 * 20);
    let asked = stage.key_requests(SourceId(0));
    assert!((8..16).contains(&asked), "asked {asked} times in 20 s: briskly at first, then ever less often");
    assert_eq!(stage.trouble(SourceId(0)), Some(Some(Trouble::Waiting)));
    stage.hears_requests = true;
    stage.run(25 * 4 + 5);
    assert_eq!(stage.trouble(SourceId(0)), Some(None));
    assert!(is_like(stage.seen(0.5, 0.3), colour(0)));
}

#[test]
fn a_source_that_comes_late_is_shown_though_its_first_keyframes_get_lost() {
    let mut stage = Stage::new(640, 360);
    stage.join(0, camera(0));
    stage.run(10);
    let mut late = camera(1);
    late.shoot();
    stage.join(1, late);
    // All that it sends for three seconds, keyframes too.
    stage.is_cut_off = Some(SourceId(1));
    stage.run(75);
    stage.is_cut_off = None;
    stage.run(25 * 2);
    assert_eq!(stage.trouble(SourceId(1)), Some(None));
    assert!(is_like(stage.seen(0.75, 0.3), colour(1)));
    assert!(is_like(stage.seen(0.25, 0.3), colour(0)), "nobody else suffers");
}

#[test]
fn a_camera_that_went_quiet_is_asked_for_a_keyframe_until_it_comes_back() {
    let mut stage = Stage::new(320, 180);
    stage.join(0, camera(0));
    stage.run(10);
    stage.cameras[0].1.is_on = false;
    stage.run(25 * 4);
    assert_eq!(stage.trouble(SourceId(0)), Some(Some(Trouble::Frozen)));
    let asked = stage.key_requests(SourceId(0));
    assert!(asked > 1, "asked {asked} times");
    stage.cameras[0].1.is_on = true;
    stage.run(3);
    assert_eq!(stage.trouble(SourceId(0)), Some(None));
}
