//! Rooms over workers: placement, what workers tell, and their death.

use motet_control::{Codec, Notification, Quality, Request};
use motet_room::{By, Command, Event, ParticipantId, RoomEnd, RoomError, WorkerIndex};

use crate::stage::{Stage, join};

#[test]
fn rooms_go_to_the_worker_that_carries_least() {
    let mut stage = Stage::with(2, |_| ());
    for name in ["a", "b", "c", "d"] {
        stage.join(name, "Ada");
    }
    assert_eq!(stage.workers[0].routers.len(), 2);
    assert_eq!(stage.workers[1].routers.len(), 2);
    let bea = stage.join("a", "Bea");
    let track_id = stage.publish(bea, Codec::Opus).id;
    let cem = stage.join("a", "Cem");
    stage.accept(cem, track_id);
    stage.join("e", "Ada");
    stage.join("f", "Ada");
    assert_eq!(stage.workers[1].routers.len(), 4, "the other one has a consumer");
}

#[test]
fn a_dead_worker_ends_its_rooms_and_nobody_elses() {
    let mut stage = Stage::with(2, |_| ());
    let (ada, bea) = (stage.join("a", "Ada"), stage.join("b", "Bea"));
    stage.take_requests();
    stage.rooms.handle_worker_died(WorkerIndex(0));
    stage.carry_out();
    assert_eq!(stage.told(ada), [Event::RoomClosed { reason: RoomEnd::WorkerDied }]);
    assert_eq!(stage.told(bea), []);
    assert!(stage.take_requests().is_empty(), "the dead are asked for nothing");
    stage.join("a", "Ada");
    assert_eq!(stage.workers[1].routers.len(), 2);
    stage.rooms.handle_worker_died(WorkerIndex(1));
    assert_eq!(stage.join_with(join("c", "Cem")).unwrap_err(), RoomError::NoWorker);
}

#[test]
fn levels_are_told_by_participant_the_loudest_track_of_each() {
    let mut stage = Stage::new();
    let (ada, bea) = (stage.join("r", "Ada"), stage.join("r", "Bea"));
    let first = produced(&mut stage, ada);
    let second = produced(&mut stage, bea);
    let third = produced(&mut stage, ada);
    stage.told(ada);
    stage.told(bea);
    let observer_id = *stage.workers[0].observers.keys().next().unwrap();
    let levels = vec![(third, -10), (second, -20), (first, -30)];
    stage.notify(Notification::AudioLevels { observer_id, levels });
    let expected = [Event::AudioLevels { levels: vec![(ada, -10), (bea, -20)] }];
    assert_eq!(stage.told(ada), expected);
    assert_eq!(stage.told(bea), expected);
}

#[test]
fn the_active_speaker_is_told_once_and_forgotten_when_muted() {
    let mut stage = Stage::new();
    let ada = stage.join("r", "Ada");
    let producer_id = produced(&mut stage, ada);
    let observer_id = *stage.workers[0].observers.keys().last().unwrap();
    for _ in 0..2 {
        stage.notify(Notification::ActiveSpeaker { observer_id, producer_id });
    }
    assert_eq!(stage.told(ada), [Event::ActiveSpeaker { participant_id: Some(ada) }]);
    let bea = stage.join_with(join("r", "Bea")).unwrap();
    assert_eq!(bea.active_speaker, Some(ada));
    let track_id = bea.participants[0].tracks[0].id;
    stage.told(ada);
    stage.command(Command::Mute { by: By::Participant(ada), track_id, muted: true }).unwrap();
    assert_eq!(stage.told(ada), [Event::ActiveSpeaker { participant_id: None }]);
}

#[test]
fn quality_is_the_worse_of_both_transports_and_told_to_all_when_it_changes() {
    let mut stage = Stage::new();
    let (ada, bea) = (stage.join("r", "Ada"), stage.join("r", "Bea"));
    stage.open(ada, motet_room::Peer::Publish);
    stage.open(ada, motet_room::Peer::Subscribe);
    let transports: Vec<_> = stage.workers[0].transports.keys().copied().collect();
    let told = |transport_id, quality| Notification::TransportQuality { transport_id, quality };
    stage.notify(told(transports[0], Quality::Poor));
    stage.notify(told(transports[1], Quality::Excellent));
    stage.notify(told(transports[0], Quality::Good));
    let quality = |quality| Event::Quality { participant_id: ada, quality };
    assert_eq!(stage.told(bea), [quality(Quality::Poor), quality(Quality::Good)]);
}

/// Publishes audio and says as which producer.
fn produced(stage: &mut Stage, who: ParticipantId) -> motet_control::ProducerId {
    stage.publish(who, Codec::Opus);
    let requests = stage.take_requests();
    let produce = requests.iter().find_map(|request| match request {
        Request::Produce(produce) => Some(produce.producer_id),
        _ => None,
    });
    produce.expect("a produce request")
}
