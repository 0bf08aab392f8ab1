//! What happened, line by line, to compare two runs of one seed.

use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hasher as _};
use std::time::Instant;

use motet_control::Notification;
use str0m::rtp::RawPacket;

use crate::datagram::Datagram;
use crate::peer::{Half, PeerId};

/// Each datagram sent, with its time, ends, length and whatever of its bytes no key covers; each notification; each RTP and
/// RTCP packet as a peer wrote it before sealing or read it after opening.
///
/// Datagrams of DTLS stand in it without length and bytes: see [`Datagram::is_dtls`].
pub struct Journal {
    base: Instant,
    lines: Vec<String>,
}

impl Journal {
    pub(crate) fn new(base: Instant) -> Self {
        Self { base, lines: Vec::new() }
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
        push_hex(&mut line, datagram.visible());
        self.lines.push(line);
    }

    pub(crate) fn note_notification(&mut self, now: Instant, notification: &Notification) {
        let line = format!("{}{notification:?}", self.stamp(now));
        self.lines.push(line);
    }

    pub(crate) fn note_raw(&mut self, now: Instant, peer: PeerId, half: Half, packet: &RawPacket) {
        let mut line = self.stamp(now);
        let _ = write!(line, "{peer:?} {half:?} ");
        match packet {
            RawPacket::RtcpTx(rtcp) => drop(write!(line, "sent {rtcp:?}")),
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
        self.lines.push(line);
    }

    fn stamp(&self, now: Instant) -> String {
        format!("{:>12} ", now.saturating_duration_since(self.base).as_nanos())
    }
}

fn push_hex(line: &mut String, bytes: &[u8]) {
    for byte in bytes {
        let _ = write!(line, "{byte:02x}");
    }
}
