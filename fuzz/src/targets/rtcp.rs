//! RTCP compounds: every iterator ends, and what is read can be written and read again.

use std::collections::BTreeSet;

use motet_rtp::rtcp::{self, Full, Packet, TransportCcFeedback, TransportCcView, Writer, XrBlock};

/// Longest input that is looked at, in bytes: a run of lost packets takes two, and each is walked over.
const LEN_MAX: usize = 2048;

/// Reads `data` as a compound.
pub fn rtcp(data: &[u8]) {
    let data = &data[..data.len().min(LEN_MAX)];
    for packet in rtcp::packets(data) {
        match packet {
            Ok(packet) => check(packet),
            Err(error) => assert!(error.reason().starts_with("rtcp_")),
        }
    }
}

fn check(packet: Packet<'_>) {
    match packet {
        Packet::SenderReport(report) => {
            let blocks: Vec<_> = report.blocks().collect();
            again(|writer| writer.sender_report(report.sender, &report.info, &blocks), |packet| {
                matches!(packet, Packet::SenderReport(r) if r.info == report.info && r.blocks().eq(report.blocks()))
            });
        }
        Packet::ReceiverReport(report) => {
            let blocks: Vec<_> = report.blocks().collect();
            again(|writer| writer.receiver_report(report.sender, &blocks), |packet| {
                matches!(packet, Packet::ReceiverReport(r) if r.blocks().eq(report.blocks()))
            });
        }
        Packet::Sdes(sdes) => sdes.chunks().for_each(|chunk| {
            let _ = (chunk.cname(), chunk.items().count());
        }),
        Packet::Bye(bye) => {
            let ssrcs: Vec<_> = bye.ssrcs().collect();
            if !ssrcs.is_empty() {
                again(|writer| writer.bye(&ssrcs), |packet| {
                    matches!(packet, Packet::Bye(b) if b.ssrcs().eq(bye.ssrcs()))
                });
            }
        }
        Packet::Nack(nack) => {
            let lost: BTreeSet<u16> = nack.lost().collect();
            if !lost.is_empty() {
                again(|writer| writer.nack(nack.sender, nack.media, lost.iter().copied()), |packet| {
                    matches!(packet, Packet::Nack(n) if n.lost().collect::<BTreeSet<_>>() == lost)
                });
            }
        }
        Packet::TransportCc(feedback) => check_transport_cc(feedback),
        Packet::Pli { sender, media } => again(|writer| writer.pli(sender, media), |packet| {
            matches!(packet, Packet::Pli { sender: s, media: m } if (s, m) == (sender, media))
        }),
        Packet::Fir(fir) => fir.entries().for_each(|entry| {
            again(|writer| writer.fir(fir.sender, entry.ssrc, entry.seq), |packet| {
                matches!(packet, Packet::Fir(f) if f.entries().eq([entry]))
            });
        }),
        Packet::Remb(remb) => {
            let ssrcs: Vec<_> = remb.ssrcs().collect();
            again(|writer| writer.remb(remb.sender, remb.bitrate_bps, &ssrcs), |packet| {
                matches!(packet, Packet::Remb(r) if r.bitrate_bps <= remb.bitrate_bps && r.ssrcs().eq(remb.ssrcs()))
            });
        }
        Packet::Xr(xr) => xr.blocks().for_each(check_xr_block),
        Packet::Unknown { count, .. } => assert!(count < 32),
    }
}

fn check_transport_cc(feedback: TransportCcView<'_>) {
    let arrivals: Vec<_> = feedback.arrivals().map(|(_, delta)| delta).collect();
    assert_eq!(arrivals.len(), usize::from(feedback.status_count));
    if arrivals.is_empty() {
        return;
    }
    let written = TransportCcFeedback {
        base_seq: feedback.base_seq,
        reference_time_64ms: feedback.reference_time_64ms,
        feedback_count: feedback.feedback_count,
        arrivals: &arrivals,
    };
    again(|writer| writer.transport_cc(feedback.sender, feedback.media, &written), |packet| {
        matches!(packet, Packet::TransportCc(f) if f.arrivals().eq(feedback.arrivals()))
    });
}

fn check_xr_block(block: XrBlock<'_>) {
    let sender = motet_rtp::Ssrc(1);
    match block {
        XrBlock::Rrtr(ntp) => again(|writer| writer.xr_rrtr(sender, ntp), |packet| {
            matches!(packet, Packet::Xr(xr) if xr.blocks().any(|b| matches!(b, XrBlock::Rrtr(n) if n == ntp)))
        }),
        XrBlock::Dlrr(dlrr) => {
            let answers: Vec<_> = dlrr.answers().collect();
            if !answers.is_empty() {
                again(|writer| writer.xr_dlrr(sender, &answers), |packet| {
                    let same = |block| matches!(block, XrBlock::Dlrr(d) if d.answers().eq(dlrr.answers()));
                    matches!(packet, Packet::Xr(xr) if xr.blocks().any(same))
                });
            }
        }
        XrBlock::Unknown { content, .. } => assert!(content.len().is_multiple_of(4)),
    }
}

/// Writes one packet and reads it again: it must be there alone, and `is_same`.
fn again(
    write: impl FnOnce(&mut Writer<'_>) -> Result<(), Full>,
    is_same: impl FnOnce(Packet<'_>) -> bool,
) {
    let mut out = [0; 8 * LEN_MAX];
    let mut writer = Writer::new(&mut out);
    if write(&mut writer).is_err() {
        return;
    }
    let mut packets = rtcp::packets(writer.finish());
    let packet = packets.next().expect("a packet was written").expect("what is written can be read");
    assert!(is_same(packet), "{packet:?}");
    assert!(packets.next().is_none());
}
