//! Loss on the way to the worker and on the way from it is repaired by NACK and RTX.

use motet_sim::{Conditions, Half, Way};

use crate::call::{Call, ms, secs};

/// Loses this share of one way's datagrams, both of media and of what is said about it, for ten seconds, and gives how many
/// of the frames that were sent arrived whole.
fn share_arrived(half: Half, loss: f64) -> f64 {
    let mut call = Call::new(11);
    call.set_delay(ms(15));
    let from = call.scenario.sent(call.camera);
    let lossy = Conditions { delay: ms(15), loss, ..Conditions::default() };
    let ip = call.scenario.ip(call.half(half));
    call.scenario.network().set_both(ip, lossy);
    call.scenario.run_for(secs(10));
    call.scenario.network().set_both(ip, Conditions::default());
    let sent = call.scenario.sent(call.camera);
    call.scenario.run_for(secs(1));
    let way = if half == Half::Publish { Way::Up } else { Way::Down };
    assert!(call.scenario.network().counts(ip, way).lost > 30, "the network has lost something");
    let received = call.scenario.received(call.bob, call.camera);
    assert_eq!(received.damaged, 0);
    let whole = received.whole_frames().range(from..sent).count();
    whole as f64 / f64::from(sent - from)
}

#[test]
fn a_twentieth_lost_on_the_way_in_all_comes_again() {
    let share = share_arrived(Half::Publish, 0.05);
    assert!(share >= 1.0, "{share}");
}

#[test]
fn a_twentieth_lost_on_the_way_out_all_comes_again() {
    let share = share_arrived(Half::Subscribe, 0.05);
    assert!(share >= 1.0, "{share}");
}

#[test]
fn a_fifth_lost_on_the_way_in_nearly_all_comes_again() {
    let share = share_arrived(Half::Publish, 0.2);
    assert!(share > 0.98, "{share}");
}

#[test]
fn a_fifth_lost_on_the_way_out_nearly_all_comes_again() {
    let share = share_arrived(Half::Subscribe, 0.2);
    assert!(share > 0.98, "{share}");
}
