//! Which pixels each scaled pixel is made of, and of how much of each.

/// Weights are parts of this, so that they fit a signed byte and their sums of products 16 bits.
pub(super) const WEIGHT_ONE: i32 = 64;
/// Neighbours of one pixel.
pub(super) const TAPS: usize = 4;
/// Pixels that are made together: their taps lie within sixteen bytes, for less than two source pixels lie between them.
pub(super) const GROUP: usize = 4;

/// Groups that are made in one turn of the inner loop.
pub(super) const TURN_GROUPS: usize = 4;

/// What a row is made of: rows `first - 1` to `first + 2`.
#[derive(Clone, Copy, Debug)]
pub(super) struct RowTaps {
    pub(super) first: usize,
    pub(super) weights: [i8; TAPS],
}

/// What the pixels of a row are made of. There are whole turns of groups; what is beyond the row repeats its last pixel.
#[derive(Debug)]
pub(super) struct Columns {
    /// Of each group: where its bytes begin, one before the first pixel's `first`, so at least -1.
    pub(super) starts: Vec<[i32; TURN_GROUPS]>,
    /// Of each group: for each pixel its taps, counted from the start.
    pub(super) picks: Vec<[u8; TURN_GROUPS * GROUP * TAPS]>,
    /// Of each group: the taps' weights.
    pub(super) weights: Vec<[i8; TURN_GROUPS * GROUP * TAPS]>,
    /// The largest of `starts`.
    pub(super) start_max: i32,
}

/// The order in which a turn's groups stand: a vector's sums of neighbours then come out in the order of the pixels.
pub(super) const GROUP_ORDER: [usize; TURN_GROUPS] = [0, 2, 1, 3];

pub(super) fn row_taps(from: usize, to: usize) -> Vec<RowTaps> {
    (0..to).map(|index| taps(from, to, index)).collect()
}

impl Columns {
    pub(super) fn new(from: usize, to: usize) -> Self {
        let turns = to.div_ceil(TURN_GROUPS * GROUP);
        let mut columns = Self { starts: Vec::new(), picks: Vec::new(), weights: Vec::new(), start_max: 0 };
        for turn in 0..turns {
            let mut starts = [0; TURN_GROUPS];
            let (mut picks, mut weights) = ([0; 64], [0; 64]);
            for (place, group) in GROUP_ORDER.into_iter().enumerate() {
                let pixel = (turn * TURN_GROUPS + group) * GROUP;
                let taps: [RowTaps; GROUP] =
                    std::array::from_fn(|index| taps(from, to, (pixel + index).min(to - 1)));
                starts[place] = taps[0].first as i32 - 1;
                for (index, pixel_taps) in taps.iter().enumerate() {
                    for tap in 0..TAPS {
                        let at = (place * GROUP + index) * TAPS + tap;
                        // At most 2 * 3 + 3, see GROUP.
                        picks[at] = (pixel_taps.first - taps[0].first + tap) as u8;
                        weights[at] = pixel_taps.weights[tap];
                    }
                }
            }
            columns.start_max = starts.into_iter().fold(columns.start_max, i32::max);
            columns.starts.push(starts);
            columns.picks.push(picks);
            columns.weights.push(weights);
        }
        columns
    }
}

/// The taps of pixel `index` when `from` pixels become `to`, `from` less than twice `to`.
fn taps(from: usize, to: usize, index: usize) -> RowTaps {
    let ratio = from as f64 / to as f64;
    let centre = (index as f64 + 0.5) * ratio - 0.5;
    let first = centre.floor().max(0.0);
    let fraction = (centre - first).max(0.0);
    let raw: [f64; TAPS] = std::array::from_fn(|tap| kernel(tap as f64 - 1.0 - fraction, ratio));
    RowTaps { first: first as usize, weights: quantise(raw) }
}

/// A cubic through its neighbours (Catmull-Rom) where pixels are spread; where they are brought together, a wider and
/// softer one, as wide as four taps allow, so that fine patterns do not flicker.
fn kernel(distance: f64, ratio: f64) -> f64 {
    let stretch = ratio.clamp(1.0, 1.35);
    let x = (distance / stretch).abs();
    if x < 1.0 {
        1.5 * x * x * x - 2.5 * x * x + 1.0
    } else if x < 2.0 {
        -0.5 * x * x * x + 2.5 * x * x - 4.0 * x + 2.0
    } else {
        0.0
    }
}

/// To whole parts whose sum is exactly [`WEIGHT_ONE`]: the largest takes what rounding leaves.
fn quantise(raw: [f64; TAPS]) -> [i8; TAPS] {
    let sum: f64 = raw.iter().sum();
    let mut parts = raw.map(|weight| (weight / sum * f64::from(WEIGHT_ONE)).round() as i32);
    let rest = WEIGHT_ONE - parts.iter().sum::<i32>();
    let largest = (0..TAPS).max_by_key(|tap| parts[*tap]).unwrap_or_default();
    parts[largest] += rest;
    parts.map(|part| part as i8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_whole_and_stay_within_sixteen_bits() {
        for (from, to) in [(640, 426), (640, 640), (320, 427), (199, 100), (1, 7), (3, 2), (1280, 641)] {
            for taps in row_taps(from, to) {
                let weights = taps.weights.map(i32::from);
                assert_eq!(weights.iter().sum::<i32>(), WEIGHT_ONE);
                let positive: i32 = weights.iter().filter(|weight| **weight > 0).sum();
                assert!(positive * 255 < i32::from(i16::MAX));
                assert!(taps.first < from);
            }
        }
    }

    #[test]
    fn a_groups_taps_lie_within_sixteen_bytes() {
        for to in 101..=400 {
            let columns = Columns::new(200, to);
            assert!(columns.picks.iter().flatten().all(|pick| *pick < 16));
            assert!(columns.starts.iter().flatten().all(|start| *start >= -1 && *start < 200));
        }
    }
}
