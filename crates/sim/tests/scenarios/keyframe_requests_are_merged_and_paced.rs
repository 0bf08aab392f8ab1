//! However many ask for keyframes, the sender is asked at most twice a second.

use motet_sim::{PeerId, PeerSetup};

use crate::call::{Call, ms, secs};

#[test]
fn ten_who_ask_all_the_time_are_one_request_every_half_second() {
    let mut call = Call::new(41);
    let viewers: Vec<PeerId> = (0..10).map(|_| call.scenario.join(PeerSetup::default())).collect();
    viewers.iter().for_each(|viewer| call.scenario.subscribe(*viewer, &[call.camera]));
    call.scenario.run_for(secs(2));
    let before = call.scenario.key_frame_requests(call.camera).len();
    for _ in 0..30 {
        viewers.iter().for_each(|viewer| call.scenario.request_key_frame(*viewer, call.camera));
        call.scenario.run_for(ms(100));
    }
    let requests = &call.scenario.key_frame_requests(call.camera)[before..];
    assert!((5..=7).contains(&requests.len()), "{} requests in three seconds", requests.len());
    assert!(requests.windows(2).all(|pair| pair[1] - pair[0] >= ms(499)));
}

#[test]
fn a_viewer_who_joins_sees_a_keyframe_soon() {
    let mut call = Call::new(42);
    call.set_delay(ms(20));
    call.scenario.run_for(secs(3));
    let viewer = call.scenario.join(PeerSetup::default());
    let joined_at = call.scenario.now();
    call.scenario.subscribe(viewer, &[call.camera]);
    call.scenario.run_for(secs(2));
    let first = call.scenario.received(viewer, call.camera).seen[0];
    assert!(first.name.is_key, "{first:?}");
    assert!(first.at - joined_at < ms(800), "after {:?}", first.at - joined_at);
    let held_up =
        call.scenario.received(call.bob, call.camera).longest_silence(joined_at, call.scenario.now());
    assert!(held_up < ms(60), "the others see on");
}

#[test]
fn a_request_whose_answer_is_lost_is_repeated() {
    let mut call = Call::new(43);
    call.scenario.run_for(secs(1));
    let ip = call.scenario.ip(call.alice);
    call.scenario.network().conditions(ip, motet_sim::Way::Down).is_dark = true;
    let asked = call.scenario.key_frame_requests(call.camera).len();
    call.scenario.request_key_frame(call.bob, call.camera);
    call.scenario.run_for(ms(800));
    assert_eq!(call.scenario.key_frame_requests(call.camera).len(), asked);
    call.scenario.network().conditions(ip, motet_sim::Way::Down).is_dark = false;
    call.scenario.run_for(secs(1));
    assert!(call.scenario.key_frame_requests(call.camera).len() > asked);
}
