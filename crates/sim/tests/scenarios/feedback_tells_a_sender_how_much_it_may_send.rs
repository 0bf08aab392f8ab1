//! Transport-wide feedback has a sender's estimate rise to what its link carries and not far beyond; a peer without it is
//! told by REMB.

use motet_control::Codec;
use motet_sim::{Media, PeerSetup, Scenario, Way};

use crate::call::{ms, secs};

/// A publisher on a link of this rate; answers the scenario after half a minute.
fn on_a_link_of(rate_bps: u64, sends_bps: u64, setup: PeerSetup) -> (Scenario, motet_sim::PeerId) {
    let mut scenario = Scenario::new(101);
    let alice = scenario.join(setup);
    let ip = scenario.ip(alice);
    let up = scenario.network().conditions(ip, Way::Up);
    (up.rate_bps, up.delay) = (Some(rate_bps), ms(25));
    scenario.publish(alice, &[Media::camera(Codec::Vp8).at_bps(sends_bps)]);
    scenario.run_for(secs(30));
    (scenario, alice)
}

#[test]
fn an_estimate_rises_to_what_the_link_carries() {
    let setup = PeerSetup { bwe_from_bps: Some(300_000), ..PeerSetup::default() };
    let (scenario, alice) = on_a_link_of(3_000_000, 1_000_000, setup);
    let (_, last) = scenario.estimates_bps(alice).last().unwrap();
    assert!((1_000_000..4_000_000).contains(last), "{last} bit/s");
}

#[test]
fn an_estimate_falls_to_what_the_link_carries() {
    let setup = PeerSetup { bwe_from_bps: Some(2_000_000), ..PeerSetup::default() };
    let (scenario, alice) = on_a_link_of(600_000, 400_000, setup);
    let (_, last) = scenario.estimates_bps(alice).last().unwrap();
    assert!((200_000..900_000).contains(last), "{last} bit/s");
}

#[test]
fn a_peer_without_transport_feedback_is_told_by_remb() {
    let setup = PeerSetup { transport_cc: false, ..PeerSetup::default() };
    let (scenario, alice) = on_a_link_of(3_000_000, 800_000, setup);
    assert_eq!(scenario.estimates_bps(alice).len(), 0);
    let rembs = scenario.rembs_bps(alice);
    assert!(rembs.len() >= 10, "{} in half a minute", rembs.len());
    let (_, last) = rembs.last().unwrap();
    assert!(*last > 700_000, "{last} bit/s is less than what passes");
}

#[test]
fn remb_tells_a_full_link() {
    let setup = PeerSetup { transport_cc: false, ..PeerSetup::default() };
    let (scenario, alice) = on_a_link_of(500_000, 900_000, setup);
    let (_, last) = scenario.rembs_bps(alice).last().unwrap();
    assert!(*last < 700_000, "{last} bit/s over a link of 500 kbit/s");
}

/// Bits per second that pass in the second half of a minute in which a camera follows what its sender is told.
fn passed_by_a_follower(setup: PeerSetup, rate_bps: u64) -> u64 {
    let mut scenario = Scenario::new(102);
    let alice = scenario.join(setup);
    let ip = scenario.ip(alice);
    let up = scenario.network().conditions(ip, Way::Up);
    (up.rate_bps, up.delay, up.jitter) = (Some(rate_bps), ms(25), ms(5));
    let camera = scenario.publish(alice, &[Media::camera(Codec::Vp8).at_bps(300_000)])[0];
    let mut half_way = 0;
    for step in 0..300 {
        scenario.run_for(ms(200));
        let told = if setup.transport_cc { scenario.estimates_bps(alice) } else { scenario.rembs_bps(alice) };
        let told = told.last().map_or(300_000, |(_, bitrate_bps)| *bitrate_bps).min(3_000_000);
        scenario.set_bitrate(camera, told * 95 / 100);
        if step == 149 {
            half_way = scenario.network().counts(ip, Way::Up).passed_bytes;
        }
    }
    (scenario.network().counts(ip, Way::Up).passed_bytes - half_way) * 8 / 30
}

#[test]
fn a_camera_that_follows_transport_feedback_fills_its_link() {
    let setup = PeerSetup { bwe_from_bps: Some(300_000), ..PeerSetup::default() };
    let passed = passed_by_a_follower(setup, 1_500_000);
    assert!((1_200_000..1_510_000).contains(&passed), "{passed} bit/s");
}

#[test]
fn a_camera_that_follows_remb_fills_its_link() {
    let setup = PeerSetup { transport_cc: false, ..PeerSetup::default() };
    let passed = passed_by_a_follower(setup, 1_500_000);
    assert!((1_100_000..1_510_000).contains(&passed), "{passed} bit/s");
}
