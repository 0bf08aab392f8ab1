//! The picture that should have come out, and how far from it a side is.

use motet_codec::video::{Picture, PictureView, Plane, Rect};

use super::footage::{self, Footage, SOURCES};
use super::{HEIGHT, WIDTH};

/// One frame in so many is looked at.
const EVERY: usize = 10;
/// Not before the encoders' rate has settled.
const FIRST: usize = 50;

/// Shows a frame by its number to who asks, if it is there.
type FrameAt<'a> = dyn FnMut(usize, &mut dyn FnMut(&PictureView<'_>)) + 'a;

pub(crate) struct Judge {
    /// By number of the frame.
    wanted: Vec<(usize, Picture)>,
}

/// Where camera `source` stands: three by three, edges at even pixels.
pub(crate) fn cell(source: usize) -> Rect {
    let edge = |index: usize, whole: usize| (index as f32 / 3.0 * whole as f32 / 2.0).round() as usize * 2;
    let (column, row) = (source % 3, source / 3);
    let (x, y) = (edge(column, WIDTH), edge(row, HEIGHT));
    Rect { x, y, width: edge(column + 1, WIDTH) - x, height: edge(row + 1, HEIGHT) - y }
}

impl Judge {
    pub(crate) fn new(footage: &Footage) -> Self {
        let frames = (FIRST..footage.streams[0].len()).step_by(EVERY);
        Self { wanted: frames.map(|frame| (frame, compose(frame))).collect() }
    }

    /// Mean PSNR of brightness and colours together, at the shift by whole frames that suits best.
    pub(crate) fn psnr(&self, frame_at: &mut FrameAt<'_>) -> f64 {
        let mut sums = [0.0; 3];
        for (frame, wanted) in &self.wanted {
            for (shift, sum) in sums.iter_mut().enumerate() {
                frame_at(frame + shift, &mut |picture| *sum += psnr(&wanted.view(), picture));
            }
        }
        sums.into_iter().fold(0.0, f64::max) / self.wanted.len() as f64
    }
}

fn psnr(one: &PictureView<'_>, other: &PictureView<'_>) -> f64 {
    let (mut squares, mut count) = (0.0, 0.0);
    for (one, other) in one.planes().iter().zip(other.planes()) {
        for y in 0..one.height() {
            let pairs = one.row(y).iter().zip(other.row(y));
            squares += pairs.map(|(a, b)| u64::from(a.abs_diff(*b)).pow(2)).sum::<u64>() as f64;
            count += one.width() as f64;
        }
    }
    10.0 * (255.0 * 255.0 * count / squares.max(1e-9)).log10()
}

fn compose(frame: usize) -> Picture {
    let mut canvas = Picture::new(WIDTH, HEIGHT);
    for source in 0..SOURCES {
        let from = footage::picture(source, frame);
        let mut to = canvas.part_mut(cell(source));
        for (from, to) in from.view().planes().iter().zip(&mut to.planes) {
            let (width, height) = (to.width(), to.height());
            let columns = weights(from.width(), width);
            let rows = weights(from.height(), height);
            let narrow = narrowed(from, &columns);
            for (y, (first, row_weights)) in rows.iter().enumerate() {
                for (x, byte) in to.row(y).iter_mut().enumerate() {
                    let taps = row_weights.iter().enumerate();
                    let sum: f32 = taps.map(|(tap, weight)| narrow[(first + tap) * width + x] * weight).sum();
                    *byte = sum.round().clamp(0.0, 255.0) as u8;
                }
            }
        }
    }
    canvas
}

fn narrowed(from: &Plane<'_>, columns: &[(usize, Vec<f32>)]) -> Vec<f32> {
    let mut narrow = Vec::with_capacity(from.height() * columns.len());
    for y in 0..from.height() {
        let row = from.row(y);
        narrow.extend(columns.iter().map(|(first, weights)| {
            weights.iter().zip(&row[*first..]).map(|(weight, byte)| weight * f32::from(*byte)).sum::<f32>()
        }));
    }
    narrow
}

/// Lanczos of three lobes, stretched where pixels are brought together.
fn weights(from: usize, to: usize) -> Vec<(usize, Vec<f32>)> {
    let ratio = from as f32 / to as f32;
    let stretch = ratio.max(1.0);
    let sinc = |x: f32| {
        if x.abs() < 1e-6 { 1.0 } else { (std::f32::consts::PI * x).sin() / (std::f32::consts::PI * x) }
    };
    (0..to)
        .map(|index| {
            let centre = (index as f32 + 0.5) * ratio - 0.5;
            let first = (centre - 3.0 * stretch).ceil().max(0.0) as usize;
            let last = ((centre + 3.0 * stretch).floor() as usize).min(from - 1);
            let raw = (first..=last).map(|tap| {
                let x = (tap as f32 - centre) / stretch;
                if x.abs() < 3.0 { sinc(x) * sinc(x / 3.0) } else { 0.0 }
            });
            let raw: Vec<f32> = raw.collect();
            let sum: f32 = raw.iter().sum();
            (first, raw.into_iter().map(|weight| weight / sum).collect())
        })
        .collect()
}
