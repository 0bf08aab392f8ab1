//! One RTP stream: from packets as they come to frames in time. Quiet until a voice is heard, then as far behind the
//! packets as their jitter asks, made up where they fail to come.

use std::time::{Duration, Instant};

use motet_rtp::{RtpTime, RtpView, SeqNo, Ssrc};

use super::buffer::{Buffer, Packet, Taken};
use super::decode::{CONCEAL_STEP, Decoder};
use super::delay::Delay;
use super::gate::Gate;
use super::pcm::{FRAME, Fifo, SAMPLE_RATE};
use super::stretch::{STRETCH_LEN_MIN, lengthen, shorten};
use super::{AudioCodec, SourceStats};

/// A step of sequence numbers by more than this, ten seconds of the usual, begins a new stream.
const SEQ_JUMP_MAX: u64 = 500;
/// For so long nothing but noise is heard before a voice is said to have ended: longer than the pause between words.
const HOLD: usize = SAMPLE_RATE * 3 / 10;
/// For so long a decoder makes up what does not come; beyond that it would hum.
const STARVED_MAX: usize = SAMPLE_RATE / 10;
/// After so much noise a stream that stops has paused, whether its sender said so or not.
const PAUSE_MIN: usize = SAMPLE_RATE / 10;
/// A longer gap between neighbouring packets is no loss and no pause, but a clock set anew.
const GAP_MAX: i64 = SAMPLE_RATE as i64 / 5;
/// After a loss, packets wait one packet longer for so long, so that the next one's FEC is there in time.
const FEC_WAIT: Duration = Duration::from_secs(5);
const FRAME_TIME: Duration = Duration::from_millis(20);
/// How far the delay may be from its target without being corrected. A turn of the mixer is the grain in which packets wait.
const TOO_LONG: Duration = Duration::from_millis(25);
const TOO_SHORT: Duration = Duration::from_millis(5);
/// Corrected at most once in so many frames, so that it is not heard.
const CORRECT_EVERY: u32 = 5;
/// A delay this far beyond its target is corrected as fast as can be.
const MUCH_TOO_LONG: Duration = Duration::from_millis(80);
/// A voice's first and last moments are faded over this.
const FADE: usize = SAMPLE_RATE / 400;

/// What a stream is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Nothing but silence and noise: packets are decoded as they come and forgotten.
    Quiet,
    /// A voice has begun. It is heard from this time on.
    Waiting { from: Instant },
    /// Heard.
    Sounding,
}

/// The packet that is to be heard next.
#[derive(Clone, Copy, Debug)]
struct Place {
    seq: SeqNo,
    time: i64,
}

/// Why a packet did not go into its stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Its numbers are far from all before it.
    Restart,
    Late,
    Duplicate,
    Overflow,
    Malformed,
}

/// One stream from its first packet on.
pub(super) struct Stream {
    pub(super) ssrc: Ssrc,
    samples_per_tick: i64,
    highest: SeqNo,
    ticks: i64,
    buffer: Buffer,
    delay: Delay,
    decoder: Option<Decoder>,
    pcm: Fifo,
    phase: Phase,
    next: Option<Place>,
    /// Samples made up while nothing came, which the next packets may turn out to have held.
    made_up: i64,
    starved: usize,
    is_paused: bool,
    since_voice: usize,
    is_fresh: bool,
    lost_at: Option<Instant>,
    waits: Option<Duration>,
    corrected_ago: u32,
}

impl Stream {
    /// A stream that begins with this packet, which is yet to be handed over.
    pub(super) fn new(now: Instant, first: &RtpView<'_>, codec: AudioCodec) -> Self {
        Self {
            ssrc: first.ssrc(),
            samples_per_tick: codec.samples_per_tick(),
            // One cycle up, so that packets from before the first have a number too.
            highest: SeqNo((1 << 16) + u64::from(first.seq())),
            ticks: i64::from(first.rtp_time().0),
            buffer: Buffer::default(),
            delay: Delay::new(now),
            decoder: None,
            pcm: Fifo::new(),
            phase: Phase::Quiet,
            next: None,
            made_up: 0,
            starved: 0,
            is_paused: false,
            since_voice: 0,
            is_fresh: false,
            lost_at: None,
            waits: None,
            corrected_ago: 0,
        }
    }

    pub(super) fn is_quiet(&self) -> bool {
        self.phase == Phase::Quiet
    }

    /// What a packet waits at present, and what it should.
    pub(super) fn delays(&self, now: Instant, delay_max: Duration) -> (Duration, Duration) {
        (self.waits.unwrap_or_default(), self.target(now, delay_max))
    }

    /// Puts a packet in its place.
    pub(super) fn insert(
        &mut self,
        now: Instant,
        view: &RtpView<'_>,
        codec: AudioCodec,
    ) -> Result<(), Refusal> {
        let seq = self.highest.nearest(view.seq());
        let is_jump = seq.0.abs_diff(self.highest.0) > SEQ_JUMP_MAX;
        if is_jump || codec.samples_per_tick() != self.samples_per_tick {
            return Err(Refusal::Restart);
        }
        let len = codec.samples_in(view.payload()).ok_or(Refusal::Malformed)?;
        let ticks = self.unwrapped(view.rtp_time());
        let time = ticks.saturating_mul(self.samples_per_tick);
        // What comes too late says most about how long to wait.
        let late = self.delay.observe(now, time);
        if self.next.is_some_and(|next| seq < next.seq) {
            return Err(Refusal::Late);
        }
        let packet = Packet { codec, time, len, arrived: now, late, payload: view.payload().to_vec() };
        match self.buffer.insert(seq, packet) {
            Taken::Kept => {}
            Taken::Duplicate => return Err(Refusal::Duplicate),
            Taken::Full => return Err(Refusal::Overflow),
        }
        if seq >= self.highest {
            self.highest = seq;
            self.ticks = ticks;
        }
        Ok(())
    }

    fn unwrapped(&self, time: RtpTime) -> i64 {
        self.ticks.saturating_add(i64::from(time.0.wrapping_sub(self.ticks as u32) as i32))
    }

    /// While quiet: decodes what has come, up to a voice. Says how loud that is.
    pub(super) fn listen(&mut self, gate: &mut Gate, stats: &mut SourceStats) -> Option<f32> {
        while self.phase == Phase::Quiet {
            let (seq, packet) = self.buffer.take_first()?;
            if self.is_comfort(&packet) {
                self.is_paused = true;
                self.next = Some(Place { seq: seq.next(), time: packet.time + packet.len as i64 });
                continue;
            }
            self.pcm.clear();
            let samples = self.decode(&packet, stats);
            self.next = Some(Place { seq: seq.next(), time: packet.time + samples as i64 });
            let level = self.pcm.level_of_last(samples);
            if gate.is_voice(level, samples as f32 / SAMPLE_RATE as f32) {
                self.waits = Some(packet.late);
                self.phase = Phase::Waiting { from: packet.arrived };
                return Some(level);
            }
        }
        None
    }

    /// What a sender in a pause sends now and then, to say what its silence sounds like. It need not be decoded, and in
    /// a large room it is most of what comes.
    fn is_comfort(&self, packet: &Packet) -> bool {
        let is_alone = self.next.is_some_and(|next| packet.time - next.time >= FRAME as i64);
        let is_update = self.is_paused && is_alone && packet.codec.is_voiceless(&packet.payload);
        packet.codec.is_pause(&packet.payload) || is_update
    }

    /// The voice that [`Self::listen`] found is to be heard.
    pub(super) fn open(&mut self, now: Instant, delay_max: Duration) {
        if let Phase::Waiting { from } = self.phase {
            let behind = self.target(now, delay_max).saturating_sub(self.waits.unwrap_or_default());
            self.phase = Phase::Waiting { from: from + behind };
            self.waits = None;
            self.made_up = 0;
            self.starved = 0;
            self.since_voice = 0;
            self.is_fresh = true;
            self.corrected_ago = 0;
        }
    }

    /// Nothing of this voice is to be heard any more.
    pub(super) fn close(&mut self) {
        self.phase = Phase::Quiet;
        self.pcm.clear();
        self.is_paused = false;
        self.waits = None;
    }

    /// Moves the samples of one turn into `frame`, which has as many channels as [`Self::channels`] says. False where
    /// there is nothing to hear.
    pub(super) fn frame(
        &mut self,
        now: Instant,
        delay_max: Duration,
        gate: &mut Gate,
        stats: &mut SourceStats,
        frame: &mut Vec<f32>,
    ) -> bool {
        match self.phase {
            Phase::Quiet => return false,
            Phase::Waiting { from } if now < from => return false,
            Phase::Waiting { .. } | Phase::Sounding => self.phase = Phase::Sounding,
        }
        self.correct(now, delay_max, gate, stats);
        while self.pcm.len() < FRAME && self.fill(now, gate, stats) {}
        let has_ended = self.pcm.len() < FRAME || self.since_voice >= HOLD + self.pcm.len();
        self.pcm.take_frame(frame);
        let channels = self.pcm.channels().count();
        if std::mem::take(&mut self.is_fresh) {
            fade(frame[..FADE * channels].chunks_exact_mut(channels));
        }
        if has_ended {
            fade(frame[(FRAME - FADE) * channels..].chunks_exact_mut(channels).rev());
            self.close();
        }
        true
    }

    /// How many channels the last frame had.
    pub(super) fn channels(&self) -> usize {
        self.pcm.channels().count()
    }

    /// Appends what is next. False where there is nothing, and not for the time being either.
    fn fill(&mut self, now: Instant, gate: &mut Gate, stats: &mut SourceStats) -> bool {
        let Some(next) = self.next else { return false };
        let Some((seq, packet)) = self.buffer.first() else { return self.starve(stats) };
        let ahead = packet.time - next.time - self.made_up;
        if seq != next.seq {
            self.bridge(now, gate, stats);
        } else if (1..=GAP_MAX).contains(&ahead) {
            // The sender left time out, as it does in a pause.
            self.append_silence((ahead as usize).min(FRAME));
        } else {
            self.play(now, gate, stats);
        }
        true
    }

    fn play(&mut self, now: Instant, gate: &mut Gate, stats: &mut SourceStats) {
        let Some((seq, packet)) = self.buffer.take_first() else { return };
        let samples = self.decode(&packet, stats);
        self.judge(samples, gate);
        self.next = Some(Place { seq: seq.next(), time: packet.time + samples as i64 });
        self.made_up = 0;
        self.starved = 0;
        let waited = now.saturating_duration_since(packet.arrived) + packet.late;
        self.waits = Some(self.waits.map_or(waited, |waits| (waits * 3 + waited) / 4));
    }

    /// Fills what is missing before the first packet that is there.
    fn bridge(&mut self, now: Instant, gate: &mut Gate, stats: &mut SourceStats) {
        let (Some(next), Some((seq, packet))) = (self.next, self.buffer.first()) else { return };
        let missing = packet.time - next.time - self.made_up;
        let from_fec = if packet.codec.has_fec(&packet.payload) { packet.len as i64 } else { 0 };
        self.lost_at = Some(now);
        if missing < CONCEAL_STEP as i64 || missing > GAP_MAX {
            stats.lost_packets += seq.0 - next.seq.0;
            self.next = Some(Place { seq, time: packet.time });
            self.made_up = 0;
            return;
        }
        let made_up = match missing <= from_fec {
            true => {
                let len = missing as usize / CONCEAL_STEP * CONCEAL_STEP;
                if let Some(decoder) = &mut self.decoder {
                    decoder.decode_fec(&packet.payload, len, &mut self.pcm);
                }
                stats.fec_packets += 1;
                stats.decoded_samples += len as u64;
                len
            }
            false => {
                let len = (missing - from_fec).clamp(CONCEAL_STEP as i64, FRAME as i64) as usize;
                self.conceal(len / CONCEAL_STEP * CONCEAL_STEP, stats)
            }
        };
        self.judge(made_up, gate);
        self.made_up += made_up as i64;
    }

    /// Nothing is there: something like what was. False where that was no voice any more, or it has been too long.
    fn starve(&mut self, stats: &mut SourceStats) -> bool {
        if self.is_paused || self.since_voice >= PAUSE_MIN || self.starved >= STARVED_MAX {
            return false;
        }
        let made_up = self.conceal(FRAME, stats);
        self.since_voice += made_up;
        self.made_up += made_up as i64;
        self.starved += made_up;
        true
    }

    fn conceal(&mut self, len: usize, stats: &mut SourceStats) -> usize {
        match &mut self.decoder {
            Some(decoder) => decoder.conceal(len, &mut self.pcm),
            None => drop(self.pcm.grow(len)),
        }
        stats.concealed_samples += len as u64;
        len
    }

    fn append_silence(&mut self, len: usize) {
        self.pcm.grow(len);
        self.since_voice += len;
        self.made_up += len as i64;
    }

    /// Appends a packet's samples, whatever happens: what cannot be decoded is made up.
    fn decode(&mut self, packet: &Packet, stats: &mut SourceStats) -> usize {
        let Packet { codec, payload, len, .. } = packet;
        self.is_paused = codec.is_pause(payload);
        let decoded = Decoder::for_payload(self.decoder.take(), *codec, payload)
            .and_then(|decoder| self.decoder.insert(decoder).decode(*codec, payload, &mut self.pcm));
        match decoded {
            Ok(samples) => {
                stats.decoded_samples += samples as u64;
                samples
            }
            Err(_) => {
                stats.undecodable_packets += 1;
                self.conceal((len / CONCEAL_STEP).max(1) * CONCEAL_STEP, stats)
            }
        }
    }

    /// Whether what was appended last is a voice.
    fn judge(&mut self, samples: usize, gate: &mut Gate) {
        let level = self.pcm.level_of_last(samples);
        let is_voice = gate.is_voice(level, samples as f32 / SAMPLE_RATE as f32);
        self.since_voice = if is_voice { 0 } else { self.since_voice + samples };
    }

    /// Brings the delay nearer to its target, a period of the voice at a time.
    fn correct(&mut self, now: Instant, delay_max: Duration, gate: &mut Gate, stats: &mut SourceStats) {
        self.corrected_ago += 1;
        let Some(waits) = self.waits else { return };
        let target = self.target(now, delay_max);
        let patience = if waits > target + MUCH_TOO_LONG { 1 } else { CORRECT_EVERY };
        let is_off = waits > target + TOO_LONG || waits + TOO_SHORT < target;
        if !is_off || self.corrected_ago < patience {
            return;
        }
        let has_next =
            |stream: &Self| stream.buffer.first().map(|(seq, _)| seq) == stream.next.map(|next| next.seq);
        while self.pcm.len() < STRETCH_LEN_MIN && has_next(self) && self.fill(now, gate, stats) {}
        let channels = self.channels();
        if waits > target {
            stats.removed_samples += shorten(self.pcm.samples_mut(), channels) as u64;
        } else {
            stats.inserted_samples += lengthen(self.pcm.samples_mut(), channels) as u64;
        }
        self.corrected_ago = 0;
    }

    fn target(&self, now: Instant, delay_max: Duration) -> Duration {
        let lost_lately = self.lost_at.is_some_and(|at| now.saturating_duration_since(at) < FEC_WAIT);
        let for_fec = if lost_lately && self.samples_per_tick == 1 { FRAME_TIME } else { Duration::ZERO };
        (self.delay.target() + for_fec).min(delay_max)
    }
}

/// From silence to full loudness, in the order of the samples given.
fn fade<'a>(samples: impl ExactSizeIterator<Item = &'a mut [f32]>) {
    let len = samples.len() as f32;
    for (index, channels) in samples.enumerate() {
        let gain = (index as f32 + 0.5) / len;
        channels.iter_mut().for_each(|sample| *sample *= gain);
    }
}
