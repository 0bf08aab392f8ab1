//! From any usual sample rate to 48 kHz: windowed sinc, one set of weights for each phase.

use super::pcm::SAMPLE_RATE;

/// Input samples that an output sample is made of, where the rate goes up.
const TAPS: usize = 24;
/// The most phases: what 11,025 Hz needs. Rates with stranger ratios are refused rather than approximated.
const PHASES_MAX: usize = 640;

/// One channel's converter.
#[derive(Clone, Debug)]
pub(super) struct Resampler {
    up: usize,
    down: usize,
    taps: usize,
    /// By phase, `taps` each.
    weights: Vec<f32>,
    history: Vec<f32>,
    /// The next output's place, in steps of 1/`up` of an input sample, from the history's beginning.
    place: usize,
}

impl Resampler {
    /// From `rate_hz` to 48 kHz; `None` for rates that have no small ratio to it, or are outside 8000 to 192,000.
    pub(super) fn new(rate_hz: u32) -> Option<Self> {
        let rate = usize::try_from(rate_hz).ok().filter(|rate| (8000..=192_000).contains(rate))?;
        let divisor = greatest_common_divisor(rate, SAMPLE_RATE);
        let (up, down) = (SAMPLE_RATE / divisor, rate / divisor);
        if up > PHASES_MAX {
            return None;
        }
        // Going down, the filter must be longer by as much as its cut-off is lower.
        let taps = TAPS * down.div_ceil(up).max(1);
        let weights = weights(up, down, taps);
        Some(Self { up, down, taps, weights, history: vec![0.0; taps - 1], place: 0 })
    }

    /// Appends to `out` what the input suffices for.
    pub(super) fn process(&mut self, input: &[f32], out: &mut Vec<f32>) {
        self.history.extend_from_slice(input);
        while let Some(window) = self.history.get(self.place / self.up..self.place / self.up + self.taps) {
            let phase = self.place % self.up;
            let weights = &self.weights[phase * self.taps..][..self.taps];
            out.push(window.iter().zip(weights).map(|(sample, weight)| sample * weight).sum());
            self.place += self.down;
        }
        let done = (self.place / self.up).min(self.history.len());
        self.history.drain(..done);
        self.place -= done * self.up;
    }
}

/// A low-pass at 0.9 of the lower of the two Nyquist frequencies, under a Kaiser window.
fn weights(up: usize, down: usize, taps: usize) -> Vec<f32> {
    let cutoff = 0.9 * (up as f64 / down as f64).min(1.0);
    let half = taps as f64 / 2.0;
    let mut weights = Vec::with_capacity(up * taps);
    for phase in 0..up {
        // Where the output lies between the two middle samples of the window.
        let middle = half - 1.0 + phase as f64 / up as f64;
        let of_tap = |tap: usize| {
            let distance = tap as f64 - middle;
            cutoff * sinc(cutoff * distance) * kaiser(distance / half)
        };
        let raw: Vec<f64> = (0..taps).map(of_tap).collect();
        let sum: f64 = raw.iter().sum();
        weights.extend(raw.iter().map(|weight| (weight / sum) as f32));
    }
    weights
}

fn sinc(x: f64) -> f64 {
    let angle = std::f64::consts::PI * x;
    if angle.abs() < 1e-9 { 1.0 } else { angle.sin() / angle }
}

fn kaiser(x: f64) -> f64 {
    const BETA: f64 = 7.0;
    if x.abs() >= 1.0 { 0.0 } else { bessel(BETA * (1.0 - x * x).sqrt()) / bessel(BETA) }
}

/// The modified Bessel function of the first kind, order zero.
fn bessel(x: f64) -> f64 {
    let mut term = 1.0;
    let mut sum = 1.0;
    for index in 1..30 {
        term *= (x / (2.0 * f64::from(index))).powi(2);
        sum += term;
    }
    sum
}

fn greatest_common_divisor(a: usize, b: usize) -> usize {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn converted(rate: u32, hz: f64) -> Vec<f32> {
        let mut resampler = Resampler::new(rate).unwrap();
        let step = std::f64::consts::TAU * hz / f64::from(rate);
        let input: Vec<f32> = (0..rate).map(|index| (f64::from(index) * step).sin() as f32).collect();
        let mut out = Vec::new();
        // In pieces of odd sizes, as packets come.
        for piece in input.chunks(157) {
            resampler.process(piece, &mut out);
        }
        out
    }

    /// The part of the samples' power that is at `hz`.
    fn share_at(samples: &[f32], hz: f64) -> f64 {
        let step = std::f64::consts::TAU * hz / 48_000.0;
        let (mut real, mut imaginary, mut power) = (0.0, 0.0, 0.0);
        for (index, sample) in samples.iter().enumerate() {
            let (angle, sample) = (index as f64 * step, f64::from(*sample));
            real += sample * angle.cos();
            imaginary += sample * angle.sin();
            power += sample * sample;
        }
        2.0 * (real * real + imaginary * imaginary) / (power * samples.len() as f64)
    }

    #[test]
    fn a_tone_keeps_its_pitch_and_loudness_from_every_usual_rate() {
        for rate in [8000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000] {
            let out = converted(rate, 1000.0);
            assert!((47_900..=48_000).contains(&out.len()), "{rate}: {}", out.len());
            let steady = &out[480..47_520];
            let power = steady.iter().map(|sample| sample * sample).sum::<f32>() / steady.len() as f32;
            assert!((0.49..0.51).contains(&power), "{rate}: {power}");
            assert!(share_at(steady, 1000.0) > 0.9999, "{rate}: {}", share_at(steady, 1000.0));
        }
    }

    #[test]
    fn what_48_khz_cannot_hold_is_not_folded_back() {
        let out = converted(96_000, 40_000.0);
        let power = out[480..].iter().map(|sample| sample * sample).sum::<f32>() / out.len() as f32;
        assert!(power < 1e-5, "{power}");
    }

    #[test]
    fn strange_rates_are_refused() {
        assert!([0, 7999, 44_101, 192_001, u32::MAX].iter().all(|rate| Resampler::new(*rate).is_none()));
    }
}
