//! Peers with right keys and wrong contents.

use motet_control::{Codec, Notification};
use motet_sim::{Half, Media};
use str0m::media::{Mid, Rid};
use str0m::rtp::{RtpWrite, Ssrc};

use crate::call::{Call, ms, secs};

#[test]
fn sealed_rtcp_with_nonsense_in_it_is_counted() {
    let mut call = Call::new(191);
    for index in 0..300_u32 {
        let mut nonsense = call.scenario.chance().bytes(4 + 4 * (index as usize % 8));
        // What says that it is REMB is read as REMB.
        nonsense[..4].copy_from_slice(b"REMB");
        let peer = if index.is_multiple_of(2) { call.alice } else { call.bob };
        let half = if index.is_multiple_of(2) { Half::Publish } else { Half::Subscribe };
        let mut direct = call.scenario.rtc(peer, half).direct_api();
        direct.send_app_specific_feedback(1.into(), 2.into(), nonsense);
        call.scenario.run_for(ms(5));
    }
    call.assert_flows();
    assert!(call.scenario.drops("bad_rtcp") > 100, "{:?}", call.scenario.worker_stats().drops);
}

#[test]
fn streams_that_claim_the_place_of_another_are_dropped_while_that_one_flows() {
    let mut call = Call::new(192);
    let mid: Mid = call.scenario.mid(call.camera).as_str().into();
    let now = call.scenario.now();
    let mut direct = call.scenario.rtc(call.alice, Half::Publish).direct_api();
    for index in 0..500 {
        let stream = direct.declare_stream_tx(Ssrc::from(70_000 + index), None, mid, Some(Rid::new()));
        stream.write_rtp(RtpWrite::new(96.into(), 1.into(), 1, now, vec![0x10; 40]));
    }
    call.scenario.run_for(secs(1));
    call.assert_flows();
    assert!(call.scenario.drops("ssrc_conflict") >= 500);
    let conflicts = call.scenario.notifications().iter();
    let conflicts = conflicts.filter(|(_, told)| matches!(told, Notification::SsrcConflict { .. }));
    assert!((1..=3).contains(&conflicts.count()), "one a second");
}

/// str0m does not find a stream under its new SSRC when feedback comes for it: the camera sends keyframes unasked.
#[test]
fn a_sender_who_changes_its_ssrc_is_seen_on() {
    let mut call = Call::new(193);
    let media = Media { key_every: Some(25), ..Media::camera(Codec::Vp8) };
    call.camera = call.scenario.publish(call.alice, &[media])[0];
    call.scenario.subscribe(call.bob, &[call.camera]);
    call.scenario.run_for(secs(1));
    let mid: Mid = call.scenario.mid(call.camera).as_str().into();
    for (round, pause) in [(0_u32, secs(2)), (1, ms(0))] {
        // With a pause, and without one: then packets are taken for a stranger's until the old stream counts as silent.
        call.scenario.mute(call.camera, true);
        call.scenario.run_for(pause);
        call.scenario.mute(call.camera, false);
        let mut direct = call.scenario.rtc(call.alice, Half::Publish).direct_api();
        let ssrc = |number: u32| Ssrc::from(80_000 + 2 * round + number);
        assert!(direct.reset_stream_tx(mid, None, ssrc(0), Some(ssrc(1))).is_some());
        call.scenario.run_for(ms(2_500));
        call.assert_flows();
    }
    let received = call.scenario.received(call.bob, call.camera);
    assert_eq!((received.damaged, received.missing_seqs()), (0, 0));
}
