//! Observers tell who speaks and how loud everybody is, from the levels in the packets' headers.

use motet_control::{Notification, ObserverId, ProducerId, Request};
use motet_sim::{Media, PeerSetup, ROUTER, Scenario, TrackId};

use crate::call::secs;

const SILENCE: i8 = -127;

struct Panel {
    scenario: Scenario,
    microphones: [TrackId; 3],
}

/// Three who are silent, and an observer that the request opens.
fn panel(open: Request, observer_id: ObserverId) -> Panel {
    let mut scenario = Scenario::new(111);
    scenario.expect(open);
    let microphones = [(); 3].map(|()| {
        let peer = scenario.join(PeerSetup::default());
        let microphone = scenario.publish(peer, &[Media::microphone()])[0];
        scenario.set_level(microphone, SILENCE);
        let producer_id = scenario.producer(microphone);
        scenario.expect(Request::ObserveProducer { observer_id, producer_id });
        microphone
    });
    scenario.run_for(secs(2));
    Panel { scenario, microphones }
}

impl Panel {
    /// One speaks alone, for three seconds; answers what was told.
    fn speaks(&mut self, index: usize) -> Vec<Notification> {
        self.scenario.clear_notifications();
        self.scenario.set_level(self.microphones[index], -20);
        self.scenario.run_for(secs(3));
        self.scenario.set_level(self.microphones[index], SILENCE);
        self.scenario.notifications().iter().map(|(_, told)| told.clone()).collect()
    }
}

#[test]
fn whoever_begins_to_speak_is_the_active_speaker() {
    let observer_id = ObserverId(900);
    let open = Request::CreateActiveSpeakerObserver { router_id: ROUTER, observer_id, interval_ms: 300 };
    let mut panel = panel(open, observer_id);
    let mut speakers: Vec<ProducerId> = Vec::new();
    for index in [0, 1, 2, 0] {
        speakers.extend(panel.speaks(index).iter().filter_map(|told| match told {
            Notification::ActiveSpeaker { producer_id, .. } => Some(*producer_id),
            _ => None,
        }));
    }
    let expected = [0, 1, 2, 0].map(|index| panel.scenario.producer(panel.microphones[index]));
    // The first to be heard at all may be anybody.
    assert!(speakers.ends_with(&expected[1..]), "{speakers:?} for {expected:?}");
}

#[test]
fn the_loudest_are_told_with_their_levels_and_silence_once() {
    let observer_id = ObserverId(901);
    let open = Request::CreateAudioLevelObserver {
        router_id: ROUTER,
        observer_id,
        entries_max: 2,
        threshold_dbov: -60,
        interval_ms: 500,
    };
    let mut panel = panel(open, observer_id);
    panel.scenario.set_level(panel.microphones[1], -40);
    let told = panel.speaks(2);
    let levels: Vec<&Vec<(ProducerId, i8)>> = told
        .iter()
        .filter_map(|told| match told {
            Notification::AudioLevels { levels, .. } => Some(levels),
            _ => None,
        })
        .collect();
    assert!((5..=7).contains(&levels.len()), "{} in three seconds", levels.len());
    let [loud, quiet] = [2, 1].map(|index| panel.scenario.producer(panel.microphones[index]));
    let newest = levels.last().unwrap();
    assert_eq!(newest.iter().map(|(producer, _)| *producer).collect::<Vec<_>>(), [loud, quiet]);
    assert!(newest[0].1.abs_diff(-20) <= 2 && newest[1].1.abs_diff(-40) <= 2, "{newest:?}");

    panel.scenario.set_level(panel.microphones[1], SILENCE);
    panel.scenario.run_for(secs(1));
    panel.scenario.clear_notifications();
    panel.scenario.run_for(secs(3));
    let loud = |told: &&(_, Notification)| matches!(&told.1, Notification::AudioLevels { levels, .. } if !levels.is_empty());
    assert_eq!(panel.scenario.notifications().iter().filter(loud).count(), 0);
}
