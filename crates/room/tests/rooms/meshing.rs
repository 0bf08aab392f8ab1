//! Meshes: who is in one, what passes between its people, and when it falls back.

use std::time::Duration;

use motet_control::{MediaKind, Request};
use motet_room::{
    Command, Event, Grants, Intent, Join, LeaveReason, NewRoom, PairState, ParticipantId, Reason, RoomError,
    Topologies, Topology,
};

use crate::stage::{ALL, Stage, join, room_name};

const BOTH: [MediaKind; 2] = [MediaKind::Audio, MediaKind::Video];

fn relay(from: ParticipantId, to: ParticipantId, epoch: u64, message: &str) -> Command {
    Command::Relay { participant_id: from, to, epoch, message: message.to_owned() }
}

fn info(stage: &mut Stage) -> motet_room::RoomInfo {
    match stage.command(Command::ShowRoom { room: room_name("r") }) {
        Ok(motet_room::Reply::Room(details)) => details.room,
        other => panic!("a room is shown: {other:?}"),
    }
}

#[test]
fn two_who_can_mesh_announce_and_the_server_carries_nothing() {
    let mut stage = Stage::new();
    let ada = stage.join_mesher("r", "Ada");
    let tracks = stage.announce(ada, &BOTH);
    let can = Topologies { mesh: true, ..Topologies::default() };
    let bea = stage.join_with(Join { topologies: can, ..join("r", "Bea") }).unwrap();
    assert_eq!((bea.room.topology, bea.room.intent), (Topology::Mesh, Intent::Auto));
    assert_eq!(bea.room.reason, Reason::FewPeople);
    let seen: Vec<_> = bea.participants[0].tracks.iter().map(|track| (track.id, track.codec)).collect();
    assert_eq!(seen, [(tracks[0], None), (tracks[1], None)]);
    let epoch = bea.room.epoch;
    stage.connect_pair(ada, bea.participant_id, epoch);
    stage.pass(Duration::from_secs(60));
    let media =
        |request: &Request| matches!(request, Request::Produce(_) | Request::CreateWebRtcTransport { .. });
    assert!(!stage.take_requests().iter().any(media));
    assert_eq!(stage.rooms.counts().topologies, [1, 0, 0]);
    assert_eq!(stage.rooms.counts().pairs, 1);
    let open = Command::OpenTransport { participant_id: ada, peer: motet_room::Peer::Publish };
    assert_eq!(stage.command(open).unwrap_err().reason(), "badState");
}

#[test]
fn one_who_cannot_mesh_or_may_not_receive_makes_the_room_no_mesh() {
    let mut stage = Stage::new();
    stage.join("r", "Ada");
    assert_eq!(
        (info(&mut stage).topology, info(&mut stage).reason),
        (Topology::Sfu, Reason::ClientCannotMesh)
    );
    let mut stage = Stage::new();
    let can = Topologies { mesh: true, ..Topologies::default() };
    let grants = Grants { subscribe: false, ..ALL };
    stage.join_with(Join { topologies: can, grants, ..join("r", "Ada") }).unwrap();
    assert_eq!((info(&mut stage).topology, info(&mut stage).reason), (Topology::Sfu, Reason::Grants));
}

#[test]
fn messages_pass_between_people_of_a_mesh_numbered_and_no_further() {
    let mut stage = Stage::new();
    let (ada, bea) = (stage.join_mesher("r", "Ada"), stage.join_mesher("r", "Bea"));
    let stranger = stage.join_mesher("s", "Cem");
    let epoch = info(&mut stage).epoch;
    stage.told(bea);
    stage.command(relay(ada, bea, epoch, "{\"a\":1}")).unwrap();
    stage.command(relay(ada, bea, epoch, "{}")).unwrap();
    let relayed =
        |number, message: &str| Event::Relayed { from: ada, epoch, number, message: message.to_owned() };
    assert_eq!(stage.told(bea), [relayed(1, "{\"a\":1}"), relayed(2, "{}")]);
    assert_eq!(stage.command(relay(ada, stranger, epoch, "{}")).unwrap_err(), RoomError::NoSuchParticipant);
    assert_eq!(stage.command(relay(ada, ada, epoch, "{}")).unwrap_err(), RoomError::NoSuchParticipant);
    assert_eq!(stage.command(relay(ada, bea, epoch + 1, "{}")).unwrap_err(), RoomError::StaleEpoch);
    let long = "x".repeat(64 * 1024 + 1);
    assert_eq!(stage.command(relay(ada, bea, epoch, &long)).unwrap_err().reason(), "messageTooLong");
    let full = "x".repeat(64 * 1024);
    let sent = (0..20).take_while(|_| stage.command(relay(ada, bea, epoch, &full)).is_ok()).count();
    assert!((4..10).contains(&sent), "{sent}");
    assert_eq!(stage.command(relay(ada, bea, epoch, &full)).unwrap_err(), RoomError::TooMuch);
    assert!(stage.command(relay(bea, ada, epoch, &full)).is_ok(), "each has its own");
}

#[test]
fn nothing_is_relayed_in_a_room_that_is_no_mesh() {
    let mut stage = Stage::new();
    let (ada, bea) = (stage.join("r", "Ada"), stage.join("r", "Bea"));
    let epoch = info(&mut stage).epoch;
    assert_eq!(stage.command(relay(ada, bea, epoch, "{}")).unwrap_err(), RoomError::NoMesh);
}

#[test]
fn a_pair_that_is_not_connected_in_time_moves_the_room_to_the_sfu_until_one_of_it_leaves() {
    let mut stage = Stage::new();
    let ada = stage.join_mesher("r", "Ada");
    stage.announce(ada, &BOTH);
    stage.pass(Duration::from_secs(60));
    let bea = stage.join_mesher("r", "Bea");
    let epoch = info(&mut stage).epoch;
    stage.report_pair(ada, bea, epoch, PairState::Connected);
    stage.pass(Duration::from_millis(4_900));
    assert_eq!(info(&mut stage).topology, Topology::Mesh);
    stage.pass(Duration::from_millis(100));
    assert_eq!((info(&mut stage).topology, info(&mut stage).reason), (Topology::Sfu, Reason::PairFailed));
    assert_eq!(stage.heading(bea).reason, Reason::PairFailed);
    stage.pass(Duration::from_secs(3_600));
    assert_eq!(info(&mut stage).topology, Topology::Sfu, "it failed once");
    stage.command(Command::Leave { participant_id: bea, reason: LeaveReason::Left }).unwrap();
    assert_eq!(info(&mut stage).reason, Reason::Steadying);
    stage.pass(Duration::from_secs(15));
    assert_eq!(info(&mut stage).topology, Topology::Mesh);
}

#[test]
fn a_pair_that_fails_is_not_waited_for_and_one_that_is_lost_has_its_time_again() {
    let mut stage = Stage::new();
    let (ada, bea) = (stage.join_mesher("r", "Ada"), stage.join_mesher("r", "Bea"));
    stage.announce(ada, &BOTH);
    let epoch = info(&mut stage).epoch;
    stage.connect_pair(ada, bea, epoch);
    stage.report_pair(bea, ada, epoch, PairState::Disconnected);
    stage.pass(Duration::from_secs(4));
    stage.report_pair(bea, ada, epoch, PairState::Connected);
    stage.pass(Duration::from_secs(60));
    assert_eq!(info(&mut stage).topology, Topology::Mesh);
    stage.report_pair(bea, ada, epoch, PairState::Failed);
    assert_eq!(info(&mut stage).reason, Reason::PairFailed);
    let again = stage.set_topology(ada, Intent::Mesh);
    assert_eq!((again.topology, again.reason), (Topology::Mesh, Reason::Asked));
}

#[test]
fn whoever_has_nothing_to_send_need_not_be_connected_and_whoever_is_gone_cannot_be() {
    let mut stage = Stage::new();
    let (ada, bea) = (stage.join_mesher("r", "Ada"), stage.join_mesher("r", "Bea"));
    stage.pass(Duration::from_secs(20));
    assert_eq!(info(&mut stage).topology, Topology::Mesh, "there is nothing to be sent");
    stage.announce(ada, &BOTH);
    stage.command(Command::Dropped { participant_id: bea }).unwrap();
    stage.pass(Duration::from_secs(8));
    assert_eq!(info(&mut stage).topology, Topology::Mesh);
}

#[test]
fn a_mesh_that_is_asked_for_has_a_limit_with_a_clear_error() {
    let mut stage = Stage::with(1, |config| config.limits.mesh_people_max = 3);
    let topology = Some(Intent::Mesh);
    let can = Topologies { mesh: true, ..Topologies::default() };
    for name in ["Ada", "Bea", "Cem"] {
        let joined = stage.join_with(Join { topology, topologies: can, ..join("r", name) }).unwrap();
        assert_eq!((joined.room.topology, joined.room.reason), (Topology::Mesh, Reason::Asked));
    }
    let fourth = stage.join_with(Join { topologies: can, ..join("r", "Dan") }).unwrap_err();
    assert_eq!(fourth, RoomError::MeshFull { people_max: 3 });
    let big = NewRoom {
        name: room_name("s"),
        topology: Some(Intent::Sfu),
        layout: Default::default(),
        mix: None,
        participants_max: None,
        empty_grace: None,
    };
    stage.command(Command::CreateRoom(big)).unwrap();
    let people: Vec<_> = (0..4).map(|_| stage.join_mesher("s", "Eve")).collect();
    let set = Command::SetTopology { place: motet_room::Place::Of(people[0]), intent: Intent::Mesh };
    assert_eq!(stage.command(set).unwrap_err().reason(), "meshFull");
}

#[test]
fn who_joins_a_mesh_that_is_asked_for_and_cannot_mesh_moves_it_to_the_sfu_and_back_when_it_leaves() {
    let mut stage = Stage::new();
    let can = Topologies { mesh: true, ..Topologies::default() };
    let topology = Some(Intent::Mesh);
    let ada = stage.join_with(Join { topology, topologies: can, ..join("r", "Ada") }).unwrap().participant_id;
    let old = stage.join("r", "Old");
    assert_eq!(stage.heading(ada).reason, Reason::ClientCannotMesh);
    stage.settle(ada);
    stage.command(Command::Leave { participant_id: old, reason: LeaveReason::Left }).unwrap();
    assert_eq!(info(&mut stage).topology, Topology::Mesh);
}
