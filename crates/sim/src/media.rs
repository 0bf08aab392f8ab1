//! What a peer sends: cameras and microphones that tick on the simulated clock.

use std::time::{Duration, Instant};

use motet_control::{Codec, MediaKind};
use str0m::Rtc;
use str0m::format::PayloadParams;
use str0m::media::{Frequency, MediaTime, Mid, Pt};
use str0m::rtp::{ExtensionValues, RtpWrite, VideoOrientation};

use crate::frame::{Name, dress};
use crate::peer::Mode;

/// The most of a frame that goes into one packet, in bytes.
const PART_LEN_MAX: usize = 1_100;

/// A track to publish.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Media {
    /// How it is coded.
    pub codec: Codec,
    /// Time between two frames.
    pub interval: Duration,
    /// Bytes of an ordinary frame, about.
    pub frame_bytes: usize,
    /// Bytes of a keyframe, about.
    pub key_frame_bytes: usize,
    /// A keyframe after so many frames, whether anybody asks or not; `None` for on request only.
    pub key_every: Option<u32>,
    /// What the header extension tells of the loudness, in dBov, -127 to 0.
    pub level_dbov: Option<i8>,
    /// Degrees clockwise by which a receiver has to turn the picture, as the header extension tells: a multiple of 90.
    pub turned_degrees: Option<u16>,
    /// The RTP time of the first frame; drawn where `None`.
    pub first_rtp_time: Option<u32>,
}

impl Media {
    /// 25 frames per second of about 600 kbit/s; keyframes at the start and on request.
    pub fn camera(codec: Codec) -> Self {
        Self {
            codec,
            interval: Duration::from_millis(40),
            frame_bytes: 3_000,
            key_frame_bytes: 9_000,
            key_every: None,
            level_dbov: None,
            turned_degrees: None,
            first_rtp_time: None,
        }
    }

    /// 50 packets of Opus per second, 32 kbit/s.
    pub fn microphone() -> Self {
        Self {
            codec: Codec::Opus,
            interval: Duration::from_millis(20),
            frame_bytes: 80,
            key_frame_bytes: 80,
            key_every: None,
            level_dbov: Some(-40),
            turned_degrees: None,
            first_rtp_time: None,
        }
    }

    /// The same with frames so large, at the same pace, that it comes to about this rate.
    pub fn at_bps(self, bitrate_bps: u64) -> Self {
        let frame_bytes = (bitrate_bps as f64 / 8.0 * self.interval.as_secs_f64()) as usize;
        Self { frame_bytes, key_frame_bytes: 3 * frame_bytes, ..self }
    }

    pub(crate) fn kind(&self) -> MediaKind {
        self.codec.kind()
    }

    fn clock_rate(&self) -> u32 {
        if self.codec == Codec::Opus { 48_000 } else { 90_000 }
    }
}

/// A published track at its sender.
pub(crate) struct Source {
    pub(crate) media: Media,
    pub(crate) track: u32,
    pub(crate) mid: Mid,
    pub(crate) is_muted: bool,
    pub(crate) wants_key_frame: bool,
    /// When each keyframe was asked for by the far end.
    pub(crate) key_frame_requests: Vec<Instant>,
    /// The names of keyframes sent.
    pub(crate) key_frames: Vec<u32>,
    /// Frames sent.
    pub(crate) sent: u32,
    next_at: Instant,
    number: u32,
    /// The RTP time of frame 0.
    origin: u32,
    next_seq: u64,
}

impl Source {
    pub(crate) fn new(media: Media, track: u32, mid: Mid, now: Instant, (origin, seq): (u32, u16)) -> Self {
        Self {
            media,
            track,
            mid,
            is_muted: false,
            wants_key_frame: true,
            key_frame_requests: Vec::new(),
            key_frames: Vec::new(),
            sent: 0,
            next_at: now,
            number: 0,
            origin: media.first_rtp_time.unwrap_or(origin),
            // Below 2^15, so that a lost beginning cannot look like a rollover.
            next_seq: u64::from(seq & 0x7fff),
        }
    }

    pub(crate) fn poll_timeout(&self) -> Instant {
        self.next_at
    }

    /// Sends the frame that is due, if any. Before the peer is connected and while it is muted, time passes without.
    pub(crate) fn handle_timeout(&mut self, now: Instant, rtc: &mut Rtc, mode: Mode) {
        if self.next_at > now {
            return;
        }
        self.next_at += self.media.interval;
        let number = self.number;
        self.number += 1;
        let Some(payload_type) = payload_type(rtc, self.mid, self.media.codec) else { return };
        if self.is_muted || !rtc.is_connected() {
            return;
        }
        let is_due = self.media.key_every.is_some_and(|every| number.is_multiple_of(every));
        let is_key = self.media.kind() == MediaKind::Video && (self.wants_key_frame || is_due);
        if is_key {
            self.wants_key_frame = false;
            self.key_frames.push(number);
        }
        self.sent += 1;
        let name = Name { track: self.track, number, part: 0, parts: 1, is_key };
        match mode {
            Mode::Frames => self.write_frame(now, rtc, payload_type, name),
            Mode::Packets => self.write_packets(now, rtc, payload_type, name),
        }
    }

    fn rtp_time(&self, number: u32) -> u32 {
        let ticks = self.media.interval.as_micros() as u64 * u64::from(self.media.clock_rate()) / 1_000_000;
        self.origin.wrapping_add((ticks * u64::from(number)) as u32)
    }

    fn len(&self, name: Name) -> usize {
        let len = if name.is_key { self.media.key_frame_bytes } else { self.media.frame_bytes };
        // Not all alike: what depends on a length shall be found out.
        len + (name.number as usize * 7) % 40
    }

    fn write_frame(&self, now: Instant, rtc: &mut Rtc, payload_type: Pt, name: Name) {
        let frame = dress(self.media.codec, name.is_key, &name.body(self.len(name)));
        let clock = Frequency::new(self.media.clock_rate()).expect("no clock rate is zero");
        let time = MediaTime::new(u64::from(self.rtp_time(name.number)), clock);
        let Some(mut writer) = rtc.writer(self.mid) else { return };
        if let Some(level) = self.media.level_dbov {
            writer = writer.audio_level(level, level > -50);
        }
        writer.write(payload_type, now, time, frame).expect("the payload type was negotiated for this media");
    }

    fn write_packets(&mut self, now: Instant, rtc: &mut Rtc, payload_type: Pt, name: Name) {
        let rtp_time = self.rtp_time(name.number);
        let parts = self.len(name).div_ceil(PART_LEN_MAX) as u32;
        let is_video = self.media.kind() == MediaKind::Video;
        let values = ExtensionValues {
            audio_level: self.media.level_dbov,
            voice_activity: self.media.level_dbov.map(|level| level > -50),
            video_orientation: self.media.turned_degrees.map(|degrees| match degrees / 90 {
                0 => VideoOrientation::Deg0,
                // str0m names how the picture lies, the header extension and we what sets it right.
                1 => VideoOrientation::Deg270,
                2 => VideoOrientation::Deg180,
                _ => VideoOrientation::Deg90,
            }),
            ..ExtensionValues::default()
        };
        let mut direct = rtc.direct_api();
        let Some(stream) = direct.stream_tx_by_mid(self.mid, None) else { return };
        for part in 0..parts {
            let payload = packet_payload(self.media.codec, Name { part, parts, ..name }, self.len(name));
            let packet = RtpWrite::new(payload_type, self.next_seq.into(), rtp_time, now, payload)
                .marker(is_video && part + 1 == parts)
                .nackable(is_video)
                .ext_vals(values.clone());
            self.next_seq += 1;
            stream.write_rtp(packet);
        }
    }
}

/// What a packet of RTP mode carries. Only VP8 (RFC 7741) and Opus are packetized here; str0m does it for all codecs in
/// frame mode.
fn packet_payload(codec: Codec, name: Name, frame_len: usize) -> Vec<u8> {
    let len = frame_len.min(PART_LEN_MAX);
    match codec {
        Codec::Opus => dress(codec, false, &name.body(len)),
        Codec::Vp8 if name.part == 0 => [&[0x10], &dress(codec, name.is_key, &name.body(len))[..]].concat(),
        Codec::Vp8 => [&[0x00], &name.body(len)[..]].concat(),
        _ => panic!("RTP mode knows VP8 and Opus, not {codec:?}"),
    }
}

/// The body of [`packet_payload`].
pub(crate) fn packet_body(codec: Codec, payload: &[u8]) -> Option<&[u8]> {
    match (codec, payload) {
        (Codec::Vp8, [0x10, frame @ ..]) => crate::frame::undress(codec, frame),
        (Codec::Vp8, [0x00, body @ ..]) => Some(body),
        (Codec::Opus, frame) => crate::frame::undress(codec, frame),
        _ => None,
    }
}

/// The payload type that a media section has for a codec, once it is negotiated.
fn payload_type(rtc: &Rtc, mid: Mid, codec: Codec) -> Option<Pt> {
    let negotiated = rtc.media(mid)?.remote_pts();
    let is_meant = |params: &&PayloadParams| {
        is_codec(params, codec) && (negotiated.is_empty() || negotiated.contains(&params.pt()))
    };
    rtc.codec_config().params().iter().find(is_meant).map(PayloadParams::pt)
}

fn is_codec(params: &PayloadParams, codec: Codec) -> bool {
    use str0m::format::Codec as Known;
    matches!(
        (params.spec().codec, codec),
        (Known::Opus, Codec::Opus)
            | (Known::Vp8, Codec::Vp8)
            | (Known::Vp9, Codec::Vp9)
            | (Known::H264, Codec::H264)
            | (Known::Av1, Codec::Av1)
            | (Known::PCMU, Codec::Pcmu)
            | (Known::PCMA, Codec::Pcma)
    )
}
