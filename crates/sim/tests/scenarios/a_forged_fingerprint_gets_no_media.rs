//! DTLS with a certificate that signaling did not announce fails, and neither side gets a single packet of media.

use motet_control::{DtlsState, Notification};
use motet_sim::{Half, PeerSetup};

use crate::call::{Call, secs};

fn failed(call: &Call, half: Half) -> bool {
    let transport = call.scenario.transport(call.half(half), half);
    call.scenario.notifications().iter().any(|(_, told)| {
        matches!(told, Notification::TransportDtls { transport_id, state: DtlsState::Failed } if *transport_id == transport)
    })
}

#[test]
fn a_publisher_with_another_certificate_is_not_heard() {
    let forged = PeerSetup { forged_fingerprint: true, ..PeerSetup::default() };
    let mut call = Call::ringing(81, forged, PeerSetup::default());
    call.scenario.run_for(secs(40));
    assert!(failed(&call, Half::Publish), "{:?}", call.scenario.notifications());
    assert_eq!(call.scenario.received(call.bob, call.camera).seen.len(), 0);
    assert_eq!(call.scenario.worker_stats().producer_packets, 0);
}

#[test]
fn a_subscriber_with_another_certificate_gets_nothing() {
    let forged = PeerSetup { forged_fingerprint: true, ..PeerSetup::default() };
    let mut call = Call::ringing(82, PeerSetup::default(), forged);
    call.scenario.run_for(secs(40));
    assert!(failed(&call, Half::Subscribe), "{:?}", call.scenario.notifications());
    assert_eq!(call.scenario.received(call.bob, call.camera).seen.len(), 0);
    assert_eq!(call.scenario.worker_stats().consumer_packets, 0);
}
