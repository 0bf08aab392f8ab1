//! The participants: what they send, and what they hear.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, UdpSocket};
use std::thread::sleep;
use std::time::{Duration, Instant};

use motet_codec::audio::{Channels, Decoder, Encoder, EncoderSettings};
use motet_rtp::ext::{ExtensionMap, ExtensionValues};
use motet_rtp::{PayloadType, RtpHeader, RtpTime, RtpView, Ssrc, write_header};

use crate::{Outcome, SPEAKERS};

const FRAME: Duration = Duration::from_millis(20);
/// What is said repeats after this.
const FRAMES_OF_SPEECH: usize = 500;

/// A packet's payload for each 20 ms, or none.
type Script = Vec<Option<Vec<u8>>>;

pub(crate) struct Load {
    participants: Vec<Participant>,
    speech: Vec<Script>,
    silence: Script,
    received: Vec<u64>,
    /// What the last participant, who listens, was sent.
    heard: Vec<Vec<u8>>,
    frame: u64,
}

struct Participant {
    socket: UdpSocket,
    seq: u16,
}

impl Load {
    pub(crate) fn new(participants: usize) -> Outcome<Self> {
        let participant = |_| -> Outcome<Participant> {
            let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
            socket.set_nonblocking(true)?;
            Ok(Participant { socket, seq: 0 })
        };
        Ok(Self {
            participants: (0..participants).map(participant).collect::<Outcome<_>>()?,
            speech: (0..SPEAKERS).map(speech).collect::<Outcome<_>>()?,
            silence: silence()?,
            received: vec![0; participants],
            heard: Vec::new(),
            frame: 0,
        })
    }

    pub(crate) fn ports(&self) -> Outcome<Vec<u16>> {
        self.participants.iter().map(|participant| Ok(participant.socket.local_addr()?.port())).collect()
    }

    pub(crate) fn connect(&self, port_of: impl Fn(usize) -> u16) -> Outcome {
        for (index, participant) in self.participants.iter().enumerate() {
            participant.socket.connect((Ipv4Addr::LOCALHOST, port_of(index)))?;
        }
        Ok(())
    }

    /// Speaks and listens for so long.
    pub(crate) fn run(&mut self, time: Duration) -> Outcome {
        let mut next = Instant::now();
        let end = next + time;
        while next < end {
            self.send()?;
            self.receive()?;
            next += FRAME;
            sleep(next.saturating_duration_since(Instant::now()));
        }
        Ok(())
    }

    fn send(&mut self) -> Outcome {
        let mut packet = [0; 1500];
        for (index, participant) in self.participants.iter_mut().enumerate() {
            // Each at another place of the script, so that the silent do not send all at once.
            let place = self.frame as usize + index * 13;
            let script = self.speech.get(index).unwrap_or(&self.silence);
            let Some(payload) = &script[place % script.len()] else { continue };
            let header = RtpHeader {
                marker: false,
                payload_type: PayloadType::from_wire(111),
                seq: participant.seq,
                rtp_time: RtpTime((self.frame * 960) as u32),
                ssrc: Ssrc(1000 + index as u32),
            };
            participant.seq = participant.seq.wrapping_add(1);
            let len =
                write_header(&header, &ExtensionValues::default(), &ExtensionMap::default(), &mut packet)?;
            packet[len..len + payload.len()].copy_from_slice(payload);
            match participant.socket.send(&packet[..len + payload.len()]) {
                // The server's answer to what came before it was ready.
                Err(error) if error.kind() == ErrorKind::ConnectionRefused => {}
                other => drop(other?),
            }
        }
        self.frame += 1;
        Ok(())
    }

    fn receive(&mut self) -> Outcome {
        let mut packet = [0; 2000];
        let last = self.participants.len() - 1;
        for (index, participant) in self.participants.iter().enumerate() {
            loop {
                match participant.socket.recv(&mut packet) {
                    Ok(len) => {
                        self.received[index] += 1;
                        if index == last {
                            self.heard.push(packet[..len].to_vec());
                        }
                    }
                    Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                    Err(error) if error.kind() == ErrorKind::ConnectionRefused => {}
                    Err(error) => return Err(error.into()),
                }
            }
        }
        Ok(())
    }

    /// Begins to count anew.
    pub(crate) fn forget(&mut self) {
        self.received.fill(0);
        self.heard.clear();
    }

    pub(crate) fn packets_per_listener(&self) -> f64 {
        let listeners = &self.received[SPEAKERS..];
        listeners.iter().sum::<u64>() as f64 / listeners.len() as f64
    }

    /// The loudness of what the last participant heard, in decibels of full scale.
    pub(crate) fn loudness_db(&self) -> Outcome<f64> {
        let mut decoder = Decoder::new(Channels::Mono)?;
        let mut power = 0.0;
        let mut samples = [0.0; 5760];
        let mut count = 0;
        for packet in &self.heard {
            let view = RtpView::parse(packet)?;
            let len = decoder.decode(view.payload(), &mut samples)?;
            power += samples[..len].iter().map(|sample| f64::from(sample * sample)).sum::<f64>();
            count += len;
        }
        Ok(10.0 * (power / f64::from(u32::try_from(count.max(1))?)).max(1e-12).log10())
    }
}

fn encoder(dtx: bool) -> Outcome<Encoder> {
    let settings =
        EncoderSettings { bitrate_bps: 32_000, complexity: 9, fec: true, expected_loss_percent: 5, dtx };
    Ok(Encoder::new(Channels::Mono, settings)?)
}

fn encoded(encoder: &mut Encoder, samples: &[f32]) -> Outcome<Vec<u8>> {
    let mut payload = vec![0; 1275];
    let len = encoder.encode(samples, &mut payload)?;
    payload.truncate(len);
    Ok(payload)
}

fn speech(speaker: usize) -> Outcome<Script> {
    let mut encoder = encoder(false)?;
    (0..FRAMES_OF_SPEECH)
        .map(|frame| {
            let samples: Vec<f32> =
                (frame * 960..(frame + 1) * 960).map(|index| spoken(speaker, index)).collect();
            encoded(&mut encoder, &samples).map(Some)
        })
        .collect()
}

/// A gliding pitch with overtones, in syllables: what a speech codec works hard on.
fn spoken(speaker: usize, index: usize) -> f32 {
    let pitch_hz = 110.0 + 45.0 * speaker as f64;
    let seconds = index as f64 / 48_000.0;
    let phase = seconds * pitch_hz + (seconds * 2.0 + speaker as f64).sin() * 4.0;
    let overtone = |n: f64| (phase * n * std::f64::consts::TAU).sin() / n;
    let syllable = 0.6 + 0.4 * (seconds * (3.0 + speaker as f64) * std::f64::consts::TAU).sin();
    ((1..20).map(|n| overtone(f64::from(n))).sum::<f64>() * syllable * 0.12) as f32
}

/// What a browser with DTX sends of a quiet room: some noise, after something was said, by which the encoder knows it for noise.
fn silence() -> Outcome<Script> {
    const FRAMES_BEFORE: usize = 200;
    let mut encoder = encoder(true)?;
    let mut state = 1_u32;
    let mut noise = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (f64::from(state) / f64::from(u32::MAX) - 0.5) as f32 * 0.001
    };
    let mut was_pause = false;
    let mut script = Script::new();
    for frame in 0..FRAMES_BEFORE + FRAMES_OF_SPEECH {
        let sample = |index: usize| match frame * 960 + index {
            at if frame < FRAMES_BEFORE / 2 => spoken(0, at),
            _ => noise(),
        };
        let samples: Vec<f32> = (0..960).map(sample).collect();
        let payload = encoded(&mut encoder, &samples)?;
        let is_pause = payload.len() <= 2;
        // The first packet of a pause is sent, to say that it is one.
        script.push((!is_pause || !was_pause).then_some(payload));
        was_pause = is_pause;
    }
    script.drain(..FRAMES_BEFORE);
    let packets = script.iter().flatten().count();
    if packets > FRAMES_OF_SPEECH / 10 {
        return Err(format!("{packets} packets in {FRAMES_OF_SPEECH} frames are no silence").into());
    }
    Ok(script)
}
