//! What is drawn into cells: pictures, placeholders, names, the speaking border.

use motet_codec::video::{Picture, Rect, Scaler, Yuv};
use motet_control::Fit;

use super::text::{Line, Typesetter};
use super::turn::Shot;

/// Proportions that differ by less than this share are taken for the same: cells end at even pixels.
const SAME_PROPORTIONS: f32 = 0.02;
/// Green, as a border around who speaks.
const SPEAKING: Yuv = Yuv::from_rgb([0x2e, 0xcc, 0x71]);
const PLACEHOLDER: Yuv = Yuv::from_rgb([0x2b, 0x2f, 0x38]);
/// Brightness of names and of reasons.
const BRIGHT: u8 = 235;
const DIM: u8 = 160;
/// Cells lower than this have no text: nobody could read it.
const TEXT_CELL_HEIGHT_MIN: usize = 56;
/// Between placeholders, on each side.
const GAP: usize = 2;

/// Draws into canvases. Holds what is worth keeping between frames: how sizes are scaled, and lines of text.
pub(super) struct Painter {
    scaler: Scaler,
    typesetter: Typesetter,
    /// Where pictures that are to be turned are scaled first: fewer pixels are turned then than came.
    unturned: Picture,
    pub(super) background: Yuv,
}

/// What is drawn over a picture.
#[derive(Clone, Copy)]
pub(super) struct Overlay<'a> {
    pub(super) name: Option<&'a str>,
    pub(super) is_speaking: bool,
}

impl Painter {
    pub(super) fn new(background: Yuv) -> Self {
        let unturned = Picture::new(2, 2);
        Self { scaler: Scaler::new(), typesetter: Typesetter::new(), unturned, background }
    }

    /// Draws a picture into a cell; `with_bars`: what a letterboxed one leaves free too, which may hold something else.
    pub(super) fn picture(
        &mut self,
        canvas: &mut Picture,
        cell: Rect,
        shot: &Shot<'_>,
        fit: Fit,
        with_bars: bool,
        overlay: Overlay<'_>,
    ) {
        let (part, target) = fit_into(cell, shot.size(), fit);
        if with_bars && target != cell {
            canvas.part_mut(cell).fill(self.background);
        }
        self.scale(canvas, target, shot, part);
        if let Some(name) = overlay.name {
            self.label(canvas, target, name);
        }
        if overlay.is_speaking {
            border(canvas, target);
        }
    }

    /// Scales a part of a picture as it is shown.
    fn scale(&mut self, canvas: &mut Picture, target: Rect, shot: &Shot<'_>, part: Rect) {
        let turn = shot.turn;
        if turn.is_none() {
            return self.scaler.scale(&shot.picture.part(part), canvas.part_mut(target));
        }
        // The part is in the middle, and stays there.
        let ((x, y), (width, height)) = (turn.swap((part.x, part.y)), turn.swap((part.width, part.height)));
        let size = turn.swap((target.width, target.height));
        if (self.unturned.width(), self.unturned.height()) != size {
            self.unturned = Picture::new(size.0, size.1);
        }
        self.scaler.scale(&shot.picture.part(Rect { x, y, width, height }), self.unturned.view_mut());
        turn.apply(&self.unturned.view(), canvas.part_mut(target));
    }

    /// Draws the placeholder: who it is, and why there is no picture.
    pub(super) fn placeholder(
        &mut self,
        canvas: &mut Picture,
        cell: Rect,
        name: &str,
        reason: &str,
        is_speaking: bool,
    ) {
        canvas.part_mut(cell).fill(self.background);
        let inner = inset(cell, GAP);
        canvas.part_mut(inner).fill(PLACEHOLDER);
        if cell.height >= TEXT_CELL_HEIGHT_MIN {
            let height = (cell.height / 9).clamp(14, 56);
            let width_max = inner.width.saturating_sub(height);
            let middle = cell.y + cell.height / 2;
            let line = self.typesetter.line(name, height, width_max);
            write(canvas, line, centred(cell, line.width), middle - height, BRIGHT);
            let line = self.typesetter.line(reason, (height * 2 / 3).max(12), width_max);
            write(canvas, line, centred(cell, line.width), middle + height / 4, DIM);
        }
        if is_speaking {
            border(canvas, cell);
        }
    }

    /// Fills `to` with all of `from`, which keeps its proportions.
    pub(super) fn resize(&mut self, from: &Picture, to: &mut Picture) {
        let (part, target) = fit_into(to.rect(), (from.width(), from.height()), Fit::Letterbox);
        if target != to.rect() {
            to.view_mut().fill(self.background);
        }
        self.scaler.scale(&from.view().part(part), to.part_mut(target));
    }

    /// A name on a dark ground in the lower left corner.
    fn label(&mut self, canvas: &mut Picture, target: Rect, name: &str) {
        if target.height < TEXT_CELL_HEIGHT_MIN || name.is_empty() {
            return;
        }
        let height = (target.height / 14).clamp(12, 32);
        let pad = height / 3;
        let line = self.typesetter.line(name, height, target.width.saturating_sub(6 * pad));
        if line.width == 0 {
            return;
        }
        let ground = Rect {
            x: even(target.x + pad),
            y: even(target.bottom().saturating_sub(height + 2 * pad)),
            width: even(line.width + 2 * pad),
            height: even(height + pad),
        };
        darken(canvas, ground);
        write(canvas, line, ground.x + pad, ground.y + pad / 2, BRIGHT);
    }
}

/// Which part of a picture of this size goes where in a cell. All edges are even.
fn fit_into(cell: Rect, (width, height): (usize, usize), fit: Fit) -> (Rect, Rect) {
    let whole = Rect { x: 0, y: 0, width, height };
    let (across, down) = (cell.width as f32 / width as f32, cell.height as f32 / height as f32);
    if (across / down - 1.0).abs() < SAME_PROPORTIONS {
        return (whole, cell);
    }
    match fit {
        Fit::Letterbox => {
            let scale = across.min(down);
            let side =
                |pixels: usize, most: usize| even((pixels as f32 * scale).round() as usize).clamp(2, most);
            (whole, middle(cell, side(width, cell.width), side(height, cell.height)))
        }
        Fit::Crop => {
            let scale = across.max(down);
            let side = |pixels: usize, most: usize| {
                let wanted = (pixels as f32 / scale).round() as usize;
                if wanted >= most { most } else { even(wanted).max(2) }
            };
            (middle(whole, side(cell.width, width), side(cell.height, height)), cell)
        }
    }
}

fn middle(of: Rect, width: usize, height: usize) -> Rect {
    let before = |outer: usize, inner: usize| even(outer.saturating_sub(inner) / 2);
    Rect { x: of.x + before(of.width, width), y: of.y + before(of.height, height), width, height }
}

fn inset(rect: Rect, by: usize) -> Rect {
    Rect {
        x: rect.x + by,
        y: rect.y + by,
        width: rect.width.saturating_sub(2 * by),
        height: rect.height.saturating_sub(2 * by),
    }
}

fn centred(cell: Rect, width: usize) -> usize {
    cell.x + cell.width.saturating_sub(width) / 2
}

const fn even(value: usize) -> usize {
    value & !1
}

fn border(canvas: &mut Picture, rect: Rect) {
    let thick = even(rect.height / 80).max(2);
    if rect.width <= 2 * thick || rect.height <= 2 * thick {
        return;
    }
    let far = |edge: usize| even(edge.saturating_sub(thick));
    let strips = [
        Rect { height: thick, ..rect },
        Rect { y: far(rect.bottom()), height: thick, ..rect },
        Rect { width: thick, ..rect },
        Rect { x: far(rect.right()), width: thick, ..rect },
    ];
    for strip in strips {
        canvas.part_mut(strip).fill(SPEAKING);
    }
}

fn darken(canvas: &mut Picture, rect: Rect) {
    for (index, mut plane) in canvas.part_mut(rect).planes.into_iter().enumerate() {
        let rest = if index == 0 { 16 } else { 128 };
        for y in 0..plane.height() {
            for byte in plane.row(y) {
                *byte = (rest + (i32::from(*byte) - rest) * 3 / 8) as u8;
            }
        }
    }
}

/// Writes a line in grey of this brightness; what is outside of the canvas is left away.
fn write(canvas: &mut Picture, line: &Line, x: usize, y: usize, brightness: u8) {
    if line.width == 0 {
        return;
    }
    // Parts begin at even pixels; the odd one is skipped.
    let skip = x % 2;
    let rect = Rect { x: x - skip, y: even(y), width: line.width + skip, height: line.height };
    let [mut luma, _, _] = canvas.part_mut(rect).planes;
    for (row, coverage) in line.coverage.chunks_exact(line.width).enumerate().take(luma.height()) {
        for (byte, covered) in luma.row(row).iter_mut().skip(skip).zip(coverage) {
            let (from, covered) = (i32::from(*byte), i32::from(*covered));
            *byte = (from + (i32::from(brightness) - from) * covered / 255) as u8;
        }
    }
}

#[cfg(test)]
mod tests {
    use motet_rtp::ext::{Rotation, VideoOrientation};

    use super::super::turn::Turn;
    use super::*;

    const CELL: Rect = Rect { x: 100, y: 50, width: 400, height: 300 };

    #[test]
    fn a_letterboxed_picture_is_whole_and_in_the_middle() {
        let (part, target) = fit_into(CELL, (1280, 720), Fit::Letterbox);
        assert_eq!(part, Rect { x: 0, y: 0, width: 1280, height: 720 });
        assert_eq!(target, Rect { x: 100, y: 50 + 38, width: 400, height: 224 });
        let (_, upright) = fit_into(CELL, (360, 640), Fit::Letterbox);
        assert_eq!((upright.width, upright.height), (168, 300));
    }

    #[test]
    fn a_cropped_picture_fills_the_cell_with_its_middle() {
        let (part, target) = fit_into(CELL, (1280, 720), Fit::Crop);
        assert_eq!(target, CELL);
        assert_eq!(part, Rect { x: 160, y: 0, width: 960, height: 720 });
    }

    #[test]
    fn nearly_the_same_proportions_are_the_same() {
        let cell = Rect { x: 0, y: 0, width: 426, height: 240 };
        for fit in [Fit::Crop, Fit::Letterbox] {
            assert_eq!(fit_into(cell, (640, 360), fit), (Rect { x: 0, y: 0, width: 640, height: 360 }, cell));
        }
    }

    #[test]
    fn the_smallest_cells_and_pictures_are_drawn_without_harm() {
        let mut painter = Painter::new(Yuv::from_rgb([0, 0, 0]));
        let mut canvas = Picture::new(64, 64);
        let one = Picture::new(1, 1);
        let turn = Turn::from(VideoOrientation { rotation: Rotation::Degrees90, ..Default::default() });
        let overlay = Overlay { name: Some("A name"), is_speaking: true };
        for side in [2, 4, 10, 60, 64] {
            let cell = Rect { x: 64 - side, y: 64 - side, width: side, height: side };
            painter.placeholder(&mut canvas, cell, "A name", "a reason", true);
            for fit in [Fit::Crop, Fit::Letterbox] {
                for turn in [Turn::default(), turn] {
                    let shot = Shot { serial: 1, picture: one.view(), turn };
                    painter.picture(&mut canvas, cell, &shot, fit, true, overlay);
                }
            }
        }
    }
}
