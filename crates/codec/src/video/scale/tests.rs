use proptest::prelude::*;

use super::super::picture::{Picture, Yuv};
use super::*;

fn gradient(width: usize, height: usize) -> Picture {
    let mut picture = Picture::new(width, height);
    for (index, mut plane) in picture.view_mut().planes.into_iter().enumerate() {
        for y in 0..plane.height() {
            for (x, byte) in plane.row(y).iter_mut().enumerate() {
                *byte = (x * 3 + y * 5 + index * 40 + (x * y) % 7) as u8;
            }
        }
    }
    picture
}

fn scaled(rows: Rows, from: &Picture, width: usize, height: usize) -> Picture {
    let mut to = Picture::new(width, height);
    let mut scaler = Scaler { rows, ..Scaler::new() };
    scaler.scale(&from.view(), to.view_mut());
    to
}

#[test]
fn one_colour_stays_that_colour_at_every_size() {
    let colour = Yuv { y: 235, u: 16, v: 240 };
    for (width, height) in [(640, 360), (64, 36), (2, 2), (1281, 719)] {
        let mut from = Picture::new(width, height);
        from.view_mut().fill(colour);
        for (to_width, to_height) in [(426, 240), (428, 240), (1280, 720), (2, 2), (34, 500), (7, 3)] {
            let to = scaled(Rows::detect(), &from, to_width, to_height);
            for (x, y) in [(0, 0), (to_width - 1, to_height - 1), (to_width / 2, to_height / 2)] {
                assert_eq!(to.view().pixel(x, y), colour, "{width}x{height} to {to_width}x{to_height}");
            }
        }
    }
}

#[test]
fn edges_stay_where_they_are() {
    let mut from = Picture::new(600, 600);
    let right = super::super::picture::Rect { x: 300, y: 0, width: 300, height: 600 };
    from.part_mut(right).fill(Yuv { y: 235, u: 16, v: 240 });
    for side in [100, 200, 300, 400, 500, 700, 900] {
        let to = scaled(Rows::detect(), &from, side, side);
        assert_eq!(to.view().pixel(side / 2 - 4, side / 2).y, 16, "{side}");
        assert_eq!(to.view().pixel(side / 2 + 4, side / 2).y, 235, "{side}");
    }
}

#[test]
fn a_smooth_picture_is_kept_there_and_back() {
    let mut from = Picture::new(320, 180);
    for y in 0..180 {
        for (x, byte) in from.view_mut().planes[0].row(y).iter_mut().enumerate() {
            *byte =
                (40.0 + 80.0 * ((x as f32 / 25.0).sin() + 1.0) * ((y as f32 / 30.0).cos() + 1.0) / 2.0) as u8;
        }
    }
    let back = scaled(Rows::detect(), &scaled(Rows::detect(), &from, 640, 360), 320, 180);
    let errors = from.view().planes()[0].bytes().iter().zip(back.view().planes()[0].bytes());
    assert!(errors.map(|(a, b)| a.abs_diff(*b)).max().unwrap() <= 3);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn vectors_do_what_the_plain_loops_do(
        from in (1usize..200, 1usize..60),
        to in (1usize..200, 1usize..60),
    ) {
        let picture = gradient(from.0, from.1);
        let plain = scaled(Rows::Plain, &picture, to.0, to.1);
        prop_assert_eq!(plain, scaled(Rows::detect(), &picture, to.0, to.1));
    }
}
