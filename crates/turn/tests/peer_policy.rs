//! Which peers may be relayed to, in every form that an address has.

use std::net::SocketAddr;

use motet_turn::{AllowedPeer, Network, NetworkError, PeerPolicy, Refusal};
use proptest::prelude::*;

fn addr(ip: &str) -> SocketAddr {
    SocketAddr::new(ip.parse().unwrap(), 4000)
}

fn rule(network: &str) -> AllowedPeer {
    AllowedPeer { network: network.parse().unwrap(), ports: None }
}

#[test]
fn public_addresses_are_peers() {
    let policy = PeerPolicy::default();
    for ip in [
        "9.9.9.9",
        "1.1.1.1",
        "172.15.0.1",
        "172.32.0.1",
        "100.63.0.1",
        "223.255.255.255",
        "2606:4700::1",
        "2a00::1",
        "64:ff9b::909:909",
        "2002:909:909::1",
    ] {
        assert_eq!(policy.check(addr(ip)), Ok(()), "{ip}");
    }
}

#[test]
fn each_private_form_is_refused_by_its_name() {
    let cases = [
        ("127.0.0.1", Refusal::Loopback),
        ("127.255.255.254", Refusal::Loopback),
        ("::1", Refusal::Loopback),
        ("::ffff:127.0.0.1", Refusal::Loopback),
        ("64:ff9b::7f00:1", Refusal::Loopback),
        ("2002:7f00:1::", Refusal::Loopback),
        ("2606:4700::5efe:7f00:1", Refusal::Loopback),
        ("::ffff:0:127.0.0.1", Refusal::Loopback),
        ("::127.0.0.1", Refusal::Loopback),
        ("0.0.0.0", Refusal::Unspecified),
        ("0.1.2.3", Refusal::Unspecified),
        ("::", Refusal::Unspecified),
        ("::ffff:0.0.0.0", Refusal::Unspecified),
        ("10.1.2.3", Refusal::Private),
        ("172.16.0.1", Refusal::Private),
        ("172.31.255.255", Refusal::Private),
        ("192.168.1.1", Refusal::Private),
        ("64:ff9b::c0a8:101", Refusal::Private),
        ("64:ff9b:1::c0a8:101", Refusal::Reserved),
        ("100.64.0.1", Refusal::SharedSpace),
        ("100.127.255.255", Refusal::SharedSpace),
        ("169.254.1.1", Refusal::LinkLocal),
        ("fe80::1", Refusal::LinkLocal),
        ("febf::1", Refusal::LinkLocal),
        ("fec0::1", Refusal::LinkLocal),
        ("fc00::1", Refusal::UniqueLocal),
        ("fdff::1", Refusal::UniqueLocal),
        ("224.0.0.1", Refusal::Multicast),
        ("239.255.255.255", Refusal::Multicast),
        ("ff02::1", Refusal::Multicast),
        ("255.255.255.255", Refusal::Broadcast),
        ("240.0.0.1", Refusal::Reserved),
        ("198.18.0.1", Refusal::Reserved),
        ("192.0.2.1", Refusal::Reserved),
        ("2001:db8::1", Refusal::Reserved),
        ("2001:0:1::1", Refusal::Reserved),
        ("100::1", Refusal::Reserved),
        ("169.254.169.254", Refusal::CloudMetadata),
        ("::ffff:169.254.169.254", Refusal::CloudMetadata),
        ("64:ff9b::a9fe:a9fe", Refusal::CloudMetadata),
        ("100.100.100.200", Refusal::CloudMetadata),
        ("168.63.129.16", Refusal::CloudMetadata),
        ("fd00:ec2::254", Refusal::CloudMetadata),
        ("fd20:ce::254", Refusal::CloudMetadata),
        ("::ffff:9.9.9.9", Refusal::Ipv4Mapped),
        ("::9.9.9.9", Refusal::Ipv4Mapped),
    ];
    for (ip, refusal) in cases {
        assert_eq!(PeerPolicy::default().check(addr(ip)), Err(refusal), "{ip}");
    }
    assert_eq!(PeerPolicy::default().check("9.9.9.9:0".parse().unwrap()), Err(Refusal::NoPort));
}

#[test]
fn a_rule_opens_what_it_names_and_nothing_under_another_name() {
    let policy = PeerPolicy { allowed: vec![rule("127.0.0.0/8"), rule("fd00::/8")], ..PeerPolicy::default() };
    assert_eq!(policy.check(addr("127.0.0.1")), Ok(()));
    assert_eq!(policy.check(addr("fd00::1")), Ok(()));
    for ip in ["::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "10.0.0.1", "fc00::1"] {
        assert!(policy.check(addr(ip)).is_err(), "{ip}");
    }
    assert_eq!(policy.check(addr("fd00:ec2::254")), Err(Refusal::CloudMetadata), "not by a wide rule");
}

#[test]
fn even_a_rule_for_everything_leaves_some_things_closed() {
    let allowed = vec![rule("0.0.0.0/0"), rule("::/0")];
    let policy = PeerPolicy { allowed, ..PeerPolicy::default() };
    for ip in ["127.0.0.1", "10.0.0.1", "::1", "fe80::1", "2001:db8::1"] {
        assert_eq!(policy.check(addr(ip)), Ok(()), "{ip}");
    }
    for ip in [
        "0.0.0.0",
        "::",
        "224.0.0.1",
        "ff02::1",
        "255.255.255.255",
        "169.254.169.254",
        "::ffff:127.0.0.1",
        "64:ff9b::7f00:1",
        "::ffff:9.9.9.9",
    ] {
        assert!(policy.check(addr(ip)).is_err(), "{ip}");
    }
    let single = PeerPolicy { allowed: vec![rule("169.254.169.254")], ..PeerPolicy::default() };
    assert_eq!(single.check(addr("169.254.169.254")), Ok(()), "by name");
}

#[test]
fn what_is_denied_stays_denied_in_any_form() {
    let denied = vec!["9.9.9.0/24".parse().unwrap(), "2606:4700::/32".parse().unwrap()];
    let policy = PeerPolicy { allowed: vec![rule("0.0.0.0/0")], denied, ..PeerPolicy::default() };
    for ip in ["9.9.9.9", "::ffff:9.9.9.9", "64:ff9b::909:909", "2002:909:909::", "2606:4700::1"] {
        assert_eq!(policy.check(addr(ip)), Err(Refusal::Denied), "{ip}");
    }
    assert_eq!(policy.check(addr("9.9.8.9")), Ok(()));
}

#[test]
fn own_listening_ports_are_closed_and_the_others_of_that_host_open() {
    let own = vec!["9.9.9.9:3478".parse().unwrap(), "[2606:4700::1]:443".parse().unwrap()];
    let policy = PeerPolicy { own, allowed: vec![rule("9.9.9.9")], ..PeerPolicy::default() };
    for peer in ["9.9.9.9:3478", "[2606:4700::1]:443", "[64:ff9b::909:909]:3478"] {
        assert_eq!(policy.check(peer.parse().unwrap()), Err(Refusal::OwnListener), "{peer}");
    }
    assert_eq!(policy.check("9.9.9.9:3479".parse().unwrap()), Ok(()));
}

#[test]
fn a_media_address_is_allowed_with_its_port_alone() {
    let media = AllowedPeer { network: "10.0.0.5".parse().unwrap(), ports: Some(7000..=7001) };
    let policy = PeerPolicy { allowed: vec![media], ..PeerPolicy::default() };
    assert_eq!(policy.check("10.0.0.5:7001".parse().unwrap()), Ok(()));
    assert_eq!(policy.check("10.0.0.5:22".parse().unwrap()), Err(Refusal::OtherPort));
    assert_eq!(policy.check("10.0.0.6:7001".parse().unwrap()), Err(Refusal::Private));
}

#[test]
fn networks_are_read_and_slips_are_named() {
    for text in ["10.0.0.0/8", "0.0.0.0/0", "::/0", "fd00::/8", "9.9.9.9", "::1"] {
        assert_eq!(text.parse::<Network>().unwrap().to_string(), text);
    }
    assert_eq!("9.9.9.9/32".parse::<Network>().unwrap().to_string(), "9.9.9.9");
    let error = |text: &str| text.parse::<Network>().unwrap_err();
    assert_eq!(error("10.0.0/8"), NetworkError::Address("10.0.0".to_owned()));
    assert_eq!(error("10.0.0.0/33"), NetworkError::PrefixLen("33".to_owned()));
    assert_eq!(error("10.0.0.0/"), NetworkError::PrefixLen(String::new()));
    assert_eq!(error("10.0.0.1/8"), NetworkError::HostBits("10.0.0.1/8".to_owned()));
}

#[test]
fn each_refusal_has_a_name_of_its_own() {
    let mut names: Vec<_> = Refusal::ALL.iter().map(|refusal| refusal.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), Refusal::ALL.len());
}

proptest! {
    #[test]
    fn no_ipv6_form_of_a_refused_ipv4_address_is_a_peer(bits: u32, port in 1_u16.., prefix: u16) {
        let policy = PeerPolicy::default();
        let inner = std::net::Ipv4Addr::from_bits(bits);
        let is_refused = policy.check(SocketAddr::new(inner.into(), port)).is_err();
        let [high, low] = [(bits >> 16) as u16, bits as u16];
        let forms = [
            [0x64, 0xff9b, 0, 0, 0, 0, high, low],
            [0x2002, high, low, prefix, 0, 0, 0, 1],
            [0x2a00, prefix, 0, 0, 0, 0x5efe, high, low],
            [0, 0, 0, 0, 0, 0xffff, high, low],
        ];
        for (at, form) in forms.into_iter().enumerate() {
            let judged = policy.check(SocketAddr::new(std::net::Ipv6Addr::from(form).into(), port));
            prop_assert_eq!(judged.is_err(), is_refused || at == 3);
        }
    }

    #[test]
    fn a_network_holds_what_shares_its_prefix(bits: u32, other: u32, len in 0_u32..=32) {
        let mask = u32::MAX.checked_shl(32 - len).unwrap_or(0);
        let ip = |bits| std::net::Ipv4Addr::from_bits(bits);
        let network: Network = format!("{}/{len}", ip(bits & mask)).parse().unwrap();
        prop_assert!(network.contains(ip(bits).into()));
        prop_assert_eq!(network.contains(ip(other).into()), bits & mask == other & mask);
    }
}
