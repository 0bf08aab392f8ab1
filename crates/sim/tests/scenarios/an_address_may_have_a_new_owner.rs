//! A NAT gives the address of one who has gone to somebody new, whether the worker has noticed the going or not.

use motet_sim::{Half, PeerId, PeerSetup};

use crate::call::{Call, secs};

/// Somebody new subscribes from the address that bob had; whether they see.
fn newcomer_sees(call: &mut Call, address: std::net::SocketAddr) -> bool {
    let newcomer: PeerId = call.scenario.join(PeerSetup::default());
    let inside = std::net::SocketAddr::new(call.scenario.ip(newcomer), 40_001);
    call.scenario.network().rebind(inside, address);
    call.scenario.subscribe(newcomer, &[call.camera]);
    call.scenario.run_for(secs(3));
    call.scenario.received(newcomer, call.camera).whole_frames().len() > 40
}

#[test]
fn after_the_old_owner_has_left() {
    let mut call = Call::new(181);
    let address = call.scenario.address(call.bob, Half::Subscribe);
    call.scenario.leave(call.bob);
    assert!(newcomer_sees(&mut call, address));
}

#[test]
fn while_the_old_owner_is_thought_to_be_there() {
    let mut call = Call::new(182);
    let address = call.scenario.address(call.bob, Half::Subscribe);
    call.scenario.vanish(call.bob);
    assert!(newcomer_sees(&mut call, address));
}
