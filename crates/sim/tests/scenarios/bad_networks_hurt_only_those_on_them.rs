//! Who joins over a bad network gets in, and who watches over one holds nobody up.

use motet_sim::{Conditions, PeerId, PeerSetup, Way};

use crate::call::{Call, ms, secs};

#[test]
fn twenty_join_over_networks_that_lose_a_fifth() {
    let mut call = Call::new(211);
    let viewers: Vec<PeerId> = (0..20)
        .map(|_| {
            let viewer = call.scenario.join(PeerSetup::default());
            let ip = call.scenario.ip(viewer);
            let bad = Conditions { delay: ms(50), loss: 0.2, duplication: 0.05, ..Conditions::default() };
            call.scenario.network().set_both(ip, bad);
            call.scenario.subscribe(viewer, &[call.camera]);
            viewer
        })
        .collect();
    call.scenario.run_for(secs(15));
    for viewer in viewers {
        let whole = call.scenario.received(viewer, call.camera).whole_frames().len();
        assert!(whole > 150, "{viewer:?} saw {whole}");
    }
    call.assert_flows();
}

#[test]
fn a_viewer_on_a_narrow_link_holds_nobody_up() {
    let mut call = Call::new(212);
    let narrow = call.scenario.join(PeerSetup::default());
    let ip = call.scenario.ip(narrow);
    call.scenario.network().conditions(ip, Way::Down).rate_bps = Some(200_000);
    call.scenario.subscribe(narrow, &[call.camera]);
    call.scenario.run_for(secs(10));
    assert!(call.scenario.network().counts(ip, Way::Down).queue_full > 100, "the link is too narrow");
    call.assert_flows();
    let received = call.scenario.received(call.bob, call.camera);
    assert_eq!((received.damaged, received.holes()), (0, vec![]));
    let requests = call.scenario.key_frame_requests(call.camera).len();
    assert!(requests < 20, "{requests} keyframes were asked for");
}
