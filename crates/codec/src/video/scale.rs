//! Scaling of pictures: halving by two by two boxes until less than half is left to go, then four taps a side.
//!
//! The vertical pass comes first, for it works on whole rows of neighbours; each row is then narrowed or widened while it is
//! still in the nearest cache. Nothing but that row, and the halves where there are any, is kept in between.

mod rows;
mod taps;

use super::picture::{PictureMut, PictureView, Plane, PlaneMut};
use rows::Rows;
use taps::{Columns, RowTaps};

/// Scales pictures, and remembers how for the sizes of late. One serves any number of streams.
#[derive(Debug)]
pub struct Scaler {
    rows: Rows,
    plans: Vec<Plan>,
    /// Halves on the way, and the row between the two passes.
    halves: [Vec<u8>; 2],
    row: Vec<u8>,
    tick: u64,
}

/// Plans that are kept: each pair of lengths is one, and a layout has few.
const PLANS_MAX: usize = 64;
/// Room on both sides of the row between the passes: taps reach out by two, loads by a vector.
const MARGIN: usize = 32;

#[derive(Debug)]
struct Plan {
    from: (usize, usize),
    to: (usize, usize),
    columns: Columns,
    row_taps: Vec<RowTaps>,
    used: u64,
}

impl Default for Scaler {
    fn default() -> Self {
        Self::new()
    }
}

impl Scaler {
    /// A scaler that uses what the processor has.
    pub fn new() -> Self {
        Self { rows: Rows::detect(), plans: Vec::new(), halves: Default::default(), row: Vec::new(), tick: 0 }
    }

    /// Fills `to` with `from`, whatever their sizes. An empty picture does nothing.
    pub fn scale(&mut self, from: &PictureView<'_>, mut to: PictureMut<'_>) {
        for (from, to) in from.planes().iter().zip(&mut to.planes) {
            self.scale_plane(*from, to);
        }
    }

    fn scale_plane(&mut self, from: Plane<'_>, to: &mut PlaneMut<'_>) {
        let (width, height) = (to.width(), to.height());
        if from.width() == 0 || from.height() == 0 || width == 0 || height == 0 {
            return;
        }
        if (from.width(), from.height()) == (width, height) {
            for y in 0..height {
                to.row(y).copy_from_slice(from.row(y));
            }
            return;
        }
        let halves = |plane: &Plane<'_>| (plane.width() >= 2 * width, plane.height() >= 2 * height);
        match halves(&from) {
            (false, false) => self.resample(from, to),
            (true, true) if from.width() / 2 == width && from.height() / 2 == height => {
                for y in 0..height {
                    self.rows.halve_both(from.row(2 * y), from.row(2 * y + 1), to.row(y));
                }
            }
            _ => {
                let [mut first, mut second] = std::mem::take(&mut self.halves);
                let (mut columns, mut rows) = self.halve(from, (width, height), &mut first);
                while let Some(plane) = Plane::new(&first, columns, columns, rows) {
                    if matches!(halves(&plane), (false, false)) {
                        self.scale_plane(plane, to);
                        break;
                    }
                    (columns, rows) = self.halve(plane, (width, height), &mut second);
                    std::mem::swap(&mut first, &mut second);
                }
                self.halves = [first, second];
            }
        }
    }

    /// Halves the sides that are at least twice as long as wanted; answers the new sides.
    fn halve(&mut self, from: Plane<'_>, wanted: (usize, usize), out: &mut Vec<u8>) -> (usize, usize) {
        let width = if from.width() >= 2 * wanted.0 { from.width() / 2 } else { from.width() };
        let height = if from.height() >= 2 * wanted.1 { from.height() / 2 } else { from.height() };
        out.resize(width * height, 0);
        for (y, row) in out.chunks_exact_mut(width).enumerate() {
            match (width < from.width(), height < from.height()) {
                (true, true) => self.rows.halve_both(from.row(2 * y), from.row(2 * y + 1), row),
                (true, false) => self.rows.halve_both(from.row(y), from.row(y), row),
                _ => self.rows.mean(from.row(2 * y), from.row(2 * y + 1), row),
            }
        }
        (width, height)
    }

    fn resample(&mut self, from: Plane<'_>, to: &mut PlaneMut<'_>) {
        let index = self.plan((from.width(), from.height()), (to.width(), to.height()));
        let plan = &self.plans[index];
        let width = from.width();
        self.row.resize(width + 2 * MARGIN, 0);
        let last = from.height() - 1;
        for (y, taps) in plan.row_taps.iter().enumerate() {
            let rows = [0, 1, 2, 3].map(|tap| from.row((taps.first + tap).saturating_sub(1).min(last)));
            self.rows.blend(rows, taps.weights, &mut self.row[MARGIN..MARGIN + width]);
            let (left, right) = (self.row[MARGIN], self.row[MARGIN + width - 1]);
            self.row[..MARGIN].fill(left);
            self.row[MARGIN + width..].fill(right);
            self.rows.resample(&self.row, MARGIN, &plan.columns, to.row(y));
        }
    }

    fn plan(&mut self, from: (usize, usize), to: (usize, usize)) -> usize {
        self.tick += 1;
        if let Some(index) = self.plans.iter().position(|plan| plan.from == from && plan.to == to) {
            self.plans[index].used = self.tick;
            return index;
        }
        if self.plans.len() == PLANS_MAX
            && let Some(oldest) = (0..PLANS_MAX).min_by_key(|index| self.plans[*index].used)
        {
            self.plans.swap_remove(oldest);
        }
        self.plans.push(Plan {
            from,
            to,
            columns: Columns::new(from.0, to.0),
            row_taps: taps::row_taps(from.1, to.1),
            used: self.tick,
        });
        self.plans.len() - 1
    }
}

#[cfg(test)]
mod tests;
