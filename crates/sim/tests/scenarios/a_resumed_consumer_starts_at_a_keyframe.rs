//! A consumer that was paused goes on with a keyframe, without a gap in its numbers and with the time that has passed.

use motet_control::Request;

use crate::call::{Call, ms, secs};

#[test]
fn a_resumed_camera_begins_with_a_keyframe() {
    let mut call = Call::new(31);
    call.scenario.run_for(secs(1));
    let consumer_id = call.scenario.consumer(call.bob, call.camera);
    call.scenario.expect(Request::SetConsumerPaused { consumer_id, paused: true });
    call.scenario.run_for(ms(10));
    let before = call.scenario.received(call.bob, call.camera).clone();
    call.scenario.run_for(secs(2));
    let paused = call.scenario.received(call.bob, call.camera).seen.len();
    assert_eq!(paused, before.seen.len(), "nothing comes while paused");

    call.scenario.expect(Request::SetConsumerPaused { consumer_id, paused: false });
    let resumed_at = call.scenario.now();
    call.scenario.run_for(secs(1));
    let after = call.scenario.received(call.bob, call.camera).since(resumed_at);
    let (last, first) = (before.seen.last().unwrap(), after.seen.first().unwrap());
    assert!(first.name.is_key && first.name.part == 0, "{first:?}");
    assert!(first.at - resumed_at < ms(100), "it was asked for at once");
    assert_eq!(first.seq, last.seq + 1, "the numbers have no gap");
    let frames = u64::from(first.name.number - last.name.number);
    let passed = first.rtp_time - last.rtp_time;
    assert!(passed.abs_diff(frames * 3_600) < 900, "{passed} ticks for {frames} frames");
    assert_eq!(call.scenario.received(call.bob, call.camera).missing_seqs(), 0);
}

#[test]
fn a_resumed_microphone_goes_on_at_once() {
    let mut call = Call::new(32);
    call.scenario.run_for(secs(1));
    let consumer_id = call.scenario.consumer(call.bob, call.microphone);
    call.scenario.expect(Request::SetConsumerPaused { consumer_id, paused: true });
    call.scenario.run_for(secs(2));
    call.scenario.expect(Request::SetConsumerPaused { consumer_id, paused: false });
    let resumed_at = call.scenario.now();
    call.scenario.run_for(secs(1));
    let received = call.scenario.received(call.bob, call.microphone);
    assert!(received.since(resumed_at).seen.len() >= 48);
    assert_eq!(received.missing_seqs(), 0);
}

#[test]
fn a_resumed_producer_begins_with_a_keyframe_for_everybody() {
    let mut call = Call::new(33);
    call.scenario.run_for(secs(1));
    let producer_id = call.scenario.producer(call.camera);
    call.scenario.expect(Request::SetProducerPaused { producer_id, paused: true });
    call.scenario.run_for(secs(2));
    call.scenario.expect(Request::SetProducerPaused { producer_id, paused: false });
    let resumed_at = call.scenario.now();
    call.scenario.run_for(secs(1));
    let after = call.scenario.received(call.bob, call.camera).since(resumed_at);
    let first = after.seen.first().unwrap();
    assert!(first.name.is_key && first.name.part == 0, "{first:?}");
    assert_eq!(call.scenario.received(call.bob, call.camera).missing_seqs(), 0);
    call.assert_flows();
}
