//! Senders of any codec are seen by viewers of either.

mod stage;

use motet_codec::video::Yuv;
use motet_mixer::video::{OutputId, PictureCodec, VideoCodec};
use stage::camera::{BLUE, GREEN};
use stage::{Camera, Stage, at, is_like};

const RED: Yuv = Yuv { y: 81, u: 90, v: 230 };
const GREY: Yuv = Yuv { y: 180, u: 128, v: 128 };

fn of_four_codecs() -> Stage {
    let mut stage = Stage::new(640, 360);
    stage.add_viewer(OutputId(2), PictureCodec::H264, 640, 360, 1_000_000);
    stage.join(1, Camera::new(VideoCodec::Vp8, 320, 180, RED));
    stage.join(2, Camera::new(VideoCodec::Vp9, 320, 180, GREEN));
    stage.join(3, Camera::new(VideoCodec::H264, 320, 180, GREY));
    stage.join(4, Camera::new(VideoCodec::Av1, 320, 180, BLUE));
    stage
}

#[test]
fn four_codecs_meet_in_one_picture_of_two() {
    let mut stage = of_four_codecs();
    stage.run(30);
    for output in [OutputId(1), OutputId(2)] {
        let picture = stage.viewer(output).picture().unwrap();
        let corners = [(0.25, 0.25, RED), (0.75, 0.25, GREEN), (0.25, 0.75, GREY), (0.75, 0.75, BLUE)];
        for (x, y, colour) in corners {
            let seen = at(&picture, x, y);
            assert!(is_like(seen, colour), "{output:?} at {x} {y}: {seen:?} for {colour:?}");
        }
    }
}

#[test]
fn a_sender_that_changes_its_codec_is_seen_on() {
    let mut stage = Stage::new(320, 180);
    let h264 = Camera::new(VideoCodec::H264, 320, 180, GREY);
    let vp8 = Camera::new(VideoCodec::Vp8, 320, 180, RED);
    let payload_types = vec![(vp8.payload_type(), VideoCodec::Vp8), (h264.payload_type(), VideoCodec::H264)];
    stage.compositor.add_source(
        stage.now,
        motet_mixer::SourceId(1),
        motet_mixer::MemberId(1),
        false,
        motet_mixer::video::VideoFormat { payload_types, extensions: Camera::extensions() },
    );
    for (camera, colour) in [(vp8, RED), (h264, GREY)] {
        stage.cameras = vec![(motet_mixer::SourceId(1), camera)];
        stage.run(30);
        assert!(is_like(stage.seen(0.5, 0.5), colour));
    }
}

#[test]
fn sizes_share_the_picture_and_differ_in_bytes() {
    let mut stage = Stage::new(1280, 720);
    stage.add_viewer(OutputId(2), PictureCodec::Vp8, 640, 360, 500_000);
    stage.add_viewer(OutputId(3), PictureCodec::H264, 320, 180, 150_000);
    stage.join(1, Camera::new(VideoCodec::Vp8, 320, 180, RED));
    stage.join(2, Camera::new(VideoCodec::Vp8, 320, 180, GREY));
    stage.run(10);
    for (output, size) in [(1, (1280, 720)), (2, (640, 360)), (3, (320, 180))] {
        let picture = stage.viewer(OutputId(output)).picture().unwrap();
        assert_eq!((picture.width(), picture.height()), size);
        assert!(is_like(at(&picture, 0.25, 0.5), RED) && is_like(at(&picture, 0.75, 0.5), GREY));
    }
    // The canvas follows the largest output.
    stage.compositor.remove_output(OutputId(1));
    stage.run(3);
    assert_eq!(stage.compositor.picture().unwrap().width(), 640);
    assert!(is_like(at(&stage.viewer(OutputId(3)).picture().unwrap(), 0.25, 0.5), RED));
}
