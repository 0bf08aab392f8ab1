//! A participant: a connection that publishes and one that subscribes, both made when they are first needed.

use std::net::{IpAddr, SocketAddr};

use motet_control::{CandidateProtocol, Codec};

use crate::publishing::Publishing;
use crate::subscribing::Subscribing;

/// Names a peer of a scenario for good.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct PeerId(pub(crate) usize);

/// Names a published track of a scenario for good.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TrackId(pub(crate) u32);

/// What goes into str0m and comes out of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// Whole frames: str0m packetizes, orders and puts together. All codecs.
    Frames,
    /// RTP packets as they come. VP8 and Opus.
    Packets,
}

/// Which of a peer's two connections.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Half {
    /// Sends; the peer offers.
    Publish,
    /// Receives; the worker's side offers.
    Subscribe,
}

/// How a peer is made.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct PeerSetup {
    /// See [`Mode`].
    pub mode: Mode,
    /// The one video codec that it offers to send: of several, answers name the first.
    pub video: Codec,
    /// Over UDP or TCP.
    pub protocol: CandidateProtocol,
    /// Over IPv6.
    pub is_ipv6: bool,
    /// Whether it knows transport-wide feedback.
    pub transport_cc: bool,
    /// Has str0m estimate the bandwidth up, from this rate on.
    pub bwe_from_bps: Option<u64>,
    /// Whether str0m tells what it counts, once a second.
    pub has_stats: bool,
    /// Whether signaling tells the worker another fingerprint than the peer's certificate has.
    pub forged_fingerprint: bool,
    /// DTLS 1.2, and the passive role where the peer has the choice, as str0m does by itself. The library that serves
    /// such peers reads the machine's clock for its timers: only for networks without loss.
    pub is_dtls12: bool,
}

impl Default for PeerSetup {
    /// Packets of VP8 and Opus over UDP and IPv4, with transport-wide feedback.
    fn default() -> Self {
        Self {
            mode: Mode::Packets,
            video: Codec::Vp8,
            protocol: CandidateProtocol::Udp,
            is_ipv6: false,
            transport_cc: true,
            bwe_from_bps: None,
            has_stats: false,
            forged_fingerprint: false,
            is_dtls12: false,
        }
    }
}

impl PeerSetup {
    /// [`Self::default`] with whole frames of a codec.
    pub fn frames(video: Codec) -> Self {
        Self { mode: Mode::Frames, video, ..Self::default() }
    }
}

/// See the module.
pub(crate) struct Peer {
    pub(crate) setup: PeerSetup,
    pub(crate) ip: IpAddr,
    pub(crate) publish: Option<Publishing>,
    pub(crate) subscribe: Option<Subscribing>,
}

impl Peer {
    /// The address of one of its connections.
    pub(crate) fn address(&self, half: Half) -> SocketAddr {
        let port = match half {
            Half::Publish => 40_000,
            Half::Subscribe => 40_001,
        };
        SocketAddr::new(self.ip, port)
    }

    pub(crate) fn connection(&self, half: Half) -> Option<&crate::connection::Connection> {
        match half {
            Half::Publish => self.publish.as_ref().map(|publishing| &publishing.connection),
            Half::Subscribe => self.subscribe.as_ref().map(|subscribing| &subscribing.connection),
        }
    }

    pub(crate) fn connection_mut(&mut self, half: Half) -> Option<&mut crate::connection::Connection> {
        match half {
            Half::Publish => self.publish.as_mut().map(|publishing| &mut publishing.connection),
            Half::Subscribe => self.subscribe.as_mut().map(|subscribing| &mut subscribing.connection),
        }
    }
}
