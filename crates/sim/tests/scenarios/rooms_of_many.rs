//! One who is watched by fifty, and twelve who all see each other.

use motet_control::Codec;
use motet_sim::{Media, PeerId, PeerSetup, Scenario, TrackId};

use crate::call::secs;

#[test]
fn fifty_watch_one() {
    let mut scenario = Scenario::new(141);
    let speaker = scenario.join(PeerSetup::default());
    let tracks = scenario.publish(speaker, &[Media::camera(Codec::Vp8), Media::microphone()]);
    let viewers: Vec<PeerId> = (0..50).map(|_| scenario.join(PeerSetup::default())).collect();
    viewers.iter().for_each(|viewer| scenario.subscribe(*viewer, &tracks));
    scenario.run_for(secs(4));
    for viewer in viewers {
        for track in &tracks {
            let received = scenario.received(viewer, *track);
            assert_eq!((received.damaged, received.holes()), (0, vec![]));
            assert!(received.whole_frames().len() as u32 + 30 > scenario.sent(*track));
        }
    }
    assert!(scenario.key_frame_requests(tracks[0]).len() <= 8, "fifty ask as one");
}

#[test]
fn twelve_see_and_hear_each_other() {
    let mut scenario = Scenario::new(142);
    let people: Vec<PeerId> = (0..12).map(|_| scenario.join(PeerSetup::default())).collect();
    let media = [Media::camera(Codec::Vp8).at_bps(300_000), Media::microphone()];
    let tracks: Vec<Vec<TrackId>> = people.iter().map(|person| scenario.publish(*person, &media)).collect();
    let others = |index: usize| {
        let all = tracks.iter().enumerate().filter(move |(owner, _)| *owner != index);
        all.flat_map(|(_, tracks)| tracks).copied().collect::<Vec<_>>()
    };
    for (index, person) in people.iter().enumerate() {
        scenario.subscribe(*person, &others(index));
    }
    scenario.run_for(secs(4));
    for (index, person) in people.iter().enumerate() {
        for track in others(index) {
            let received = scenario.received(*person, track);
            assert_eq!((received.damaged, received.holes()), (0, vec![]));
            assert!(received.whole_frames().len() as u32 + 40 > scenario.sent(track));
        }
    }
    assert_eq!(scenario.worker_stats().consumers, 12 * 11 * 2);
    people.into_iter().for_each(|person| scenario.leave(person));
    let stats = scenario.worker_stats();
    assert_eq!((stats.transports, stats.producers, stats.consumers), (0, 0, 0));
}
