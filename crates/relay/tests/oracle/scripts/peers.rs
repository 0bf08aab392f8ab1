//! Permissions and channels (RFC 8656 sections 9, 10 and 12), and whom servers let clients reach.

use std::net::SocketAddr;

use super::Script;
use crate::ask::{allocate, bind, permit, request};
use crate::servers::DENIED;
use crate::talk::Talk;
use crate::wire::{attribute, method};

pub(crate) const SCRIPTS: &[Script] = &[
    Script { name: "permissions", run: permissions },
    Script { name: "permissions of an IPv6 allocation", run: ipv6_permissions },
    Script { name: "channel numbers", run: channel_numbers },
    Script { name: "channels", run: channels },
    Script { name: "peers that are nobody's business", run: delicate_peers },
    Script { name: "connections of a UDP allocation", run: connections },
];

fn permissions(talk: &mut Talk) {
    talk.allocate();
    let (one, other, ipv6) = (talk.one(), talk.other(), talk.ipv6());
    let denied = SocketAddr::new(DENIED, 4000);
    talk.ask("no peer", request(method::CREATE_PERMISSION));
    talk.ask("one peer", permit(&[one]));
    talk.ask("the same again", permit(&[one]));
    talk.ask("two peers", permit(&[one, other]));
    talk.ask("port 0", permit(&[SocketAddr::new(one.ip(), 0)]));
    talk.ask("a denied peer", permit(&[denied]));
    talk.ask("a good peer and a denied one", permit(&[one, denied]));
    talk.ask("the other family", permit(&[ipv6]));
    talk.ask("a good peer and one of the other family", permit(&[one, ipv6]));
    let half = request(method::CREATE_PERMISSION).with(attribute::PEER_ADDRESS, &[0, 1, 0x21, 0x12]);
    talk.ask("half an address", half);
    let bogus = request(method::CREATE_PERMISSION).with(attribute::PEER_ADDRESS, &[0, 3, 1, 2, 3, 4, 5, 6]);
    talk.ask("an unknown family", bogus);
}

fn ipv6_permissions(talk: &mut Talk) {
    let (one, ipv6) = (talk.one(), talk.ipv6());
    talk.ask("allocate", allocate().with(attribute::REQUESTED_FAMILY, &[2, 0, 0, 0]));
    talk.ask("an IPv6 peer", permit(&[ipv6]));
    talk.ask("an IPv4 peer", permit(&[one]));
    let mapped = "[::ffff:127.0.0.1]:4000".parse().unwrap();
    talk.ask("an IPv4 peer in IPv6's clothes", permit(&[mapped]));
}

fn channel_numbers(talk: &mut Talk) {
    talk.allocate();
    let peer = |port| SocketAddr::new(crate::servers::IPV4, port);
    talk.ask("below the range", bind(0x3fff, peer(4000)));
    talk.ask("the first", bind(0x4000, peer(4001)));
    talk.ask("the last of RFC 8656", bind(0x4fff, peer(4002)));
    talk.ask("one more", bind(0x5000, peer(4003)));
    talk.ask("the last of RFC 5766", bind(0x7fff, peer(4004)));
    talk.ask("beyond that", bind(0x8000, peer(4005)));
    talk.ask("the last number", bind(0xffff, peer(4006)));
    talk.ask("no number", request(method::CHANNEL_BIND).with_peer(peer(4007)));
    let short = request(method::CHANNEL_BIND).with(attribute::CHANNEL_NUMBER, &[0x40, 9]);
    talk.ask("two bytes of a number", short.with_peer(peer(4008)));
    let reserved = request(method::CHANNEL_BIND).with(attribute::CHANNEL_NUMBER, &[0x40, 10, 1, 1]);
    talk.ask("reserved bits set", reserved.with_peer(peer(4009)));
}

fn channels(talk: &mut Talk) {
    talk.allocate();
    let (one, other, ipv6) = (talk.one(), talk.other(), talk.ipv6());
    talk.ask("no peer", request(method::CHANNEL_BIND).with(attribute::CHANNEL_NUMBER, &[0x40, 0, 0, 0]));
    talk.ask("a peer", bind(0x4000, one));
    talk.ask("the same again", bind(0x4000, one));
    talk.ask("another peer on its number", bind(0x4000, other));
    talk.ask("the peer on another number", bind(0x4001, one));
    talk.ask("another peer on another number", bind(0x4001, other));
    talk.ask("the other family", bind(0x4002, ipv6));
    talk.ask("a denied peer", bind(0x4003, SocketAddr::new(DENIED, 4000)));
    talk.ask("port 0", bind(0x4004, SocketAddr::new(one.ip(), 0)));
}

/// What a relay should not open to a stranger; nothing is sent there.
fn delicate_peers(talk: &mut Talk) {
    let server = talk.server();
    talk.allocate();
    let v4 = |ip: [u8; 4]| SocketAddr::from((ip, 4000));
    talk.ask("a private network", permit(&[v4([10, 1, 2, 3])]));
    talk.ask("a home's network", permit(&[v4([192, 168, 1, 1])]));
    talk.ask("a carrier's NAT", permit(&[v4([100, 64, 0, 1])]));
    talk.ask("a link", permit(&[v4([169, 254, 1, 1])]));
    talk.ask("a cloud's metadata", permit(&[v4([169, 254, 169, 254])]));
    talk.ask("no address", permit(&[v4([0, 0, 0, 0])]));
    talk.ask("multicast", permit(&[v4([224, 0, 0, 251])]));
    talk.ask("broadcast", permit(&[v4([255, 255, 255, 255])]));
    talk.ask("a public address", permit(&[v4([8, 8, 8, 8])]));
    talk.ask("the server's own port", bind(0x4000, server));
    talk.anew().ask("allocate IPv6", allocate().with(attribute::REQUESTED_FAMILY, &[2, 0, 0, 0]));
    let v6 = |ip: &str| SocketAddr::new(ip.parse().unwrap(), 4000);
    talk.ask("a unique local address", permit(&[v6("fd00::1")]));
    talk.ask("an IPv6 link", permit(&[v6("fe80::1")]));
    talk.ask("no IPv6 address", permit(&[v6("::")]));
    talk.ask("IPv6 multicast", permit(&[v6("ff02::1")]));
    talk.ask("loopback behind NAT64", permit(&[v6("64:ff9b::7f00:1")]));
    talk.ask("a public IPv6 address", permit(&[v6("2606:4700::1111")]));
}

fn connections(talk: &mut Talk) {
    talk.allocate();
    let one = talk.one();
    talk.ask("Connect", request(method::CONNECT).with_peer(one));
    talk.ask(
        "ConnectionBind",
        request(method::CONNECTION_BIND).with(attribute::CONNECTION_ID, &[0, 0, 0, 1]),
    );
}
