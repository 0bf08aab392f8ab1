//! Senders that mean harm get the placeholder with a reason; the picture goes on, and nothing grows.

mod stage;

use motet_codec::video::DecodeLimits;
use motet_mixer::SourceId;
use motet_mixer::video::{SourceLimits, Trouble, VideoCodec, VideoSettings};
use proptest::prelude::*;
use stage::{Camera, FRAME, Stage, camera, colour, is_like};

/// A neighbour of the hostile sender, who must not notice.
fn with_neighbour(hostile: Camera) -> Stage {
    let mut stage = Stage::new(640, 360);
    stage.join(0, hostile);
    stage.join(1, camera(1));
    stage
}

fn assert_neighbour_is_seen(stage: &Stage) {
    assert!(is_like(stage.seen(0.75, 0.5), colour(1)), "{:?}", stage.seen(0.75, 0.5));
}

/// The trouble that was told while `frames` frames of these bytes were sent.
fn troubles(codec: VideoCodec, frames: usize, bytes: impl Fn(usize) -> Vec<u8>) -> (Stage, Vec<Trouble>) {
    let mut stage = with_neighbour(Camera::new(codec, 320, 180, colour(0)));
    stage.cameras[0].1.is_on = false;
    for frame in 0..frames {
        stage.run(1);
        for packet in stage.cameras[0].1.packets(&bytes(frame), true) {
            stage.send(SourceId(0), &packet);
        }
    }
    stage.run(2);
    let troubles = stage.events.iter().filter_map(|event| match event {
        motet_mixer::video::VideoEvent::SourceShown { source: SourceId(0), trouble } => *trouble,
        _ => None,
    });
    let troubles = troubles.collect();
    (stage, troubles)
}

fn vp8_key_of(width: u16, height: u16) -> Vec<u8> {
    let [w, h] = [width, height].map(u16::to_le_bytes);
    let mut frame = vec![0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, w[0], w[1], h[0], h[1]];
    frame.extend([0x55; 100]);
    frame
}

#[test]
fn frames_of_8k_are_not_decoded() {
    let (stage, troubles) = troubles(VideoCodec::Vp8, 20, |_| vp8_key_of(7680, 4320));
    assert_eq!(troubles.last(), Some(&Trouble::TooLarge { width: 7680, height: 4320 }));
    assert_eq!(Trouble::TooLarge { width: 7680, height: 4320 }.to_string(), "video too large: 7680x4320");
    assert_eq!(stage.compositor.source_stats(SourceId(0)).unwrap().frames, 0);
    assert_neighbour_is_seen(&stage);
}

#[test]
fn frames_of_8k_in_h264_are_not_decoded() {
    // 7680x4320 as a sequence parameter set of level 6, baseline: 480 by 270 macroblocks.
    let sps = [
        0, 0, 0, 1, 0x67, 0x42, 0xc0, 0x3c, 0xda, 0x00, 0xf0, 0x02, 0x1d, 0xb0, 0x11, 0x00, 0, 0, 1, 0x65, 1,
        2, 3,
    ];
    let (stage, troubles) = troubles(VideoCodec::H264, 5, |_| sps.to_vec());
    assert!(!troubles.is_empty() && !troubles.contains(&Trouble::CameraOff), "{troubles:?}");
    assert_eq!(stage.compositor.source_stats(SourceId(0)).unwrap().frames, 0);
    assert_neighbour_is_seen(&stage);
}

#[test]
fn the_limit_of_size_is_a_setting() {
    let decode = DecodeLimits { side_max: 300, ..DecodeLimits::default() };
    let limits = SourceLimits { decode, ..SourceLimits::default() };
    for codec in [VideoCodec::Vp8, VideoCodec::Vp9, VideoCodec::H264, VideoCodec::Av1] {
        let mut stage = Stage::with(VideoSettings { limits, ..VideoSettings::default() }, 320, 180);
        stage.join(0, Camera::new(codec, 320, 180, colour(0)));
        stage.run(10);
        assert!(
            matches!(stage.trouble(SourceId(0)), Some(Some(Trouble::TooLarge { width: 320, .. }))),
            "{codec:?}: {:?}",
            stage.trouble(SourceId(0))
        );
    }
}

#[test]
fn a_size_that_changes_with_each_frame_is_not_followed() {
    let mut stage = with_neighbour(camera(0));
    for frame in 0..40u16 {
        stage.cameras[0].1.resize(160 + 16 * (frame % 20), 96 + 16 * (frame % 7));
        stage.cameras[0].1.wants_key = true;
        stage.run(1);
    }
    assert_eq!(stage.trouble(SourceId(0)), Some(Some(Trouble::Restless)));
    assert!(stage.compositor.source_stats(SourceId(0)).unwrap().frames < 15);
    assert_neighbour_is_seen(&stage);
    // One that calms down is shown again, after a while.
    stage.run(150);
    assert_eq!(stage.trouble(SourceId(0)), Some(None));
}

#[test]
fn a_few_changes_of_size_are_followed() {
    let mut stage = with_neighbour(camera(0));
    for (width, height) in [(320, 180), (640, 360), (160, 90), (180, 320)] {
        stage.cameras[0].1.resize(width, height);
        stage.cameras[0].1.wants_key = true;
        stage.run(10);
        assert!(is_like(stage.seen(0.25, 0.5), colour(0)), "{width}x{height}");
    }
}

#[test]
fn garbage_of_every_codec_is_no_picture() {
    for codec in [VideoCodec::Vp8, VideoCodec::Vp9, VideoCodec::H264, VideoCodec::Av1] {
        let garbage = |frame: usize| (0..600).map(|at| ((at * 7 + frame * 13) ^ (at >> 3)) as u8).collect();
        let (stage, troubles) = troubles(codec, 30, garbage);
        let stats = stage.compositor.source_stats(SourceId(0)).unwrap();
        assert_eq!(stats.frames, 0, "{codec:?}");
        assert_ne!(stage.trouble(SourceId(0)), Some(None), "{codec:?}: {troubles:?}");
        assert_neighbour_is_seen(&stage);
    }
}

#[test]
fn a_profile_that_is_not_decoded_says_so() {
    let mut stage = with_neighbour(Camera::vp9_of_profile_1());
    stage.run(5);
    assert_eq!(stage.trouble(SourceId(0)), Some(Some(Trouble::Profile)));
    assert_neighbour_is_seen(&stage);
}

#[test]
fn a_codec_that_was_not_announced_says_so() {
    let mut stage = with_neighbour(camera(0));
    stage.cameras[0].1 = Camera::new(VideoCodec::H264, 320, 180, colour(0));
    stage.run(5);
    assert_eq!(stage.trouble(SourceId(0)), Some(Some(Trouble::UnknownCodec)));
    assert_neighbour_is_seen(&stage);
}

#[test]
fn a_sender_that_stops_in_the_middle_of_a_frame_is_frozen_after_a_while() {
    let mut stage = with_neighbour(camera(0));
    stage.run(10);
    let half = stage.cameras[0].1.packet(&[0x10, 0x31, 0x02], false);
    stage.send(SourceId(0), &half);
    stage.cameras[0].1.is_on = false;
    stage.run(60);
    assert_eq!(stage.trouble(SourceId(0)), Some(None));
    stage.run(30);
    assert_eq!(stage.trouble(SourceId(0)), Some(Some(Trouble::Frozen)));
    assert_neighbour_is_seen(&stage);
}

#[test]
fn more_frames_than_anybody_can_see_are_not_decoded() {
    let limits = SourceLimits { pixels_per_second_max: 640 * 360 * 60, ..SourceLimits::default() };
    let mut stage = Stage::with(VideoSettings { limits, ..VideoSettings::default() }, 640, 360);
    stage.join(0, Camera::new(VideoCodec::Vp8, 640, 360, colour(0)));
    stage.run(10);
    assert_eq!(stage.trouble(SourceId(0)), Some(None));
    for _ in 0..200 {
        for packet in stage.cameras[0].1.shoot() {
            stage.send(SourceId(0), &packet);
        }
    }
    stage.run(1);
    assert_eq!(stage.trouble(SourceId(0)), Some(Some(Trouble::TooFast)));
}

#[test]
fn a_muted_camera_and_a_member_without_one_are_placeholders_at_once() {
    let mut stage = with_neighbour(camera(0));
    stage.run(5);
    stage.compositor.set_source_muted(SourceId(0), true);
    stage.run(3);
    assert_eq!(stage.trouble(SourceId(0)), Some(Some(Trouble::CameraOff)));
    assert!(!is_like(stage.seen(0.25, 0.5), colour(0)));
    stage.compositor.set_source_muted(SourceId(0), false);
    stage.run(20);
    assert!(is_like(stage.seen(0.25, 0.3), colour(0)));
    stage.leave(0);
    stage.compositor.set_member(motet_mixer::MemberId(5), "Quiet one", true);
    stage.run(5);
    assert!(is_like(stage.seen(0.25, 0.3), colour(1)), "who was second is first");
    assert!(stage.seen(0.75, 0.1).y < 70);
}

/// The luma of the composed picture within the right half's lower part, where a placeholder has its reason.
fn written_reason(stage: &Stage) -> Vec<u8> {
    let picture = stage.compositor.picture().expect("it was composed");
    let rows = picture.height() / 2 + 6..picture.height() * 3 / 4;
    let columns = picture.width() * 9 / 16..picture.width() * 15 / 16;
    rows.flat_map(|y| columns.clone().map(move |x| (x, y))).map(|(x, y)| picture.pixel(x, y).y).collect()
}

#[test]
fn a_placeholder_says_its_reason_in_words() {
    let mut pictures = Vec::new();
    for trouble in [Trouble::CameraOff, Trouble::Frozen, Trouble::UnknownCodec] {
        let mut stage = Stage::new(640, 360);
        stage.join(0, camera(0));
        stage.join(1, camera(1));
        stage.run(5);
        match trouble {
            Trouble::CameraOff => stage.compositor.set_source_muted(SourceId(1), true),
            Trouble::Frozen => stage.cameras[1].1.is_on = false,
            _ => {
                stage.leave(1);
                stage.join(1, camera(1));
                stage.cameras[1].1 = Camera::new(VideoCodec::H264, 320, 180, colour(1));
            }
        }
        stage.run(85);
        assert_eq!(stage.trouble(SourceId(1)), Some(Some(trouble)));
        let pixels = written_reason(&stage);
        let bright = pixels.iter().filter(|luma| **luma > 110).count();
        assert!(bright > 60, "{trouble}: {bright} bright pixels");
        assert!(!pictures.contains(&pixels), "{trouble}: each reason has words of its own");
        pictures.push(pixels);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_sequence_of_packets_does_harm(
        codec in 0usize..4,
        payloads in prop::collection::vec(
            (prop::collection::vec(any::<u8>(), 0..60), any::<bool>(), 0u16..4, any::<bool>()), 0..80),
    ) {
        let codec = [VideoCodec::Vp8, VideoCodec::Vp9, VideoCodec::H264, VideoCodec::Av1][codec];
        let mut stage = with_neighbour(Camera::new(codec, 64, 64, colour(0)));
        stage.run(1);
        for (payload, marker, skip, shoots) in payloads {
            let camera = &mut stage.cameras[0].1;
            camera.seq = camera.seq.wrapping_add(skip);
            let packet = camera.packet(&payload, marker);
            stage.send(SourceId(0), &packet);
            if shoots {
                stage.cameras[0].1.wants_key = true;
                for mut packet in stage.cameras[0].1.shoot() {
                    if let (Some(first), Some(byte)) = (payload.first(), packet.last_mut()) {
                        *byte ^= first;
                    }
                    stage.send(SourceId(0), &packet);
                }
            }
            stage.compositor.handle_rtp(stage.now, SourceId(0), &payload);
            stage.now += FRAME / 4;
        }
        stage.now += FRAME;
        stage.turn();
    }
}
