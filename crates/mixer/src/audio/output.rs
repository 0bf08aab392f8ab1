//! One mix on its way out: limited, encoded, numbered.

use motet_codec::audio::{Channels, Encoder, EncoderSettings, OpusError, PACKET_LEN_MAX};
use motet_rtp::ext::{ExtensionMap, ExtensionValues};
use motet_rtp::{HEADER_LEN_MAX, PayloadType, RtpHeader, RtpTime, Ssrc, write_header};

use super::AudioOutput;
use super::limiter::Limiter;

/// Below this, -100 dB, a mix is silence: what is left where a voice was taken out of the only mix that had it.
const SILENCE: f32 = 1e-5;
/// So many frames of silence go through the encoder, so that what rang out before has done so.
const SILENT_FRAMES_MIN: u32 = 10;
/// In silence one frame in so many is sent, each 400 ms, as libopus does it: a sign of life.
const SILENT_FRAMES_PER_PACKET: u32 = 20;
/// Longer is not sent by libopus's own word.
const DTX_LEN_MAX: usize = 2;

/// What a frame became.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Frame {
    /// A packet.
    Sent,
    /// Nothing: the encoder saw it and left it out.
    Omitted,
    /// Nothing: it was silence, which the encoder did not see.
    Silent,
}

/// One mix. A clone goes on where this one is, so that whoever hears one after the other hears no seam.
#[derive(Clone)]
pub(super) struct Output {
    encoder: Encoder,
    settings: AudioOutput,
    limiter: Limiter,
    ssrc: Ssrc,
    seq: u16,
    silent_frames: u32,
    unsent_frames: u32,
    pub(super) was_limited: bool,
}

impl Output {
    pub(super) fn new(settings: AudioOutput, ssrc: Ssrc, seq: u16) -> Result<Self, OpusError> {
        let encoder = Encoder::new(Channels::Mono, encoder_settings(settings, Channels::Mono))?;
        Ok(Self {
            encoder,
            settings,
            limiter: Limiter::new(),
            ssrc,
            seq,
            silent_frames: SILENT_FRAMES_MIN,
            unsent_frames: 0,
            was_limited: false,
        })
    }

    /// The same mix so far, under numbers of its own.
    pub(super) fn split(&self, ssrc: Ssrc, seq: u16) -> Self {
        Self { ssrc, seq, ..self.clone() }
    }

    /// The sequence number that comes next.
    pub(super) fn seq(&self) -> u16 {
        self.seq
    }

    /// From the next frame on.
    pub(super) fn set(&mut self, settings: AudioOutput) -> Result<(), OpusError> {
        self.settings = settings;
        self.encoder.set(encoder_settings(settings, self.encoder.channels()))
    }

    /// From the next frame on. The encoder begins anew where that is a change.
    pub(super) fn set_channels(&mut self, channels: Channels) -> Result<(), OpusError> {
        if self.encoder.channels() != channels {
            self.encoder = Encoder::new(channels, encoder_settings(self.settings, channels))?;
        }
        Ok(())
    }

    /// Encodes a frame of 20 ms, interleaved, which it may change. Where that makes a packet, it stands in `packet`.
    pub(super) fn encode(
        &mut self,
        frame: &mut [f32],
        payload_type: PayloadType,
        rtp_time: RtpTime,
        packet: &mut Vec<u8>,
    ) -> Result<Frame, OpusError> {
        let is_silent = frame.iter().all(|sample| sample.abs() < SILENCE);
        self.silent_frames = if is_silent { self.silent_frames.saturating_add(1) } else { 0 };
        self.was_limited = !is_silent && self.limiter.limit(frame, self.encoder.channels().count());
        let is_due = self.unsent_frames + 1 >= SILENT_FRAMES_PER_PACKET;
        if is_silent {
            frame.fill(0.0);
            if self.settings.dtx && self.silent_frames > SILENT_FRAMES_MIN && !is_due {
                self.unsent_frames += 1;
                return Ok(Frame::Silent);
            }
        }
        packet.clear();
        packet.resize(HEADER_LEN_MAX + PACKET_LEN_MAX, 0);
        let header = RtpHeader {
            // The first packet after a silence (RFC 3551 section 4.1).
            marker: self.unsent_frames > 0,
            payload_type,
            seq: self.seq,
            rtp_time,
            ssrc: self.ssrc,
        };
        // No extensions, so the header always fits.
        let header_len = write_header(&header, &ExtensionValues::default(), &ExtensionMap::default(), packet)
            .map_err(|_| OpusError::BufferTooSmall)?;
        let payload_len = self.encoder.encode(frame, &mut packet[header_len..])?;
        // The first such packet tells the decoder that silence begins.
        if self.settings.dtx && payload_len <= DTX_LEN_MAX && self.unsent_frames > 0 && !is_due {
            self.unsent_frames += 1;
            return Ok(Frame::Omitted);
        }
        self.unsent_frames = u32::from(payload_len <= DTX_LEN_MAX);
        packet.truncate(header_len + payload_len);
        self.seq = self.seq.wrapping_add(1);
        Ok(Frame::Sent)
    }
}

fn encoder_settings(output: AudioOutput, channels: Channels) -> EncoderSettings {
    let bitrate_bps = match channels {
        Channels::Mono => output.bitrate_bps,
        Channels::Stereo => output.bitrate_bps.saturating_add(output.bitrate_bps / 2),
    };
    EncoderSettings {
        bitrate_bps,
        complexity: output.complexity,
        fec: output.fec,
        expected_loss_percent: output.expected_loss_percent,
        dtx: output.dtx,
    }
}
