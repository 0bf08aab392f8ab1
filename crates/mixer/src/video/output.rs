//! One encode of the picture, from canvas to RTP.

use std::time::{Duration, Instant};

use motet_codec::video::{EncodeError, Encoded, Encoder, EncoderSettings, PictureView};
use motet_rtp::ext::{ExtensionMap, ExtensionValues};
use motet_rtp::{HEADER_LEN_MAX, RtpHeader, RtpTime, write_header};

use super::packetize::{PAYLOAD_MAX, Packetizer};
use super::settings::{OutputFormat, OutputId};

/// Keyframes come so often at most, however many viewers ask: each is as long as many other frames.
const KEY_INTERVAL: Duration = Duration::from_millis(500);
/// Sides of a picture.
const SIDE_MIN: u16 = 64;
const SIDE_MAX: u16 = 1920;

/// Bytes of a packet at most.
pub const PACKET_BYTES_MAX: usize = 12 + PAYLOAD_MAX;

pub(super) struct Output {
    pub(super) id: OutputId,
    pub(super) format: OutputFormat,
    encoder: Encoder,
    packetizer: Packetizer,
    seq: u16,
    picture_id: u16,
    rtp_offset: u32,
    rtp_time: RtpTime,
    wants_key: bool,
    last_key: Option<Instant>,
    /// Parts of a frame that are due, in the compositor's frames times this output's rate.
    due: u32,
}

impl Output {
    /// Sequence numbers, picture ids and timestamps begin where `seed` says.
    pub(super) fn new(
        id: OutputId,
        mut format: OutputFormat,
        fps_max: u8,
        vp8_speed: i32,
        seed: u64,
    ) -> Result<Self, EncodeError> {
        let sides = SIDE_MIN..=SIDE_MAX;
        if !sides.contains(&format.width) || !sides.contains(&format.height) {
            return Err(EncodeError::Settings);
        }
        format.fps = format.fps.clamp(1, fps_max);
        let encoder = Encoder::new(EncoderSettings {
            codec: format.codec,
            width: format.width,
            height: format.height,
            fps: u32::from(format.fps),
            bitrate_bps: format.bitrate_bps,
            vp8_speed,
        })?;
        let start = mixed(seed ^ id.0.rotate_left(32) ^ u64::from(format.ssrc.0));
        Ok(Self {
            id,
            format,
            encoder,
            packetizer: Packetizer::default(),
            seq: start as u16,
            picture_id: (start >> 16) as u16 & 0x7fff,
            // One clock for all sizes, so that a viewer who is moved from one to another sees no seam.
            rtp_offset: (mixed(seed) >> 32) as u32,
            rtp_time: RtpTime(0),
            wants_key: true,
            last_key: None,
            due: 0,
        })
    }

    pub(super) fn size(&self) -> (usize, usize) {
        (usize::from(self.format.width), usize::from(self.format.height))
    }

    pub(super) fn request_key_frame(&mut self) {
        self.wants_key = true;
    }

    pub(super) fn set_bitrate(&mut self, bitrate_bps: u32) -> Result<(), EncodeError> {
        self.encoder.set_bitrate(bitrate_bps)?;
        self.format.bitrate_bps = bitrate_bps;
        Ok(())
    }

    /// Whether a frame is due when the compositor has one.
    pub(super) fn is_due(&mut self, fps: u8) -> bool {
        self.due += u32::from(self.format.fps);
        let is_due = self.due >= u32::from(fps);
        if is_due {
            self.due -= u32::from(fps);
        }
        is_due
    }

    /// Whether a viewer waits for a keyframe and one may be made.
    pub(super) fn owes_key(&self, now: Instant) -> bool {
        let is_paced = self.last_key.is_none_or(|last| now.saturating_duration_since(last) >= KEY_INTERVAL);
        self.wants_key && is_paced
    }

    /// The RTP time of a moment `since_start` after the compositor's first.
    pub(super) fn rtp_time(&self, since_start: Duration) -> RtpTime {
        RtpTime(self.rtp_offset.wrapping_add(ticks(since_start) as u32))
    }

    /// Encodes a picture; answers whether there is a frame to be sent.
    pub(super) fn encode(
        &mut self,
        now: Instant,
        since_start: Duration,
        picture: &PictureView<'_>,
    ) -> Result<bool, EncodeError> {
        let force_key = self.owes_key(now);
        self.packetizer.frame.clear();
        let time = ticks(since_start);
        match self.encoder.encode(picture, time, force_key, &mut self.packetizer.frame)? {
            Encoded::LeftOut => Ok(false),
            Encoded::Frame { is_key } => {
                if is_key {
                    self.wants_key = false;
                    self.last_key = Some(now);
                }
                self.rtp_time = self.rtp_time(since_start);
                self.picture_id = (self.picture_id + 1) & 0x7fff;
                self.packetizer.cut(self.format.codec, self.picture_id);
                Ok(true)
            }
        }
    }

    /// Writes the next packet into `out`, which is emptied first; `false`: there is none.
    pub(super) fn pop(&mut self, out: &mut Vec<u8>) -> bool {
        out.clear();
        out.resize(HEADER_LEN_MAX, 0);
        let header = RtpHeader {
            marker: self.packetizer.is_at_last(),
            payload_type: self.format.payload_type,
            seq: self.seq,
            rtp_time: self.rtp_time,
            ssrc: self.format.ssrc,
        };
        let len = write_header(&header, &ExtensionValues::default(), &ExtensionMap::default(), out);
        out.truncate(len.unwrap_or_default());
        let is_there = self.packetizer.pop(out);
        if is_there {
            self.seq = self.seq.wrapping_add(1);
        }
        is_there
    }
}

/// In 1/90000 s.
fn ticks(since_start: Duration) -> i64 {
    (since_start.as_micros() * 9 / 100) as i64
}

/// Spreads a seed over all bits (the finaliser of MurmurHash3).
fn mixed(mut value: u64) -> u64 {
    value ^= value >> 33;
    value = value.wrapping_mul(0xff51_afd7_ed55_8ccd);
    value ^= value >> 33;
    value = value.wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    value ^ value >> 33
}
