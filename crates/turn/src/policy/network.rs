//! A block of addresses.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// A block of addresses, written as `10.0.0.0/8`, or a single address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Network {
    ip: IpAddr,
    prefix_len: u8,
}

/// What is wrong with the text of a network.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NetworkError {
    /// No address before the slash.
    #[error("{0:?} is no IP address")]
    Address(String),
    /// No number, or too large a one, behind the slash.
    #[error("{0:?} is no prefix length")]
    PrefixLen(String),
    /// Bits behind the prefix: more likely a slip than a wish.
    #[error("{0} has bits set behind its prefix")]
    HostBits(String),
}

impl Network {
    /// A single address.
    pub const fn single(ip: IpAddr) -> Self {
        let prefix_len = if ip.is_ipv4() { 32 } else { 128 };
        Self { ip, prefix_len }
    }

    /// Whether it is one address and no more.
    pub const fn is_single(&self) -> bool {
        self.prefix_len == if self.ip.is_ipv4() { 32 } else { 128 }
    }

    /// Whether an address lies in it. Families never mix.
    pub fn contains(&self, ip: IpAddr) -> bool {
        match (self.ip, ip) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                host_bits(32, self.prefix_len, u128::from(own.to_bits() ^ other.to_bits())) == 0
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                host_bits(128, self.prefix_len, own.to_bits() ^ other.to_bits()) == 0
            }
            _ => false,
        }
    }
}

/// What is left of a difference of `width` bits when the bits behind the prefix are dropped.
fn host_bits(width: u32, prefix_len: u8, difference: u128) -> u128 {
    difference.checked_shr(width - u32::from(prefix_len)).unwrap_or(0)
}

impl FromStr for Network {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        let (address, prefix_len) = match text.split_once('/') {
            Some((address, prefix_len)) => (address, Some(prefix_len)),
            None => (text, None),
        };
        let ip: IpAddr = address.parse().map_err(|_| NetworkError::Address(address.to_owned()))?;
        let single = Self::single(ip);
        let Some(prefix_len) = prefix_len else { return Ok(single) };
        let network = match prefix_len.parse::<u8>() {
            Ok(prefix_len) if prefix_len <= single.prefix_len => Self { ip, prefix_len },
            _ => return Err(NetworkError::PrefixLen(prefix_len.to_owned())),
        };
        if network.masked() != ip {
            return Err(NetworkError::HostBits(text.to_owned()));
        }
        Ok(network)
    }
}

impl Network {
    fn masked(&self) -> IpAddr {
        match self.ip {
            IpAddr::V4(ip) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(self.prefix_len)).unwrap_or(0);
                IpAddr::V4((ip.to_bits() & mask).into())
            }
            IpAddr::V6(ip) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(self.prefix_len)).unwrap_or(0);
                IpAddr::V6((ip.to_bits() & mask).into())
            }
        }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_single() { write!(f, "{}", self.ip) } else { write!(f, "{}/{}", self.ip, self.prefix_len) }
    }
}
