//! The calls that scenarios begin with.

use std::time::Duration;

use motet_control::Codec;
use motet_sim::{Half, Media, PeerId, PeerSetup, Scenario, TrackId, Way};

pub(crate) fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

pub(crate) fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// One peer publishes a camera and a microphone, another subscribes to both.
pub(crate) struct Call {
    pub(crate) scenario: Scenario,
    pub(crate) alice: PeerId,
    pub(crate) bob: PeerId,
    pub(crate) camera: TrackId,
    pub(crate) microphone: TrackId,
}

impl Call {
    /// The two are connected, and media flows.
    pub(crate) fn new(seed: u64) -> Self {
        Self::of(seed, PeerSetup::default(), PeerSetup::default())
    }

    pub(crate) fn of(seed: u64, alice: PeerSetup, bob: PeerSetup) -> Self {
        let mut call = Self::ringing(seed, alice, bob);
        let Self { bob, camera, .. } = call;
        let is_flowing = |scenario: &Scenario| !scenario.received(bob, camera).seen.is_empty();
        assert!(call.scenario.run_until(secs(5), is_flowing), "{:?}", call.scenario.notifications());
        call
    }

    /// All is negotiated, and no datagram has been sent.
    pub(crate) fn ringing(seed: u64, alice: PeerSetup, bob: PeerSetup) -> Self {
        let mut scenario = Scenario::new(seed);
        let (alice, bob) = (scenario.join(alice), scenario.join(bob));
        let media = [Media::camera(Codec::Vp8), Media::microphone()];
        let tracks = scenario.publish(alice, &media);
        scenario.subscribe(bob, &tracks);
        Self { scenario, alice, bob, camera: tracks[0], microphone: tracks[1] }
    }

    /// Has both ways of both peers take so long.
    pub(crate) fn set_delay(&mut self, delay: Duration) {
        for ip in [self.scenario.ip(self.alice), self.scenario.ip(self.bob)] {
            for way in [Way::Up, Way::Down] {
                self.scenario.network().conditions(ip, way).delay = delay;
            }
        }
    }

    /// That the camera's frames come whole and in their pace.
    pub(crate) fn assert_flows(&mut self) {
        let from = self.scenario.now();
        self.scenario.run_for(secs(1));
        let (camera, microphone) = (self.camera, self.microphone);
        let pictures = self.scenario.received(self.bob, camera).since(from).whole_frames().len();
        let sounds = self.scenario.received(self.bob, microphone).since(from).whole_frames().len();
        assert!(pictures >= 22 && sounds >= 45, "{pictures} pictures and {sounds} sounds in a second");
    }

    pub(crate) fn half(&self, half: Half) -> PeerId {
        match half {
            Half::Publish => self.alice,
            Half::Subscribe => self.bob,
        }
    }
}
