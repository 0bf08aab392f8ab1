//! What senders make of video: a row of records, each a kind, a length and so many bytes of payload. Packets of every codec, in
//! any order: assembly, decoders and drawing take them, and what comes out is RTP.

use std::time::{Duration, Instant};

use motet_mixer::video::{
    Compositor, OutputFormat, OutputId, PictureCodec, VideoCodec, VideoFormat, VideoSettings,
};
use motet_mixer::{MemberId, SourceId};
use motet_rtp::ext::{ExtensionKind, ExtensionMap};
use motet_rtp::{PayloadType, RtpView, Ssrc};

const CODECS: [VideoCodec; 4] = [VideoCodec::Vp8, VideoCodec::Vp9, VideoCodec::H264, VideoCodec::Av1];
/// Records of one input; what follows is left out.
const RECORDS_MAX: usize = 64;
const SOURCE: SourceId = SourceId(1);

/// Takes `data` as a row of records.
pub fn compositor(data: &[u8]) {
    let mut now = Instant::now();
    let mut compositor = Compositor::new(now, VideoSettings::default());
    let format = OutputFormat {
        codec: PictureCodec::Vp8,
        width: 64,
        height: 64,
        fps: 25,
        bitrate_bps: 100_000,
        payload_type: PayloadType::from_wire(100),
        ssrc: Ssrc(1),
    };
    compositor.add_output(now, OutputId(1), format).expect("an encoder");
    let types = CODECS.iter().enumerate().map(|(index, codec)| (PayloadType::from_wire(index as u8), *codec));
    let extensions = ExtensionMap::new([(ExtensionKind::VideoOrientation, 11)]);
    let format = VideoFormat { payload_types: types.collect(), extensions };
    assert!(compositor.add_source(now, SOURCE, MemberId(1), false, format));
    let (mut rest, mut packet, mut out) = (data, Vec::new(), Vec::new());
    let (mut seq, mut frame) = (0u16, 0u32);
    for _ in 0..RECORDS_MAX {
        let Some((&[kind, len], after)) = rest.split_first_chunk::<2>() else { break };
        let (payload, after) = after.split_at(after.len().min(len.into()));
        rest = after;
        let marker = kind & 4 != 0;
        // Sometimes a packet is missing, sometimes one comes twice or before its time.
        seq = seq.wrapping_add([1, 1, 2, 0][usize::from(kind >> 3 & 3)]);
        packet.clear();
        packet.extend([0x80, kind & 3 | u8::from(marker) << 7]);
        packet.extend(seq.to_be_bytes());
        packet.extend((frame * 3600).to_be_bytes());
        packet.extend([0, 0, 0, kind >> 7]);
        packet.extend(payload);
        compositor.handle_rtp(now, SOURCE, &packet);
        compositor.handle_rtp(now, SOURCE, payload);
        frame += u32::from(marker);
        now += Duration::from_millis(u64::from(kind >> 5 & 3) * 20);
        compositor.handle_timeout(now);
        while compositor.poll_event().is_some() {}
        while compositor.poll_packet(&mut out).is_some() {
            RtpView::parse(&out).expect("RTP");
        }
    }
    assert_eq!(compositor.stats().failed_frames, 0);
}
