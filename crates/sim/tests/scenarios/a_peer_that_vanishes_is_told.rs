//! Consent runs out 30 s after a peer's last check (RFC 7675 section 5.1), and is told with whatever else that means.

use motet_control::{IceState, Notification};

use crate::call::{Call, ms, secs};

#[test]
fn a_vanished_publisher_falls_silent_and_then_loses_its_connection() {
    let mut call = Call::new(71);
    call.scenario.run_for(secs(5));
    let producer = call.scenario.producer(call.camera);
    let vanished_at = call.scenario.now();
    let transports = call.scenario.vanish(call.alice);
    call.scenario.clear_notifications();
    call.scenario.run_for(secs(60));
    let told = call.scenario.notifications();
    let silent = told.iter().find(|(_, told)| {
        matches!(told, Notification::ProducerActive { producer_id, active: false } if *producer_id == producer)
    });
    let silent_after = silent.expect("its silence is told").0 - vanished_at;
    assert!((secs(5)..secs(7)).contains(&silent_after), "{silent_after:?}");
    let lost: Vec<_> = told
        .iter()
        .filter(|(_, told)| matches!(told, Notification::TransportIce { state: IceState::Disconnected, .. }))
        .collect();
    assert_eq!(lost.len(), transports.len(), "{lost:?}");
    let lost_after = lost[0].0 - vanished_at;
    assert!((secs(25)..secs(31)).contains(&lost_after), "{lost_after:?}");
}

#[test]
fn a_worker_sends_nothing_to_a_peer_whose_consent_ran_out() {
    let mut call = Call::new(72);
    call.scenario.run_for(secs(5));
    call.scenario.vanish(call.bob);
    call.scenario.run_for(secs(40));
    call.scenario.start_tap();
    call.scenario.run_for(secs(5));
    let to_bob = |datagram: &&motet_sim::Datagram| datagram.destination.ip().to_string() == "10.1.0.1";
    assert_eq!(call.scenario.take_tap().iter().filter(to_bob).count(), 0);
}

#[test]
fn a_short_darkness_costs_no_connection() {
    let mut call = Call::new(73);
    call.scenario.run_for(secs(5));
    let ip = call.scenario.ip(call.bob);
    let dark = motet_sim::Conditions { is_dark: true, ..Default::default() };
    call.scenario.network().set_both(ip, dark);
    call.scenario.run_for(secs(8));
    call.scenario.network().set_both(ip, motet_sim::Conditions::default());
    let lit_at = call.scenario.now();
    call.scenario.run_for(secs(3));
    let silence =
        call.scenario.received(call.bob, call.microphone).longest_silence(lit_at, call.scenario.now());
    assert!(silence < ms(200), "{silence:?}");
    call.assert_flows();
}
