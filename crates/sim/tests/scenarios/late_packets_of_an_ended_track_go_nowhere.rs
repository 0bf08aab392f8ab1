//! What is under way when a track ends is nobody's, and is not taken for the track that is left.

use motet_sim::{Media, PeerSetup, Scenario, Way};

use crate::call::{ms, secs};

#[test]
fn the_end_of_one_voice_is_not_heard_as_another() {
    let mut scenario = Scenario::new(221);
    let (alice, bob) = (scenario.join(PeerSetup::default()), scenario.join(PeerSetup::default()));
    let voices = scenario.publish(alice, &[Media::microphone(), Media::microphone()]);
    scenario.subscribe(bob, &voices);
    let ip = scenario.ip(alice);
    scenario.network().conditions(ip, Way::Up).delay = ms(150);
    scenario.run_for(secs(3));
    // The one that is left is silent, so that its place is to be had.
    scenario.mute(voices[1], true);
    scenario.run_for(secs(2));
    let heard = scenario.received(bob, voices[1]).seen.len();
    scenario.unpublish(voices[0]);
    scenario.run_for(secs(1));
    let received = scenario.received(bob, voices[1]);
    assert_eq!((received.damaged, received.seen.len()), (0, heard));
    scenario.mute(voices[1], false);
    scenario.run_for(secs(1));
    assert!(scenario.received(bob, voices[1]).seen.len() > heard + 35);
}
