//! Cameras that are held otherwise than upright are shown upright, and fill their cells accordingly.

mod stage;

use motet_codec::video::VideoCodec;
use motet_control::{Arrangement, Fit, Layout};
use motet_rtp::ext::{Rotation, VideoOrientation};
use stage::{Camera, Stage, colour, is_like};

/// A camera of 320x180 alone in a square picture, whole, which says this of how it is held. Its left half is of another colour.
fn held(orientation: Option<VideoOrientation>) -> Stage {
    let mut stage = Stage::new(360, 360);
    stage.compositor.set_layout(Layout { arrangement: Arrangement::Single, fit: Fit::Letterbox });
    let mut camera = Camera::new(VideoCodec::Vp8, 320, 180, RIGHT);
    camera.left = Some(LEFT);
    camera.orientation = orientation;
    stage.join(0, camera);
    stage.run(8);
    stage
}

const LEFT: motet_codec::video::Yuv = motet_codec::video::Yuv { y: 200, u: 60, v: 60 };
const RIGHT: motet_codec::video::Yuv = motet_codec::video::Yuv { y: 90, u: 190, v: 190 };

/// Where the camera's left and right halves are to be seen, and where there are bars.
struct Expected {
    left: (f32, f32),
    right: (f32, f32),
    bar: (f32, f32),
}

const ABOVE: (f32, f32) = (0.5, 0.05);
const BESIDE: (f32, f32) = (0.05, 0.5);

fn assert_held(rotation: Rotation, flipped: bool, expected: &Expected) {
    let stage = held(Some(VideoOrientation { rotation, flipped, back_camera: false }));
    let at = |(x, y): (f32, f32)| stage.seen(x, y);
    let case = format!("{rotation:?} flipped: {flipped}");
    assert!(is_like(at(expected.left), LEFT), "{case}: {:?}", at(expected.left));
    assert!(is_like(at(expected.right), RIGHT), "{case}: {:?}", at(expected.right));
    assert!(at(expected.bar).y < 40, "{case}: a bar, not {:?}", at(expected.bar));
}

#[test]
fn a_camera_is_turned_as_it_says() {
    let (west, east, north, south) = ((0.25, 0.45), (0.75, 0.45), (0.5, 0.25), (0.5, 0.7));
    let lying = |left, right| Expected { left, right, bar: ABOVE };
    let standing = |left, right| Expected { left, right, bar: BESIDE };
    assert_held(Rotation::Degrees0, false, &lying(west, east));
    assert_held(Rotation::Degrees90, false, &standing(north, south));
    assert_held(Rotation::Degrees180, false, &lying(east, west));
    assert_held(Rotation::Degrees270, false, &standing(south, north));
    assert_held(Rotation::Degrees0, true, &lying(east, west));
    assert_held(Rotation::Degrees90, true, &standing(south, north));
    assert_held(Rotation::Degrees180, true, &lying(west, east));
    assert_held(Rotation::Degrees270, true, &standing(north, south));
}

#[test]
fn a_camera_that_is_turned_while_it_sends_is_followed_and_silence_changes_nothing() {
    let mut stage = held(None);
    assert!(is_like(stage.seen(0.25, 0.45), LEFT));
    let quarter = VideoOrientation { rotation: Rotation::Degrees90, ..VideoOrientation::default() };
    stage.cameras[0].1.orientation = Some(quarter);
    stage.run(5);
    assert!(is_like(stage.seen(0.5, 0.25), LEFT), "{:?}", stage.seen(0.5, 0.25));
    assert!(stage.seen(BESIDE.0, BESIDE.1).y < 40, "what was a picture is a bar");
    // Senders need say it only where it changes, and with keyframes.
    stage.cameras[0].1.orientation = None;
    stage.run(10);
    assert!(is_like(stage.seen(0.5, 0.25), LEFT));
    stage.cameras[0].1.orientation = Some(VideoOrientation::default());
    stage.run(5);
    assert!(is_like(stage.seen(0.25, 0.45), LEFT));
}

#[test]
fn a_turned_camera_is_cropped_by_how_it_is_shown() {
    let mut stage = Stage::new(640, 360);
    let mut camera = Camera::new(VideoCodec::Vp8, 320, 180, colour(3));
    camera.orientation = Some(VideoOrientation { rotation: Rotation::Degrees270, ..Default::default() });
    stage.join(0, camera);
    stage.run(8);
    for (x, y) in [(0.02, 0.05), (0.98, 0.05), (0.98, 0.95), (0.5, 0.5)] {
        assert!(is_like(stage.seen(x, y), colour(3)), "{:?} at {x} {y}", stage.seen(x, y));
    }
}
