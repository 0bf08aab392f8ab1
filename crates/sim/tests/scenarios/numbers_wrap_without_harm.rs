//! Sequence numbers and RTP times wrap for sender, worker and receiver, under loss, and nothing is lost by it.

use motet_control::Codec;
use motet_sim::{Conditions, Media, PeerSetup, Scenario};

use crate::call::{ms, secs};

#[test]
fn seventy_thousand_packets_pass_all_wraps() {
    let mut scenario = Scenario::new(171);
    let (alice, bob) = (scenario.join(PeerSetup::default()), scenario.join(PeerSetup::default()));
    // The RTP time wraps after half a minute. A retransmission must come before another hundred packets do: str0m takes none
    // that comes later.
    let media =
        Media { first_rtp_time: Some(u32::MAX - 30 * 90_000), ..Media::camera(Codec::Vp8).at_bps(8_000_000) };
    let camera = scenario.publish(alice, &[media])[0];
    scenario.subscribe(bob, &[camera]);
    scenario.run_for(secs(1));
    for peer in [alice, bob] {
        let ip = scenario.ip(peer);
        let lossy = Conditions { delay: ms(2), loss: 0.01, ..Conditions::default() };
        scenario.network().set_both(ip, lossy);
    }
    scenario.run_for(secs(80));
    for peer in [alice, bob] {
        let ip = scenario.ip(peer);
        scenario.network().set_both(ip, Conditions::default());
    }
    scenario.run_for(secs(1));
    let sent = scenario.sent(camera);
    let received = scenario.received(bob, camera);
    let (first, last) = (received.seen[0], received.seen.last().unwrap());
    assert!(received.seen.len() > 70_000, "{} packets", received.seen.len());
    assert!(last.seq >= 1 << 16, "the receiver has seen a rollover");
    assert_eq!(received.damaged, 0);
    assert!(received.missing_seqs() < 5, "{} were lost for good", received.missing_seqs());
    assert!(last.name.number + 5 > sent);
    let frames = u64::from(last.name.number - first.name.number);
    assert_eq!(last.rtp_time - first.rtp_time, frames * 3_600, "the time goes on through its wrap");
}
