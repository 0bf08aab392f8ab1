//! Addresses as the XOR-… attributes write them (RFC 8489 section 14.2).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::{MAGIC_COOKIE, TransactionId};

/// An address family, by IANA's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Family {
    V4 = 1,
    V6 = 2,
}

impl Family {
    pub(crate) fn of(ip: IpAddr) -> Self {
        if ip.is_ipv4() { Self::V4 } else { Self::V6 }
    }

    /// From REQUESTED-ADDRESS-FAMILY and its like: a number, then three bytes that mean nothing.
    pub(crate) fn read(value: &[u8]) -> Option<Result<Self, UnknownFamily>> {
        match value {
            [1, _, _, _] => Some(Ok(Self::V4)),
            [2, _, _, _] => Some(Ok(Self::V6)),
            [_, _, _, _] => Some(Err(UnknownFamily)),
            _ => None,
        }
    }
}

/// A family that IANA has not numbered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct UnknownFamily;

/// Reads a XOR-PEER-ADDRESS.
pub(crate) fn read_xor_address(value: &[u8], transaction: &TransactionId) -> Option<SocketAddr> {
    let (&[_, family, port_high, port_low], address) = value.split_first_chunk::<4>()?;
    let port = u16::from_be_bytes([port_high ^ MAGIC_COOKIE[0], port_low ^ MAGIC_COOKIE[1]]);
    let ip = match (family, address.len()) {
        (1, 4) => {
            let bits = u32::from_be_bytes(address.try_into().ok()?) ^ u32::from_be_bytes(MAGIC_COOKIE);
            IpAddr::V4(Ipv4Addr::from_bits(bits))
        }
        (2, 16) => {
            let bits = u128::from_be_bytes(address.try_into().ok()?) ^ mask_v6(transaction);
            IpAddr::V6(Ipv6Addr::from_bits(bits))
        }
        _ => return None,
    };
    Some(SocketAddr::new(ip, port))
}

/// Writes the value of a XOR-… address, and says how long it is.
pub(crate) fn write_xor_address(
    address: SocketAddr,
    transaction: &TransactionId,
    out: &mut [u8; 20],
) -> usize {
    let port = (address.port() ^ 0x2112).to_be_bytes();
    out[..4].copy_from_slice(&[0, Family::of(address.ip()) as u8, port[0], port[1]]);
    match address.ip() {
        IpAddr::V4(ip) => {
            let bits = ip.to_bits() ^ u32::from_be_bytes(MAGIC_COOKIE);
            out[4..8].copy_from_slice(&bits.to_be_bytes());
            8
        }
        IpAddr::V6(ip) => {
            out[4..].copy_from_slice(&(ip.to_bits() ^ mask_v6(transaction)).to_be_bytes());
            20
        }
    }
}

fn mask_v6(transaction: &TransactionId) -> u128 {
    let mut mask = [0; 16];
    mask[..4].copy_from_slice(&MAGIC_COOKIE);
    mask[4..].copy_from_slice(transaction);
    u128::from_be_bytes(mask)
}
