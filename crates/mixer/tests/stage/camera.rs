//! Cameras: one colour, encoded here, or frames that were encoded beforehand.

use motet_codec::video::{Encoded, Encoder, EncoderSettings, Picture, PictureCodec, Rect, VideoCodec, Yuv};
use motet_rtp::ext::{ExtensionKind, ExtensionMap, ExtensionValues, VideoOrientation};
use motet_rtp::{PayloadType, RtpHeader, RtpTime, Ssrc, write_header};

const PAYLOAD_MAX: usize = 1000;

pub(crate) struct Camera {
    codec: VideoCodec,
    source: Footage,
    pub(crate) wants_key: bool,
    pub(crate) is_on: bool,
    pub(crate) colour: Yuv,
    /// The left half's, where it is another.
    pub(crate) left: Option<Yuv>,
    pub(crate) seq: u16,
    pub(crate) ssrc: Ssrc,
    /// What it says of how it is held; nothing where it does not say.
    pub(crate) orientation: Option<VideoOrientation>,
    frames: u32,
}

enum Footage {
    Live {
        encoder: Encoder,
        width: u16,
        height: u16,
    },
    /// A keyframe and what follows it, over and over; which comes next.
    Recorded(Vec<Vec<u8>>, usize),
}

impl Camera {
    pub(crate) fn new(codec: VideoCodec, width: u16, height: u16, colour: Yuv) -> Self {
        let source = match codec {
            VideoCodec::Vp8 => live(PictureCodec::Vp8, width, height),
            VideoCodec::H264 => live(PictureCodec::H264, width, height),
            VideoCodec::Vp9 => Footage::Recorded(VP9_GREEN.map(bytes).to_vec(), 0),
            VideoCodec::Av1 => Footage::Recorded(AV1_BLUE.map(bytes).to_vec(), 0),
        };
        Self::of(codec, source, colour)
    }

    /// A VP9 stream of profile 1, which nobody decodes here.
    pub(crate) fn vp9_of_profile_1() -> Self {
        Self::of(
            VideoCodec::Vp9,
            Footage::Recorded(vec![bytes(VP9_PROFILE_1_KEY)], 0),
            Yuv { y: 0, u: 0, v: 0 },
        )
    }

    fn of(codec: VideoCodec, source: Footage, colour: Yuv) -> Self {
        let ssrc = Ssrc(0x1000 + u32::from(colour.y) * 65_536 + u32::from(colour.u) * 256);
        Self {
            codec,
            source,
            wants_key: false,
            is_on: true,
            colour,
            left: None,
            seq: 65_530,
            ssrc,
            orientation: None,
            frames: 0,
        }
    }

    /// How all cameras number their header extensions.
    pub(crate) fn extensions() -> ExtensionMap {
        ExtensionMap::new([(ExtensionKind::VideoOrientation, 11)])
    }

    pub(crate) fn codec(&self) -> VideoCodec {
        self.codec
    }

    pub(crate) fn payload_type(&self) -> PayloadType {
        PayloadType::new(96 + self.codec as u8).unwrap()
    }

    /// Another size from the next frame on.
    pub(crate) fn resize(&mut self, width: u16, height: u16) {
        let codec = if self.codec == VideoCodec::H264 { PictureCodec::H264 } else { PictureCodec::Vp8 };
        self.source = live(codec, width, height);
    }

    /// The packets of the next frame.
    pub(crate) fn shoot(&mut self) -> Vec<Vec<u8>> {
        if !self.is_on {
            return Vec::new();
        }
        let mut is_key = std::mem::take(&mut self.wants_key) || self.frames == 0;
        let time = i64::from(self.frames) * 3600;
        let frame = match &mut self.source {
            Footage::Live { encoder, width, height } => {
                let mut picture = Picture::new(usize::from(*width), usize::from(*height));
                picture.view_mut().fill(self.colour);
                if let Some(left) = self.left {
                    let (width, height) = (usize::from(*width / 2) & !1, usize::from(*height));
                    picture.part_mut(Rect { x: 0, y: 0, width, height }).fill(left);
                }
                let mut frame = Vec::new();
                let encoded = encoder.encode(&picture.view(), time, is_key, &mut frame).unwrap();
                assert_ne!(encoded, Encoded::LeftOut);
                frame
            }
            Footage::Recorded(frames, next) => {
                is_key |= *next % frames.len() == 0;
                let index = if is_key { 0 } else { *next };
                *next = index + 1;
                frames[index].clone()
            }
        };
        self.packets(&frame, is_key)
    }

    /// A frame of any bytes as packets.
    pub(crate) fn packets(&mut self, frame: &[u8], is_key: bool) -> Vec<Vec<u8>> {
        self.frames += 1;
        let mut payloads = match self.codec {
            VideoCodec::Vp8 => vp8(frame),
            VideoCodec::Vp9 => vp9(frame, is_key),
            VideoCodec::H264 => h264(frame),
            VideoCodec::Av1 => av1(frame, is_key),
        };
        if payloads.is_empty() {
            payloads.push(frame.to_vec());
        }
        let last = payloads.len() - 1;
        let packet = |(index, payload): (usize, &Vec<u8>)| self.packet(payload, index == last);
        payloads.iter().enumerate().map(packet).collect()
    }

    /// One packet of any payload.
    pub(crate) fn packet(&mut self, payload: &[u8], marker: bool) -> Vec<u8> {
        let header = RtpHeader {
            marker,
            payload_type: self.payload_type(),
            seq: self.seq,
            rtp_time: RtpTime(self.frames.wrapping_mul(3600)),
            ssrc: self.ssrc,
        };
        self.seq = self.seq.wrapping_add(1);
        let mut packet = vec![0; 64];
        let video_orientation = self.orientation.filter(|_| marker);
        let values = ExtensionValues { video_orientation, ..ExtensionValues::default() };
        let len = write_header(&header, &values, &Self::extensions(), &mut packet).unwrap();
        packet.truncate(len);
        packet.extend_from_slice(payload);
        packet
    }
}

fn live(codec: PictureCodec, width: u16, height: u16) -> Footage {
    let settings = EncoderSettings { codec, width, height, fps: 25, bitrate_bps: 500_000, vp8_speed: -8 };
    Footage::Live { encoder: Encoder::new(settings).unwrap(), width, height }
}

fn vp8(frame: &[u8]) -> Vec<Vec<u8>> {
    let chunks = frame.chunks(PAYLOAD_MAX).enumerate();
    chunks.map(|(index, chunk)| [&[if index == 0 { 0x10 } else { 0 }], chunk].concat()).collect()
}

fn vp9(frame: &[u8], is_key: bool) -> Vec<Vec<u8>> {
    // Cut small, so that frames have several packets: P where predicted, B at the beginning, E at the end.
    let count = frame.len().div_ceil(60);
    let chunk = |(index, chunk): (usize, &[u8])| {
        let predicted = if is_key { 0 } else { 0x40 };
        let begins = if index == 0 { 0x08 } else { 0 };
        let ends = if index + 1 == count { 0x04 } else { 0 };
        [&[predicted | begins | ends], chunk].concat()
    };
    frame.chunks(60).enumerate().map(chunk).collect()
}

fn h264(frame: &[u8]) -> Vec<Vec<u8>> {
    let mut payloads = Vec::new();
    for nal in nal_units(frame) {
        if nal.len() <= PAYLOAD_MAX {
            payloads.push(nal.to_vec());
            continue;
        }
        let chunks: Vec<&[u8]> = nal[1..].chunks(PAYLOAD_MAX).collect();
        for (index, chunk) in chunks.iter().enumerate() {
            let first = if index == 0 { 0x80 } else { 0 };
            let last = if index + 1 == chunks.len() { 0x40 } else { 0 };
            payloads.push([&[nal[0] & 0xe0 | 28, first | last | nal[0] & 0x1f], *chunk].concat());
        }
    }
    payloads
}

fn nal_units(frame: &[u8]) -> Vec<&[u8]> {
    let starts: Vec<usize> =
        (0..frame.len() - 2).filter(|at| frame[*at..*at + 3] == [0, 0, 1]).map(|at| at + 3).collect();
    let end = |index: usize| match starts.get(index + 1) {
        Some(next) if frame[next - 4] == 0 => next - 4,
        Some(next) => next - 3,
        None => frame.len(),
    };
    starts.iter().enumerate().map(|(index, start)| &frame[*start..end(index)]).collect()
}

/// OBUs without their sizes; those too long for a packet go on in the next.
fn av1(unit: &[u8], is_key: bool) -> Vec<Vec<u8>> {
    let mut obus = Vec::new();
    let mut rest = unit;
    while let [header, size, after @ ..] = rest {
        let (body, after) = after.split_at(usize::from(*size).min(after.len()));
        if header >> 3 != 2 {
            obus.push([&[header & !2], body].concat());
        }
        rest = after;
    }
    let mut payloads = Vec::new();
    for (number, obu) in obus.iter().enumerate() {
        let chunks: Vec<&[u8]> = obu.chunks(30).collect();
        for (index, chunk) in chunks.iter().enumerate() {
            let continues = if index > 0 { 0x80 } else { 0 };
            let goes_on = if index + 1 < chunks.len() { 0x40 } else { 0 };
            let starts = if is_key && number == 0 && index == 0 { 0x08 } else { 0 };
            payloads.push([&[continues | goes_on | 0x10 | starts], *chunk].concat());
        }
    }
    payloads
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

/// 320x180 of green and of blue: what libvpx and libaom make of GStreamer's test pictures.
pub(crate) const GREEN: Yuv = Yuv { y: 145, u: 54, v: 34 };
pub(crate) const BLUE: Yuv = Yuv { y: 41, u: 240, v: 110 };
const VP9_GREEN: [&str; 4] = [
    "824983422013f00b360638241c18420000c047d8ceb03a0ebda3b0bf40006bec8c810f48e9ded7c18d6cbe61526cc1905ffef4a043d23a77b5f0635b2f98549b3064179919741b2dcaf5254c953254a9c0e69f5889d41cd8e5ba14a79f64d6dfc51cc8425ccac933d659ba1a9f47c000",
    "860040929c284940000370000055d96c80",
    "860040929c404f40000370000055d96c80",
    "860040929c2c4b20000370000055d96c80",
];
const AV1_BLUE: [&str; 4] = [
    "12000a0c000000043cfecf81b5f200803241114948010000c1b4ca69c744e0dc43bcf9c41882ffc75057589b8a47f33fed4a47b3aa84c20a06accf4338b9e6d3029eef87a3c3c819e05bd767ebb47231d3b580",
    "1200322b38a4a804080000000000000000002000700030001c000e0000000114000000d00ad56298989978c41c8040",
    "1200322b38a4ac08100010000000000040004000f00070003c001e0008000514000000d00ad56298989978c41c8040",
    "1200322b38a4b00c2000104000000000800060017000b0005c002e0010000914000000d00ad56298989978c41c8040",
];
const VP9_PROFILE_1_KEY: &str = "a249834220027e0166c0c70483830840002247d8fd620cdbe9cd6f5721d7b47617e8006b2f638593c45d83680acf7dc7ca4169025227bdff6a222c9e22ec1b40567bee3e520b4812913deec02df0b786429d95d2d1377ac0d83fde98fe0a3f94397970eabd0010ab25a3931e207d3719b269e4d995c4fd8c40";
