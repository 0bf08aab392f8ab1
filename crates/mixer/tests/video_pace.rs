//! The rate is steady, keyframes come when asked for and not too often, and what does not change costs nothing.

mod stage;

use std::time::Duration;

use motet_mixer::SourceId;
use motet_mixer::video::VideoEvent;
use stage::{Camera, OUTPUT, Stage, camera};

#[test]
fn frames_come_at_the_rate_with_timestamps_to_match() {
    let mut stage = Stage::new(320, 180);
    stage.join(0, camera(0));
    stage.run(50);
    assert_eq!(stage.viewers[0].1.frames, 50);
    assert!(stage.viewers[0].1.steps.iter().all(|step| *step == 3600), "{:?}", stage.viewers[0].1.steps);
}

#[test]
fn an_owner_that_comes_late_gets_one_picture_not_many() {
    let mut stage = Stage::new(320, 180);
    stage.join(0, camera(0));
    stage.run(5);
    stage.now += Duration::from_secs(2);
    stage.run(1);
    assert_eq!(stage.viewers[0].1.frames, 6);
    assert_eq!(stage.compositor.stats().skipped_ticks, 51);
    assert_eq!(stage.viewers[0].1.steps.last(), Some(&(52 * 3600)));
    assert!(stage.compositor.poll_timeout().unwrap() > stage.now);
}

#[test]
fn keyframes_come_when_asked_for_and_twice_a_second_at_most() {
    let mut stage = Stage::new(320, 180);
    stage.join(0, camera(0));
    stage.run(20);
    assert_eq!(stage.viewers[0].1.key_frames, 1);
    for _ in 0..50 {
        stage.compositor.request_key_frame(OUTPUT);
        stage.run(1);
    }
    let keys = stage.viewers[0].1.key_frames;
    assert!((4..=6).contains(&keys), "{keys} in two seconds");
}

#[test]
fn a_room_without_change_is_encoded_once_a_second() {
    let mut stage = Stage::new(320, 180);
    stage.compositor.set_member(motet_mixer::MemberId(1), "Nobody's camera", true);
    stage.run(25);
    let before = stage.viewers[0].1.frames;
    stage.run(100);
    assert_eq!(stage.viewers[0].1.frames - before, 4);
    assert_eq!(stage.compositor.stats().drawn_cells, 1);
    // A viewer that comes meanwhile is served at once.
    stage.compositor.request_key_frame(OUTPUT);
    stage.run(1);
    assert_eq!(stage.viewers[0].1.key_frames, 2);
}

#[test]
fn only_cells_that_changed_are_drawn() {
    let mut stage = Stage::new(640, 360);
    for number in 0..4 {
        stage.join(number, camera(number));
    }
    stage.run(10);
    stage.cameras.retain(|(source, _)| source.0 == 2);
    stage.run(1);
    let before = stage.compositor.stats();
    stage.run(20);
    let after = stage.compositor.stats();
    assert_eq!(after.drawn_cells - before.drawn_cells, 20);
    assert_eq!(after.kept_cells - before.kept_cells, 60);
}

#[test]
fn without_an_output_nothing_is_decoded() {
    let mut stage = Stage::new(320, 180);
    stage.compositor.remove_output(OUTPUT);
    stage.join(0, camera(0));
    stage.run(20);
    assert_eq!(stage.compositor.poll_timeout(), None);
    assert_eq!(stage.compositor.source_stats(SourceId(0)).unwrap().frames, 0);
    stage.viewers.clear();
    stage.add_viewer(OUTPUT, motet_mixer::video::PictureCodec::Vp8, 320, 180, 500_000);
    stage.run(5);
    assert!(stage.events.contains(&VideoEvent::KeyFrameWanted(SourceId(0))));
    assert!(stage.compositor.source_stats(SourceId(0)).unwrap().frames > 0);
}

#[test]
fn the_bitrate_is_kept_and_changes_on_the_way() {
    for codec in [motet_mixer::video::PictureCodec::Vp8, motet_mixer::video::PictureCodec::H264] {
        let mut stage = Stage::new(640, 360);
        stage.viewers.clear();
        stage.compositor.remove_output(OUTPUT);
        stage.add_viewer(OUTPUT, codec, 640, 360, 800_000);
        for number in 0..4 {
            stage.join(
                number,
                Camera::new(motet_mixer::video::VideoCodec::Vp8, 320, 180, stage::colour(number)),
            );
        }
        // Colours that move in each frame: there is something to encode.
        let run = |stage: &mut Stage, frames: usize| {
            let before = stage.viewers[0].1.bytes;
            for frame in 0..frames {
                for (number, (_, camera)) in stage.cameras.iter_mut().enumerate() {
                    camera.colour.y = (frame * (7 + number) % 160 + 40) as u8;
                }
                stage.run(1);
            }
            (stage.viewers[0].1.bytes - before) as f64 * 8.0 / (frames as f64 / 25.0)
        };
        run(&mut stage, 50);
        let high = run(&mut stage, 100);
        stage.compositor.set_bitrate(OUTPUT, 200_000).unwrap();
        run(&mut stage, 50);
        let low = run(&mut stage, 100);
        assert!(high < 1_000_000.0 && low < 260_000.0, "{codec:?}: {high} {low}");
        assert!(stage.viewers[0].1.frames > 250, "{codec:?}");
        // Higher than what the encoder began with.
        stage.compositor.set_bitrate(OUTPUT, 1_600_000).unwrap();
        run(&mut stage, 50);
        let higher = run(&mut stage, 50);
        assert!(higher > low && higher < 2_000_000.0, "{codec:?}: {higher} after {low}");
    }
}
