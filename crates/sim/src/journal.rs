//! What happened, line by line, to compare two runs of one seed.

use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hasher as _};
use std::time::Instant;

use motet_control::Notification;
use motet_rtp::is_rtcp;
use str0m::rtp::RawPacket;
use str0m::rtp::rtcp::{Rtcp, Twcc};

use crate::datagram::Datagram;
use crate::peer::{Half, PeerId};
use crate::scenario::WORKER_PORT;

/// Each datagram sent, with its time, ends, length and whatever of its bytes no key covers; each notification; each RTP and
/// RTCP packet as a peer wrote it before sealing or read it after opening.
///
/// Datagrams of DTLS stand in it without length and bytes: see [`Datagram::is_dtls`]. Of the RTCP that str0m sends it
/// leaves out what differs from run to run by the order of str0m's hash maps: which SSRC speaks for a peer that has
/// several, and the order of reports within one compound.
pub struct Journal {
    base: Instant,
    lines: Vec<String>,
    /// What peers said in RTCP since the last line; sorted before it is told.
    sent_rtcp: Vec<String>,
}

impl Journal {
    pub(crate) fn new(base: Instant) -> Self {
        Self { base, lines: Vec::new(), sent_rtcp: Vec::new() }
    }

    /// One line for each thing that happened.
    pub fn lines(&self) -> &[String] {
        &self.lines
    }

    /// A number that differs where any line does.
    pub fn hash(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        for line in &self.lines {
            hasher.write(line.as_bytes());
            hasher.write_u8(b'\n');
        }
        hasher.finish()
    }

    pub(crate) fn note_datagram(&mut self, now: Instant, datagram: &Datagram) {
        let Datagram { protocol, source, destination, bytes } = datagram;
        let len = if datagram.is_dtls() { 0 } else { bytes.len() };
        let class = datagram.class();
        let mut line = self.stamp(now);
        let _ = write!(line, "{protocol:?} {source} > {destination} {class:?} {len} ");
        // What a peer's RTCP says stands in the journal as the peer wrote it.
        if source.port() == WORKER_PORT || !is_rtcp(bytes) {
            push_hex(&mut line, datagram.visible());
        }
        self.push(line);
    }

    pub(crate) fn note_notification(&mut self, now: Instant, notification: &Notification) {
        let line = format!("{}{notification:?}", self.stamp(now));
        self.push(line);
    }

    pub(crate) fn note_raw(&mut self, now: Instant, peer: PeerId, half: Half, packet: &RawPacket) {
        let mut line = self.stamp(now);
        let _ = write!(line, "{peer:?} {half:?} ");
        match packet {
            RawPacket::RtcpTx(rtcp) => {
                self.sent_rtcp.extend(sent_parts(rtcp).map(|part| format!("{line}sent {part}")));
                return;
            }
            RawPacket::RtcpRx(rtcp) => drop(write!(line, "got {rtcp:?}")),
            RawPacket::RtpTx(header, payload) => {
                let _ = write!(line, "sent {header:?} ");
                push_hex(&mut line, payload);
            }
            RawPacket::RtpRx(header, payload) => {
                let _ = write!(line, "got {header:?} ");
                push_hex(&mut line, payload);
            }
        }
        self.push(line);
    }

    /// Appends a line, and before it, in order, whatever RTCP was sent since the last.
    fn push(&mut self, line: String) {
        self.sent_rtcp.sort_unstable();
        self.lines.append(&mut self.sent_rtcp);
        self.lines.push(line);
    }

    fn stamp(&self, now: Instant) -> String {
        format!("{:>12} ", now.saturating_duration_since(self.base).as_nanos())
    }
}

/// What str0m says in RTCP, without what it leaves to the order of a hash map: which of a peer's SSRCs speaks for all, and
/// which stream is reported on first.
fn sent_parts(rtcp: &Rtcp) -> Box<dyn Iterator<Item = String> + '_> {
    match rtcp {
        Rtcp::SenderReport(report) => {
            let blocks = report.reports.iter().map(|block| format!("{block:?}"));
            Box::new(blocks.chain([format!("{:?}", report.sender_info)]))
        }
        Rtcp::ReceiverReport(report) => Box::new(report.reports.iter().map(|block| format!("{block:?}"))),
        Rtcp::SourceDescription(sdes) => Box::new(sdes.reports.iter().map(|chunk| format!("{chunk:?}"))),
        Rtcp::ExtendedReport(report) => Box::new(report.blocks.iter().map(|block| format!("{block:?}"))),
        Rtcp::Nack(nack) => Box::new([format!("{:?} {:?}", nack.ssrc, nack.reports)].into_iter()),
        Rtcp::Pli(pli) => Box::new([format!("pli {:?}", pli.ssrc)].into_iter()),
        Rtcp::Twcc(twcc) => {
            let unnamed = Twcc { ssrc: 0.into(), sender_ssrc: 0.into(), ..twcc.clone() };
            Box::new([format!("{unnamed:?}")].into_iter())
        }
        other => Box::new([format!("{other:?}")].into_iter()),
    }
}

fn push_hex(line: &mut String, bytes: &[u8]) {
    for byte in bytes {
        let _ = write!(line, "{byte:02x}");
    }
}
