//! Whole workers in a simulated world: a clock that jumps, a network that loses, and str0m peers that share no code with the
//! server.
//!
//! A [`Scenario`] holds one [`motet_worker::Worker`] with [`SimSockets`], a [`Network`] and peers. Peers negotiate through
//! `motet-sdp`, as participants of a room do, and speak ICE, DTLS 1.3, SRTP and RTCP to the worker datagram by datagram.
//! [`Scenario::run_for`] lets time pass: it jumps from one thing that is due to the next.
//!
//! # Same seed, same bytes
//!
//! Whatever chance there is comes from the scenario's seed: the network's draws, ids, SSRCs and ICE credentials on the
//! worker's side, the worker's own seed, and everything that str0m draws apart from DTLS. The time is the scenario's,
//! counted from a base [`std::time::Instant`] which is all that is ever taken from the machine.
//!
//! Two runs of one seed from one base, in one process, are the same in: each datagram's time, ends, order and length, the
//! bytes of STUN, RTP headers and what they carry in clear; each RTP and RTCP packet as peers write it before sealing
//! and read it after opening; each notification. [`Journal`] holds just that. Not the same are:
//!
//! - the DTLS handshakes: key shares and signatures come from the system's randomness, and a signature's length varies by a
//!   byte or two. By that the bytes of whatever is sealed differ too. So that this changes nothing else, the network draws
//!   the fate of DTLS datagrams from a stream of its own and takes them all for equally long; where a handshake's datagram
//!   is lost, its library's timers still jitter as they like;
//! - what str0m leaves to the order of its hash maps: which of a peer's SSRCs speaks in RTCP, the order of reports in a
//!   compound, and the order in which lost packets of several video streams on one connection are asked for. The journal
//!   leaves out the first two; a scenario that is to be compared has one video stream for each connection and is connected
//!   before its network begins to lose. Nothing of the worker's is in that order;
//! - wall-clock times between processes: str0m ties the base to the machine's wall clock, once for a process.

mod chance;
mod connection;
mod datagram;
mod frame;
mod journal;
mod link;
mod media;
mod network;
mod peer;
mod publishing;
mod scenario;
mod sockets;
mod subscribing;

pub use chance::Chance;
pub use datagram::Datagram;
pub use frame::Name;
pub use journal::Journal;
pub use link::{Conditions, LinkCounts};
pub use media::Media;
pub use network::{Network, Way};
pub use peer::{Half, Mode, PeerId, PeerSetup, TrackId};
pub use publishing::Report;
pub use scenario::{ROUTER, Scenario, WORKER_IPV4, WORKER_IPV6, WORKER_PORT};
pub use sockets::{SimOutbox, SimSockets};
pub use subscribing::{Received, Seen};
