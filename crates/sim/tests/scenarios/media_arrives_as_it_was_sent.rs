//! Two peers exchange every codec; each frame arrives byte for byte, once and in order.

use std::time::Duration;

use motet_control::Codec;
use motet_sim::{Media, PeerId, PeerSetup, Scenario, TrackId};

fn assert_all_arrived(scenario: &Scenario, receiver: PeerId, track: TrackId) {
    let received = scenario.received(receiver, track);
    let (sent, whole) = (scenario.sent(track) as usize, received.whole_frames().len());
    assert!(sent > 50 && whole + 5 > sent, "{whole} of {sent} arrived");
    assert_eq!((received.damaged, received.missing_seqs()), (0, 0));
    assert_eq!(received.holes(), Vec::<u32>::new());
    assert!(received.is_in_order());
}

fn frames_pass_both_ways(codec: Codec) {
    let mut scenario = Scenario::new(1);
    let peers = [scenario.join(PeerSetup::frames(codec)), scenario.join(PeerSetup::frames(codec))];
    let tracks = peers.map(|peer| scenario.publish(peer, &[Media::microphone(), Media::camera(codec)]));
    scenario.subscribe(peers[0], &tracks[1]);
    scenario.subscribe(peers[1], &tracks[0]);
    scenario.run_for(Duration::from_secs(3));
    for (receiver, tracks) in [(peers[1], &tracks[0]), (peers[0], &tracks[1])] {
        tracks.iter().for_each(|track| assert_all_arrived(&scenario, receiver, *track));
    }
}

#[test]
fn opus_and_vp8_frames_pass() {
    frames_pass_both_ways(Codec::Vp8);
}

#[test]
fn opus_and_vp9_frames_pass() {
    frames_pass_both_ways(Codec::Vp9);
}

#[test]
fn opus_and_h264_frames_pass() {
    frames_pass_both_ways(Codec::H264);
}

#[test]
fn opus_and_av1_frames_pass() {
    frames_pass_both_ways(Codec::Av1);
}

#[test]
fn packets_pass_with_gapless_numbers() {
    let mut scenario = Scenario::new(2);
    let (alice, bob) = (scenario.join(PeerSetup::default()), scenario.join(PeerSetup::default()));
    let tracks = scenario.publish(alice, &[Media::camera(Codec::Vp8), Media::microphone()]);
    scenario.subscribe(bob, &tracks);
    scenario.run_for(Duration::from_secs(3));
    tracks.iter().for_each(|track| assert_all_arrived(&scenario, bob, *track));
}
