//! Which peers may be relayed to.

mod network;
mod ranges;

use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;

pub use network::{Network, NetworkError};
use ranges::{check_builtin, embedded};

use crate::reasons;

/// Which peers may be relayed to. By default: public addresses only. What is refused and why: [`Refusal`].
///
/// In this order: `denied` refuses; the unspecified address, multicast, broadcast, IPv4-mapped addresses and IPv6 forms of refused IPv4
/// ones are refused whatever is allowed; `own` is refused; what is public is allowed; `allowed` allows the rest (a cloud's metadata service
/// only if it is named as a single address, as 169.254.169.254/32).
#[derive(Clone, Debug, Default)]
pub struct PeerPolicy {
    /// Peers that would be refused and are not.
    pub allowed: Vec<AllowedPeer>,
    /// Peers that are refused whatever else is said.
    pub denied: Vec<Network>,
    /// The server's own listening sockets, so that nobody reaches them with the server's address.
    pub own: Vec<SocketAddr>,
}

/// Peers that may be relayed to though they are private: a network, or the media address of a server beside this one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowedPeer {
    /// Which addresses.
    pub network: Network,
    /// Which of their ports; none: all.
    pub ports: Option<RangeInclusive<u16>>,
}

reasons! {
    /// Why a peer may not be relayed to.
    pub enum Refusal {
        /// 127.0.0.0/8, ::1.
        Loopback => "loopback",
        /// 0.0.0.0/8, ::.
        Unspecified => "unspecified",
        /// 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16.
        Private => "private",
        /// 100.64.0.0/10: behind a carrier's NAT.
        SharedSpace => "shared_space",
        /// 169.254.0.0/16, fe80::/10, and fec0::/10 of old.
        LinkLocal => "link_local",
        /// fc00::/7.
        UniqueLocal => "unique_local",
        /// 224.0.0.0/4, ff00::/8.
        Multicast => "multicast",
        /// 255.255.255.255.
        Broadcast => "broadcast",
        /// Where clouds tell a machine its secrets.
        CloudMetadata => "cloud_metadata",
        /// Set aside by IANA: protocol assignments, benchmarks, documentation, 240.0.0.0/4, 100::/64.
        Reserved => "reserved",
        /// An IPv4 address in IPv6's clothes (::ffff:0:0/96, ::/96), whatever it is: a peer has one name.
        Ipv4Mapped => "ipv4_mapped",
        /// One of the server's own listening sockets.
        OwnListener => "own_listener",
        /// Denied by the configuration.
        Denied => "denied",
        /// Port 0.
        NoPort => "no_port",
        /// Allowed on other ports only.
        OtherPort => "other_port",
    }
}

/// How far a peer's address is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Grant {
    /// All its ports.
    EveryPort,
    /// Some of its ports: each is judged by itself, in both directions.
    SomePorts,
}

impl PeerPolicy {
    /// Whether this peer may be sent to.
    pub fn check(&self, peer: SocketAddr) -> Result<(), Refusal> {
        if peer.port() == 0 {
            return Err(Refusal::NoPort);
        }
        let ip = peer.ip();
        self.check_never(ip)?;
        let is_own = |own: &SocketAddr| own.port() == peer.port() && is_same_host(own.ip(), ip);
        if self.own.iter().any(is_own) {
            return Err(Refusal::OwnListener);
        }
        let Err(refusal) = check_builtin(ip) else { return Ok(()) };
        let mut rules = self.allowed_at(ip, refusal).peekable();
        if rules.peek().is_none() {
            return Err(refusal);
        }
        let is_open = rules.any(|rule| rule.ports.as_ref().is_none_or(|ports| ports.contains(&peer.port())));
        if is_open { Ok(()) } else { Err(Refusal::OtherPort) }
    }

    /// Whether any port of this address may be sent to, which is what a permission asks.
    pub(crate) fn grant(&self, ip: IpAddr) -> Result<Grant, Refusal> {
        self.check_never(ip)?;
        let is_own = self.own.iter().any(|own| is_same_host(own.ip(), ip));
        let is_limited = match check_builtin(ip) {
            Ok(()) => false,
            Err(refusal) => {
                let mut rules = self.allowed_at(ip, refusal).peekable();
                if rules.peek().is_none() {
                    return Err(refusal);
                }
                rules.all(|rule| rule.ports.is_some())
            }
        };
        Ok(if is_own || is_limited { Grant::SomePorts } else { Grant::EveryPort })
    }

    /// What nothing opens.
    fn check_never(&self, ip: IpAddr) -> Result<(), Refusal> {
        let is_denied = |ip| self.denied.iter().any(|network| network.contains(ip));
        if is_denied(ip) || embedded(ip).is_some_and(|inner| is_denied(inner.into())) {
            return Err(Refusal::Denied);
        }
        match check_builtin(ip) {
            Err(refusal) if refusal.is_final() || embedded(ip).is_some() => Err(refusal),
            _ => Ok(()),
        }
    }

    /// The rules that open an address which would be refused for this reason.
    fn allowed_at(&self, ip: IpAddr, refusal: Refusal) -> impl Iterator<Item = &AllowedPeer> {
        let must_be_single = refusal == Refusal::CloudMetadata;
        self.allowed
            .iter()
            .filter(move |rule| rule.network.contains(ip) && (rule.network.is_single() || !must_be_single))
    }
}

impl Refusal {
    /// Whether no rule opens it: what is no host, and addresses under another name.
    const fn is_final(self) -> bool {
        matches!(self, Self::Unspecified | Self::Multicast | Self::Broadcast | Self::Ipv4Mapped)
    }
}

/// Whether two addresses are one host's: the same, or the same behind a translation.
fn is_same_host(own: IpAddr, peer: IpAddr) -> bool {
    own == peer || embedded(peer).is_some_and(|inner| own == IpAddr::V4(inner))
}
