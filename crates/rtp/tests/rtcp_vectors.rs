//! RTCP byte by byte: what each packet looks like on the wire, read and written.

use motet_rtp::rtcp::{self, Dlrr, Packet, ReportBlock, SenderInfo, TransportCcFeedback, Writer, XrBlock};
use motet_rtp::{NtpTime, RtpTime, Ssrc};

const SENDER: Ssrc = Ssrc(0xaa);
const MEDIA: Ssrc = Ssrc(0x11);

const BLOCK: ReportBlock = ReportBlock {
    ssrc: MEDIA,
    fraction_lost: 0x40,
    cumulative_lost: -2,
    highest_seq: 0x0001_0005,
    jitter: 7,
    lsr: 0x1111_2222,
    dlsr: 0x333,
};
const BLOCK_BYTES: [u8; 24] =
    [0, 0, 0, 0x11, 0x40, 0xff, 0xff, 0xfe, 0, 1, 0, 5, 0, 0, 0, 7, 0x11, 0x11, 0x22, 0x22, 0, 0, 3, 0x33];

/// The bytes that `write` makes, and that they are what `expected` says.
fn assert_written(expected: &[u8], write: impl FnOnce(&mut Writer<'_>)) {
    let mut out = [0xee; 1024];
    let mut writer = Writer::new(&mut out);
    write(&mut writer);
    assert_eq!(writer.len(), expected.len());
    assert_eq!(writer.finish(), expected);
}

fn only(bytes: &[u8]) -> Packet<'_> {
    let mut packets = rtcp::packets(bytes);
    let packet = packets.next().unwrap().unwrap();
    assert!(packets.next().is_none());
    packet
}

#[test]
fn a_sender_report_with_one_block() {
    let mut bytes = vec![0x81, 200, 0, 12, 0, 0, 0, 0xaa, 0xe0, 0, 0, 1, 0x80, 0, 0, 0];
    bytes.extend([0, 1, 0x5f, 0x90, 0, 0, 0, 100, 0, 0, 0x10, 0]);
    bytes.extend(BLOCK_BYTES);
    let info = SenderInfo {
        ntp: NtpTime(0xe000_0001_8000_0000),
        rtp_time: RtpTime(90_000),
        packet_count: 100,
        octet_count: 4096,
    };
    assert_written(&bytes, |writer| writer.sender_report(SENDER, &info, &[BLOCK]).unwrap());
    let Packet::SenderReport(report) = only(&bytes) else { panic!("another packet") };
    assert_eq!((report.sender, report.info), (SENDER, info));
    assert!(report.blocks().eq([BLOCK]));
}

#[test]
fn a_receiver_report_without_blocks() {
    let bytes = [0x80, 201, 0, 1, 0, 0, 0, 0xaa];
    assert_written(&bytes, |writer| writer.receiver_report(SENDER, &[]).unwrap());
    let Packet::ReceiverReport(report) = only(&bytes) else { panic!("another packet") };
    assert_eq!((report.sender, report.blocks().len()), (SENDER, 0));
}

#[test]
fn the_profile_extension_of_a_report_is_passed_over() {
    let mut bytes = vec![0x81, 201, 0, 8, 0, 0, 0, 0xaa];
    bytes.extend(BLOCK_BYTES);
    bytes.extend([1, 2, 3, 4]);
    let Packet::ReceiverReport(report) = only(&bytes) else { panic!("another packet") };
    assert!(report.blocks().eq([BLOCK]));
}

#[test]
fn more_than_31_blocks_follow_in_receiver_reports() {
    let mut out = [0; 2048];
    let mut writer = Writer::new(&mut out);
    writer.receiver_report(SENDER, &[BLOCK; 63]).unwrap();
    let counts: Vec<_> = rtcp::packets(writer.finish())
        .map(|packet| match packet.unwrap() {
            Packet::ReceiverReport(report) => report.blocks().len(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(counts, [31, 31, 1]);
}

#[test]
fn cumulative_loss_saturates_at_24_bits() {
    for (lost, expected) in [(i32::MAX, 0x7f_ffff), (i32::MIN, -0x80_0000), (-1, -1)] {
        let mut out = [0; 64];
        let mut writer = Writer::new(&mut out);
        writer.receiver_report(SENDER, &[ReportBlock { cumulative_lost: lost, ..BLOCK }]).unwrap();
        let Packet::ReceiverReport(report) = only(writer.finish()) else { panic!("another packet") };
        assert_eq!(report.blocks().next().unwrap().cumulative_lost, expected);
    }
}

#[test]
fn a_cname_ends_with_one_to_four_zeroes() {
    let two = [0x81, 202, 0, 3, 0, 0, 0, 0xaa, 1, 4, b'a', b'b', b'c', b'd', 0, 0];
    assert_written(&two, |writer| writer.sdes_cname(SENDER, "abcd").unwrap());
    let four = [0x81, 202, 0, 3, 0, 0, 0, 0xaa, 1, 2, b'a', b'b', 0, 0, 0, 0];
    assert_written(&four, |writer| writer.sdes_cname(SENDER, "ab").unwrap());
    let Packet::Sdes(sdes) = only(&four) else { panic!("another packet") };
    let chunk = sdes.chunks().next().unwrap();
    assert_eq!((chunk.ssrc, chunk.cname()), (SENDER, Some(&b"ab"[..])));
}

#[test]
fn a_cname_is_cut_at_255_bytes_between_characters() {
    let mut out = [0; 512];
    let mut writer = Writer::new(&mut out);
    writer.sdes_cname(SENDER, &"é".repeat(200)).unwrap();
    let Packet::Sdes(sdes) = only(writer.finish()) else { panic!("another packet") };
    assert_eq!(sdes.chunks().next().unwrap().cname(), Some("é".repeat(127).as_bytes()));
}

#[test]
fn each_chunk_of_a_description_is_found_behind_the_zeroes_of_the_one_before() {
    let mut bytes = vec![0x82, 202, 0, 6, 0, 0, 0, 0xaa, 1, 4, b'a', b'b', b'c', b'd', 0, 0];
    bytes.extend([0, 0, 0, 0xbb, 2, 1, b'z', 1, 1, b'y', 0, 0]);
    let Packet::Sdes(sdes) = only(&bytes) else { panic!("another packet") };
    let cnames: Vec<_> = sdes.chunks().map(|chunk| (chunk.ssrc, chunk.cname().unwrap())).collect();
    assert_eq!(cnames, [(SENDER, &b"abcd"[..]), (Ssrc(0xbb), b"y")]);
}

#[test]
fn a_goodbye_names_sources_and_perhaps_a_reason() {
    let bytes = [0x82, 203, 0, 2, 0, 0, 0, 0xaa, 0, 0, 0, 0x11];
    assert_written(&bytes, |writer| writer.bye(&[SENDER, MEDIA]).unwrap());
    let Packet::Bye(bye) = only(&bytes) else { panic!("another packet") };
    assert!(bye.ssrcs().eq([SENDER, MEDIA]) && bye.reason().is_none());
    let Packet::Bye(bye) = only(&[0x81, 203, 0, 2, 0, 0, 0, 0xaa, 2, b'o', b'k', 0]) else {
        panic!("another packet")
    };
    assert_eq!(bye.reason(), Some(&b"ok"[..]));
}

#[test]
fn a_nack_packs_lost_packets_across_the_wrap() {
    let bytes = [0x81, 205, 0, 4, 0, 0, 0, 0xaa, 0, 0, 0, 0x11, 0xff, 0xfe, 0x80, 0x05, 0, 0x0f, 0, 0];
    let lost = [0xfffe, 0xffff, 1, 14, 15];
    assert_written(&bytes, |writer| writer.nack(SENDER, MEDIA, lost).unwrap());
    let Packet::Nack(nack) = only(&bytes) else { panic!("another packet") };
    assert_eq!((nack.sender, nack.media), (SENDER, MEDIA));
    assert!(nack.lost().eq(lost));
}

#[test]
fn picture_loss_and_full_intra_requests() {
    let pli = [0x81, 206, 0, 2, 0, 0, 0, 0xaa, 0, 0, 0, 0x11];
    assert_written(&pli, |writer| writer.pli(SENDER, MEDIA).unwrap());
    assert!(matches!(only(&pli), Packet::Pli { sender: SENDER, media: MEDIA }));
    let fir = [0x84, 206, 0, 4, 0, 0, 0, 0xaa, 0, 0, 0, 0, 0, 0, 0, 0x11, 9, 0, 0, 0];
    assert_written(&fir, |writer| writer.fir(SENDER, MEDIA, 9).unwrap());
    let Packet::Fir(fir) = only(&fir) else { panic!("another packet") };
    assert!(fir.entries().map(|entry| (entry.ssrc, entry.seq)).eq([(MEDIA, 9)]));
}

#[test]
fn an_estimated_bitrate_is_18_bits_and_an_exponent() {
    let mut bytes = vec![0x8f, 206, 0, 5, 0, 0, 0, 0xaa, 0, 0, 0, 0];
    bytes.extend([b'R', b'E', b'M', b'B', 1, 0x0b, 0xd0, 0x90, 0, 0, 0, 0x11]);
    assert_written(&bytes, |writer| writer.remb(SENDER, 1_000_000, &[MEDIA]).unwrap());
    let Packet::Remb(remb) = only(&bytes) else { panic!("another packet") };
    assert_eq!((remb.bitrate_bps, remb.ssrcs().collect::<Vec<_>>()), (1_000_000, vec![MEDIA]));
}

#[test]
fn an_estimated_bitrate_beyond_64_bits_saturates() {
    let mut bytes = vec![0x8f, 206, 0, 4, 0, 0, 0, 0xaa, 0, 0, 0, 0];
    bytes.extend([b'R', b'E', b'M', b'B', 0, 0xff, 0xff, 0xff]);
    let Packet::Remb(remb) = only(&bytes) else { panic!("another packet") };
    assert_eq!(remb.bitrate_bps, u64::MAX);
}

#[test]
fn reference_times_and_their_answers() {
    let rrtr = [0x80, 207, 0, 4, 0, 0, 0, 0xaa, 4, 0, 0, 2, 0xe0, 0, 0, 1, 0x80, 0, 0, 0];
    let ntp = NtpTime(0xe000_0001_8000_0000);
    assert_written(&rrtr, |writer| writer.xr_rrtr(SENDER, ntp).unwrap());
    let Packet::Xr(xr) = only(&rrtr) else { panic!("another packet") };
    assert!(matches!(xr.blocks().next(), Some(XrBlock::Rrtr(read)) if read == ntp));

    let dlrr = [0x80, 207, 0, 5, 0, 0, 0, 0xaa, 5, 0, 0, 3, 0, 0, 0, 0x11, 0, 1, 0x80, 0, 0, 0, 0, 9];
    let answer = Dlrr { ssrc: MEDIA, lrr: ntp.middle(), dlrr: 9 };
    assert_written(&dlrr, |writer| writer.xr_dlrr(SENDER, &[answer]).unwrap());
    let Packet::Xr(xr) = only(&dlrr) else { panic!("another packet") };
    assert!(matches!(xr.blocks().next(), Some(XrBlock::Dlrr(read)) if read.answers().eq([answer])));
}

/// Reads feedback whose packet statuses are the one chunk `chunk` and whose deltas are `deltas`.
fn arrivals(status_count: u16, chunk: u16, deltas: &[u8]) -> Vec<Option<i16>> {
    let mut body = vec![0, 0, 0, 0xaa, 0, 0, 0, 0x11, 0xff, 0xff];
    body.extend(status_count.to_be_bytes());
    body.extend([0, 0, 1, 2]);
    body.extend(chunk.to_be_bytes());
    body.extend(deltas);
    body.resize(body.len().next_multiple_of(4), 0);
    let mut bytes = vec![0x8f, 205, 0, (body.len() / 4) as u8];
    bytes.extend(body);
    let Packet::TransportCc(feedback) = only(&bytes) else { panic!("another packet") };
    assert_eq!((feedback.reference_time_64ms, feedback.feedback_count), (1, 2));
    let seqs = feedback.arrivals().map(|(seq, _)| seq);
    assert!(seqs.eq((0..status_count).map(|offset| offset.wrapping_add(0xffff))));
    feedback.arrivals().map(|(_, delta)| delta).collect()
}

#[test]
fn the_run_length_examples_of_the_transport_cc_draft() {
    assert_eq!(arrivals(221, 0x00dd, &[]), [None; 221]);
    assert_eq!(arrivals(24, 0x2018, &[7; 24]), [Some(7); 24]);
}

#[test]
fn the_one_bit_vector_example_of_the_transport_cc_draft() {
    // 1 lost, 5 received, 3 lost, 3 received, 2 lost.
    let read = arrivals(14, 0b1001_1111_0001_1100, &[1, 2, 3, 4, 5, 6, 7, 8]);
    let (lost, deltas) = (None, [1, 2, 3, 4, 5, 6, 7, 8].map(Some));
    assert_eq!(read[..6], [lost, deltas[0], deltas[1], deltas[2], deltas[3], deltas[4]]);
    assert_eq!(read[6..], [lost, lost, lost, deltas[5], deltas[6], deltas[7], lost, lost]);
}

#[test]
fn a_two_bit_vector_tells_large_deltas() {
    let read = arrivals(7, 0b1100_1001_0101_0000, &[0xff, 0xfe, 1, 2, 3]);
    assert_eq!(read, [None, Some(-2), Some(1), Some(2), Some(3), None, None]);
}

#[test]
fn transport_cc_takes_the_chunk_that_says_most() {
    // Five small deltas to the end are a run; a large one among them makes a two-bit vector.
    let feedback = |arrivals| TransportCcFeedback {
        base_seq: 5,
        reference_time_64ms: 0x123,
        feedback_count: 4,
        arrivals,
    };
    let mut run = vec![0x8f, 205, 0, 6, 0, 0, 0, 0xaa, 0, 0, 0, 0x11, 0, 5, 0, 5, 0, 1, 0x23, 4];
    run.extend([0x20, 5, 1, 1, 1, 1, 1, 0]);
    assert_written(&run, |writer| writer.transport_cc(SENDER, MEDIA, &feedback(&[Some(1); 5])).unwrap());
    let mut mixed = vec![0x8f, 205, 0, 6, 0, 0, 0, 0xaa, 0, 0, 0, 0x11, 0, 5, 0, 3, 0, 1, 0x23, 4];
    mixed.extend([0b1101_0010, 0, 255, 1, 0, 0, 0, 0]);
    let arrivals = [Some(255), None, Some(256)];
    assert_written(&mixed, |writer| writer.transport_cc(SENDER, MEDIA, &feedback(&arrivals)).unwrap());
}

#[test]
fn what_reports_on_nothing_is_not_written() {
    let feedback =
        TransportCcFeedback { base_seq: 0, reference_time_64ms: 0, feedback_count: 0, arrivals: &[] };
    assert_written(&[], |writer| {
        writer.transport_cc(SENDER, MEDIA, &feedback).unwrap();
        writer.nack(SENDER, MEDIA, []).unwrap();
        writer.bye(&[]).unwrap();
        writer.xr_dlrr(SENDER, &[]).unwrap();
        assert!(writer.is_empty());
    });
}

#[test]
fn a_packet_that_does_not_fit_leaves_the_compound_as_it_was() {
    let mut out = [0; 8 + 12 + 9 * 24];
    let mut writer = Writer::new(&mut out);
    writer.receiver_report(SENDER, &[]).unwrap();
    assert!(writer.receiver_report(SENDER, &[BLOCK; 32]).is_err(), "the first of the two reports would fit");
    assert!(writer.nack(SENDER, MEDIA, (0..100).map(|n| n * 20)).is_err());
    assert_eq!((writer.len(), writer.room()), (8, 12 + 9 * 24));
    writer.pli(SENDER, MEDIA).unwrap();
    let kinds: Vec<_> = rtcp::packets(writer.finish()).map(|packet| packet.unwrap()).collect();
    assert!(matches!(kinds[..], [Packet::ReceiverReport(_), Packet::Pli { .. }]));
}
