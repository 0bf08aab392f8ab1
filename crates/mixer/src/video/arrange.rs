//! From a layout and those who are there to rectangles: a pure function.

use motet_codec::video::Rect;
use motet_control::{Arrangement, CELLS_MAX, Cell, CellWho};

use super::seats::{Cast, Seat};
use crate::MemberId;

/// A cell and who is in it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Placement {
    pub(crate) rect: Rect,
    pub(crate) seat: Seat,
}

/// Cells of a grid at most: five by five.
pub(crate) const GRID_MAX: usize = 25;
/// Cells beside the big one at most.
const STRIP_MAX: usize = 5;
/// The big cell's share of the picture's height, above its strip.
const BIG: f32 = 0.8;
/// Cells beside a screen in a grid: two columns of four.
const BESIDE_SCREEN_MAX: usize = 8;
/// The small picture's share of each side, and its distance from the edges.
const INSET: f32 = 0.25;
const INSET_GAP: f32 = 0.025;

/// Fractions of the picture.
#[derive(Clone, Copy)]
struct Area {
    x: f32,
    y: f32,
    w: f32,
    h: f32,
}

const WHOLE: Area = Area { x: 0.0, y: 0.0, w: 1.0, h: 1.0 };

/// Who is where in a picture of this size; cells further down the list cover those before.
pub(crate) fn arrange(
    arrangement: &Arrangement,
    cast: &Cast<'_>,
    width: usize,
    height: usize,
) -> Vec<Placement> {
    let placed = match arrangement {
        Arrangement::Grid => grid(cast),
        Arrangement::SpeakerStrip => speaker_strip(cast),
        Arrangement::SideBySide => side_by_side(cast),
        Arrangement::PictureInPicture => picture_in_picture(cast),
        Arrangement::Single => cast.main().map(|seat| (WHOLE, seat)).into_iter().collect(),
        Arrangement::Custom(cells) => custom(cells, cast),
    };
    let placement = |(area, seat)| Placement { rect: to_pixels(area, width, height), seat };
    let is_visible = |placement: &Placement| placement.rect.width > 0 && placement.rect.height > 0;
    placed.into_iter().map(placement).filter(is_visible).collect()
}

fn grid(cast: &Cast<'_>) -> Vec<(Area, Seat)> {
    let Some(screen) = cast.screen() else {
        return balanced(&cast.others(&[], GRID_MAX), WHOLE);
    };
    let others = cast.others(&[screen], BESIDE_SCREEN_MAX);
    if others.is_empty() {
        return vec![(WHOLE, screen)];
    }
    let columns = others.len().div_ceil(4);
    let big = 1.0 - 0.2 * columns as f32;
    let mut placed = vec![(Area { w: big, ..WHOLE }, screen)];
    let rows = others.len().div_ceil(columns);
    for (index, seat) in others.into_iter().enumerate() {
        let (row, column) = (index / columns, index % columns);
        let h = 1.0 / rows.max(4) as f32;
        let above = (1.0 - h * rows as f32) / 2.0;
        placed.push((Area { x: big + 0.2 * column as f32, y: above + h * row as f32, w: 0.2, h }, seat));
    }
    placed
}

/// Equal cells in rows whose lengths differ by one at most, the shorter ones below and centred.
fn balanced(seats: &[Seat], area: Area) -> Vec<(Area, Seat)> {
    if seats.is_empty() {
        return Vec::new();
    }
    let columns = (1..).find(|columns| columns * columns >= seats.len()).unwrap_or(1);
    let rows = seats.len().div_ceil(columns);
    let (w, h) = (area.w / columns as f32, area.h / rows as f32);
    let mut placed = Vec::with_capacity(seats.len());
    let mut rest = seats;
    for row in 0..rows {
        let (these, after) = rest.split_at(rest.len().div_ceil(rows - row));
        rest = after;
        let x = area.x + (area.w - w * these.len() as f32) / 2.0;
        for (column, seat) in these.iter().enumerate() {
            let cell = Area { x: x + w * column as f32, y: area.y + h * row as f32, w, h };
            placed.push((cell, *seat));
        }
    }
    placed
}

fn speaker_strip(cast: &Cast<'_>) -> Vec<(Area, Seat)> {
    let Some(main) = cast.main() else { return Vec::new() };
    let others = cast.others(&[main], STRIP_MAX);
    if others.is_empty() {
        return vec![(WHOLE, main)];
    }
    let mut placed = vec![(Area { h: BIG, ..WHOLE }, main)];
    let w = 1.0 / STRIP_MAX as f32;
    let left = (1.0 - w * others.len() as f32) / 2.0;
    let cell = |index| Area { x: left + w * index as f32, y: BIG, w, h: 1.0 - BIG };
    placed.extend(others.into_iter().enumerate().map(|(index, seat)| (cell(index), seat)));
    placed
}

fn side_by_side(cast: &Cast<'_>) -> Vec<(Area, Seat)> {
    let Some(main) = cast.main() else { return Vec::new() };
    match cast.others(&[main], 1).first() {
        None => vec![(WHOLE, main)],
        Some(other) => {
            // Without a screen people keep their sides, whoever speaks.
            let pair =
                if cast.screen().is_some() { vec![main, *other] } else { in_order(cast, main, *other) };
            balanced(&pair, WHOLE)
        }
    }
}

fn in_order(cast: &Cast<'_>, one: Seat, other: Seat) -> Vec<Seat> {
    let both = cast.guests.iter().map(|guest| guest.seat).filter(|seat| [one, other].contains(seat));
    both.collect()
}

fn picture_in_picture(cast: &Cast<'_>) -> Vec<(Area, Seat)> {
    let Some(main) = cast.main() else { return Vec::new() };
    let inset = Area { x: 1.0 - INSET - INSET_GAP, y: 1.0 - INSET - INSET_GAP, w: INSET, h: INSET };
    let small = cast.others(&[main], 1).first().map(|other| (inset, *other));
    [Some((WHOLE, main)), small].into_iter().flatten().collect()
}

fn custom(cells: &[Cell], cast: &Cast<'_>) -> Vec<(Area, Seat)> {
    let cells = &cells[..cells.len().min(CELLS_MAX)];
    let mut seats: Vec<Option<Seat>> = vec![None; cells.len()];
    let mut shown = Vec::new();
    // A picture is shown once, so those who want a certain one choose first.
    let mut take = |who: &dyn Fn(CellWho, &[Seat]) -> Option<Seat>| {
        for (cell, seat) in cells.iter().zip(&mut seats).filter(|(_, seat)| seat.is_none()) {
            *seat = who(cell.who, &shown).filter(|seat| !shown.contains(seat));
            shown.extend(*seat);
        }
    };
    take(&|who, _| match who {
        CellWho::Member(member) => cast.of_member(MemberId(member.0)),
        _ => None,
    });
    take(&|who, _| if who == CellWho::Screen { cast.screen() } else { None });
    take(&|who, shown| match who {
        CellWho::Active | CellWho::Screen => cast
            .speaker()
            .filter(|seat| !shown.contains(seat))
            .or_else(|| cast.others(shown, 1).first().copied()),
        _ => None,
    });
    let free = cells.iter().filter(|cell| cell.who == CellWho::Next).count();
    let mut next = cast.others(&shown, free).into_iter();
    let mut placed: Vec<(i32, (Area, Seat))> = Vec::with_capacity(cells.len());
    for (cell, seat) in cells.iter().zip(seats) {
        let seat = if cell.who == CellWho::Next { next.next() } else { seat };
        let area = Area { x: cell.x, y: cell.y, w: cell.w, h: cell.h };
        placed.extend(seat.map(|seat| (cell.z, (area, seat))));
    }
    placed.sort_by_key(|(z, _)| *z);
    placed.into_iter().map(|(_, placed)| placed).collect()
}

/// Edges at even pixels, so that colours keep to their cells; neighbours share theirs.
fn to_pixels(area: Area, width: usize, height: usize) -> Rect {
    let edge = |fraction: f32, whole: usize| {
        // What is no number becomes 0.
        let at = (fraction.clamp(0.0, 1.0) * whole as f32 / 2.0).round() as usize * 2;
        at.min(whole & !1)
    };
    let (left, right) = (edge(area.x, width), edge(area.x + area.w, width));
    let (top, bottom) = (edge(area.y, height), edge(area.y + area.h, height));
    Rect { x: left, y: top, width: right.saturating_sub(left), height: bottom.saturating_sub(top) }
}

#[cfg(test)]
mod tests;
