//! Who is loud and who speaks, as observers tell it.

mod peer;

use motet_control::{Notification, ObserverId, ProducerId, Refusal, Request};
use motet_rtp::Ssrc;
use motet_rtp::ext::{AudioLevel, ExtensionValues};

use peer::{AUDIO, Peer, ROUTER, VIDEO, World, audio_parameters};

const LEVELS: ObserverId = ObserverId(1);
const SPEAKER: ObserverId = ObserverId(2);
const OTHER: ProducerId = ProducerId(201);

/// Two publishers of audio and both observers.
fn room() -> (World, Peer, Peer) {
    let mut world = World::new();
    let (first, second) = (world.connect(1), world.connect(2));
    world.produce(&first, AUDIO, audio_parameters());
    world.produce(&second, OTHER, audio_parameters());
    world.must(Request::CreateAudioLevelObserver {
        router_id: ROUTER,
        observer_id: LEVELS,
        entries_max: 5,
        threshold_dbov: -60,
        interval_ms: 800,
    });
    world.must(Request::CreateActiveSpeakerObserver {
        router_id: ROUTER,
        observer_id: SPEAKER,
        interval_ms: 300,
    });
    for observer_id in [LEVELS, SPEAKER] {
        for producer_id in [AUDIO, OTHER] {
            world.must(Request::ObserveProducer { observer_id, producer_id });
        }
    }
    (world, first, second)
}

/// Both talk for two seconds at these levels.
fn talk(world: &mut World, first: (&mut Peer, i8), second: (&mut Peer, i8), from: u64) {
    let level = |dbov| ExtensionValues {
        audio_level: Some(AudioLevel { dbov, voice: true }),
        ..ExtensionValues::default()
    };
    for seq in from..from + 100 {
        first.0.send_audio(world, seq, &level(first.1));
        second.0.send_audio(world, seq, &level(second.1));
        world.pass_ms(20);
    }
}

fn speakers(world: &World) -> Vec<ProducerId> {
    let told = world.notifications.iter().filter_map(|notification| match notification {
        Notification::ActiveSpeaker { observer_id: SPEAKER, producer_id } => Some(*producer_id),
        _ => None,
    });
    told.collect()
}

fn levels(world: &World) -> Vec<Vec<(ProducerId, i8)>> {
    let told = world.notifications.iter().filter_map(|notification| match notification {
        Notification::AudioLevels { observer_id: LEVELS, levels } => Some(levels.clone()),
        _ => None,
    });
    told.collect()
}

#[test]
fn whoever_speaks_is_told_once_and_the_levels_regularly() {
    let (mut world, mut first, mut second) = room();
    talk(&mut world, (&mut first, -30), (&mut second, -80), 1);
    assert_eq!(speakers(&world), [AUDIO]);
    assert_eq!(levels(&world), [[(AUDIO, -30)], [(AUDIO, -30)]]);
    talk(&mut world, (&mut first, -80), (&mut second, -25), 101);
    assert_eq!(speakers(&world), [AUDIO, OTHER]);
    assert_eq!(levels(&world).last(), Some(&vec![(OTHER, -25)]));
}

#[test]
fn silence_is_told_once_by_levels() {
    let (mut world, mut first, mut second) = room();
    talk(&mut world, (&mut first, -30), (&mut second, -40), 1);
    world.pass_ms(10_000);
    let told = levels(&world);
    assert_eq!(told[0], [(AUDIO, -30), (OTHER, -40)]);
    assert_eq!(told.iter().filter(|levels| levels.is_empty()).count(), 1);
}

#[test]
fn a_paused_producer_is_not_heard() {
    let (mut world, mut first, mut second) = room();
    world.must(Request::SetProducerPaused { producer_id: AUDIO, paused: true });
    talk(&mut world, (&mut first, -20), (&mut second, -40), 1);
    assert_eq!(speakers(&world), [OTHER]);
}

#[test]
fn an_observer_that_is_closed_or_told_to_stop_tells_nothing_more() {
    let (mut world, mut first, mut second) = room();
    world.must(Request::UnobserveProducer { observer_id: SPEAKER, producer_id: AUDIO });
    world.must(Request::CloseObserver { observer_id: LEVELS });
    talk(&mut world, (&mut first, -20), (&mut second, -80), 1);
    assert!(speakers(&world).is_empty() && levels(&world).is_empty());
    assert!(!world.router.has_observer(LEVELS));
}

#[test]
fn a_producer_that_closes_leaves_its_observers() {
    let (mut world, mut first, mut second) = room();
    talk(&mut world, (&mut first, -30), (&mut second, -80), 1);
    world.must(Request::CloseProducer { producer_id: AUDIO });
    talk(&mut world, (&mut first, -30), (&mut second, -30), 101);
    assert_eq!(speakers(&world), [AUDIO, OTHER]);
    assert_eq!(levels(&world).last(), Some(&vec![(OTHER, -30)]));
}

#[test]
fn an_observer_without_producers_asks_for_no_time() {
    let mut world = World::new();
    let observer_id = SPEAKER;
    world.must(Request::CreateActiveSpeakerObserver { router_id: ROUTER, observer_id, interval_ms: 300 });
    assert_eq!(world.router.poll_timeout(), None);
}

#[test]
fn what_makes_no_sense_is_refused() {
    let (mut world, first, _second) = room();
    let again = Request::ObserveProducer { observer_id: LEVELS, producer_id: AUDIO };
    assert!(matches!(world.ask(again), Err(Refusal::BadState(_))));
    let mut video = peer::video_parameters();
    video.encodings[0].ssrc = Some(Ssrc(0x5555));
    world.produce(&first, VIDEO, video);
    let not_audio = Request::ObserveProducer { observer_id: LEVELS, producer_id: VIDEO };
    assert!(matches!(world.ask(not_audio), Err(Refusal::BadParameter(_))));
    for (entries_max, threshold_dbov, interval_ms) in [(0, -60, 800), (1, 1, 800), (1, -60, 100)] {
        let request = Request::CreateAudioLevelObserver {
            router_id: ROUTER,
            observer_id: ObserverId(9),
            entries_max,
            threshold_dbov,
            interval_ms,
        };
        assert!(matches!(world.ask(request), Err(Refusal::BadParameter(_))));
    }
}
