//! Samples at 48 kHz between a decoder and the mix.

use motet_codec::audio::Channels;

/// Samples per channel and second.
pub(super) const SAMPLE_RATE: usize = 48_000;
/// Samples per channel in a turn of the mixer, 20 ms.
pub(super) const FRAME: usize = SAMPLE_RATE / 50;

/// How loud digital silence is said to be, in decibels of full scale.
pub(super) const SILENCE_DB: f32 = -127.0;

/// A queue of samples, interleaved. All lengths are per channel.
#[derive(Debug)]
pub(super) struct Fifo {
    channels: Channels,
    samples: Vec<f32>,
}

impl Fifo {
    pub(super) fn new() -> Self {
        Self { channels: Channels::Mono, samples: Vec::new() }
    }

    pub(super) fn channels(&self) -> Channels {
        self.channels
    }

    pub(super) fn len(&self) -> usize {
        self.samples.len() / self.channels.count()
    }

    pub(super) fn clear(&mut self) {
        self.samples.clear();
    }

    /// What waits in it, interleaved.
    pub(super) fn samples_mut(&mut self) -> &mut Vec<f32> {
        &mut self.samples
    }

    /// Changes the number of channels of what waits in it and of what comes.
    pub(super) fn set_channels(&mut self, channels: Channels) {
        if self.channels == channels {
            return;
        }
        self.samples = match channels {
            Channels::Stereo => self.samples.iter().flat_map(|sample| [*sample; 2]).collect(),
            Channels::Mono => self.samples.as_chunks().0.iter().map(|[a, b]| (a + b) / 2.0).collect(),
        };
        self.channels = channels;
    }

    /// Appends silence and hands it out to be written over, interleaved.
    pub(super) fn grow(&mut self, len: usize) -> &mut [f32] {
        let start = self.samples.len();
        self.samples.resize(start + len * self.channels.count(), 0.0);
        &mut self.samples[start..]
    }

    /// Takes back the end of what was appended.
    pub(super) fn shrink(&mut self, len: usize) {
        let kept = self.samples.len().saturating_sub(len * self.channels.count());
        self.samples.truncate(kept);
    }

    /// Moves one frame into `frame`, silence where there is less.
    pub(super) fn take_frame(&mut self, frame: &mut Vec<f32>) {
        let wanted = FRAME * self.channels.count();
        let taken = wanted.min(self.samples.len());
        frame.clear();
        frame.extend(self.samples.drain(..taken));
        frame.resize(wanted, 0.0);
    }

    /// How loud the last `len` samples are, in decibels of full scale. What is not a number is made silence.
    pub(super) fn level_of_last(&mut self, len: usize) -> f32 {
        let start = self.samples.len().saturating_sub(len * self.channels.count());
        let last = &mut self.samples[start..];
        let level = level_db(last);
        if level.is_finite() {
            return level;
        }
        last.fill(0.0);
        SILENCE_DB
    }
}

/// The root mean square in decibels of full scale; not finite where a sample is not.
pub(super) fn level_db(samples: &[f32]) -> f32 {
    if samples.is_empty() {
        return SILENCE_DB;
    }
    let (chunks, rest) = samples.as_chunks::<8>();
    let mut sums = [0.0_f32; 8];
    for chunk in chunks {
        for (sum, sample) in sums.iter_mut().zip(chunk) {
            *sum += sample * sample;
        }
    }
    let sum = sums.iter().sum::<f32>() + rest.iter().map(|sample| sample * sample).sum::<f32>();
    let mean = sum / samples.len() as f32;
    if mean.is_finite() { (10.0 * mean.max(1e-13).log10()).max(SILENCE_DB) } else { f32::NAN }
}
