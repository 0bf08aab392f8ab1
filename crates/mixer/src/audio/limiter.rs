//! Keeps the sum of many voices below full scale without distortion: the gain goes down just before a peak and comes back slowly.

/// What no sample exceeds: half a decibel below full scale, room for what a lossy codec adds.
const CEILING: f32 = 0.944;
/// The gain changes once in so many samples per channel, a straight line between.
const BLOCK: usize = 60;
/// What of the way back to full gain is gone in each block: half of it in 100 ms.
const RELEASE: f32 = 0.0086;

/// The state of one mix.
#[derive(Clone, Debug)]
pub(super) struct Limiter {
    gain: f32,
}

impl Limiter {
    pub(super) fn new() -> Self {
        Self { gain: 1.0 }
    }

    /// Brings a frame below the ceiling. Says whether it had to.
    pub(super) fn limit(&mut self, frame: &mut [f32], channels: usize) -> bool {
        let block_len = BLOCK * channels;
        let wanted = |block: Option<&[f32]>| {
            let peak = block.unwrap_or_default().iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
            if peak > CEILING { CEILING / peak } else { 1.0 }
        };
        let peak = frame.iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
        if peak <= CEILING && self.gain > 0.999 {
            self.gain = 1.0;
            return false;
        }
        for start in (0..frame.len()).step_by(block_len) {
            let end = (start + block_len).min(frame.len());
            let here = wanted(frame.get(start..end));
            let ahead = wanted(frame.get(end..(end + block_len).min(frame.len())));
            let released = self.gain + (1.0 - self.gain) * RELEASE;
            let gain = released.min(here).min(ahead);
            // A peak in the very first block has had no time to be prepared for: its gain holds from the first sample.
            let from = self.gain.min(here);
            for (index, samples) in frame[start..end].chunks_exact_mut(channels).enumerate() {
                let now = from + (gain - from) * (index + 1) as f32 / BLOCK as f32;
                for sample in samples {
                    *sample = (*sample * now).clamp(-CEILING, CEILING);
                }
            }
            self.gain = gain;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_below_the_ceiling_is_not_touched() {
        let mut frame: Vec<f32> = (0..960).map(|index| (index as f32 * 0.05).sin() * 0.9).collect();
        let before = frame.clone();
        assert!(!Limiter::new().limit(&mut frame, 1));
        assert_eq!(frame, before);
    }

    #[test]
    fn three_times_full_scale_comes_down_as_a_tone_and_the_gain_comes_back() {
        let mut limiter = Limiter::new();
        let mut phase = 0.0_f32;
        let mut tone = |amplitude: f32| -> Vec<f32> {
            let step = std::f32::consts::TAU * 300.0 / 48_000.0;
            (0..960)
                .map(|_| {
                    phase += step;
                    phase.sin() * amplitude
                })
                .collect()
        };
        let mut clipped = 0;
        for _ in 0..20 {
            let mut frame = tone(3.0);
            assert!(limiter.limit(&mut frame, 1));
            assert!(frame.iter().all(|sample| sample.abs() <= CEILING));
            // A tone that is scaled touches the ceiling at its peaks only; one that is cut off lies on it.
            clipped = frame.iter().filter(|sample| sample.abs() > CEILING * 0.999).count();
        }
        assert!(clipped < 960 / 10, "{clipped} of 960 at the ceiling");
        for _ in 0..100 {
            limiter.limit(&mut tone(0.1), 1);
        }
        assert!(limiter.gain > 0.99, "{}", limiter.gain);
    }
}
