//! The streams of mixes: how producers of them are described, and what their packets and reports carry.

use std::time::{Duration, Instant, SystemTime};

use motet_control::negotiate::{self, CannotConsume, ConsumerIdentity};
use motet_control::{Codec, Encoding, MediaKind, MixAudio, MixVideo, RtpCapabilities, RtpParameters};
use motet_rtp::ext::ExtensionKind;
use motet_rtp::rtcp::{SenderInfo, Writer};
use motet_rtp::{NtpTime, RtpView, Ssrc};

use crate::random;

/// Reports about a stream: soon at first, so that receivers can align voice and picture, then seldom.
const FIRST_REPORTS: u32 = 5;
const FIRST_INTERVAL: Duration = Duration::from_millis(500);
const INTERVAL: Duration = Duration::from_secs(3);
/// The name under which mixes are sent; a consumer has its own.
const CNAME: &str = "motet-mix";

/// How a producer of a mix is opened.
pub(super) fn mix_parameters(codec: Codec, ssrc: Ssrc, is_stereo: bool) -> RtpParameters {
    let parameters = match codec.kind() {
        MediaKind::Audio => MixAudio { stereo: is_stereo, ..MixAudio::default() }.rtp_parameters(),
        MediaKind::Video => MixVideo::rtp_parameters(codec),
    };
    RtpParameters { encodings: vec![Encoding { ssrc: Some(ssrc), ..Encoding::default() }], ..parameters }
}

/// How the mixer consumes a producer: every codec that it sends, without retransmissions, and of the extensions only the one
/// that tells how a camera is held.
pub(super) fn source_parameters(
    produced: &RtpParameters,
    ssrc: Ssrc,
) -> Result<RtpParameters, CannotConsume> {
    let mut capabilities: RtpCapabilities = negotiate::router_capabilities();
    capabilities.header_extensions.retain(|extension| extension.kind == ExtensionKind::VideoOrientation);
    capabilities.codecs.iter_mut().for_each(|codec| codec.rtx_payload_type = None);
    let identity = ConsumerIdentity { mid: None, ssrc, rtx_ssrc: random::ssrc(), cname: CNAME.to_owned() };
    negotiate::consumer_parameters(produced, &capabilities, identity)
}

/// One producer's stream: its packets get its SSRC and numbers, whatever encoder made them and however often it began
/// anew, and its reports are due from time to time.
#[derive(Debug)]
pub(super) struct Stream {
    pub(super) ssrc: Ssrc,
    first_seq: u16,
    packets: u32,
    bytes: u32,
    reports: u32,
    report_at: Option<Instant>,
}

impl Stream {
    pub(super) fn new() -> Self {
        let first_seq = random::ssrc().0 as u16 & 0x7fff;
        Self { ssrc: random::ssrc(), first_seq, packets: 0, bytes: 0, reports: 0, report_at: None }
    }

    /// Makes a packet one of this stream. Answers the compound to send with it, if a report is due.
    pub(super) fn claim(&mut self, now: Instant, packet: &mut [u8]) -> Option<Vec<u8>> {
        let seq = self.first_seq.wrapping_add(self.packets as u16);
        packet.get_mut(2..4)?.copy_from_slice(&seq.to_be_bytes());
        packet.get_mut(8..12)?.copy_from_slice(&self.ssrc.0.to_be_bytes());
        let view = RtpView::parse(packet).ok()?;
        self.packets = self.packets.wrapping_add(1);
        self.bytes = self.bytes.wrapping_add(view.payload().len() as u32);
        if self.report_at.is_some_and(|at| now < at) {
            return None;
        }
        self.reports += 1;
        let interval = if self.reports < FIRST_REPORTS { FIRST_INTERVAL } else { INTERVAL };
        self.report_at = Some(now + interval);
        let info = SenderInfo {
            ntp: wall_clock(),
            rtp_time: view.rtp_time(),
            packet_count: self.packets,
            octet_count: self.bytes,
        };
        let mut compound = [0; 128];
        let mut writer = Writer::new(&mut compound);
        writer.sender_report(self.ssrc, &info, &[]).ok()?;
        writer.sdes_cname(self.ssrc, CNAME).ok()?;
        let len = writer.len();
        Some(compound[..len].to_vec())
    }
}

fn wall_clock() -> NtpTime {
    let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    NtpTime::from_unix(since_epoch)
}

#[cfg(test)]
mod tests {
    use motet_rtp::rtcp::{self, Packet};

    use super::*;

    #[test]
    fn packets_get_the_streams_ssrc_and_reports_come_now_and_then() {
        let (mut stream, now) = (Stream::new(), Instant::now());
        let mut packet = [0x80, 111, 0, 1, 0, 0, 3, 192, 9, 9, 9, 9, 1, 2, 3];
        let mut reports = 0;
        for millis in (0..10_000).step_by(20) {
            if let Some(compound) = stream.claim(now + Duration::from_millis(millis), &mut packet) {
                reports += 1;
                let mut packets = rtcp::packets(&compound);
                let Some(Ok(Packet::SenderReport(report))) = packets.next() else { panic!("no report") };
                assert_eq!((report.sender, report.info.rtp_time.0), (stream.ssrc, 960));
            }
        }
        assert_eq!(RtpView::parse(&packet).unwrap().ssrc(), stream.ssrc);
        assert!((6..10).contains(&reports), "{reports} reports in 10 s");
        assert_eq!(stream.claim(now, &mut [1, 2, 3]), None, "no packet, no report");
    }

    #[test]
    fn a_source_is_heard_by_every_codec_that_it_may_send() {
        let capabilities = negotiate::router_capabilities();
        let mut produced = RtpParameters { codecs: capabilities.codecs.clone(), ..RtpParameters::default() };
        let parameters = source_parameters(&produced, Ssrc(5)).unwrap();
        assert_eq!(parameters.codecs.len(), capabilities.codecs.len());
        assert!(parameters.codecs.iter().all(|codec| codec.rtx_payload_type.is_none()));
        assert_eq!(parameters.encodings[0].rtx_ssrc, None);
        assert!(parameters.header_extensions.is_empty());
        produced.codecs.retain(|codec| codec.codec.kind() == MediaKind::Video);
        produced.header_extensions = capabilities.header_extensions;
        let extensions = source_parameters(&produced, Ssrc(5)).unwrap().header_extensions;
        let kinds: Vec<ExtensionKind> = extensions.iter().map(|extension| extension.kind).collect();
        assert_eq!(kinds, [ExtensionKind::VideoOrientation], "how a camera is held, and nothing else");
    }
}
