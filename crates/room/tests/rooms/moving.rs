//! Moves between topologies: make before break.

use std::time::Duration;

use motet_control::{Codec, MediaKind, Request};
use motet_room::{
    Command, Event, Intent, LeaveReason, MoveState, PairState, ParticipantId, Peer, Reason, Topology,
    TrackId, View,
};

use crate::stage::Stage;

/// Two people of a mesh with a microphone each.
struct Pair {
    stage: Stage,
    ada: ParticipantId,
    bea: ParticipantId,
    tracks: [TrackId; 2],
}

fn pair() -> Pair {
    let mut stage = Stage::new();
    let (ada, bea) = (stage.join_mesher("r", "Ada"), stage.join_mesher("r", "Bea"));
    let tracks = [ada, bea].map(|who| stage.announce(who, &[MediaKind::Audio])[0]);
    // The room was begun by the first move.
    stage.connect_pair(ada, bea, 1);
    stage.told(ada);
    stage.told(bea);
    Pair { stage, ada, bea, tracks }
}

impl Pair {
    fn everyone_publishes(&mut self) {
        for (who, track_id) in [self.ada, self.bea].into_iter().zip(self.tracks) {
            self.stage.publish_announced(who, track_id, Codec::Opus);
        }
    }

    fn move_over_to_sfu(&mut self) {
        self.stage.set_topology(self.ada, Intent::Sfu);
        self.everyone_publishes();
        for who in [self.ada, self.bea] {
            self.stage.accept_all(who);
            self.stage.settle(who);
        }
    }
}

fn states(events: &[Event]) -> Vec<(Topology, MoveState)> {
    let headings = events.iter().filter_map(|event| match event {
        Event::Topology(heading) => Some((heading.topology, heading.state)),
        _ => None,
    });
    headings.collect()
}

#[test]
fn out_of_a_mesh_tracks_stay_the_same_and_the_mesh_serves_until_all_have_settled() {
    let Pair { mut stage, ada, bea, tracks } = pair();
    let room = stage.set_topology(ada, Intent::Sfu);
    assert_eq!((room.topology, room.is_moving), (Topology::Sfu, true));
    stage.publish_announced(ada, tracks[0], Codec::Opus);
    let told = stage.told(bea);
    assert!(told.iter().any(|event| matches!(event, Event::TrackChanged { track, .. }
        if track.id == tracks[0] && track.codec == Some(Codec::Opus))));
    let offered =
        told.iter().any(|event| matches!(event, Event::Subscribed(offer) if offer.track_id == tracks[0]));
    assert!(offered, "{told:?}");
    let relay = || Command::Relay { participant_id: ada, to: bea, epoch: 1, message: "{}".into() };
    stage.settle(ada);
    assert!(stage.command(relay()).is_ok(), "the mesh serves still");
    assert_eq!(states(&stage.told(ada)), [(Topology::Sfu, MoveState::Moving)]);
    stage.settle(bea);
    assert_eq!(states(&stage.told(ada)), [(Topology::Sfu, MoveState::Settled)]);
    assert_eq!(stage.command(relay()).unwrap_err().reason(), "noMesh");
}

#[test]
fn into_a_mesh_the_server_serves_until_all_have_settled_and_then_closes_everything() {
    let mut pair = pair();
    pair.move_over_to_sfu();
    let Pair { mut stage, ada, bea, tracks } = pair;
    assert_eq!(stage.workers[0].consumers.len(), 2);
    stage.told(ada);
    stage.told(bea);
    let room = stage.set_topology(ada, Intent::Mesh);
    stage.connect_pair(ada, bea, room.epoch);
    stage.settle(ada);
    assert_eq!(stage.workers[0].consumers.len(), 2, "the one who has settled sends still");
    stage.settle(bea);
    let worker = &stage.workers[0];
    assert!(worker.transports.is_empty() && worker.producers.is_empty() && worker.consumers.is_empty());
    let told = stage.told(bea);
    assert_eq!(states(&told), [(Topology::Mesh, MoveState::Moving), (Topology::Mesh, MoveState::Settled)]);
    let closed = told.iter().position(|event| *event == Event::TransportsClosed).unwrap();
    assert!(
        matches!(told.last(), Some(Event::Topology(_))) && closed < told.len() - 1,
        "closed before it is told"
    );
    assert!(told.iter().any(|event| matches!(event, Event::TrackChanged { track, .. }
        if track.id == tracks[0] && track.codec.is_none())));
    assert_eq!(stage.rooms.counts().announced, 2);
    assert_eq!(stage.rooms.counts().kept, 2 + 2 + 2 + 2 + 1, "people, tokens, tracks, observers, a name");
}

#[test]
fn the_way_back_from_a_mesh_opens_other_transports_for_the_same_tracks() {
    let mut pair = pair();
    pair.move_over_to_sfu();
    let room = pair.stage.set_topology(pair.ada, Intent::Mesh);
    pair.stage.connect_pair(pair.ada, pair.bea, room.epoch);
    pair.stage.settle(pair.ada);
    pair.stage.settle(pair.bea);
    pair.stage.told(pair.ada);
    pair.move_over_to_sfu();
    assert_eq!(pair.stage.workers[0].consumers.len(), 2);
    assert_eq!(pair.stage.rooms.counts().tracks, 2);
}

#[test]
fn a_pair_that_fails_on_the_way_into_a_mesh_turns_everyone_back_and_nothing_was_lost() {
    let mut pair = pair();
    pair.move_over_to_sfu();
    let Pair { mut stage, ada, bea, .. } = pair;
    let epoch = stage.set_topology(ada, Intent::Mesh).epoch;
    stage.settle(ada);
    stage.take_requests();
    stage.report_pair(ada, bea, epoch, PairState::Failed);
    assert_eq!((stage.heading(bea).topology, stage.heading(bea).reason), (Topology::Sfu, Reason::PairFailed));
    stage.settle(ada);
    stage.settle(bea);
    assert_eq!(stage.heading(ada).state, MoveState::Settled);
    assert_eq!(stage.workers[0].consumers.len(), 2);
    let closed =
        |request: &Request| matches!(request, Request::CloseTransport { .. } | Request::CloseConsumer { .. });
    assert!(!stage.take_requests().iter().any(closed));
}

#[test]
fn a_mesh_that_was_left_and_is_turned_back_to_closes_what_was_opened_meanwhile() {
    let Pair { mut stage, ada, bea, tracks } = pair();
    stage.set_topology(ada, Intent::Sfu);
    stage.publish_announced(ada, tracks[0], Codec::Opus);
    stage.accept_all(bea);
    assert_eq!(stage.set_topology(ada, Intent::Mesh).topology, Topology::Mesh);
    assert!(!stage.workers[0].transports.is_empty(), "nobody has settled");
    stage.settle(ada);
    stage.settle(bea);
    assert!(stage.workers[0].transports.is_empty());
}

#[test]
fn whoever_does_not_settle_is_waited_for_ten_seconds() {
    let Pair { mut stage, ada, bea, .. } = pair();
    stage.set_topology(ada, Intent::Sfu);
    stage.settle(ada);
    stage.pass(Duration::from_millis(9_999));
    assert_eq!(stage.heading(ada).state, MoveState::Moving);
    stage.pass(Duration::from_millis(1));
    assert_eq!(stage.heading(ada).state, MoveState::Settled);
    assert_eq!(stage.heading(bea).state, MoveState::Settled);
}

#[test]
fn whoever_leaves_is_not_waited_for() {
    let Pair { mut stage, ada, bea, .. } = pair();
    stage.set_topology(ada, Intent::Sfu);
    stage.settle(ada);
    stage.command(Command::Leave { participant_id: bea, reason: LeaveReason::Left }).unwrap();
    assert_eq!(stage.heading(ada).state, MoveState::Settled);
}

#[test]
fn settling_an_old_move_does_not_settle_the_new_one() {
    let Pair { mut stage, ada, .. } = pair();
    let first = stage.set_topology(ada, Intent::Sfu).epoch;
    let second = stage.set_topology(ada, Intent::Mcu).epoch;
    assert!(second > first);
    stage.command(Command::Settled { participant_id: ada, epoch: first }).unwrap();
    assert_eq!(stage.heading(ada).state, MoveState::Moving);
    assert_eq!(stage.heading(ada).view, View::Mix);
}

#[test]
fn a_third_person_moves_an_auto_room_to_the_sfu_and_back_when_two_have_been_alone_for_a_while() {
    let Pair { mut stage, ada, bea, .. } = pair();
    let cem = stage.join_mesher("r", "Cem");
    assert_eq!(stage.heading(ada).reason, Reason::TooManyForMesh);
    let newcomer = stage.told(cem);
    assert_eq!(states(&newcomer), [], "who comes learns it by the answer, and has nothing to settle");
    stage.settle(ada);
    stage.settle(bea);
    assert_eq!(stage.heading(bea).state, MoveState::Settled);
    stage.command(Command::Leave { participant_id: cem, reason: LeaveReason::Left }).unwrap();
    stage.pass(Duration::from_secs(14));
    assert_eq!(stage.heading(ada).topology, Topology::Sfu);
    stage.pass(Duration::from_secs(1));
    assert_eq!((stage.heading(ada).topology, stage.heading(ada).reason), (Topology::Mesh, Reason::FewPeople));
}

#[test]
fn a_decision_is_logged_once_with_what_it_rests_on() {
    let mut stage = Stage::new();
    let ada = stage.join_mesher("r", "Ada");
    stage.join_mesher("r", "Bea");
    stage.announce(ada, &[MediaKind::Audio]);
    stage.join_mesher("r", "Cem");
    let reasons: Vec<Reason> = stage.decided.iter().map(|decided| decided.decision.reason).collect();
    assert_eq!(reasons, [Reason::FewPeople, Reason::TooManyForMesh]);
    assert_eq!(stage.decided[1].facts.people, 3);
    assert!(stage.decided.iter().all(|decided| !decided.decision.explanation.is_empty()));
}

#[test]
fn only_admins_choose_the_topology() {
    let mut stage = Stage::new();
    let ada = stage.join("r", "Ada");
    let set = Command::SetTopology { place: motet_room::Place::Of(ada), intent: Intent::Mcu };
    assert_eq!(stage.command(set).unwrap_err().reason(), "notAllowed");
    let named = motet_room::Place::Named(crate::stage::room_name("r"));
    assert!(stage.command(Command::SetTopology { place: named, intent: Intent::Mcu }).is_ok());
    assert_eq!(stage.heading(ada).view, View::Mix);
}

#[test]
fn what_is_announced_is_checked_and_bound_once() {
    let Pair { mut stage, ada, bea, tracks } = pair();
    stage.set_topology(ada, Intent::Sfu);
    stage.open(ada, Peer::Publish);
    let bind =
        |track_id, codec| motet_room::NewTrack { track_id: Some(track_id), ..crate::stage::track(codec) };
    let results = stage.publish_tracks(
        ada,
        vec![
            bind(tracks[0], Codec::Vp8),
            bind(tracks[1], Codec::Opus),
            bind(tracks[0], Codec::Opus),
            bind(tracks[0], Codec::Opus),
        ],
    );
    let reasons: Vec<_> =
        results.iter().map(|result| result.as_ref().err().map(|error| error.reason())).collect();
    assert_eq!(reasons, [Some("badTrack"), Some("noSuchTrack"), None, Some("badTrack")]);
    let camera_that_sounds = motet_room::AnnouncedTrack {
        source: motet_room::Source::Camera,
        ..crate::stage::announced(MediaKind::Audio)
    };
    let announce = Command::Announce { participant_id: bea, tracks: vec![camera_that_sounds] };
    assert_eq!(stage.command(announce).unwrap_err().reason(), "badTrack");
    let many = vec![crate::stage::announced(MediaKind::Audio); 9];
    let announce = Command::Announce { participant_id: bea, tracks: many };
    assert_eq!(stage.command(announce).unwrap_err().reason(), "tooManyTracks");
}
