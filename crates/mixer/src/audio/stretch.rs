//! Shortening and lengthening a sound without changing its pitch: by one period of it, cross-faded.

/// Periods looked for, in samples per channel at 48 kHz: 400 Hz to 100 Hz.
const PERIOD_MIN: usize = 120;
const PERIOD_MAX: usize = 480;
/// Similarity is judged on every so many samples first.
const COARSE: usize = 4;
/// What [`shorten`] and [`lengthen`] need to have, per channel.
pub(super) const STRETCH_LEN_MIN: usize = 2 * PERIOD_MAX;

/// Cuts one period out of the beginning; says how many samples per channel that was.
pub(super) fn shorten(samples: &mut Vec<f32>, channels: usize) -> usize {
    if samples.len() < STRETCH_LEN_MIN * channels {
        return 0;
    }
    let period = best_period(samples, channels);
    for index in 0..period {
        let fade = (index as f32 + 0.5) / period as f32;
        for channel in 0..channels {
            let early = samples[index * channels + channel];
            let late = samples[(index + period) * channels + channel];
            samples[index * channels + channel] = early + (late - early) * fade;
        }
    }
    samples.drain(period * channels..2 * period * channels);
    period
}

/// Puts one period in after the beginning; says how many samples per channel that was.
pub(super) fn lengthen(samples: &mut Vec<f32>, channels: usize) -> usize {
    if samples.len() < STRETCH_LEN_MIN * channels {
        return 0;
    }
    let period = best_period(samples, channels);
    let mut again = Vec::with_capacity(period * channels);
    for index in 0..period {
        let fade = (index as f32 + 0.5) / period as f32;
        for channel in 0..channels {
            let early = samples[index * channels + channel];
            let late = samples[(index + period) * channels + channel];
            again.push(late + (early - late) * fade);
        }
    }
    samples.splice(period * channels..period * channels, again);
    period
}

/// The distance at which the sound is most like itself.
fn best_period(samples: &[f32], channels: usize) -> usize {
    let mono: Vec<f32> =
        samples[..STRETCH_LEN_MIN * channels].chunks_exact(channels).map(|all| all.iter().sum()).collect();
    let coarse = (PERIOD_MIN..=PERIOD_MAX).step_by(COARSE);
    let near = most_alike(&mono, coarse, COARSE);
    let fine = near.saturating_sub(COARSE).max(PERIOD_MIN)..=(near + COARSE).min(PERIOD_MAX);
    most_alike(&mono, fine, 1)
}

fn most_alike(mono: &[f32], periods: impl Iterator<Item = usize>, step: usize) -> usize {
    let alike = |period: usize| {
        let (mut product, mut early_power, mut late_power) = (0.0_f32, 1e-9_f32, 1e-9_f32);
        for index in (0..PERIOD_MAX).step_by(step) {
            let (early, late) = (mono[index], mono[index + period]);
            product += early * late;
            early_power += early * early;
            late_power += late * late;
        }
        product / (early_power * late_power).sqrt()
    };
    let best = periods.map(|period| (alike(period), period)).max_by(|a, b| a.0.total_cmp(&b.0));
    best.map_or(PERIOD_MIN, |(_, period)| period)
}

/// The last period of `history`, mono, for as long as `out` is: what a decoder without concealment of its own makes up.
pub(super) fn repeat_period(history: &[f32], out: &mut [f32]) {
    let Some(tail) = history.len().checked_sub(STRETCH_LEN_MIN).map(|start| &history[start..]) else {
        return out.fill(0.0);
    };
    // Time runs backwards here, so that the period is that of the end.
    let backwards: Vec<f32> = tail.iter().rev().copied().collect();
    let period = best_period(&backwards, 1);
    let last = &history[history.len() - period..];
    for (index, sample) in out.iter_mut().enumerate() {
        *sample = last[index % period];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(hz: f32, len: usize) -> Vec<f32> {
        (0..len).map(|index| (index as f32 * std::f32::consts::TAU * hz / 48_000.0).sin()).collect()
    }

    /// The greatest step from one sample to the next, against that of the tone itself.
    fn roughness(samples: &[f32], hz: f32) -> f32 {
        let steepest = std::f32::consts::TAU * hz / 48_000.0;
        samples.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max) / steepest
    }

    #[test]
    fn a_tone_becomes_shorter_and_longer_without_a_click() {
        for hz in [110.0, 200.0, 333.0, 1000.0] {
            let mut samples = tone(hz, 1920);
            let removed = shorten(&mut samples, 1);
            assert!((PERIOD_MIN..=PERIOD_MAX).contains(&removed) && samples.len() == 1920 - removed);
            assert!(roughness(&samples, hz) < 1.2, "{hz} Hz shorter: {}", roughness(&samples, hz));
            let mut samples = tone(hz, 1920);
            let inserted = lengthen(&mut samples, 1);
            assert_eq!(samples.len(), 1920 + inserted);
            assert!(roughness(&samples, hz) < 1.2, "{hz} Hz longer: {}", roughness(&samples, hz));
        }
    }

    #[test]
    fn both_channels_keep_step() {
        let mut samples: Vec<f32> =
            tone(200.0, 1920).iter().flat_map(|sample| [*sample, -sample / 2.0]).collect();
        // The sum of the two channels still has the tone's period.
        let removed = shorten(&mut samples, 2);
        assert_eq!(samples.len(), 2 * (1920 - removed));
        assert!(samples.as_chunks().0.iter().all(|[left, right]| (left / 2.0 + right).abs() < 1e-5));
    }

    #[test]
    fn too_little_is_left_alone() {
        let mut samples = tone(200.0, STRETCH_LEN_MIN - 1);
        assert_eq!((shorten(&mut samples, 1), lengthen(&mut samples, 1)), (0, 0));
        let mut out = [1.0; 10];
        repeat_period(&samples, &mut out);
        assert_eq!(out, [0.0; 10]);
    }

    #[test]
    fn a_tone_goes_on_after_its_end() {
        let history = tone(250.0, 1920);
        let mut out = vec![0.0; 960];
        repeat_period(&history, &mut out);
        let whole = [history.as_slice(), &out].concat();
        assert!(roughness(&whole, 250.0) < 1.2, "{}", roughness(&whole, 250.0));
    }
}
