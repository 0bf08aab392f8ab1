//! Which addresses are nobody's on the public Internet, and which IPv6 addresses are IPv4 ones in other clothes.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::Refusal;

/// Where clouds tell a machine its secrets, and configure it: AWS (and most others), its container and pod variants, Oracle, Alibaba,
/// Azure.
const METADATA_V4: &[Ipv4Addr] = &[
    Ipv4Addr::new(169, 254, 169, 254),
    Ipv4Addr::new(169, 254, 170, 2),
    Ipv4Addr::new(169, 254, 170, 23),
    Ipv4Addr::new(192, 0, 0, 192),
    Ipv4Addr::new(100, 100, 100, 200),
    Ipv4Addr::new(168, 63, 129, 16),
];
/// The same in IPv6: AWS, its pod variant, Google, Scaleway.
const METADATA_V6: &[Ipv6Addr] = &[
    Ipv6Addr::new(0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x254),
    Ipv6Addr::new(0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x23),
    Ipv6Addr::new(0xfd20, 0x00ce, 0, 0, 0, 0, 0, 0x254),
    Ipv6Addr::new(0xfd00, 0x0042, 0, 0, 0, 0, 0, 0x42),
];

/// IPv4 blocks and why they are refused, the narrower ones first.
const BLOCKS_V4: &[(Ipv4Addr, u32, Refusal)] = &[
    (Ipv4Addr::BROADCAST, 32, Refusal::Broadcast),
    (Ipv4Addr::new(0, 0, 0, 0), 8, Refusal::Unspecified),
    (Ipv4Addr::new(10, 0, 0, 0), 8, Refusal::Private),
    (Ipv4Addr::new(100, 64, 0, 0), 10, Refusal::SharedSpace),
    (Ipv4Addr::new(127, 0, 0, 0), 8, Refusal::Loopback),
    (Ipv4Addr::new(169, 254, 0, 0), 16, Refusal::LinkLocal),
    (Ipv4Addr::new(172, 16, 0, 0), 12, Refusal::Private),
    (Ipv4Addr::new(192, 0, 0, 0), 24, Refusal::Reserved),
    (Ipv4Addr::new(192, 0, 2, 0), 24, Refusal::Reserved),
    (Ipv4Addr::new(192, 88, 99, 0), 24, Refusal::Reserved),
    (Ipv4Addr::new(192, 168, 0, 0), 16, Refusal::Private),
    (Ipv4Addr::new(198, 18, 0, 0), 15, Refusal::Reserved),
    (Ipv4Addr::new(198, 51, 100, 0), 24, Refusal::Reserved),
    (Ipv4Addr::new(203, 0, 113, 0), 24, Refusal::Reserved),
    (Ipv4Addr::new(224, 0, 0, 0), 4, Refusal::Multicast),
    (Ipv4Addr::new(240, 0, 0, 0), 4, Refusal::Reserved),
];

/// IPv6 blocks and why they are refused.
const BLOCKS_V6: &[(Ipv6Addr, u32, Refusal)] = &[
    (Ipv6Addr::UNSPECIFIED, 128, Refusal::Unspecified),
    (Ipv6Addr::LOCALHOST, 128, Refusal::Loopback),
    // Translation under a prefix of the network's own: where the IPv4 address stands in it is not known.
    (Ipv6Addr::new(0x64, 0xff9b, 1, 0, 0, 0, 0, 0), 48, Refusal::Reserved),
    (Ipv6Addr::new(0x100, 0, 0, 0, 0, 0, 0, 0), 64, Refusal::Reserved),
    // Protocol assignments, Teredo among them.
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23, Refusal::Reserved),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32, Refusal::Reserved),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20, Refusal::Reserved),
    (Ipv6Addr::new(0x5f00, 0, 0, 0, 0, 0, 0, 0), 16, Refusal::Reserved),
    (Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0), 7, Refusal::UniqueLocal),
    (Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0), 10, Refusal::LinkLocal),
    (Ipv6Addr::new(0xfec0, 0, 0, 0, 0, 0, 0, 0), 10, Refusal::LinkLocal),
    (Ipv6Addr::new(0xff00, 0, 0, 0, 0, 0, 0, 0), 8, Refusal::Multicast),
];

/// Whether an address is a public one.
pub(super) fn check_builtin(ip: IpAddr) -> Result<(), Refusal> {
    match ip {
        IpAddr::V4(ip) => check_v4(ip),
        IpAddr::V6(ip) => check_v6(ip),
    }
}

fn check_v4(ip: Ipv4Addr) -> Result<(), Refusal> {
    if METADATA_V4.contains(&ip) {
        return Err(Refusal::CloudMetadata);
    }
    let holds = |(block, prefix_len, _): &&(Ipv4Addr, u32, Refusal)| {
        (block.to_bits() ^ ip.to_bits()) >> (32 - prefix_len) == 0
    };
    BLOCKS_V4.iter().find(holds).map_or(Ok(()), |(_, _, refusal)| Err(*refusal))
}

fn check_v6(ip: Ipv6Addr) -> Result<(), Refusal> {
    if METADATA_V6.contains(&ip) {
        return Err(Refusal::CloudMetadata);
    }
    let holds = |(block, prefix_len, _): &&(Ipv6Addr, u32, Refusal)| {
        (block.to_bits() ^ ip.to_bits()) >> (128 - prefix_len) == 0
    };
    if let Some((_, _, refusal)) = BLOCKS_V6.iter().find(holds) {
        return Err(*refusal);
    }
    if let Some(inner) = embedded(ip.into()) {
        check_v4(inner)?;
    }
    if is_v4_by_name(ip) { Err(Refusal::Ipv4Mapped) } else { Ok(()) }
}

/// The IPv4 address that an IPv6 one leads to: mapped and compatible ones, NAT64, 6to4, ISATAP.
pub(super) fn embedded(ip: IpAddr) -> Option<Ipv4Addr> {
    let IpAddr::V6(ip) = ip else { return None };
    let segments = ip.segments();
    let v4 = |high: u16, low: u16| Some(Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low)));
    match segments {
        _ if is_v4_by_name(ip) => v4(segments[6], segments[7]),
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => v4(high, low),
        [0x2002, high, low, ..] => v4(high, low),
        [.., 0x0000 | 0x0200, 0x5efe, high, low] => v4(high, low),
        _ => None,
    }
}

/// ::ffff:0:0/96, ::ffff:0:0:0/96 and ::/96 without its first two.
fn is_v4_by_name(ip: Ipv6Addr) -> bool {
    match ip.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => false,
        [0, 0, 0, 0, 0, 0 | 0xffff, ..] | [0, 0, 0, 0, 0xffff, 0, ..] => true,
        _ => false,
    }
}
