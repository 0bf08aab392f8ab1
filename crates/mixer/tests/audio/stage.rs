//! A room of talkers and listeners around a mixer, on a simulated clock and network.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use motet_codec::audio::{Channels, Decoder, Encoder, EncoderSettings, g711, g722};
use motet_mixer::audio::{AudioCodec, AudioEvent, AudioFormat, AudioMixer, AudioSettings, Mix, SourceStats};
use motet_mixer::{MemberId, SourceId};
use motet_rtp::ext::{ExtensionMap, ExtensionValues};
use motet_rtp::{HEADER_LEN_MAX, PayloadType, RtpHeader, RtpTime, RtpView, Ssrc, write_header};

pub(crate) const TURN: Duration = Duration::from_millis(20);
pub(crate) const PAYLOAD_TYPE: PayloadType = PayloadType::from_wire(111);

/// What a talker says at each time, left and right, full scale being 1.
pub(crate) type Speech = Box<dyn Fn(Duration) -> [f32; 2]>;
/// What happens to a talker's packet of this index: `None` is lost, else so late.
pub(crate) type Path = Box<dyn FnMut(u64) -> Option<Duration>>;

/// A steady tone.
pub(crate) fn tone(hz: f64, amplitude: f32) -> Speech {
    Box::new(move |at| {
        let turns = at.as_nanos() as f64 / 1e9 * hz;
        [(turns.fract() * std::f64::consts::TAU).sin() as f32 * amplitude; 2]
    })
}

/// A speech that is silence outside of these times.
pub(crate) fn during(times: Vec<(u64, u64)>, speech: Speech) -> Speech {
    Box::new(move |at| {
        let is_said = times.iter().any(|(from, to)| (*from..*to).contains(&(at.as_millis() as u64)));
        if is_said { speech(at) } else { [0.0; 2] }
    })
}

pub(crate) struct Talker {
    pub(crate) source: SourceId,
    pub(crate) codec: AudioCodec,
    pub(crate) speech: Speech,
    pub(crate) path: Path,
    pub(crate) channels: Channels,
    /// How much faster than the mixer's its clock runs.
    pub(crate) ppm: f64,
    pub(crate) dtx: bool,
    pub(crate) pauses: bool,
    pub(crate) seq: u16,
    pub(crate) rtp_time: u32,
    pub(crate) ssrc: u32,
    pub(crate) encoder: Option<Encoder>,
    pub(crate) g722: g722::Encoder,
    pub(crate) sent: u64,
}

impl Talker {
    pub(crate) fn new(id: u64, codec: AudioCodec, speech: Speech) -> Self {
        Self {
            source: SourceId(id),
            codec,
            speech,
            path: Box::new(|_| Some(Duration::ZERO)),
            channels: Channels::Mono,
            ppm: 0.0,
            dtx: false,
            pauses: false,
            seq: 100,
            rtp_time: 5000,
            ssrc: 0x1000 + id as u32,
            encoder: None,
            g722: g722::Encoder::default(),
            sent: 0,
        }
    }

    /// When its next packet leaves, from the beginning: a packet is 20 ms of its own clock.
    fn leaves(&self) -> Duration {
        Duration::from_nanos(((self.sent + 1) as f64 * 20e6 / (1.0 + self.ppm / 1e6)) as u64)
    }

    /// The next packet, if there is one, and how late it comes.
    fn packet(&mut self) -> Option<(Vec<u8>, Duration)> {
        let payload = self.payload();
        let ticks = if self.codec == AudioCodec::Opus { 960 } else { 160 };
        let index = self.sent;
        let rtp_time = RtpTime(self.rtp_time.wrapping_add((index as u32).wrapping_mul(ticks)));
        self.sent += 1;
        let payload = payload?;
        let header = RtpHeader {
            marker: false,
            payload_type: PAYLOAD_TYPE,
            seq: self.seq,
            rtp_time,
            ssrc: Ssrc(self.ssrc),
        };
        self.seq = self.seq.wrapping_add(1);
        Some((rtp(&header, &payload), (self.path)(index)?))
    }

    fn payload(&mut self) -> Option<Vec<u8>> {
        let rate: u64 = match self.codec {
            AudioCodec::Opus => 48_000,
            AudioCodec::G722 => 16_000,
            _ => 8000,
        };
        let samples_per_packet = rate / 50;
        let at = |index: u64| {
            Duration::from_nanos((self.sent * samples_per_packet + index) * 1_000_000_000 / rate)
        };
        let spoken: Vec<[f32; 2]> = (0..samples_per_packet).map(|index| (self.speech)(at(index))).collect();
        let narrow = || spoken.iter().map(|[left, _]| (left * 32_767.0) as i16);
        match self.codec {
            AudioCodec::Opus => self.opus(&spoken),
            AudioCodec::Pcmu => Some(narrow().map(g711::encode_ulaw).collect()),
            AudioCodec::Pcma => Some(narrow().map(g711::encode_alaw).collect()),
            AudioCodec::G722 => {
                let mut payload = Vec::new();
                let samples: Vec<i16> = narrow().collect();
                self.g722.encode(&samples, &mut payload);
                Some(payload)
            }
            AudioCodec::ComfortNoise => Some(vec![60]),
        }
    }

    fn opus(&mut self, spoken: &[[f32; 2]]) -> Option<Vec<u8>> {
        let encoder = self.encoder.get_or_insert_with(|| {
            let settings = EncoderSettings {
                bitrate_bps: if self.channels == Channels::Stereo { 96_000 } else { 32_000 },
                complexity: 5,
                fec: true,
                expected_loss_percent: 20,
                dtx: self.dtx,
            };
            Encoder::new(self.channels, settings).unwrap()
        });
        let samples: Vec<f32> = match self.channels {
            Channels::Mono => spoken.iter().map(|[left, _]| *left).collect(),
            Channels::Stereo => spoken.as_flattened().to_vec(),
        };
        let mut payload = [0; 1275];
        let len = encoder.encode(&samples, &mut payload).unwrap();
        // The first packet of a silence is sent, as browsers do.
        let is_pause = self.dtx && len <= 2;
        let was_pause = std::mem::replace(&mut self.pauses, is_pause);
        (!is_pause || !was_pause).then(|| payload[..len].to_vec())
    }
}

pub(crate) fn rtp(header: &RtpHeader, payload: &[u8]) -> Vec<u8> {
    let mut packet = vec![0; HEADER_LEN_MAX + payload.len()];
    let len =
        write_header(header, &ExtensionValues::default(), &ExtensionMap::default(), &mut packet).unwrap();
    packet[len..len + payload.len()].copy_from_slice(payload);
    packet.truncate(len + payload.len());
    packet
}

/// What a member hears, left and right: the shared mix, or its own while it speaks.
struct Ear {
    decoder: Decoder,
    heard: Vec<[f32; 2]>,
}

pub(crate) struct Stage {
    pub(crate) epoch: Instant,
    pub(crate) now: Instant,
    pub(crate) mixer: AudioMixer,
    pub(crate) talkers: Vec<Talker>,
    ears: BTreeMap<MemberId, Ear>,
    speaking: BTreeSet<MemberId>,
    in_flight: BTreeMap<(Instant, u64), (SourceId, Vec<u8>)>,
    flights: u64,
    /// Everything told, with the turn in which it was.
    pub(crate) events: Vec<(u64, AudioEvent)>,
    /// Everything sent: turn, mix, packet.
    pub(crate) packets: Vec<(u64, Mix, Vec<u8>)>,
    pub(crate) turns: u64,
}

impl Stage {
    pub(crate) fn new(settings: AudioSettings) -> Self {
        let epoch = Instant::now();
        Self {
            epoch,
            now: epoch,
            mixer: AudioMixer::new(epoch, settings, 7).unwrap(),
            talkers: Vec::new(),
            ears: BTreeMap::new(),
            speaking: BTreeSet::new(),
            in_flight: BTreeMap::new(),
            flights: 0,
            events: Vec::new(),
            packets: Vec::new(),
            turns: 0,
        }
    }

    pub(crate) fn plain() -> Self {
        Self::new(AudioSettings::new(PAYLOAD_TYPE))
    }

    /// A talker with the id of its source as its member's, and an ear.
    pub(crate) fn add(&mut self, talker: Talker) -> MemberId {
        let member = MemberId(talker.source.0);
        let format = AudioFormat::of(PAYLOAD_TYPE, talker.codec);
        self.mixer.add_source(talker.source, member, format).unwrap();
        self.talkers.push(talker);
        self.listen(member);
        member
    }

    /// A talker of Opus.
    pub(crate) fn add_voice(&mut self, id: u64, speech: Speech) -> MemberId {
        self.add(Talker::new(id, AudioCodec::Opus, speech))
    }

    pub(crate) fn listen(&mut self, member: MemberId) -> MemberId {
        let decoder = Decoder::new(Channels::Stereo).unwrap();
        self.ears.insert(member, Ear { decoder, heard: Vec::new() });
        member
    }

    pub(crate) fn run(&mut self, time: Duration) {
        let end = self.now + time;
        loop {
            let talker = self.talkers.iter().map(Talker::leaves).enumerate().min_by_key(|(_, at)| *at);
            let send = talker.map(|(index, at)| (self.epoch + at, index));
            let arrival = self.in_flight.first_key_value().map(|(key, _)| key.0);
            let due = self.mixer.poll_timeout();
            let next = [send.map(|(at, _)| at), arrival, due].into_iter().flatten().min().unwrap();
            if next > end {
                self.now = end;
                return;
            }
            self.now = next;
            if let Some((at, index)) = send
                && at <= next
            {
                self.send(index);
            } else if arrival.is_some_and(|at| at <= next) {
                let (_, (source, packet)) = self.in_flight.pop_first().unwrap();
                self.mixer.handle_rtp(self.now, source, &packet);
                self.drain();
            } else {
                self.mixer.handle_timeout(self.now);
                self.turns += 1;
                self.drain();
                self.hear();
            }
        }
    }

    fn send(&mut self, index: usize) {
        let talker = &mut self.talkers[index];
        if let Some((packet, late)) = talker.packet() {
            self.flights += 1;
            self.in_flight.insert((self.now + late, self.flights), (talker.source, packet));
        }
    }

    fn drain(&mut self) {
        while let Some(event) = self.mixer.poll_event() {
            match &event {
                AudioEvent::Speaks(member) => drop(self.speaking.insert(*member)),
                AudioEvent::Quiet(member) => drop(self.speaking.remove(member)),
                _ => {}
            }
            self.events.push((self.turns, event));
        }
        let mut packet = Vec::new();
        while let Some(mix) = self.mixer.poll_packet(&mut packet) {
            self.packets.push((self.turns, mix, packet.clone()));
        }
    }

    fn hear(&mut self) {
        let fresh = self.packets.iter().rev().take_while(|(turn, ..)| *turn == self.turns);
        let fresh: Vec<_> = fresh.map(|(_, mix, packet)| (*mix, packet)).collect();
        for (member, ear) in &mut self.ears {
            let mix = if self.speaking.contains(member) { Mix::Without(*member) } else { Mix::Shared };
            let mut samples = [0.0; 1920];
            if let Some((_, packet)) = fresh.iter().find(|(of, _)| *of == mix) {
                let view = RtpView::parse(packet).unwrap();
                assert_eq!(ear.decoder.decode(view.payload(), &mut samples), Ok(960));
            }
            ear.heard.extend_from_slice(samples.as_chunks().0);
        }
    }

    /// What a member heard in this time, in milliseconds from the beginning.
    pub(crate) fn heard(&self, member: MemberId, ms: std::ops::Range<usize>) -> &[[f32; 2]] {
        &self.ears[&member].heard[ms.start * 48..ms.end * 48]
    }

    /// How loud a tone of this pitch a member heard, in decibels of full scale.
    pub(crate) fn tone_db(&self, member: MemberId, ms: std::ops::Range<usize>, hz: f64) -> f64 {
        let both = self.heard(member, ms).iter().map(|[left, right]| (left + right) / 2.0);
        tone_db(both, hz)
    }

    pub(crate) fn stats_of(&self, id: u64) -> SourceStats {
        self.mixer.source_stats(SourceId(id)).unwrap()
    }

    /// The turns in which this was told.
    pub(crate) fn told(&self, event: &AudioEvent) -> Vec<u64> {
        self.events.iter().filter(|(_, told)| told == event).map(|(turn, _)| *turn).collect()
    }

    /// How many packets of a mix were sent in these turns.
    pub(crate) fn count(&self, mix: Mix, turns: std::ops::Range<u64>) -> usize {
        self.packets.iter().filter(|(turn, of, _)| *of == mix && turns.contains(turn)).count()
    }
}

/// The amplitude of a tone of this pitch, in decibels of full scale, under a Hann window.
pub(crate) fn tone_db(samples: impl ExactSizeIterator<Item = f32>, hz: f64) -> f64 {
    let len = samples.len() as f64;
    let (mut real, mut imaginary) = (0.0, 0.0);
    for (index, sample) in samples.enumerate() {
        let index = index as f64;
        let window = 1.0 - (index / len * std::f64::consts::TAU).cos();
        let angle = index * hz / 48_000.0 * std::f64::consts::TAU;
        real += f64::from(sample) * window * angle.cos();
        imaginary += f64::from(sample) * window * angle.sin();
    }
    20.0 * ((real * real + imaginary * imaginary).sqrt() * 2.0 / len).max(1e-9).log10()
}

/// Numbers that a seed determines.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}
