//! One source: a member's stream with the place it has in the mix.

use std::time::{Duration, Instant};

use motet_rtp::{PayloadType, RtpView};

use crate::MemberId;

use super::buffer::PAYLOAD_LEN_MAX;
use super::gate::Gate;
use super::pcm::{FRAME, SILENCE_DB, level_db};
use super::stream::{Refusal, Stream};
use super::{AudioCodec, AudioFormat, SourceStats, Voice};

/// The greatest gain: 12 dB. More would be noise.
const GAIN_MAX: f32 = 4.0;

pub(super) struct Source {
    pub(super) member: MemberId,
    format: AudioFormat,
    voice: Voice,
    gate: Gate,
    stream: Option<Stream>,
    stats: SourceStats,
    /// What the stream gave for this turn, in its own channels.
    frame: Vec<f32>,
    frame_channels: usize,
    /// The same as it goes into the mix, in the mix's channels.
    heard: Vec<f32>,
    /// The loudness of this turn, before gain; [`SILENCE_DB`] where there is nothing.
    pub(super) level_db: f32,
    sounds: bool,
}

/// What a packet brought.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Heard {
    Nothing,
    /// A voice, so loud, which waits for [`Source::open`] or [`Source::refuse`].
    Voice {
        level_db: f32,
    },
}

impl Source {
    pub(super) fn new(member: MemberId, format: AudioFormat) -> Self {
        Self {
            member,
            format,
            voice: Voice::default(),
            gate: Gate::new(),
            stream: None,
            stats: SourceStats::default(),
            frame: Vec::new(),
            frame_channels: 1,
            heard: Vec::new(),
            level_db: SILENCE_DB,
            sounds: false,
        }
    }

    /// Changes how it is heard. What is no number or out of range is brought into it.
    pub(super) fn set(&mut self, voice: Voice) {
        let within = |value: f32, min: f32, max: f32, otherwise: f32| {
            if value.is_finite() { value.clamp(min, max) } else { otherwise }
        };
        self.voice = Voice {
            muted: voice.muted,
            gain: within(voice.gain, 0.0, GAIN_MAX, 1.0),
            position: within(voice.position, -1.0, 1.0, 0.0),
        };
        if voice.muted {
            self.stream = None;
        }
    }

    pub(super) fn stats(&self, now: Instant, delay_max: Duration) -> SourceStats {
        let (delay, delay_target) =
            self.stream.as_ref().map(|stream| stream.delays(now, delay_max)).unwrap_or_default();
        SourceStats { delay, delay_target, ..self.stats }
    }

    /// Whether a voice is heard, or is about to be.
    pub(super) fn is_open(&self) -> bool {
        self.stream.as_ref().is_some_and(|stream| !stream.is_quiet())
    }

    /// Whether this turn has anything of it.
    pub(super) fn sounds(&self) -> bool {
        self.sounds
    }

    pub(super) fn handle_rtp(&mut self, now: Instant, packet: &[u8]) -> Heard {
        let Ok(view) = RtpView::parse(packet) else {
            self.stats.malformed_packets += 1;
            return Heard::Nothing;
        };
        if self.voice.muted {
            self.stats.muted_packets += 1;
            return Heard::Nothing;
        }
        let Some(codec) = self.codec(view.payload_type()) else {
            self.stats.malformed_packets += 1;
            return Heard::Nothing;
        };
        if view.payload().len() > PAYLOAD_LEN_MAX {
            self.stats.malformed_packets += 1;
            return Heard::Nothing;
        }
        // Padding alone, as probing sends it, says nothing.
        if view.payload().is_empty() {
            return Heard::Nothing;
        }
        self.insert(now, &view, codec);
        self.listen()
    }

    fn codec(&self, payload_type: PayloadType) -> Option<AudioCodec> {
        let known = self.format.payload_types.iter().find(|(known, _)| *known == payload_type);
        known.map(|(_, codec)| *codec)
    }

    fn insert(&mut self, now: Instant, view: &RtpView<'_>, codec: AudioCodec) {
        if self.stream.as_ref().is_some_and(|stream| stream.ssrc != view.ssrc()) {
            self.restart();
        }
        let stream = self.stream.get_or_insert_with(|| Stream::new(now, view, codec));
        let mut inserted = stream.insert(now, view, codec);
        if inserted == Err(Refusal::Restart) {
            self.restart();
            inserted = self.stream.insert(Stream::new(now, view, codec)).insert(now, view, codec);
        }
        *match inserted {
            Ok(()) => &mut self.stats.packets,
            Err(Refusal::Restart | Refusal::Malformed) => &mut self.stats.malformed_packets,
            Err(Refusal::Late) => &mut self.stats.late_packets,
            Err(Refusal::Duplicate) => &mut self.stats.duplicate_packets,
            Err(Refusal::Overflow) => &mut self.stats.overflow_packets,
        } += 1;
    }

    fn restart(&mut self) {
        self.stream = None;
        self.stats.restarts += 1;
    }

    /// Looks for a voice in what has come.
    pub(super) fn listen(&mut self) -> Heard {
        let level = self.stream.as_mut().and_then(|stream| stream.listen(&mut self.gate, &mut self.stats));
        level.map_or(Heard::Nothing, |level_db| Heard::Voice { level_db })
    }

    pub(super) fn open(&mut self, now: Instant, delay_max: Duration) {
        if let Some(stream) = &mut self.stream {
            stream.open(now, delay_max);
        }
    }

    /// The voice is not to be heard, or no longer.
    pub(super) fn refuse(&mut self) {
        if let Some(stream) = &mut self.stream {
            stream.close();
        }
    }

    /// Takes this turn's samples. True where the voice ended with it, so that what waits behind is to be listened to.
    pub(super) fn take_frame(&mut self, now: Instant, delay_max: Duration) -> bool {
        self.sounds = false;
        self.level_db = SILENCE_DB;
        let Some(stream) = &mut self.stream else { return false };
        if stream.is_quiet() {
            return false;
        }
        let is_fed = stream.frame(now, delay_max, &mut self.gate, &mut self.stats, &mut self.frame);
        if is_fed {
            self.frame_channels = stream.channels();
            let level = level_db(&self.frame);
            self.sounds = level.is_finite();
            self.level_db = if self.sounds { level } else { SILENCE_DB };
        }
        stream.is_quiet()
    }

    /// Whether it is heard differently by the two ears.
    pub(super) fn wants_stereo(&self) -> bool {
        self.frame_channels == 2 || self.voice.position != 0.0
    }

    /// Adds this turn's samples to the mix and keeps what was added for [`Self::subtract_from`].
    pub(super) fn add_to(&mut self, mix: &mut [f32], channels: usize) {
        self.place(channels);
        for (sum, sample) in mix.iter_mut().zip(&self.heard) {
            *sum += sample;
        }
    }

    /// What the mix is without it.
    pub(super) fn subtract_from(&self, mix: &mut [f32]) {
        for (sum, sample) in mix.iter_mut().zip(&self.heard) {
            *sum -= sample;
        }
    }

    fn place(&mut self, channels: usize) {
        let gain = self.voice.gain;
        let [left, right] = sides(self.voice.position).map(|side| side * gain);
        self.heard.clear();
        self.heard.reserve(FRAME * channels);
        match (self.frame_channels, channels) {
            (1, 1) => self.heard.extend(self.frame.iter().map(|sample| sample * gain)),
            (1, _) => self.heard.extend(self.frame.iter().flat_map(|sample| [sample * left, sample * right])),
            (_, 1) => {
                let pairs = self.frame.as_chunks().0.iter();
                self.heard.extend(pairs.map(|[a, b]| (a + b) / 2.0 * gain));
            }
            (_, _) => {
                let pairs = self.frame.as_chunks().0.iter();
                self.heard.extend(pairs.flat_map(|[a, b]| [a * left, b * right]));
            }
        }
    }
}

/// What each ear gets: equal power wherever the voice stands, and in the centre all of it.
fn sides(position: f32) -> [f32; 2] {
    if position == 0.0 {
        return [1.0, 1.0];
    }
    let angle = (position + 1.0) * std::f32::consts::FRAC_PI_4;
    [angle.cos(), angle.sin()].map(|side| side * std::f32::consts::SQRT_2)
}
