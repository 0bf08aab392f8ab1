//! G.722 at 64 kb/s: two bands of adaptive differential PCM, 16,000 samples a second, one byte for each two (ITU-T G.722).
//!
//! All arithmetic is the recommendation's, on integers, so that both ends predict alike.

use super::g722_tables::{
    HIGH_CODES, HIGH_LOG_STEPS, HIGH_QUANTA, HIGH_THRESHOLD, INVERSE_LOG, LOW_CODES_NEGATIVE,
    LOW_CODES_POSITIVE, LOW_LOG_STEPS, LOW_QUANTA_16, LOW_QUANTA_64, LOW_STEP_OF_CODE, LOW_THRESHOLDS, QMF,
};

/// One stream's receiver.
#[derive(Clone, Debug)]
pub struct Decoder {
    low: Band,
    high: Band,
    filter: Filter,
}

impl Default for Decoder {
    fn default() -> Self {
        Self { low: Band::low(), high: Band::high(), filter: Filter::default() }
    }
}

impl Decoder {
    /// Appends two samples for each byte of the payload.
    pub fn decode(&mut self, payload: &[u8], samples: &mut Vec<i16>) {
        samples.reserve(payload.len() * 2);
        for byte in payload {
            samples.extend(self.decode_byte(*byte));
        }
    }

    fn decode_byte(&mut self, byte: u8) -> [i16; 2] {
        let low_code = usize::from(byte & 0x3f);
        let high_code = usize::from(byte >> 6);
        // What is heard uses all six bits of the lower band; what is predicted from, the upper four.
        let low = band_limit(self.low.predicted + self.low.scaled(LOW_QUANTA_64[low_code]));
        self.low.adapt_low(low_code >> 2);
        let high = band_limit(self.high.predicted + self.high.scaled(HIGH_QUANTA[high_code]));
        self.high.adapt_high(high_code);
        let (even, odd) = self.filter.push(low + high, low - high);
        [saturate(odd >> 11) as i16, saturate(even >> 11) as i16]
    }
}

/// One stream's sender.
#[derive(Clone, Debug)]
pub struct Encoder {
    low: Band,
    high: Band,
    filter: Filter,
}

impl Default for Encoder {
    fn default() -> Self {
        Self { low: Band::low(), high: Band::high(), filter: Filter::default() }
    }
}

impl Encoder {
    /// Appends one byte for each two samples; an odd one at the end is left out.
    pub fn encode(&mut self, samples: &[i16], payload: &mut Vec<u8>) {
        let pairs = samples.as_chunks().0;
        payload.extend(pairs.iter().map(|[first, second]| self.encode_pair(*first, *second)));
    }

    fn encode_pair(&mut self, first: i16, second: i16) -> u8 {
        let (even, odd) = self.filter.push(i32::from(first), i32::from(second));
        let low = (even + odd) >> 14;
        let high = (odd - even) >> 14;
        let low_code = self.low.quantize_low(low);
        self.low.adapt_low(usize::from(low_code >> 2));
        let high_code = self.high.quantize_high(high);
        self.high.adapt_high(usize::from(high_code));
        high_code << 6 | low_code
    }
}

/// The filter that splits in two bands and joins them again: 24 taps, of which each output uses every other.
#[derive(Clone, Debug, Default)]
struct Filter {
    history: [i32; 24],
}

impl Filter {
    fn push(&mut self, first: i32, second: i32) -> (i32, i32) {
        self.history.copy_within(2.., 0);
        self.history[22] = first;
        self.history[23] = second;
        let mut even = 0;
        let mut odd = 0;
        for (index, [a, b]) in self.history.as_chunks().0.iter().enumerate() {
            even += a * QMF[index];
            odd += b * QMF[11 - index];
        }
        (even, odd)
    }
}

/// The predictor and the quantizer's scale of one band (blocks 3 and 4 of the recommendation).
#[derive(Clone, Debug)]
struct Band {
    /// The scale, linear and as a logarithm.
    scale: i32,
    log_scale: i32,
    /// What is expected next, and the part of it that comes from past differences.
    predicted: i32,
    from_zeros: i32,
    /// Two reconstructed samples and their weights.
    poles: [i32; 2],
    reconstructed: [i32; 2],
    /// Signs come from these.
    partial: [i32; 2],
    /// Six past differences and their weights.
    zeros: [i32; 6],
    differences: [i32; 6],
}

impl Band {
    fn low() -> Self {
        Self::with_scale(32)
    }

    fn high() -> Self {
        Self::with_scale(8)
    }

    fn with_scale(scale: i32) -> Self {
        Self {
            scale,
            log_scale: 0,
            predicted: 0,
            from_zeros: 0,
            poles: [0; 2],
            reconstructed: [0; 2],
            partial: [0; 2],
            zeros: [0; 6],
            differences: [0; 6],
        }
    }

    fn scaled(&self, quantum: i32) -> i32 {
        (self.scale * quantum) >> 15
    }

    fn quantize_low(&self, sample: i32) -> u8 {
        let (error, magnitude) = self.error(sample);
        let is_below = |threshold: &i32| magnitude < (threshold * self.scale) >> 12;
        let step = LOW_THRESHOLDS.iter().position(is_below).unwrap_or(LOW_THRESHOLDS.len());
        if error < 0 { LOW_CODES_NEGATIVE[step] } else { LOW_CODES_POSITIVE[step] }
    }

    fn quantize_high(&self, sample: i32) -> u8 {
        let (error, magnitude) = self.error(sample);
        let is_large = magnitude >= (HIGH_THRESHOLD * self.scale) >> 12;
        HIGH_CODES[usize::from(error >= 0)][usize::from(is_large)]
    }

    /// How far the prediction is off, and that without its sign, in one's complement.
    fn error(&self, sample: i32) -> (i32, i32) {
        let error = saturate(sample - self.predicted);
        (error, if error < 0 { !error } else { error })
    }

    /// Learns from the upper four bits of the lower band's code.
    fn adapt_low(&mut self, code: usize) {
        let difference = self.scaled(LOW_QUANTA_16[code]);
        self.rescale(LOW_LOG_STEPS[LOW_STEP_OF_CODE[code]], 18_432, 8);
        self.predict(difference);
    }

    fn adapt_high(&mut self, code: usize) {
        let difference = self.scaled(HIGH_QUANTA[code]);
        // The outer two of the four codes widen the scale.
        self.rescale(HIGH_LOG_STEPS[usize::from(code.is_multiple_of(2))], 22_528, 10);
        self.predict(difference);
    }

    fn rescale(&mut self, log_step: i32, log_max: i32, octave: i32) {
        self.log_scale = (((self.log_scale * 127) >> 7) + log_step).clamp(0, log_max);
        let fraction = INVERSE_LOG[(self.log_scale >> 6 & 31) as usize];
        let down = octave - (self.log_scale >> 11);
        self.scale = if down < 0 { fraction << -down } else { fraction >> down } << 2;
    }

    fn predict(&mut self, difference: i32) {
        let reconstructed = saturate(self.predicted + difference);
        let partial = saturate(self.from_zeros + difference);
        self.poles = self.adapted_poles(partial);
        self.adapt_zeros(difference);
        self.differences.copy_within(..5, 1);
        self.differences[0] = difference;
        self.reconstructed = [reconstructed, self.reconstructed[0]];
        self.partial = [partial, self.partial[0]];
        let from_poles = saturate(product_sum(&self.poles, &self.reconstructed));
        self.from_zeros = saturate(product_sum(&self.zeros, &self.differences));
        self.predicted = saturate(from_poles + self.from_zeros);
    }

    fn adapted_poles(&self, partial: i32) -> [i32; 2] {
        let [first, second] = self.poles;
        let is_like_last = (partial < 0) == (self.partial[0] < 0);
        let is_like_one_before = (partial < 0) == (self.partial[1] < 0);
        let quadruple = saturate(first << 2);
        let towards = if is_like_last { -quadruple } else { quadruple }.min(i32::from(i16::MAX));
        let nudge = if is_like_one_before { 128 } else { -128 };
        let second = ((towards >> 7) + nudge + ((second * 32_512) >> 15)).clamp(-12_288, 12_288);
        let nudge = if is_like_last { 192 } else { -192 };
        let bound = saturate(15_360 - second);
        let first = saturate(nudge + ((first * 32_640) >> 15)).clamp(-bound, bound);
        [first, second]
    }

    fn adapt_zeros(&mut self, difference: i32) {
        let nudge = if difference == 0 { 0 } else { 128 };
        for (zero, past) in self.zeros.iter_mut().zip(self.differences) {
            let nudge = if (past < 0) == (difference < 0) { nudge } else { -nudge };
            *zero = saturate(nudge + ((*zero * 32_640) >> 15));
        }
    }
}

fn product_sum(weights: &[i32], values: &[i32]) -> i32 {
    weights.iter().zip(values).map(|(weight, value)| (weight * saturate(value * 2)) >> 15).sum()
}

fn saturate(value: i32) -> i32 {
    value.clamp(i32::from(i16::MIN), i32::from(i16::MAX))
}

fn band_limit(value: i32) -> i32 {
    value.clamp(-16_384, 16_383)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(hz: f32, len: usize) -> Vec<i16> {
        let turn = std::f32::consts::TAU * hz / 16_000.0;
        (0..len).map(|index| (8000.0 * (index as f32 * turn).sin()) as i16).collect()
    }

    #[test]
    fn a_tone_in_either_band_comes_back_after_the_filters_delay() {
        for hz in [440.0, 1000.0, 3000.0, 5500.0] {
            let sent = tone(hz, 8000);
            let (mut payload, mut heard) = (Vec::new(), Vec::new());
            Encoder::default().encode(&sent, &mut payload);
            Decoder::default().decode(&payload, &mut heard);
            assert_eq!((payload.len(), heard.len()), (4000, 8000));
            let delay = 22;
            let pairs = sent[2000..7000].iter().zip(&heard[2000 + delay..]);
            let noise: f64 = pairs.map(|(sent, heard)| f64::from(sent - heard).powi(2)).sum::<f64>() / 5000.0;
            let ratio_db = 10.0 * (32_000_000.0 / noise).log10();
            assert!(ratio_db > 25.0, "{hz} Hz: {ratio_db} dB");
        }
    }

    /// The checksum is that of what FFmpeg's decoder makes of the same bytes, sample for sample.
    #[test]
    fn a_stream_of_every_code_decodes_as_elsewhere() {
        let mut state = 1_u32;
        let payload: Vec<u8> = std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        })
        .take(8000)
        .collect();
        let mut heard = Vec::new();
        Decoder::default().decode(&payload, &mut heard);
        let add = |sum: u32, sample: &i16| sum.wrapping_mul(31).wrapping_add(u32::from(*sample as u16));
        let checksum = heard.iter().fold(0, add);
        assert_eq!(checksum, 1_663_968_242);
    }
}
