//! The worker's ICE candidates: one for each address and protocol that it listens on.

use std::net::{IpAddr, SocketAddr};

use motet_control::{CandidateProtocol, IceCandidate};

/// What a worker listens on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Listener {
    /// UDP or TCP.
    pub protocol: CandidateProtocol,
    /// The bound address.
    pub bound: SocketAddr,
    /// The address to tell peers where it differs: this host is behind a NAT that maps one to the other.
    pub announced: Option<IpAddr>,
}

/// Type preference of host candidates (RFC 8445 section 5.1.2.2).
const HOST: u32 = 126;
/// The component: RTP and RTCP share it (RFC 8445 section 13).
const COMPONENT: u32 = 1;
/// Direction preference of passive host candidates over TCP (RFC 6544 section 4.2).
const PASSIVE: u32 = 4;
/// Bits of the local preference below the direction preference (RFC 6544 section 4.2).
const TCP_PREFERENCE_BITS: u32 = 13;

/// The candidates to tell peers, best first: UDP before TCP, and within each the listeners' order. Two listeners that
/// are announced as one address are one candidate.
pub fn candidates(listeners: &[Listener]) -> Vec<IceCandidate> {
    let mut candidates: Vec<IceCandidate> = Vec::with_capacity(listeners.len());
    for protocol in [CandidateProtocol::Udp, CandidateProtocol::Tcp] {
        for listener in listeners.iter().filter(|listener| listener.protocol == protocol) {
            let ip = listener.announced.unwrap_or(listener.bound.ip());
            let port = listener.bound.port();
            let is_known =
                |other: &IceCandidate| (other.protocol, other.ip, other.port) == (protocol, ip, port);
            if !candidates.iter().any(is_known) {
                let rank = candidates.iter().filter(|other| other.protocol == protocol).count();
                candidates.push(IceCandidate { protocol, ip, port, priority: priority(protocol, rank) });
            }
        }
    }
    candidates
}

/// RFC 8445 section 5.1.2.1, with the local preference of RFC 6544 section 4.2 for TCP. `rank` counts from the best.
fn priority(protocol: CandidateProtocol, rank: usize) -> u32 {
    let lowest = (1 << TCP_PREFERENCE_BITS) - 1;
    let rank = u32::try_from(rank).unwrap_or(u32::MAX).min(lowest);
    let local_preference = match protocol {
        CandidateProtocol::Udp => 65_535 - rank,
        CandidateProtocol::Tcp => (PASSIVE << TCP_PREFERENCE_BITS) + lowest - rank,
    };
    (HOST << 24) + (local_preference << 8) + (256 - COMPONENT)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listener(protocol: CandidateProtocol, bound: &str, announced: Option<&str>) -> Listener {
        Listener {
            protocol,
            bound: bound.parse().unwrap(),
            announced: announced.map(|ip| ip.parse().unwrap()),
        }
    }

    #[test]
    fn udp_stands_above_tcp_and_earlier_addresses_above_later_ones() {
        let candidates = candidates(&[
            listener(CandidateProtocol::Udp, "10.0.0.1:5000", None),
            listener(CandidateProtocol::Tcp, "10.0.0.1:5000", None),
            listener(CandidateProtocol::Udp, "[2001:db8::1]:5000", None),
            listener(CandidateProtocol::Tcp, "[2001:db8::1]:5000", None),
        ]);
        let told: Vec<_> = candidates.iter().map(|c| (c.protocol, c.ip.is_ipv4())).collect();
        let (udp, tcp) = (CandidateProtocol::Udp, CandidateProtocol::Tcp);
        assert_eq!(told, [(udp, true), (udp, false), (tcp, true), (tcp, false)]);
        assert!(candidates.windows(2).all(|pair| pair[0].priority > pair[1].priority));
    }

    #[test]
    fn the_best_udp_candidate_has_the_priority_that_the_rfc_computes() {
        assert_eq!(priority(CandidateProtocol::Udp, 0), 2_130_706_431);
        assert_eq!(priority(CandidateProtocol::Tcp, 0), 126 * (1 << 24) + 40_959 * 256 + 255);
    }

    #[test]
    fn an_announced_address_replaces_the_bound_one_and_is_told_once() {
        let candidates = candidates(&[
            listener(CandidateProtocol::Udp, "10.0.0.1:5000", Some("203.0.113.1")),
            listener(CandidateProtocol::Udp, "10.0.0.2:5000", Some("203.0.113.1")),
            listener(CandidateProtocol::Udp, "10.0.0.3:5000", None),
        ]);
        let ips: Vec<String> = candidates.iter().map(|candidate| candidate.ip.to_string()).collect();
        assert_eq!(ips, ["203.0.113.1", "10.0.0.3"]);
    }
}
