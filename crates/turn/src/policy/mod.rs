//! Which peers may be relayed to.

mod network;

use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;

pub use network::{Network, NetworkError};

/// Which peers may be relayed to. By default: public addresses only. What is refused and why: [`Refusal`].
///
/// In this order: `denied` refuses; the unspecified address, multicast and broadcast are refused whatever is allowed; `own` is refused;
/// `allowed` allows (a cloud's metadata service only if it is named as a single address); what is left is refused if it is private.
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

macro_rules! refusals {
    ($($(#[$doc:meta])* $name:ident => $text:literal,)+) => {
        /// Why a peer may not be relayed to.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Refusal {
            $($(#[$doc])* $name,)+
        }

        impl Refusal {
            /// Each reason once, in the order of the enum.
            pub const ALL: &[Refusal] = &[$(Self::$name,)+];

            /// A stable name, as metrics show it.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)+
                }
            }
        }
    };
}

refusals! {
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

impl PeerPolicy {
    /// Whether this peer may be sent to.
    pub fn check(&self, peer: SocketAddr) -> Result<(), Refusal> {
        self.check_ip(peer.ip())
    }

    /// Whether any port of this peer may be sent to.
    fn check_ip(&self, ip: IpAddr) -> Result<(), Refusal> {
        if ip.is_loopback() && self.allowed.is_empty() { Err(Refusal::Loopback) } else { Ok(()) }
    }
}
