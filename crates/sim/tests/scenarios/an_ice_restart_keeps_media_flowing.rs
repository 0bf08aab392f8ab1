//! New ICE credentials on either side of the worker go unnoticed by whoever watches.

use motet_sim::Half;

use crate::call::{Call, ms, secs};

fn media_flows_through_a_restart(half: Half) {
    let mut call = Call::new(51);
    call.set_delay(ms(20));
    call.scenario.run_for(secs(1));
    for _ in 0..3 {
        let peer = call.half(half);
        let from = call.scenario.now();
        call.scenario.restart_ice(peer, half);
        call.scenario.run_for(secs(4));
        let received = call.scenario.received(call.bob, call.camera);
        let silence = received.longest_silence(from, call.scenario.now());
        assert!(silence < ms(200), "{silence:?} without a picture");
        call.assert_flows();
    }
    assert_eq!(call.scenario.received(call.bob, call.camera).holes(), Vec::<u32>::new());
}

#[test]
fn a_publisher_restarts() {
    media_flows_through_a_restart(Half::Publish);
}

#[test]
fn a_subscriber_restarts() {
    media_flows_through_a_restart(Half::Subscribe);
}
