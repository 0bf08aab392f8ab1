//! Packets of one stream to whole frames, in order: what is missing is waited for, then given up until the next keyframe.

mod av1;
mod h264;
mod vp8;
mod vp9;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use motet_codec::video::VideoCodec;
use motet_rtp::ext::VideoOrientation;
use motet_rtp::payload::{self, BadPayload};
use motet_rtp::{RtpTime, RtpView, SeqNo, Ssrc};

/// Packets that wait at most: a keyframe of 4K at a high bitrate is about 1500. More means that the stream is no stream.
const PACKETS_MAX: usize = 2048;
/// Bytes that wait at most.
const BYTES_MAX: usize = 4 << 20;
/// A sequence number so far from the last begins another stream.
const JUMP_MAX: u64 = 4096;

/// What happened to a packet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Taken {
    Stored,
    /// Too late, or there already.
    Late,
    /// The stream has no room left; it begins anew at a keyframe.
    Overflow,
}

/// What [`Assembler::poll`] has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Assembled {
    /// A frame, in [`Assembler::frame`], and what its sender said of how the camera is held.
    Frame { is_key: bool, orientation: Option<VideoOrientation> },
    /// Packets never came: no frame until a keyframe.
    Lost,
    /// The payload is none of the codec's: no frame until a keyframe.
    Malformed,
}

/// A payload format: whole frames from the payloads of their packets.
type Depacketize = fn(&mut dyn Iterator<Item = &[u8]>, &mut Vec<u8>) -> Result<Frame, BadPayload>;

/// What a format says of a frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Frame {
    is_key: bool,
    /// Its first packet is the first one of a frame.
    is_whole: bool,
}

struct Stored {
    rtp_time: RtpTime,
    marker: bool,
    orientation: Option<VideoOrientation>,
    payload: Vec<u8>,
}

pub(super) struct Assembler {
    codec: VideoCodec,
    ssrc: Option<Ssrc>,
    highest: SeqNo,
    /// The first packet of the next frame; `None`: a keyframe has to come.
    next: Option<u64>,
    /// Packets from `next` up to here are there and of one frame.
    seen: u64,
    missing_since: Option<Instant>,
    packets: BTreeMap<u64, Stored>,
    bytes: usize,
    frame: Vec<u8>,
}

impl Assembler {
    pub(super) fn new(codec: VideoCodec) -> Self {
        Self {
            codec,
            ssrc: None,
            highest: SeqNo(0),
            next: None,
            seen: 0,
            missing_since: None,
            packets: BTreeMap::new(),
            bytes: 0,
            frame: Vec::new(),
        }
    }

    pub(super) fn codec(&self) -> VideoCodec {
        self.codec
    }

    /// Whether nothing can be assembled before a keyframe.
    pub(super) fn needs_key(&self) -> bool {
        self.next.is_none()
    }

    /// The frame that [`Self::poll`] announced.
    pub(super) fn frame(&self) -> &[u8] {
        &self.frame
    }

    /// Forgets all packets; the next frame will be a keyframe.
    pub(super) fn reset(&mut self) {
        self.packets.clear();
        self.bytes = 0;
        self.next = None;
        self.missing_since = None;
    }

    pub(super) fn push(&mut self, packet: &RtpView<'_>, orientation: Option<VideoOrientation>) -> Taken {
        let header = packet.header();
        let seq = self.extend(header.ssrc, header.seq);
        if self.next.is_some_and(|next| seq.0 < next) || self.packets.contains_key(&seq.0) {
            return Taken::Late;
        }
        let mut taken = Taken::Stored;
        if self.packets.len() >= PACKETS_MAX || self.bytes + packet.payload().len() > BYTES_MAX {
            self.reset();
            taken = Taken::Overflow;
        }
        self.bytes += packet.payload().len();
        let stored = Stored {
            rtp_time: header.rtp_time,
            marker: header.marker,
            orientation,
            payload: packet.payload().to_vec(),
        };
        self.packets.insert(seq.0, stored);
        if self.next.is_none() && self.is_key_start(packet.payload()) {
            self.begin_at(seq.0);
        }
        taken
    }

    /// Another SSRC, or numbers far from the last, are another stream.
    fn extend(&mut self, ssrc: Ssrc, wire: u16) -> SeqNo {
        if self.ssrc != Some(ssrc) {
            self.reset();
            self.ssrc = Some(ssrc);
            // The first number is not the least that will come.
            self.highest = SeqNo(1 << 16 | u64::from(wire));
            return self.highest;
        }
        let seq = self.highest.nearest(wire);
        if seq.0.abs_diff(self.highest.0) > JUMP_MAX {
            self.reset();
            self.highest = seq;
        }
        self.highest = self.highest.max(seq);
        seq
    }

    /// The next frame begins with this packet; what came before it is of no use.
    fn begin_at(&mut self, seq: u64) {
        self.packets = self.packets.split_off(&seq);
        self.bytes = self.packets.values().map(|stored| stored.payload.len()).sum();
        self.next = Some(seq);
        self.seen = seq;
        self.missing_since = None;
    }

    /// The next frame, or what came in between. Call until `None`.
    pub(super) fn poll(&mut self, now: Instant, wait: Duration) -> Option<Assembled> {
        let next = self.next?;
        match self.find_end(next) {
            Some(end) => self.take(next, end),
            None => self.miss(now, wait),
        }
    }

    /// The last packet of the frame that begins at `next`, when all of it is there.
    fn find_end(&mut self, next: u64) -> Option<u64> {
        let rtp_time = self.packets.get(&next)?.rtp_time;
        loop {
            let stored = self.packets.get(&self.seen)?;
            if stored.rtp_time != rtp_time {
                // The frame before had no marker.
                return Some(self.seen - 1);
            }
            if stored.marker {
                return Some(self.seen);
            }
            self.seen += 1;
        }
    }

    fn take(&mut self, next: u64, end: u64) -> Option<Assembled> {
        self.missing_since = None;
        self.next = Some(end + 1);
        self.seen = end + 1;
        let after = self.packets.split_off(&(end + 1));
        let packets = std::mem::replace(&mut self.packets, after);
        self.bytes -= packets.values().map(|stored| stored.payload.len()).sum::<usize>();
        let orientation = packets.range(next..).rev().find_map(|(_, stored)| stored.orientation);
        let mut payloads = packets
            .range(next..)
            .map(|(_, stored)| &stored.payload[..])
            .filter(|payload| !payload.is_empty());
        self.frame.clear();
        // Packets of padding only belong to no frame.
        let mut payloads = std::iter::from_fn(|| payloads.next()).peekable();
        if payloads.peek().is_none() {
            return self.poll_after_padding();
        }
        match self.depacketize()(&mut payloads, &mut self.frame) {
            Ok(Frame { is_key, is_whole: true }) => Some(Assembled::Frame { is_key, orientation }),
            Ok(_) => self.give_up(Assembled::Lost),
            Err(BadPayload) => self.give_up(Assembled::Malformed),
        }
    }

    fn poll_after_padding(&mut self) -> Option<Assembled> {
        let next = self.next?;
        let end = self.find_end(next)?;
        self.take(next, end)
    }

    /// Waits for what is missing, as long as later packets say that something is.
    fn miss(&mut self, now: Instant, wait: Duration) -> Option<Assembled> {
        let is_gap = self.packets.last_key_value().is_some_and(|(last, _)| *last > self.seen)
            && !self.packets.contains_key(&self.seen);
        if !is_gap {
            self.missing_since = None;
            return None;
        }
        let since = *self.missing_since.get_or_insert(now);
        if now.saturating_duration_since(since) < wait {
            return None;
        }
        self.give_up(Assembled::Lost)
    }

    /// Goes on at the next keyframe; it may be among the packets that wait.
    fn give_up(&mut self, why: Assembled) -> Option<Assembled> {
        self.next = None;
        self.missing_since = None;
        let start = self.packets.range(self.seen..).find(|(_, stored)| self.is_key_start(&stored.payload));
        match start.map(|(seq, _)| *seq) {
            Some(seq) => self.begin_at(seq),
            None => self.reset(),
        }
        Some(why)
    }

    fn is_key_start(&self, payload: &[u8]) -> bool {
        match self.codec {
            VideoCodec::Vp8 => payload::vp8::is_keyframe_start(payload),
            VideoCodec::Vp9 => payload::vp9::is_keyframe_start(payload),
            VideoCodec::H264 => payload::h264::is_keyframe_start(payload),
            VideoCodec::Av1 => payload::av1::is_keyframe_start(payload),
        }
    }

    fn depacketize(&self) -> Depacketize {
        match self.codec {
            VideoCodec::Vp8 => vp8::depacketize,
            VideoCodec::Vp9 => vp9::depacketize,
            VideoCodec::H264 => h264::depacketize,
            VideoCodec::Av1 => av1::depacketize,
        }
    }
}
