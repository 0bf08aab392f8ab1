//! A peer whose address changes, whether it knows or not, goes on where it was.

use std::net::SocketAddr;

use motet_control::{IceState, Notification};
use motet_sim::Half;

use crate::call::{Call, ms, secs};

fn elsewhere() -> SocketAddr {
    "192.0.2.77:61000".parse().unwrap()
}

/// The tuple that the worker has selected for the half's transport.
fn remote(call: &mut Call, half: Half) -> SocketAddr {
    let peer = call.half(half);
    call.scenario.transport_stats(peer, half).tuple.unwrap().remote
}

fn a_nat_forgets(half: Half) {
    let mut call = Call::new(61);
    call.set_delay(ms(20));
    call.scenario.run_for(secs(1));
    let inside = call.scenario.address(call.half(half), half);
    call.scenario.network().rebind(inside, elsewhere());
    let from = call.scenario.now();
    call.scenario.run_for(secs(8));
    assert_eq!(remote(&mut call, half), elsewhere());
    let silence = call.scenario.received(call.bob, call.camera).longest_silence(from, call.scenario.now());
    assert!(silence < secs(5), "{silence:?} without a picture");
    call.assert_flows();
    let lost = |notification: &Notification| {
        matches!(notification, Notification::TransportIce { state: IceState::Disconnected, .. })
    };
    assert!(!call.scenario.notifications().iter().any(|(_, notification)| lost(notification)));
}

#[test]
fn a_publisher_whose_nat_forgets_goes_on() {
    a_nat_forgets(Half::Publish);
}

#[test]
fn a_subscriber_whose_nat_forgets_goes_on() {
    a_nat_forgets(Half::Subscribe);
}

fn a_phone_changes_its_network(half: Half) {
    let mut call = Call::new(62);
    call.scenario.run_for(secs(1));
    let peer = call.half(half);
    let from = call.scenario.now();
    call.scenario.move_to(peer, half, elsewhere());
    call.scenario.run_for(secs(5));
    assert_eq!(remote(&mut call, half), elsewhere());
    let silence = call.scenario.received(call.bob, call.camera).longest_silence(from, call.scenario.now());
    assert!(silence < secs(2), "{silence:?} without a picture");
    call.assert_flows();
}

#[test]
fn a_publisher_on_another_network_goes_on() {
    a_phone_changes_its_network(Half::Publish);
}

#[test]
fn a_subscriber_on_another_network_goes_on() {
    a_phone_changes_its_network(Half::Subscribe);
}
