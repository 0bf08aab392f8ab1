//! The right colours in the right cells, for every layout, as a viewer decodes them.

mod stage;

use motet_control::{Arrangement, Cell, CellWho, Fit, Layout, MixMember};
use motet_mixer::video::{SeenCell, VideoEvent};
use motet_mixer::{MemberId, SourceId};
use stage::{Stage, at, camera, colour, is_like};

fn room(people: u64, arrangement: Arrangement) -> Stage {
    let mut stage = Stage::new(640, 360);
    stage.compositor.set_layout(Layout { arrangement, fit: Fit::Crop });
    for number in 0..people {
        stage.join(number, camera(number));
    }
    stage
}

/// Whether member `number` is seen at a place; names and borders are at the edges of cells.
fn assert_seen(stage: &Stage, x: f32, y: f32, number: u64) {
    let (seen, wanted) = (stage.seen(x, y), colour(number));
    assert!(is_like(seen, wanted), "at {x} {y}: {seen:?}, not {wanted:?} of {number}");
}

#[test]
fn a_grid_has_everyone_in_the_order_of_arrival() {
    for (people, rows) in [
        (1, vec![1]),
        (2, vec![2]),
        (3, vec![2, 1]),
        (5, vec![3, 2]),
        (7, vec![3, 2, 2]),
        (9, vec![3, 3, 3]),
        (25, vec![5; 5]),
    ] {
        let mut stage = room(people, Arrangement::Grid);
        stage.run(6);
        let columns = rows[0] as f32;
        let mut number = 0;
        for (row, count) in rows.iter().enumerate() {
            let left = (1.0 - *count as f32 / columns) / 2.0;
            for column in 0..*count {
                let x = left + (column as f32 + 0.5) / columns;
                assert_seen(&stage, x, (row as f32 + 0.5) / rows.len() as f32, number);
                number += 1;
            }
        }
        assert_eq!(number, people);
    }
}

#[test]
fn more_than_a_grid_holds_leaves_out_who_is_quiet() {
    let mut stage = room(27, Arrangement::Grid);
    stage.compositor.set_active(Some(MemberId(26)));
    stage.run(6);
    assert_seen(&stage, 0.9, 0.9, 26);
    assert_seen(&stage, 0.1, 0.1, 0);
    // Those without a cell are not decoded.
    assert_eq!(stage.compositor.source_stats(SourceId(25)).unwrap().frames, 0);
}

#[test]
fn the_speaker_is_large_above_the_strip() {
    let mut stage = room(4, Arrangement::SpeakerStrip);
    stage.compositor.set_active(Some(MemberId(2)));
    stage.run(6);
    assert_seen(&stage, 0.5, 0.4, 2);
    for (index, number) in [0, 1, 3].into_iter().enumerate() {
        assert_seen(&stage, 0.3 + 0.2 * index as f32, 0.9, number);
    }
    stage.compositor.set_active(Some(MemberId(0)));
    stage.run(6);
    assert_seen(&stage, 0.5, 0.4, 0);
    assert_seen(&stage, 0.3, 0.9, 1);
}

#[test]
fn two_are_side_by_side_and_keep_their_sides() {
    let mut stage = room(3, Arrangement::SideBySide);
    for active in [0, 1] {
        stage.compositor.set_active(Some(MemberId(active)));
        stage.run(6);
        assert_seen(&stage, 0.25, 0.5, 0);
        assert_seen(&stage, 0.75, 0.5, 1);
    }
    stage.compositor.set_active(Some(MemberId(2)));
    stage.run(6);
    // The one who spoke before stays.
    assert_seen(&stage, 0.25, 0.5, 1);
    assert_seen(&stage, 0.75, 0.5, 2);
}

#[test]
fn a_small_picture_lies_in_the_corner_of_a_large_one() {
    let mut stage = room(2, Arrangement::PictureInPicture);
    stage.run(6);
    assert_seen(&stage, 0.4, 0.4, 0);
    assert_seen(&stage, 0.85, 0.85, 1);
    // The large one goes on, and does not cover the small one.
    stage.cameras.retain(|(source, _)| source.0 == 0);
    stage.run(6);
    assert_seen(&stage, 0.85, 0.85, 1);
}

#[test]
fn a_single_picture_follows_the_speaker() {
    let mut stage = room(3, Arrangement::Single);
    for number in [2, 0, 1] {
        stage.compositor.set_active(Some(MemberId(number)));
        stage.run(6);
        for (x, y) in [(0.02, 0.05), (0.5, 0.5), (0.98, 0.05)] {
            assert_seen(&stage, x, y, number);
        }
    }
}

#[test]
fn custom_cells_show_whom_they_name_and_cover_by_their_order() {
    let cell = |x, y, w, h, z, who| Cell { x, y, w, h, z, who };
    let mut stage = room(
        5,
        Arrangement::Custom(vec![
            cell(0.0, 0.0, 0.5, 0.5, 2, CellWho::Next),
            cell(0.0, 0.0, 1.0, 1.0, 1, CellWho::Active),
            cell(0.5, 0.0, 0.5, 0.5, 2, CellWho::Member(MixMember(4))),
            cell(0.0, 0.75, 0.25, 0.25, 3, CellWho::Next),
            cell(0.75, 0.75, 0.25, 0.25, 3, CellWho::Member(MixMember(77))),
        ]),
    );
    stage.compositor.set_active(Some(MemberId(1)));
    stage.run(6);
    assert_seen(&stage, 0.25, 0.25, 0);
    assert_seen(&stage, 0.75, 0.25, 4);
    assert_seen(&stage, 0.5, 0.7, 1);
    assert_seen(&stage, 0.125, 0.85, 2);
    assert_seen(&stage, 0.87, 0.87, 1);
}

#[test]
fn a_screen_takes_the_big_cell_of_every_layout_and_gives_it_back() {
    let big = [
        (Arrangement::Grid, 0.4, 0.5),
        (Arrangement::SpeakerStrip, 0.5, 0.4),
        (Arrangement::SideBySide, 0.25, 0.5),
        (Arrangement::PictureInPicture, 0.4, 0.4),
        (Arrangement::Single, 0.5, 0.5),
    ];
    for (arrangement, x, y) in big {
        let mut stage = room(3, arrangement);
        stage.compositor.set_active(Some(MemberId(1)));
        stage.share(0, SourceId(20), true, camera(20));
        stage.run(6);
        assert_seen(&stage, x, y, 20);
        stage.compositor.remove_source(SourceId(20));
        stage.run(6);
        assert!(!is_like(stage.seen(x, y), colour(20)));
    }
}

#[test]
fn a_layout_changes_while_people_are_seen() {
    let mut stage = room(4, Arrangement::Grid);
    stage.run(6);
    for (arrangement, x, y) in [
        (Arrangement::Single, 0.9, 0.1),
        (Arrangement::SpeakerStrip, 0.5, 0.4),
        (Arrangement::Grid, 0.25, 0.25),
    ] {
        stage.compositor.set_layout(Layout { arrangement, fit: Fit::Crop });
        stage.run(3);
        assert_seen(&stage, x, y, 0);
    }
    assert_seen(&stage, 0.75, 0.75, 3);
    assert_eq!(stage.viewers[0].1.key_frames, 1, "a change of layout needs no keyframe");
}

#[test]
fn letterboxed_pictures_have_bars_and_cropped_ones_fill() {
    let mut stage = room(2, Arrangement::Grid);
    stage.run(6);
    assert_seen(&stage, 0.25, 0.05, 0);
    stage.compositor.set_layout(Layout { arrangement: Arrangement::Grid, fit: Fit::Letterbox });
    stage.run(6);
    assert_seen(&stage, 0.25, 0.5, 0);
    let bar = stage.seen(0.25, 0.05);
    assert!(bar.y < 45 && is_like(bar, stage.seen(0.75, 0.95)), "{bar:?}");
}

#[test]
fn names_are_drawn_in_the_corner_and_who_speaks_has_a_border() {
    let mut stage = room(2, Arrangement::Grid);
    stage.run(3);
    let bright = |stage: &Stage| {
        let picture = stage.compositor.picture().unwrap();
        (0..60)
            .flat_map(|x| (300..360).map(move |y| (x, y)))
            .filter(|(x, y)| picture.pixel(*x, *y).y > 200)
            .count()
    };
    assert_eq!(bright(&stage), 0);
    stage.compositor.set_member(MemberId(0), "Wolfgang", true);
    stage.run(1);
    assert!(bright(&stage) > 40, "{}", bright(&stage));
    let edge = |stage: &Stage| at(&stage.compositor.picture().unwrap(), 0.001, 0.3);
    assert!(is_like(edge(&stage), colour(0)));
    stage.compositor.set_speaking(MemberId(0), true);
    stage.run(1);
    assert!(edge(&stage).y > 120 && edge(&stage).v < 90, "green: {:?}", edge(&stage));
    stage.compositor.set_speaking(MemberId(0), false);
    stage.run(1);
    assert!(is_like(edge(&stage), colour(0)));
}

/// What was told last of the cells: who is where.
fn told_cells(stage: &Stage) -> Vec<SeenCell> {
    let told = stage.events.iter().rev().find_map(|event| match event {
        VideoEvent::Arranged(cells) => Some(cells.clone()),
        _ => None,
    });
    told.expect("cells are told")
}

#[test]
fn the_owner_is_told_of_the_cells_that_viewers_see() {
    let layouts = [
        Arrangement::Grid,
        Arrangement::SpeakerStrip,
        Arrangement::SideBySide,
        Arrangement::PictureInPicture,
        Arrangement::Single,
        Arrangement::Custom(vec![
            Cell { x: 0.0, y: 0.0, w: 1.0, h: 1.0, z: 0, who: CellWho::Member(MixMember(2)) },
            Cell { x: 0.1, y: 0.2, w: 0.3, h: 0.4, z: 5, who: CellWho::Next },
        ]),
    ];
    let mut stage = room(4, Arrangement::Grid);
    stage.run(3);
    for arrangement in layouts {
        stage.compositor.set_layout(Layout { arrangement: arrangement.clone(), fit: Fit::Crop });
        stage.run(5);
        let cells = told_cells(&stage);
        for (index, cell) in cells.iter().enumerate() {
            let covers = |x: f32, y: f32| {
                cells[index + 1..].iter().any(|above| {
                    (above.x..above.x + above.w).contains(&x) && (above.y..above.y + above.h).contains(&y)
                })
            };
            for (across, down) in [(0.5, 0.5), (0.1, 0.1), (0.9, 0.1), (0.9, 0.9)] {
                let (x, y) = (cell.x + across * cell.w, cell.y + down * cell.h);
                if !covers(x, y) {
                    assert_seen(&stage, x, y, cell.member.0);
                }
            }
            assert_eq!(cell.source, Some(SourceId(cell.member.0)), "{arrangement:?}");
        }
    }
    let told = stage.events.len();
    stage.run(20);
    assert_eq!(stage.events.len(), told, "what stays is told once");
    stage.compositor.set_member(MemberId(9), "without a camera", true);
    stage.compositor.set_layout(Layout::default());
    stage.run(2);
    assert_eq!(told_cells(&stage).last().map(|cell| (cell.member, cell.source)), Some((MemberId(9), None)));
}
