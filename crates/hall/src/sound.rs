//! Tones: sung into Opus, heard out of it.

use std::time::{Duration, Instant};

use motet_codec::audio::{Channels, Decoder, Encoder, EncoderSettings};

const RATE: usize = 48_000;
/// Samples of a frame of 20 ms.
pub(crate) const FRAME: usize = 960;
/// Louder than this is sound.
const LOUD: f32 = 0.1;
/// Packets without sound that make silence.
const SILENT_PACKETS: usize = 3;
/// What a listener keeps at most: ten seconds.
const KEPT: usize = 10 * RATE;

const SETTINGS: EncoderSettings =
    EncoderSettings { bitrate_bps: 40_000, complexity: 5, fec: true, expected_loss_percent: 5, dtx: false };

/// One voice: a tone that can be silenced.
pub struct Singer {
    encoder: Encoder,
    hz: f32,
    phase: f32,
    /// 0 to 1.
    pub volume: f32,
}

impl Singer {
    /// A tone of so many hertz.
    pub fn new(hz: f32) -> Self {
        let encoder = Encoder::new(Channels::Mono, SETTINGS).expect("Opus encodes mono");
        Self { encoder, hz, phase: 0.0, volume: 0.4 }
    }

    /// The next packet of 20 ms.
    pub fn sing(&mut self) -> Vec<u8> {
        let samples: Vec<f32> = (0..FRAME)
            .map(|_| {
                self.phase = (self.phase + self.hz / RATE as f32).fract();
                (self.phase * std::f32::consts::TAU).sin() * self.volume
            })
            .collect();
        let mut packet = vec![0; 1_500];
        let len = self.encoder.encode(&samples, &mut packet).expect("a frame of 20 ms is encoded");
        packet.truncate(len);
        packet
    }
}

/// What is heard of one track.
pub struct Listener {
    decoder: Decoder,
    /// The newest samples, of the left channel.
    pub samples: Vec<f32>,
    /// When each packet came, where in it sound begins, if it has any, and how loud it is at its loudest.
    packets: Vec<(Instant, Option<Duration>, f32)>,
}

impl Listener {
    /// Nothing heard yet.
    pub fn new() -> Self {
        let decoder = Decoder::new(Channels::Stereo).expect("Opus decodes stereo");
        Self { decoder, samples: Vec::new(), packets: Vec::new() }
    }

    /// A packet came.
    pub fn hear(&mut self, at: Instant, packet: &[u8]) {
        let mut out = vec![0.0; 2 * 5_760];
        let Ok(len) = self.decoder.decode(packet, &mut out) else { return };
        let left = out.chunks_exact(2).take(len).map(|both| both[0]);
        let before = self.samples.len();
        self.samples.extend(left);
        let new = &self.samples[before..];
        let loud = new.iter().position(|sample| sample.abs() > LOUD);
        let offset = loud.map(|samples| Duration::from_micros(samples as u64 * 1_000_000 / RATE as u64));
        let peak = new.iter().fold(0.0f32, |peak, sample| peak.max(sample.abs()));
        self.packets.push((at, offset, peak));
        let surplus = self.samples.len().saturating_sub(KEPT);
        self.samples.drain(..surplus);
    }

    /// Forgets what was heard.
    pub fn forget(&mut self) {
        self.samples.clear();
        self.packets.clear();
    }

    /// When sound began after silence, each time: the moment at which a player without any delay would have sounded it; and
    /// how loud it became.
    pub fn onsets(&self) -> Vec<(Instant, f32)> {
        let mut silent = 0;
        let mut onsets: Vec<(Instant, f32)> = Vec::new();
        for (at, loud, peak) in &self.packets {
            match (loud, onsets.last_mut()) {
                (Some(offset), _) if silent >= SILENT_PACKETS => onsets.push((*at + *offset, *peak)),
                (Some(_), Some(last)) => last.1 = last.1.max(*peak),
                _ => {}
            }
            silent = if loud.is_some() { 0 } else { silent + 1 };
        }
        onsets
    }
}

impl Default for Listener {
    fn default() -> Self {
        Self::new()
    }
}

/// How loud a tone is in samples, as the amplitude of its sine (Goertzel's algorithm).
pub fn loudness(samples: &[f32], hz: f32) -> f32 {
    if samples.is_empty() {
        return 0.0;
    }
    let coefficient = 2.0 * (std::f64::consts::TAU * f64::from(hz) / RATE as f64).cos();
    let (mut one, mut two) = (0.0f64, 0.0f64);
    for sample in samples {
        (two, one) = (one, f64::from(*sample) + coefficient * one - two);
    }
    let power = one * one + two * two - coefficient * one * two;
    (2.0 * power.max(0.0).sqrt() / samples.len() as f64) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tone_is_found_where_it_is_and_nowhere_else() {
        let (mut singer, mut listener) = (Singer::new(440.0), Listener::new());
        (0..50).for_each(|_| listener.hear(Instant::now(), &singer.sing()));
        let heard = &listener.samples[24_000..];
        assert!(loudness(heard, 440.0) > 0.3);
        assert!(loudness(heard, 600.0) < 0.02);
    }
}
