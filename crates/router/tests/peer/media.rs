//! What the peers publish and subscribe to.

use std::time::Duration;

use motet_control::{
    Codec, CodecParameters, Consume, ConsumerId, ConsumerStats, Encoding, HeaderExtension, Produce,
    ProducerId, ProducerStats, Request, Response, RtcpFeedback, RtpParameters,
};
use motet_rtp::ext::{ExtensionKind, ExtensionValues};
use motet_rtp::{PayloadType, RtpHeader, RtpTime, Ssrc};

use super::{Media, Peer, World};

pub(crate) const VIDEO: ProducerId = ProducerId(100);
pub(crate) const AUDIO: ProducerId = ProducerId(200);
pub(crate) const VIDEO_SSRC: Ssrc = Ssrc(0x1000);
pub(crate) const VIDEO_RTX_SSRC: Ssrc = Ssrc(0x1001);
pub(crate) const AUDIO_SSRC: Ssrc = Ssrc(0x2000);
pub(crate) const VP8: u8 = 96;
pub(crate) const VP8_RTX: u8 = 97;
pub(crate) const OPUS: u8 = 111;

/// Ids differ between who sends and who takes, so that a mix-up shows.
pub(crate) const SENT_EXTENSIONS: [(ExtensionKind, u8); 8] = [
    (ExtensionKind::Mid, 9),
    (ExtensionKind::Rid, 10),
    (ExtensionKind::RepairedRid, 11),
    (ExtensionKind::AbsSendTime, 2),
    (ExtensionKind::TransportSeq, 3),
    (ExtensionKind::AudioLevel, 1),
    (ExtensionKind::VideoOrientation, 4),
    (ExtensionKind::PlayoutDelay, 5),
];
pub(crate) const TAKEN_EXTENSIONS: [(ExtensionKind, u8); 6] = [
    (ExtensionKind::Mid, 1),
    (ExtensionKind::AbsSendTime, 4),
    (ExtensionKind::TransportSeq, 5),
    (ExtensionKind::AudioLevel, 10),
    (ExtensionKind::VideoOrientation, 11),
    (ExtensionKind::PlayoutDelay, 14),
];

pub(crate) fn payload_type(value: u8) -> PayloadType {
    PayloadType::new(value).unwrap()
}

pub(crate) fn codec(codec: Codec, payload_type_: u8, rtx: Option<u8>) -> CodecParameters {
    CodecParameters {
        codec,
        payload_type: payload_type(payload_type_),
        rtx_payload_type: rtx.map(payload_type),
        clock_rate: if codec == Codec::Opus { 48_000 } else { 90_000 },
        channels: if codec == Codec::Opus { 2 } else { 1 },
        fmtp: Default::default(),
        rtcp_feedback: RtcpFeedback::ALL.to_vec(),
    }
}

fn extensions(list: &[(ExtensionKind, u8)]) -> Vec<HeaderExtension> {
    list.iter().map(|(kind, id)| HeaderExtension { kind: *kind, id: *id }).collect()
}

pub(crate) fn video_parameters() -> RtpParameters {
    RtpParameters {
        mid: "0".parse().ok(),
        codecs: vec![codec(Codec::Vp8, VP8, Some(VP8_RTX))],
        header_extensions: extensions(&SENT_EXTENSIONS),
        encodings: vec![Encoding {
            ssrc: Some(VIDEO_SSRC),
            rtx_ssrc: Some(VIDEO_RTX_SSRC),
            ..Encoding::default()
        }],
        cname: "publisher".to_owned(),
        reduced_size_rtcp: true,
    }
}

pub(crate) fn audio_parameters() -> RtpParameters {
    RtpParameters {
        mid: "1".parse().ok(),
        codecs: vec![codec(Codec::Opus, OPUS, None)],
        encodings: vec![Encoding { ssrc: Some(AUDIO_SSRC), ..Encoding::default() }],
        ..video_parameters()
    }
}

/// What a consumer of video under number `id` sends.
pub(crate) fn video_out(id: u64) -> RtpParameters {
    RtpParameters {
        mid: "v".parse().ok(),
        codecs: vec![codec(Codec::Vp8, 120, Some(121))],
        header_extensions: extensions(&TAKEN_EXTENSIONS),
        encodings: vec![Encoding {
            ssrc: Some(Ssrc(0x10_0000 + id as u32)),
            rtx_ssrc: Some(Ssrc(0x20_0000 + id as u32)),
            ..Encoding::default()
        }],
        cname: "subscriber".to_owned(),
        reduced_size_rtcp: true,
    }
}

pub(crate) fn audio_out(id: u64) -> RtpParameters {
    RtpParameters {
        mid: "a".parse().ok(),
        codecs: vec![codec(Codec::Opus, 63, None)],
        encodings: vec![Encoding { ssrc: Some(Ssrc(0x30_0000 + id as u32)), ..Encoding::default() }],
        ..video_out(id)
    }
}

impl World {
    pub(crate) fn produce(&mut self, peer: &Peer, producer_id: ProducerId, rtp_parameters: RtpParameters) {
        let kind = rtp_parameters.codecs[0].codec.kind();
        let transport_id = peer.id;
        let produce = Produce { transport_id, producer_id, kind, rtp_parameters, paused: false };
        self.must(Request::Produce(Box::new(produce)));
    }

    pub(crate) fn consume(
        &mut self,
        peer: &Peer,
        id: u64,
        producer_id: ProducerId,
        rtp_parameters: RtpParameters,
    ) {
        let (transport_id, consumer_id) = (peer.id, ConsumerId(id));
        let consume = Consume { transport_id, consumer_id, producer_id, rtp_parameters, paused: false };
        self.must(Request::Consume(Box::new(consume)));
    }

    /// A publisher with video and audio, and a subscriber of both (consumers 1 and 2), all connected.
    pub(crate) fn call() -> (World, Peer, Peer) {
        let mut world = World::new();
        let (publisher, subscriber) = (world.connect(1), world.connect(2));
        world.produce(&publisher, VIDEO, video_parameters());
        world.produce(&publisher, AUDIO, audio_parameters());
        world.consume(&subscriber, 1, VIDEO, video_out(1));
        world.consume(&subscriber, 2, AUDIO, audio_out(2));
        (world, publisher, subscriber)
    }

    pub(crate) fn producer_stats(&mut self, id: ProducerId) -> ProducerStats {
        match self.must(Request::GetProducerStats { producer_id: id }) {
            Response::ProducerStats(stats) => *stats,
            _ => panic!("another answer"),
        }
    }

    pub(crate) fn consumer_stats(&mut self, id: u64) -> ConsumerStats {
        match self.must(Request::GetConsumerStats { consumer_id: ConsumerId(id) }) {
            Response::ConsumerStats(stats) => *stats,
            _ => panic!("another answer"),
        }
    }
}

/// One VP8 packet: a whole frame, a key frame or not, that names its number.
pub(crate) fn frame(number: u64, is_key: bool) -> Vec<u8> {
    let mut payload = vec![0x10, u8::from(!is_key), 0, 0];
    payload.extend(number.to_be_bytes());
    payload.resize(1_000, number as u8);
    payload
}

impl Peer {
    /// Sends the `seq`th video packet: each is a frame of its own, 33 ms after the one before.
    pub(crate) fn send_video(&mut self, world: &mut World, seq: u64, is_key: bool) {
        self.send_video_with(world, seq, is_key, &ExtensionValues::default());
    }

    pub(crate) fn send_video_with(
        &mut self,
        world: &mut World,
        seq: u64,
        is_key: bool,
        values: &ExtensionValues,
    ) {
        let header = video_header(seq);
        self.send_rtp(world, (header, seq), values, &frame(seq, is_key));
    }

    /// Sends the `seq`th video packet again, as the `rtx_seq`th of the repair stream.
    pub(crate) fn repair_video(&mut self, world: &mut World, seq: u64, rtx_seq: u64, is_key: bool) {
        let header = RtpHeader {
            payload_type: payload_type(VP8_RTX),
            seq: rtx_seq as u16,
            ssrc: VIDEO_RTX_SSRC,
            ..video_header(seq)
        };
        let mut payload = (seq as u16).to_be_bytes().to_vec();
        payload.extend(frame(seq, is_key));
        self.send_rtp(world, (header, rtx_seq), &ExtensionValues::default(), &payload);
    }

    /// Sends the `seq`th audio packet.
    pub(crate) fn send_audio(&mut self, world: &mut World, seq: u64, values: &ExtensionValues) {
        let header = RtpHeader {
            marker: false,
            payload_type: payload_type(OPUS),
            seq: seq as u16,
            rtp_time: RtpTime(seq as u32 * 960),
            ssrc: AUDIO_SSRC,
        };
        self.send_rtp(world, (header, seq), values, &[seq as u8; 80]);
    }

    /// Sends video frames number by number, 33 ms apart, the first one a key frame if so wished.
    pub(crate) fn stream_video(&mut self, world: &mut World, seqs: std::ops::Range<u64>, with_key: bool) {
        let first = seqs.start;
        for seq in seqs {
            self.send_video(world, seq, with_key && seq == first);
            world.pass(Duration::from_millis(33));
        }
    }
}

pub(crate) fn video_header(seq: u64) -> RtpHeader {
    RtpHeader {
        marker: true,
        payload_type: payload_type(VP8),
        seq: seq as u16,
        rtp_time: RtpTime(seq as u32 * 3_000),
        ssrc: VIDEO_SSRC,
    }
}

/// The numbers of the frames in these packets.
pub(crate) fn numbers(media: &[Media]) -> Vec<u64> {
    media.iter().map(|(.., payload)| number(payload)).collect()
}

pub(crate) fn number(frame: &[u8]) -> u64 {
    u64::from_be_bytes(frame[4..12].try_into().unwrap())
}
