//! A network that shuffles and repeats changes nothing of what arrives.

use motet_control::Codec;
use motet_sim::{Conditions, PeerSetup, Way};

use crate::call::{Call, ms, secs};

#[test]
fn frames_come_once_and_in_order_over_a_network_that_shuffles_and_repeats() {
    let mut call = Call::of(21, PeerSetup::frames(Codec::Vp8), PeerSetup::frames(Codec::Vp8));
    let messy = Conditions {
        delay: ms(20),
        jitter: ms(5),
        duplication: 0.1,
        overtaking: 0.1,
        hold: ms(12),
        ..Conditions::default()
    };
    for peer in [call.alice, call.bob] {
        let ip = call.scenario.ip(peer);
        call.scenario.network().set_both(ip, messy);
    }
    call.scenario.run_for(secs(8));
    let ip = call.scenario.ip(call.bob);
    let counts = call.scenario.network().counts(ip, Way::Down);
    assert!(counts.duplicated > 50 && counts.held > 50, "{counts:?}");
    for track in [call.camera, call.microphone] {
        let received = call.scenario.received(call.bob, track);
        assert_eq!((received.damaged, received.holes()), (0, vec![]));
        assert!(received.is_in_order());
        assert!(received.whole_frames().len() as u32 + 10 > call.scenario.sent(track));
    }
    assert!(call.scenario.drops("duplicate") + call.scenario.drops("srtp_replay") > 50);
}

#[test]
fn what_is_overtaken_is_not_asked_for_again_in_vain() {
    let mut call = Call::new(22);
    call.set_delay(ms(20));
    let ip = call.scenario.ip(call.alice);
    let up = call.scenario.network().conditions(ip, Way::Up);
    (up.overtaking, up.hold) = (0.05, ms(3));
    call.scenario.run_for(secs(5));
    let stats = call.scenario.producer_stats(call.camera);
    let asked: u64 = stats.streams.iter().map(|stream| stream.nacked_packets).sum();
    let packets: u64 = stats.streams.iter().map(|stream| stream.packets).sum();
    assert!(asked < packets / 50, "{asked} of {packets} were asked for again");
}
