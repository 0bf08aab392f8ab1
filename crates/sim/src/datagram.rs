//! What travels: datagrams, and frames of a TCP connection, with what of them is the same in every run of a seed.

use std::net::SocketAddr;

use motet_control::CandidateProtocol;
use motet_rtp::{PacketClass, packet_class};

/// A datagram on its way, or over TCP one frame (RFC 4571) of a connection.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Datagram {
    /// Over UDP or TCP.
    pub protocol: CandidateProtocol,
    /// From here.
    pub source: SocketAddr,
    /// To there.
    pub destination: SocketAddr,
    /// What it holds.
    pub bytes: Vec<u8>,
}

impl Datagram {
    /// A datagram over UDP.
    pub fn udp(source: SocketAddr, destination: SocketAddr, bytes: Vec<u8>) -> Self {
        Self { protocol: CandidateProtocol::Udp, source, destination, bytes }
    }

    /// Which protocol it belongs to (RFC 7983).
    pub fn class(&self) -> PacketClass {
        self.bytes.first().map_or(PacketClass::Unknown, |first| packet_class(*first))
    }

    /// Whether it is part of a DTLS association. The contents, and by a few bytes the length, of a handshake's datagrams
    /// differ from run to run: DTLS libraries draw keys and signatures from the system's randomness.
    pub fn is_dtls(&self) -> bool {
        self.class() == PacketClass::Dtls
    }

    /// What of its bytes is the same in every run of a seed: all of a STUN message, the header of an RTP packet, the
    /// first eight bytes of RTCP, nothing of DTLS. The rest is sealed under keys that no seed decides.
    pub fn visible(&self) -> &[u8] {
        let visible = match self.class() {
            PacketClass::Dtls => 0,
            PacketClass::Rtp if motet_rtp::is_rtcp(&self.bytes) => 8,
            PacketClass::Rtp => rtp_header_len(&self.bytes),
            _ => self.bytes.len(),
        };
        &self.bytes[..visible.min(self.bytes.len())]
    }
}

/// RFC 3550 section 5.1 and 5.3.1; the payload's padding cannot be checked while it is sealed.
fn rtp_header_len(bytes: &[u8]) -> usize {
    let Some(first) = bytes.first() else { return 0 };
    let fixed = 12 + 4 * usize::from(first & 0x0f);
    match bytes.get(fixed + 2..fixed + 4) {
        Some(&[high, low]) if first & 0x10 != 0 => {
            fixed + 4 + 4 * usize::from(u16::from_be_bytes([high, low]))
        }
        _ => fixed,
    }
}
