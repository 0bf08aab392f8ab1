//! What the router tells senders and receivers by RTCP.

mod peer;

use std::time::Duration;

use motet_control::{Codec, Encoding, Notification, Quality, RtcpFeedback};
use motet_rtp::ext::ExtensionValues;
use motet_rtp::rtcp::{self, Dlrr, Packet, ReportBlock, SenderInfo, XrBlock};
use motet_rtp::{NtpTime, RtpTime, Ssrc};

use peer::{
    AUDIO, AUDIO_SSRC, Peer, VIDEO, VIDEO_SSRC, World, audio_parameters, codec, video_out, video_parameters,
};

const SECOND: u64 = 1 << 32;
/// The publisher's clock is far from the router's.
const PUBLISHER_EPOCH: u64 = 5_000 * SECOND;

fn sender_reports(compounds: &[Vec<u8>], ssrc: Ssrc) -> Vec<SenderInfo> {
    let packets = compounds.iter().flat_map(|compound| rtcp::packets(compound));
    let reports = packets.filter_map(|packet| match packet.unwrap() {
        Packet::SenderReport(report) if report.sender == ssrc => Some(report.info),
        _ => None,
    });
    reports.collect()
}

fn blocks(compounds: &[Vec<u8>], ssrc: Ssrc) -> Vec<ReportBlock> {
    let packets = compounds.iter().flat_map(|compound| rtcp::packets(compound));
    let blocks = packets.flat_map(|packet| match packet.unwrap() {
        Packet::ReceiverReport(report) => report.blocks().collect::<Vec<_>>(),
        _ => vec![],
    });
    blocks.filter(|block| block.ssrc == ssrc).collect()
}

fn report(world: &mut World, publisher: &mut Peer, sender: Ssrc, ntp: u64, rtp_time: u32) {
    let info = SenderInfo { ntp: NtpTime(ntp), rtp_time: RtpTime(rtp_time), packet_count: 1, octet_count: 1 };
    publisher.send_rtcp(world, |writer| writer.sender_report(sender, &info, &[]).expect("it fits"));
}

/// The publisher sends 10 s of both: its voice and its picture were taken at the same moments, its RTP clocks begin
/// anywhere, and it reports a second after it began.
fn publish_both(world: &mut World, publisher: &mut Peer) {
    for frame in 0..300u64 {
        publisher.send_video(world, 1 + frame, frame == 0);
        if frame % 3 == 0 {
            (0..5).for_each(|n| {
                publisher.send_audio(world, 1 + frame / 3 * 5 + n, &ExtensionValues::default())
            });
        }
        if frame == 30 {
            let ntp = PUBLISHER_EPOCH + SECOND;
            report(world, publisher, VIDEO_SSRC, ntp, 3_000 + 90_000);
            report(world, publisher, AUDIO_SSRC, ntp, 960 + 48_000);
        }
        world.pass(Duration::from_micros(33_333));
    }
}

#[test]
fn voice_and_picture_stay_in_step_for_receivers() {
    let (mut world, mut publisher, mut subscriber) = World::call();
    publish_both(&mut world, &mut publisher);
    let media = subscriber.media(&mut world);
    let first_time = |ssrc: u32| {
        let (header, ..) = media.iter().find(|(header, ..)| header.ssrc == Ssrc(ssrc)).unwrap();
        header.rtp_time.0
    };
    let compounds = subscriber.reports(&mut world);
    let video = sender_reports(&compounds, Ssrc(0x10_0001));
    let audio = sender_reports(&compounds, Ssrc(0x30_0002));
    assert!(video.len() >= 6 && audio.len() >= 2, "{} and {}", video.len(), audio.len());
    // When the first packet of each was taken, by the router's clock, as any report tells it.
    let taken = |info: &SenderInfo, first: u32, rate: u64| {
        info.ntp.0 - (u64::from(info.rtp_time.0.wrapping_sub(first)) * SECOND) / rate
    };
    let base = taken(&video[0], first_time(0x10_0001), 90_000);
    for info in &video {
        assert!(taken(info, first_time(0x10_0001), 90_000).abs_diff(base) < SECOND / 1_000);
    }
    for info in &audio {
        assert!(taken(info, first_time(0x30_0002), 48_000).abs_diff(base) < SECOND / 1_000);
    }
}

#[test]
fn reports_await_the_senders_clock_and_then_come_at_once() {
    let (mut world, mut publisher, mut subscriber) = World::call();
    publisher.stream_video(&mut world, 1..60, true);
    assert!(sender_reports(&subscriber.reports(&mut world), Ssrc(0x10_0001)).is_empty());
    report(&mut world, &mut publisher, VIDEO_SSRC, PUBLISHER_EPOCH, 3_000 * 60);
    let reports = sender_reports(&subscriber.reports(&mut world), Ssrc(0x10_0001));
    assert_eq!(reports.len(), 1);
    assert_eq!(reports[0].packet_count, 59);
    assert_eq!(reports[0].octet_count, 59_000);
}

#[test]
fn a_sender_that_never_reports_is_guessed_after_a_while() {
    let (mut world, mut publisher, mut subscriber) = World::call();
    publisher.stream_video(&mut world, 1..300, true);
    assert!(!sender_reports(&subscriber.reports(&mut world), Ssrc(0x10_0001)).is_empty());
}

#[test]
fn nothing_is_reported_on_streams_at_rest() {
    let (mut world, mut publisher, mut subscriber) = World::call();
    publisher.stream_video(&mut world, 1..30, true);
    report(&mut world, &mut publisher, VIDEO_SSRC, PUBLISHER_EPOCH, 0);
    world.pass_ms(15_000);
    publisher.reports(&mut world);
    subscriber.reports(&mut world);
    world.pass_ms(10_000);
    assert!(publisher.reports(&mut world).is_empty());
    assert!(subscriber.reports(&mut world).is_empty());
}

#[test]
fn the_sender_is_told_its_losses_and_its_last_report() {
    let (mut world, mut publisher, _subscriber) = World::call();
    for seq in (1..60).filter(|seq| seq % 4 != 0) {
        publisher.send_video(&mut world, seq, seq == 1);
        if seq == 25 {
            report(&mut world, &mut publisher, VIDEO_SSRC, PUBLISHER_EPOCH, 0);
        }
        world.pass_ms(33);
    }
    let compounds = publisher.reports(&mut world);
    let blocks = blocks(&compounds, VIDEO_SSRC);
    assert!(blocks.len() >= 2);
    let last = blocks.last().unwrap();
    assert!((50..=70).contains(&last.fraction_lost), "a quarter: {}", last.fraction_lost);
    assert_eq!(last.lsr, NtpTime(PUBLISHER_EPOCH).middle());
    assert!(last.dlsr > 0 && last.dlsr < 3 << 16);
    assert_eq!(last.highest_seq >> 16, 0);
}

#[test]
fn the_round_trip_is_measured_by_reports_both_ways() {
    let (mut world, mut publisher, mut subscriber) = World::call();
    publish_both(&mut world, &mut publisher);
    let compounds = subscriber.reports(&mut world);
    let last = *sender_reports(&compounds, Ssrc(0x10_0001)).last().unwrap();
    let sent_at = (last.ntp.0 - 1_000 * SECOND) as f64 / SECOND as f64;
    let elapsed = world.elapsed().as_secs_f64() - sent_at;
    // The receiver says that it held the report for all of the time since but 80 ms.
    let block = ReportBlock {
        ssrc: Ssrc(0x10_0001),
        fraction_lost: 26,
        cumulative_lost: 5,
        highest_seq: 100,
        jitter: 90,
        lsr: last.ntp.middle(),
        dlsr: ((elapsed - 0.080) * 65_536.0) as u32,
    };
    subscriber.send_rtcp(&mut world, |writer| {
        writer.receiver_report(Ssrc(1), &[block]).expect("it fits");
    });
    let stream = world.consumer_stats(1).stream;
    assert!((stream.round_trip_ms.unwrap() - 80.0).abs() < 1.0, "{:?}", stream.round_trip_ms);
    assert_eq!((stream.packets_lost, stream.jitter_ms), (5, 1.0));
    assert!((stream.fraction_lost - 0.1).abs() < 0.01);
}

#[test]
fn a_publisher_that_answers_our_reference_time_gives_the_round_trip() {
    let (mut world, mut publisher, _subscriber) = World::call();
    publisher.stream_video(&mut world, 1..60, true);
    let compounds = publisher.reports(&mut world);
    let references = compounds.iter().flat_map(|compound| rtcp::packets(compound)).filter_map(|packet| {
        let Packet::Xr(xr) = packet.unwrap() else { return None };
        let ntp = xr.blocks().find_map(|block| match block {
            XrBlock::Rrtr(ntp) => Some(ntp),
            _ => None,
        })?;
        Some((xr.sender, ntp))
    });
    let (ssrc, ntp) = references.last().expect("a reference time");
    let sent_at = (ntp.0 - 1_000 * SECOND) as f64 / SECOND as f64;
    let elapsed = world.elapsed().as_secs_f64() - sent_at;
    let answer = Dlrr { ssrc, lrr: ntp.middle(), dlrr: ((elapsed - 0.040).max(0.0) * 65_536.0) as u32 };
    world.pass_ms(40);
    publisher.send_rtcp(&mut world, |writer| writer.xr_dlrr(Ssrc(1), &[answer]).expect("it fits"));
    let trip = world.transport_stats(publisher.id).round_trip_ms.unwrap();
    assert!((trip - 80.0).abs() < 45.0, "{trip}");
}

#[test]
fn a_receivers_reference_time_is_answered() {
    let (mut world, _publisher, mut subscriber) = World::call();
    let ntp = NtpTime(77 * SECOND + SECOND / 2);
    subscriber.send_rtcp(&mut world, |writer| {
        writer.receiver_report(Ssrc(55), &[]).expect("it fits");
        writer.xr_rrtr(Ssrc(55), ntp).expect("it fits");
    });
    world.pass_ms(1_000);
    let compounds = subscriber.reports(&mut world);
    let answers: Vec<Dlrr> = compounds
        .iter()
        .flat_map(|compound| rtcp::packets(compound))
        .filter_map(|packet| match packet.unwrap() {
            Packet::Xr(xr) => Some(xr.blocks().collect::<Vec<_>>()),
            _ => None,
        })
        .flatten()
        .filter_map(|block| match block {
            XrBlock::Dlrr(answers) => answers.answers().next(),
            _ => None,
        })
        .collect();
    assert_eq!(answers.len(), 1);
    assert_eq!((answers[0].ssrc, answers[0].lrr), (Ssrc(55), ntp.middle()));
    assert!(answers[0].dlrr > 0 && answers[0].dlrr <= 1 << 15);
}

#[test]
fn every_compound_begins_with_a_report_and_names_its_source_where_that_is_asked_for() {
    let mut world = World::new();
    let (mut publisher, mut subscriber) = (world.connect(1), world.connect(2));
    let mut parameters = video_parameters();
    parameters.reduced_size_rtcp = false;
    world.produce(&publisher, VIDEO, parameters);
    world.consume(&subscriber, 1, VIDEO, video_out(1));
    for seq in [1, 2, 4, 8] {
        let values = ExtensionValues { transport_seq: Some(seq as u16), ..Default::default() };
        publisher.send_video_with(&mut world, seq, seq == 1, &values);
        world.pass_ms(100);
    }
    let compounds = publisher.reports(&mut world);
    assert!(compounds.len() >= 3);
    for compound in &compounds {
        let packets: Vec<_> = rtcp::packets(compound).map(Result::unwrap).collect();
        assert!(matches!(packets[0], Packet::ReceiverReport(_)), "{packets:?}");
        assert!(matches!(packets[1], Packet::Sdes(_)), "{packets:?}");
    }
    subscriber.receive(&mut world);
}

#[test]
fn a_sender_with_transport_cc_is_told_every_arrival() {
    let (mut world, mut publisher, _subscriber) = World::call();
    for seq in 1..101u64 {
        let values = ExtensionValues { transport_seq: Some(seq as u16), ..Default::default() };
        publisher.send_video_with(&mut world, seq, seq == 1, &values);
        world.pass_ms(10);
    }
    world.pass_ms(200);
    let mut arrived = Vec::new();
    for compound in publisher.reports(&mut world) {
        for packet in rtcp::packets(&compound) {
            match packet.unwrap() {
                Packet::TransportCc(feedback) => {
                    let seqs = feedback.arrivals().filter(|(_, delta)| delta.is_some());
                    arrived.extend(seqs.map(|(seq, _)| seq));
                }
                Packet::Remb(_) => panic!("a sender that estimates itself wants no estimate"),
                _ => {}
            }
        }
    }
    assert_eq!(arrived, (1..101).collect::<Vec<u16>>());
}

#[test]
fn a_sender_without_transport_cc_is_told_an_estimate() {
    let mut world = World::new();
    let mut publisher = world.connect(1);
    let mut parameters = video_parameters();
    parameters.codecs = vec![codec(Codec::Vp8, 96, Some(97))];
    parameters.codecs[0].rtcp_feedback = vec![RtcpFeedback::Nack, RtcpFeedback::Pli, RtcpFeedback::Remb];
    world.produce(&publisher, VIDEO, parameters);
    for seq in 1..301u64 {
        let sent_at = (seq * 10 * (1 << 18) / 1_000) as u32;
        let values = ExtensionValues { abs_send_time: Some(sent_at), ..Default::default() };
        publisher.send_video_with(&mut world, seq, seq == 1, &values);
        world.pass_ms(10);
    }
    let mut estimates = Vec::new();
    for compound in publisher.reports(&mut world) {
        for packet in rtcp::packets(&compound) {
            if let Packet::Remb(remb) = packet.unwrap() {
                assert!(remb.ssrcs().any(|ssrc| ssrc == VIDEO_SSRC));
                estimates.push(remb.bitrate_bps);
            }
        }
    }
    assert!(estimates.len() >= 2, "{estimates:?}");
}

#[test]
fn loss_told_by_receivers_lowers_the_quality() {
    let (mut world, _publisher, mut subscriber) = World::call();
    let block = ReportBlock {
        ssrc: Ssrc(0x10_0001),
        fraction_lost: 60,
        cumulative_lost: 5,
        highest_seq: 100,
        jitter: 90,
        lsr: 0,
        dlsr: 0,
    };
    for _ in 0..5 {
        subscriber
            .send_rtcp(&mut world, |writer| writer.receiver_report(Ssrc(1), &[block]).expect("it fits"));
        world.pass_ms(1_000);
    }
    let id = subscriber.id;
    let mut qualities = world.notifications.iter().filter_map(|notification| match notification {
        Notification::TransportQuality { transport_id, quality } if *transport_id == id => Some(*quality),
        _ => None,
    });
    assert_eq!(qualities.next_back(), Some(Quality::Poor));
}

#[test]
fn a_goodbye_lets_another_source_take_a_learned_stream_over_at_once() {
    let mut world = World::new();
    let (mut publisher, mut subscriber) = (world.connect(1), world.connect(2));
    let mut parameters = video_parameters();
    parameters.encodings = vec![Encoding::default()];
    world.produce(&publisher, VIDEO, parameters);
    world.produce(&publisher, AUDIO, audio_parameters());
    world.consume(&subscriber, 1, VIDEO, video_out(1));
    publisher.send_video(&mut world, 1, true);
    publisher.send_rtcp(&mut world, |writer| writer.bye(&[VIDEO_SSRC]).expect("it fits"));
    let header = motet_rtp::RtpHeader { ssrc: Ssrc(0x99), ..peer::video_header(9) };
    publisher.send_rtp(&mut world, (header, 9), &ExtensionValues::default(), &peer::frame(9, true));
    assert_eq!(peer::numbers(&subscriber.media(&mut world)), [1, 9]);
}
