//! Peers over ICE-TCP, over IPv6, and of DTLS 1.2.

use motet_control::CandidateProtocol;
use motet_sim::{Conditions, Half, PeerSetup};

use crate::call::{Call, ms, secs};

fn over_tcp() -> PeerSetup {
    PeerSetup { protocol: CandidateProtocol::Tcp, ..PeerSetup::default() }
}

#[test]
fn both_peers_over_tcp() {
    let mut call = Call::of(131, over_tcp(), over_tcp());
    call.set_delay(ms(20));
    call.scenario.run_for(secs(1));
    call.assert_flows();
    assert_eq!(call.scenario.worker_stats().tcp_connections, 2);
    let tuple = call.scenario.transport_stats(call.bob, Half::Subscribe).tuple.unwrap();
    assert_eq!(tuple.protocol, CandidateProtocol::Tcp);
    assert_eq!(call.scenario.received(call.bob, call.camera).holes(), Vec::<u32>::new());
}

#[test]
fn a_bad_link_makes_tcp_late_and_loses_nothing() {
    let mut call = Call::of(132, over_tcp(), PeerSetup::default());
    let ip = call.scenario.ip(call.alice);
    call.scenario.network().set_both(ip, Conditions { delay: ms(20), loss: 0.05, ..Conditions::default() });
    call.scenario.run_for(secs(5));
    call.scenario.network().set_both(ip, Conditions::default());
    call.scenario.run_for(secs(2));
    let received = call.scenario.received(call.bob, call.camera);
    assert_eq!((received.damaged, received.holes()), (0, vec![]));
    assert!(received.whole_frames().len() as u32 + 5 > call.scenario.sent(call.camera));
}

#[test]
fn connections_of_those_who_left_are_closed() {
    let mut call = Call::of(133, over_tcp(), over_tcp());
    call.scenario.leave(call.bob);
    call.scenario.run_for(secs(1));
    assert_eq!(call.scenario.worker_stats().tcp_connections, 1);
    call.scenario.leave(call.alice);
    call.scenario.run_for(secs(1));
    assert_eq!(call.scenario.worker_stats().tcp_connections, 0);
}

#[test]
fn a_peer_over_ipv6_talks_with_one_over_ipv4() {
    let ipv6 = PeerSetup { is_ipv6: true, ..PeerSetup::default() };
    let mut call = Call::of(134, ipv6, PeerSetup::default());
    call.scenario.run_for(secs(1));
    call.assert_flows();
}

#[test]
fn peers_of_dtls_1_2_are_served_in_either_role() {
    let old = PeerSetup { is_dtls12: true, ..PeerSetup::default() };
    let mut call = Call::of(135, old, old);
    call.scenario.run_for(secs(1));
    call.assert_flows();
}
