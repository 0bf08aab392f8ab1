//! Motet's side: packets in, packets out, on this thread.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use motet_codec::video::{DecodeLimits, Decoder, VideoCodec};
use motet_control::{Fit, Layout};
use motet_mixer::video::{Compositor, OutputFormat, OutputId, PictureCodec, VideoFormat, VideoSettings};
use motet_mixer::{MemberId, SourceId};
use motet_rtp::ext::{ExtensionMap, ExtensionValues};
use motet_rtp::payload::vp8;
use motet_rtp::{PayloadType, RtpHeader, RtpTime, RtpView, Ssrc, write_header};

use super::cpu::thread_nanos;
use super::footage::Footage;
use super::judge::Judge;
use super::{BITRATE_BPS, FPS, Figures, HEIGHT, WIDTH};

const PAYLOAD_MAX: usize = 1100;

pub(crate) fn run(footage: &Footage, judge: &Judge, codec: PictureCodec) -> Figures {
    let streams: Vec<Vec<Vec<Vec<u8>>>> = footage.streams.iter().map(|stream| packets(stream)).collect();
    let frames = streams[0].len();
    let start = Instant::now();
    let mut compositor = open(start, streams.len(), codec);
    let (mut decoding, mut composing) = (0, 0);
    let mut coded: Vec<Vec<u8>> = Vec::with_capacity(frames);
    let (mut packet, mut bytes) = (Vec::new(), 0);
    for frame in 0..frames {
        let now = start + Duration::from_secs(1) * frame as u32 / FPS;
        let before = thread_nanos();
        for (source, stream) in streams.iter().enumerate() {
            for packet in &stream[frame] {
                compositor.handle_rtp(now, SourceId(source as u64), packet);
            }
        }
        let between = thread_nanos();
        compositor.handle_timeout(now);
        coded.push(Vec::new());
        while compositor.poll_packet(&mut packet).is_some() {
            bytes += packet.len();
            push(codec, &packet, coded.last_mut().expect("one was pushed"));
        }
        decoding += between - before;
        composing += thread_nanos() - between;
    }
    let seconds = frames as f64 / f64::from(FPS);
    let share = |nanos: u64| nanos as f64 / 1e9 / seconds;
    Figures {
        cores: share(decoding + composing),
        bitrate_bps: bytes as f64 * 8.0 / seconds,
        psnr: psnr(judge, codec, &coded),
        parts: format!("decode {:.3}, compose and encode {:.3}", share(decoding), share(composing)),
    }
}

fn open(now: Instant, sources: usize, codec: PictureCodec) -> Compositor {
    let settings = VideoSettings { fps: FPS as u8, show_names: false, ..VideoSettings::default() };
    let mut compositor = Compositor::new(now, settings);
    compositor.set_layout(Layout { fit: Fit::Crop, ..Layout::default() });
    let payload_type = PayloadType::new(96).expect("below 128");
    let format = OutputFormat {
        codec,
        width: WIDTH as u16,
        height: HEIGHT as u16,
        fps: FPS as u8,
        bitrate_bps: BITRATE_BPS,
        payload_type,
        ssrc: Ssrc(1),
    };
    compositor.add_output(now, OutputId(0), format).expect("an encoder");
    for source in 0..sources as u64 {
        let format = VideoFormat {
            payload_types: vec![(payload_type, VideoCodec::Vp8)],
            extensions: ExtensionMap::default(),
        };
        compositor.add_source(now, SourceId(source), MemberId(source), false, format);
    }
    compositor
}

/// The packets of each frame.
fn packets(stream: &[Vec<u8>]) -> Vec<Vec<Vec<u8>>> {
    let mut seq = 0u16;
    let mut of_frame = |(number, frame): (usize, &Vec<u8>)| {
        let count = frame.len().div_ceil(PAYLOAD_MAX);
        let packet = |(index, chunk): (usize, &[u8])| {
            let header = RtpHeader {
                marker: index + 1 == count,
                payload_type: PayloadType::new(96).expect("below 128"),
                seq,
                rtp_time: RtpTime(number as u32 * 90_000 / FPS),
                ssrc: Ssrc(7),
            };
            seq = seq.wrapping_add(1);
            let mut packet = vec![0; 64];
            let written =
                write_header(&header, &ExtensionValues::default(), &ExtensionMap::default(), &mut packet);
            packet.truncate(written.expect("64 bytes suffice"));
            packet.push(if index == 0 { 0x10 } else { 0 });
            packet.extend_from_slice(chunk);
            packet
        };
        frame.chunks(PAYLOAD_MAX).enumerate().map(packet).collect()
    };
    stream.iter().enumerate().map(&mut of_frame).collect()
}

/// Adds a packet's part of the frame.
fn push(codec: PictureCodec, packet: &[u8], frame: &mut Vec<u8>) {
    let packet = RtpView::parse(packet).expect("RTP");
    let payload = packet.payload();
    match codec {
        PictureCodec::Vp8 => {
            let descriptor = vp8::parse(payload).expect("VP8");
            frame.extend_from_slice(&payload[descriptor.len..]);
        }
        PictureCodec::H264 if payload[0] & 0x1f == 28 => {
            if payload[1] & 0x80 != 0 {
                frame.extend_from_slice(&[0, 0, 0, 1, payload[0] & 0xe0 | payload[1] & 0x1f]);
            }
            frame.extend_from_slice(&payload[2..]);
        }
        PictureCodec::H264 => {
            frame.extend_from_slice(&[0, 0, 0, 1]);
            frame.extend_from_slice(payload);
        }
    }
}

/// Decodes everything and has the judge look.
pub(crate) fn psnr(judge: &Judge, codec: PictureCodec, coded: &[Vec<u8>]) -> f64 {
    let codec = match codec {
        PictureCodec::Vp8 => VideoCodec::Vp8,
        PictureCodec::H264 => VideoCodec::H264,
    };
    let mut decoder = Decoder::new(codec, DecodeLimits::default()).expect("a decoder");
    let mut kept = HashMap::new();
    for (number, frame) in coded.iter().enumerate() {
        if !frame.is_empty() {
            decoder.decode(frame).expect("a frame");
        }
        if let Some(view) = decoder.picture().filter(|_| number % 10 < 3) {
            let mut picture = motet_codec::video::Picture::new(view.width(), view.height());
            motet_codec::video::Scaler::new().scale(&view, picture.view_mut());
            kept.insert(number, picture);
        }
    }
    judge.psnr(&mut |number, look| {
        if let Some(picture) = kept.get(&number) {
            look(&picture.view());
        }
    })
}
