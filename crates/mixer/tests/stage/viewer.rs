//! A viewer of one output: depacketizes on its own, decodes, and holds every packet against the rules.

use motet_codec::video::{DecodeLimits, Decoder, PictureCodec, PictureView, VideoCodec};
use motet_mixer::video::PACKET_BYTES_MAX;
use motet_rtp::payload::vp8::{self, PictureId};
use motet_rtp::{RtpTime, RtpView};

pub(crate) struct Viewer {
    codec: PictureCodec,
    decoder: Decoder,
    frame: Vec<u8>,
    frame_is_key: bool,
    last_seq: Option<u16>,
    last_picture_id: Option<u16>,
    rtp_time: Option<RtpTime>,
    pub(crate) frames: usize,
    pub(crate) key_frames: usize,
    pub(crate) bytes: usize,
    /// RTP time from one frame to the next.
    pub(crate) steps: Vec<u32>,
}

impl Viewer {
    pub(crate) fn new(codec: PictureCodec) -> Self {
        let decodes = match codec {
            PictureCodec::Vp8 => VideoCodec::Vp8,
            PictureCodec::H264 => VideoCodec::H264,
        };
        Self {
            codec,
            decoder: Decoder::new(decodes, DecodeLimits::default()).unwrap(),
            frame: Vec::new(),
            frame_is_key: false,
            last_seq: None,
            last_picture_id: None,
            rtp_time: None,
            frames: 0,
            key_frames: 0,
            bytes: 0,
            steps: Vec::new(),
        }
    }

    pub(crate) fn picture(&self) -> Option<PictureView<'_>> {
        self.decoder.picture()
    }

    pub(crate) fn receive(&mut self, packet: &[u8]) {
        assert!(packet.len() <= PACKET_BYTES_MAX);
        self.bytes += packet.len();
        let packet = RtpView::parse(packet).unwrap();
        assert!(self.last_seq.is_none_or(|last| packet.seq() == last.wrapping_add(1)));
        self.last_seq = Some(packet.seq());
        match self.codec {
            PictureCodec::Vp8 => self.vp8(packet.payload()),
            PictureCodec::H264 => self.h264(packet.payload()),
        }
        if packet.marker() {
            self.end_frame(packet.rtp_time());
        }
    }

    fn vp8(&mut self, payload: &[u8]) {
        let descriptor = vp8::parse(payload).unwrap();
        assert_eq!(descriptor.starts_partition, self.frame.is_empty());
        if self.frame.is_empty() {
            let Some(PictureId::Long(id)) = descriptor.picture_id else { panic!("a long picture id") };
            assert!(self.last_picture_id.is_none_or(|last| id == (last + 1) & 0x7fff));
            self.last_picture_id = Some(id);
            self.frame_is_key = payload[descriptor.len] & 1 == 0;
        }
        self.frame.extend_from_slice(&payload[descriptor.len..]);
    }

    fn h264(&mut self, payload: &[u8]) {
        let nal_type = payload[0] & 0x1f;
        self.frame_is_key |= nal_type == 7;
        if nal_type == 28 {
            if payload[1] & 0x80 != 0 {
                self.frame.extend_from_slice(&[0, 0, 0, 1, payload[0] & 0xe0 | payload[1] & 0x1f]);
            }
            self.frame.extend_from_slice(&payload[2..]);
        } else {
            self.frame.extend_from_slice(&[0, 0, 0, 1]);
            self.frame.extend_from_slice(payload);
        }
    }

    fn end_frame(&mut self, rtp_time: RtpTime) {
        self.frames += 1;
        self.key_frames += usize::from(std::mem::take(&mut self.frame_is_key));
        if let Some(before) = self.rtp_time.replace(rtp_time) {
            self.steps.push(rtp_time.0.wrapping_sub(before.0));
        }
        assert!(self.decoder.decode(&self.frame).unwrap(), "a frame without a picture");
        self.frame.clear();
    }
}
