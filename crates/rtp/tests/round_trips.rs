//! What is written can be read, and says the same: RTP headers with any extensions, each RTCP packet, VP8 descriptors.

use std::collections::BTreeSet;

use motet_rtp::ext::{
    AbsCaptureTime, AudioLevel, DependencyDescriptor, ExtensionKind, ExtensionMap, ExtensionValues,
    PlayoutDelay, Rotation, VideoOrientation,
};
use motet_rtp::payload::vp8;
use motet_rtp::rtcp::{self, Dlrr, Packet, ReportBlock, SenderInfo, TransportCcFeedback, Writer, XrBlock};
use motet_rtp::{
    HEADER_LEN_MAX, NtpTime, PayloadType, RtpHeader, RtpTime, RtpView, ShortId, Ssrc, write_header,
};
use proptest::collection::{btree_set, vec};
use proptest::option;
use proptest::prelude::*;

fn header() -> impl Strategy<Value = RtpHeader> {
    any::<(bool, u8, u16, u32, u32)>().prop_map(|(marker, payload_type, seq, rtp_time, ssrc)| RtpHeader {
        marker,
        payload_type: PayloadType::from_wire(payload_type),
        seq,
        rtp_time: RtpTime(rtp_time),
        ssrc: Ssrc(ssrc),
    })
}

fn short_id() -> impl Strategy<Value = ShortId> {
    vec(b'!'..=b'~', 1..=ShortId::LEN_MAX).prop_map(|bytes| ShortId::new(&bytes).unwrap())
}

fn orientation() -> impl Strategy<Value = VideoOrientation> {
    const ROTATIONS: [Rotation; 4] =
        [Rotation::Degrees0, Rotation::Degrees90, Rotation::Degrees180, Rotation::Degrees270];
    (any::<bool>(), any::<bool>(), prop::sample::select(&ROTATIONS[..]))
        .prop_map(|(back_camera, flipped, rotation)| VideoOrientation { back_camera, flipped, rotation })
}

fn values() -> impl Strategy<Value = ExtensionValues> {
    let level = (-127..=0i8, any::<bool>()).prop_map(|(dbov, voice)| AudioLevel { dbov, voice });
    let delay = (0..=0xfffu16, 0..=0xfffu16)
        .prop_map(|(a, b)| PlayoutDelay { min_10ms: a.min(b), max_10ms: a.max(b) });
    let captured = any::<(u64, Option<i64>)>()
        .prop_map(|(ntp, clock_offset)| AbsCaptureTime { captured: NtpTime(ntp), clock_offset });
    let descriptor = vec(any::<u8>(), 3..=DependencyDescriptor::LEN_MAX)
        .prop_map(|bytes| DependencyDescriptor::new(&bytes).unwrap());
    let ids = (option::of(short_id()), option::of(short_id()), option::of(short_id()));
    let numbers = (option::of(any::<u16>()), option::of(0..1u32 << 24));
    let media = (option::of(level), option::of(orientation()), option::of(delay));
    (ids, numbers, media, option::of(captured), option::of(descriptor)).prop_map(
        |(
            (mid, rid, repaired_rid),
            (transport_seq, abs_send_time),
            media,
            abs_capture_time,
            dependency_descriptor,
        )| {
            let (audio_level, video_orientation, playout_delay) = media;
            ExtensionValues {
                audio_level,
                video_orientation,
                transport_seq,
                abs_send_time,
                mid,
                rid,
                repaired_rid,
                playout_delay,
                abs_capture_time,
                dependency_descriptor,
            }
        },
    )
}

/// A map in which every kind has an id, none of them twice.
fn map(id_max: u8) -> impl Strategy<Value = ExtensionMap> {
    let count = ExtensionKind::ALL.len();
    btree_set(1..=id_max, count)
        .prop_map(|ids| ids.into_iter().collect::<Vec<_>>())
        .prop_shuffle()
        .prop_map(|ids| ExtensionMap::new(ExtensionKind::ALL.into_iter().zip(ids)))
}

fn block() -> impl Strategy<Value = ReportBlock> {
    (any::<u32>(), any::<u8>(), -0x80_0000..=0x7f_ffffi32, any::<(u32, u32, u32, u32)>()).prop_map(
        |(ssrc, fraction_lost, cumulative_lost, (highest_seq, jitter, lsr, dlsr))| ReportBlock {
            ssrc: Ssrc(ssrc),
            fraction_lost,
            cumulative_lost,
            highest_seq,
            jitter,
            lsr,
            dlsr,
        },
    )
}

fn info() -> impl Strategy<Value = SenderInfo> {
    any::<(u64, u32, u32, u32)>().prop_map(|(ntp, rtp_time, packet_count, octet_count)| SenderInfo {
        ntp: NtpTime(ntp),
        rtp_time: RtpTime(rtp_time),
        packet_count,
        octet_count,
    })
}

/// Arrivals as they come: lost ones and small deltas in runs, large and negative ones between.
fn arrivals() -> impl Strategy<Value = Vec<Option<i16>>> {
    let run = prop_oneof![
        3 => (Just(None), 1..40usize),
        3 => ((0..=255i16).prop_map(Some), 1..40usize),
        2 => (any::<i16>().prop_map(Some), 1..4usize),
        1 => (Just(None), 8_000..9_000usize),
    ];
    vec(run, 1..12).prop_map(|runs| {
        runs.into_iter().flat_map(|(arrival, count)| std::iter::repeat_n(arrival, count)).collect()
    })
}

/// Writes one packet and hands what is read to `check`.
fn round_trip<T>(
    write: impl FnOnce(&mut Writer<'_>) -> Result<(), rtcp::Full>,
    check: impl FnOnce(Packet<'_>) -> Option<T>,
) -> T {
    let mut out = vec![0xee; 16_384];
    let mut writer = Writer::new(&mut out);
    write(&mut writer).unwrap();
    let mut packets = rtcp::packets(writer.finish());
    let packet = packets.next().unwrap().unwrap();
    assert!(packets.next().is_none());
    check(packet).unwrap_or_else(|| panic!("another packet: {packet:?}"))
}

fn ssrcs(count: std::ops::RangeInclusive<usize>) -> impl Strategy<Value = Vec<Ssrc>> {
    vec(any::<u32>().prop_map(Ssrc), count)
}

proptest! {
    #[test]
    fn headers_with_extensions(
        header in header(),
        values in values(),
        map in prop_oneof![map(14), map(255)],
        payload in vec(any::<u8>(), 0..20),
    ) {
        let mut out = [0xee; HEADER_LEN_MAX + 20];
        let len = write_header(&header, &values, &map, &mut out).unwrap();
        prop_assert!(len <= HEADER_LEN_MAX);
        out[len..len + payload.len()].copy_from_slice(&payload);
        let view = RtpView::parse(&out[..len + payload.len()]).unwrap();
        prop_assert_eq!(view.header(), header);
        prop_assert_eq!(view.header_len(), len);
        prop_assert_eq!(view.payload(), &payload[..]);
        prop_assert_eq!(ExtensionValues::read(&view, &map), values);
    }

    #[test]
    fn sender_reports(sender: u32, info in info(), blocks in vec(block(), 0..=31)) {
        let read = round_trip(
            |writer| writer.sender_report(Ssrc(sender), &info, &blocks),
            |packet| match packet {
                Packet::SenderReport(report) => Some((report.sender, report.info, report.blocks().collect::<Vec<_>>())),
                _ => None,
            },
        );
        prop_assert_eq!(read, (Ssrc(sender), info, blocks));
    }

    #[test]
    fn receiver_reports(sender: u32, blocks in vec(block(), 0..=31)) {
        let read = round_trip(
            |writer| writer.receiver_report(Ssrc(sender), &blocks),
            |packet| match packet {
                Packet::ReceiverReport(report) => Some((report.sender, report.blocks().collect::<Vec<_>>())),
                _ => None,
            },
        );
        prop_assert_eq!(read, (Ssrc(sender), blocks));
    }

    #[test]
    fn canonical_names(ssrc: u32, cname in "\\PC{0,60}") {
        let read = round_trip(
            |writer| writer.sdes_cname(Ssrc(ssrc), &cname),
            |packet| match packet {
                Packet::Sdes(sdes) => {
                    let chunks = sdes.chunks().map(|chunk| (chunk.ssrc, chunk.cname().map(<[u8]>::to_vec)));
                    Some(chunks.collect::<Vec<_>>())
                }
                _ => None,
            },
        );
        prop_assert_eq!(read, [(Ssrc(ssrc), Some(cname.into_bytes()))]);
    }

    #[test]
    fn goodbyes(ssrcs in ssrcs(1..=31)) {
        let read = round_trip(
            |writer| writer.bye(&ssrcs),
            |packet| if let Packet::Bye(bye) = packet { Some(bye.ssrcs().collect::<Vec<_>>()) } else { None },
        );
        prop_assert_eq!(read, ssrcs);
    }

    #[test]
    fn nacks(sender: u32, media: u32, first: u16, lost in btree_set(0..400u16, 1..80)) {
        let lost: Vec<_> = lost.into_iter().map(|offset| first.wrapping_add(offset)).collect();
        let read = round_trip(
            |writer| writer.nack(Ssrc(sender), Ssrc(media), lost.iter().copied()),
            |packet| match packet {
                Packet::Nack(nack) => Some((nack.sender, nack.media, nack.lost().collect::<Vec<_>>())),
                _ => None,
            },
        );
        prop_assert_eq!(read, (Ssrc(sender), Ssrc(media), lost));
    }

    #[test]
    fn unsorted_nacks_name_the_same_packets(lost in vec(any::<u16>(), 1..50)) {
        let read = round_trip(
            |writer| writer.nack(Ssrc(1), Ssrc(2), lost.iter().copied()),
            |packet| if let Packet::Nack(nack) = packet { Some(nack.lost().collect::<BTreeSet<_>>()) } else { None },
        );
        prop_assert_eq!(read, lost.into_iter().collect::<BTreeSet<_>>());
    }

    #[test]
    fn keyframe_requests(sender: u32, media: u32, seq: u8) {
        let pli = round_trip(
            |writer| writer.pli(Ssrc(sender), Ssrc(media)),
            |packet| if let Packet::Pli { sender, media } = packet { Some((sender, media)) } else { None },
        );
        prop_assert_eq!(pli, (Ssrc(sender), Ssrc(media)));
        let fir = round_trip(
            |writer| writer.fir(Ssrc(sender), Ssrc(media), seq),
            |packet| if let Packet::Fir(fir) = packet { fir.entries().next() } else { None },
        );
        prop_assert_eq!((fir.ssrc, fir.seq), (Ssrc(media), seq));
    }

    #[test]
    fn estimated_bitrates(bitrate_bps: u64, shift in 0..64u32, ssrcs in ssrcs(0..=255)) {
        let bitrate_bps = bitrate_bps >> shift;
        let (read, named) = round_trip(
            |writer| writer.remb(Ssrc(1), bitrate_bps, &ssrcs),
            |packet| match packet {
                Packet::Remb(remb) => Some((remb.bitrate_bps, remb.ssrcs().collect::<Vec<_>>())),
                _ => None,
            },
        );
        prop_assert!(read <= bitrate_bps && bitrate_bps - read <= bitrate_bps >> 17, "{} became {}", bitrate_bps, read);
        prop_assert_eq!(named, ssrcs);
    }

    #[test]
    fn transport_cc(base_seq: u16, reference_time_64ms in 0..1u32 << 24, feedback_count: u8, arrivals in arrivals()) {
        let feedback =
            TransportCcFeedback { base_seq, reference_time_64ms, feedback_count, arrivals: &arrivals };
        let (numbers, read) = round_trip(
            |writer| writer.transport_cc(Ssrc(1), Ssrc(2), &feedback),
            |packet| match packet {
                Packet::TransportCc(view) => Some((
                    (view.base_seq, view.reference_time_64ms, view.feedback_count),
                    view.arrivals().collect::<Vec<_>>(),
                )),
                _ => None,
            },
        );
        prop_assert_eq!(numbers, (base_seq, reference_time_64ms, feedback_count));
        let offsets = (0..=u16::MAX).map(|offset| base_seq.wrapping_add(offset));
        prop_assert_eq!(read, offsets.zip(arrivals).collect::<Vec<_>>());
    }

    #[test]
    fn reference_times_and_answers(ntp: u64, answers in vec(any::<(u32, u32, u32)>(), 1..40)) {
        let rrtr = round_trip(
            |writer| writer.xr_rrtr(Ssrc(1), NtpTime(ntp)),
            |packet| match packet {
                Packet::Xr(xr) => xr.blocks().find_map(|b| if let XrBlock::Rrtr(ntp) = b { Some(ntp) } else { None }),
                _ => None,
            },
        );
        prop_assert_eq!(rrtr, NtpTime(ntp));
        let answers: Vec<_> =
            answers.into_iter().map(|(ssrc, lrr, dlrr)| Dlrr { ssrc: Ssrc(ssrc), lrr, dlrr }).collect();
        let read = round_trip(
            |writer| writer.xr_dlrr(Ssrc(1), &answers),
            |packet| match packet {
                Packet::Xr(xr) => xr.blocks().find_map(|b| match b {
                    XrBlock::Dlrr(view) => Some(view.answers().collect::<Vec<_>>()),
                    _ => None,
                }),
                _ => None,
            },
        );
        prop_assert_eq!(read, answers);
    }

    #[test]
    fn vp8_descriptors(bytes in vec(any::<u8>(), 1..12)) {
        if let Ok(descriptor) = vp8::parse(&bytes) {
            let mut out = [0; vp8::Descriptor::LEN_MAX + 1];
            let len = descriptor.write(&mut out).unwrap();
            prop_assert_eq!(vp8::parse(&out[..len + 1]), Ok(vp8::Descriptor { len, ..descriptor }));
        }
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in vec(any::<u8>(), 0..200)) {
        let _ = RtpView::parse(&bytes).map(|view| (view.extensions().count(), view.csrcs().count()));
        let _ = rtcp::packets(&bytes).count();
    }
}
