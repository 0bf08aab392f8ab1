use motet_control::MixMember;

use super::super::seats::Guest;
use super::*;

fn people(count: u64) -> Vec<Guest> {
    (0..count)
        .map(|number| Guest {
            seat: Seat::Camera(MemberId(number)),
            member: MemberId(number),
            is_screen: false,
            spoke: 0,
        })
        .collect()
}

fn arranged(arrangement: &Arrangement, guests: &[Guest]) -> Vec<Placement> {
    arrange(arrangement, &Cast { guests, active: None }, 1280, 720)
}

#[test]
fn a_grid_is_balanced_from_one_to_twenty_five() {
    for count in 1..=25 {
        let placed = arranged(&Arrangement::Grid, &people(count));
        assert_eq!(placed.len() as u64, count);
        let mut rows: Vec<(usize, usize)> = Vec::new();
        for (index, one) in placed.iter().enumerate() {
            assert_eq!(one.seat, Seat::Camera(MemberId(index as u64)));
            assert!(one.rect.right() <= 1280 && one.rect.bottom() <= 720);
            assert!(placed[..index].iter().all(|other| !other.rect.overlaps(&one.rect)));
            // Equal but for edges at even pixels.
            assert!(one.rect.width.abs_diff(placed[0].rect.width) <= 2);
            match rows.last_mut() {
                Some((y, count)) if *y == one.rect.y => *count += 1,
                _ => rows.push((one.rect.y, 1)),
            }
        }
        let counts: Vec<usize> = rows.iter().map(|(_, count)| *count).collect();
        assert!(counts[0] - counts[counts.len() - 1] <= 1, "{count}: {counts:?}");
        assert!(counts.is_sorted_by(|one, other| one >= other));
    }
}

/// The cells of one of Medooze's mosaics: columns and rows, then the cells that are larger than one as column, row,
/// width and height; all others in reading order.
fn mosaic(columns: usize, rows: usize, large: &[(usize, usize, usize, usize)]) -> Vec<Cell> {
    let cell = |(x, y, w, h): (usize, usize, usize, usize)| Cell {
        x: x as f32 / columns as f32,
        y: y as f32 / rows as f32,
        w: w as f32 / columns as f32,
        h: h as f32 / rows as f32,
        z: 0,
        who: CellWho::Next,
    };
    let is_free = |x: usize, y: usize| {
        !large.iter().any(|(left, top, w, h)| (*left..left + w).contains(&x) && (*top..top + h).contains(&y))
    };
    let small = (0..rows).flat_map(|y| (0..columns).map(move |x| (x, y))).filter(|(x, y)| is_free(*x, *y));
    large.iter().copied().chain(small.map(|(x, y)| (x, y, 1, 1))).map(cell).collect()
}

fn inset(cells: Vec<Cell>, small: &[(f32, f32)]) -> Vec<Cell> {
    let over = small.iter().map(|(x, y)| Cell { x: *x, y: *y, w: 0.25, h: 0.25, z: 1, who: CellWho::Next });
    cells.into_iter().chain(over).collect()
}

fn cells(areas: &[(f32, f32, f32, f32)]) -> Vec<Cell> {
    areas.iter().map(|(x, y, w, h)| Cell { x: *x, y: *y, w: *w, h: *h, z: 0, who: CellWho::Next }).collect()
}

#[test]
fn each_of_medoozes_mosaics_can_be_expressed() {
    let third = 1.0 / 3.0;
    let mosaics: Vec<(&str, usize, Vec<Cell>)> = vec![
        ("1x1", 1, mosaic(1, 1, &[])),
        ("2x2", 4, mosaic(2, 2, &[])),
        ("3x3", 9, mosaic(3, 3, &[])),
        ("3p4", 7, mosaic(4, 4, &[(0, 0, 2, 2), (2, 0, 2, 2), (0, 2, 2, 2)])),
        ("1p7", 8, mosaic(4, 4, &[(0, 0, 3, 3)])),
        ("1p5", 6, mosaic(3, 3, &[(0, 0, 2, 2)])),
        ("1p1", 2, cells(&[(0.0, 0.25, 0.5, 0.5), (0.5, 0.25, 0.5, 0.5)])),
        ("PIP1", 2, inset(mosaic(1, 1, &[]), &[(0.7, 0.7)])),
        ("PIP3", 4, inset(mosaic(1, 1, &[]), &[(0.05, 0.7), (0.375, 0.7), (0.7, 0.7)])),
        ("4x4", 16, mosaic(4, 4, &[])),
        ("1p4A", 5, mosaic(5, 4, &[(0, 0, 4, 4)])),
        ("1p2A", 3, mosaic(3, 2, &[(0, 0, 2, 2)])),
        ("1p2x2A", 5, mosaic(4, 2, &[(0, 0, 2, 2)])),
        ("1p6A", 7, mosaic(4, 3, &[(0, 0, 2, 3)])),
        ("1p12", 13, mosaic(4, 4, &[(0, 0, 2, 2)])),
        ("1p16A", 17, mosaic(5, 4, &[(0, 0, 2, 2)])),
        ("4x5A", 20, mosaic(4, 5, &[])),
        ("5x5", 25, mosaic(5, 5, &[])),
        ("1p1A", 2, mosaic(2, 1, &[])),
        (
            "1p2",
            3,
            cells(&[
                (0.0, 0.0, 2.0 * third, 2.0 * third),
                (2.0 * third, 0.0, third, third),
                (2.0 * third, third, third, third),
            ]),
        ),
        ("1p2x6A", 13, mosaic(8, 6, &[(0, 0, 6, 6)])),
        ("1p1p2x4A", 10, mosaic(8, 6, &[(0, 0, 6, 6), (6, 0, 2, 2)])),
        ("1p3A", 4, mosaic(4, 3, &[(0, 0, 3, 3)])),
        ("3x2", 6, mosaic(3, 2, &[])),
    ];
    assert_eq!(mosaics.len(), 24);
    for (name, slots, cells) in mosaics {
        assert_eq!(cells.len(), slots, "{name}");
        let is_inset = name.starts_with("PIP");
        let placed = arranged(&Arrangement::Custom(cells), &people(30));
        assert_eq!(placed.len(), slots, "{name}");
        for (index, one) in placed.iter().enumerate() {
            assert_eq!(one.seat, Seat::Camera(MemberId(index as u64)), "{name}");
            assert!(one.rect.right() <= 1280 && one.rect.bottom() <= 720, "{name}");
            let clear = placed[usize::from(is_inset)..index.max(usize::from(is_inset))].iter();
            assert!(clear.into_iter().all(|other| !other.rect.overlaps(&one.rect)), "{name}");
        }
    }
}

#[test]
fn cells_of_nonsense_are_left_out() {
    let cell = |x, y, w, h| Cell { x, y, w, h, z: 0, who: CellWho::Next };
    let cells = vec![
        cell(f32::NAN, 0.0, 1.0, 1.0),
        cell(2.0, 2.0, 1.0, 1.0),
        cell(0.5, 0.5, -1.0, 1.0),
        cell(0.0, 0.0, f32::INFINITY, 0.5),
        cell(0.0, 0.0, 0.0001, 1.0),
    ];
    for placement in arranged(&Arrangement::Custom(cells), &people(9)) {
        assert!(placement.rect.right() <= 1280 && placement.rect.bottom() <= 720);
        assert!(placement.rect.width > 0 && placement.rect.height > 0);
    }
    let many = vec![cell(0.0, 0.0, 1.0, 1.0); 500];
    assert_eq!(arranged(&Arrangement::Custom(many), &people(200)).len(), CELLS_MAX);
}

#[test]
fn nobody_is_in_two_cells() {
    let who =
        [CellWho::Active, CellWho::Member(MixMember(0)), CellWho::Screen, CellWho::Next, CellWho::Active];
    let cells: Vec<Cell> =
        who.into_iter().map(|who| Cell { x: 0.0, y: 0.0, w: 0.5, h: 0.5, z: 0, who }).collect();
    for count in 0..6 {
        let guests = people(count);
        let cast = Cast { guests: &guests, active: Some(MemberId(0)) };
        let placed = arrange(&Arrangement::Custom(cells.clone()), &cast, 640, 360);
        let mut seats: Vec<Seat> = placed.iter().map(|placement| placement.seat).collect();
        assert_eq!(seats.len() as u64, count.min(5));
        seats.dedup();
        assert_eq!(seats.len() as u64, count.min(5));
    }
}
