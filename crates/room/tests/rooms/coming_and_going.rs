//! Joining, leaving, dropping out, coming back.

use std::time::Duration;

use motet_control::{Codec, Request};
use motet_room::{
    Command, Event, Identity, Intent, Join, LeaveReason, NewRoom, Reply, ResumeToken, ResumedFrom, RoomError,
};

use crate::stage::{Stage, join, room_name};

#[test]
fn people_in_a_room_hear_of_one_another() {
    let mut stage = Stage::new();
    let ada = stage.join("r", "Ada");
    let bea = stage.join_with(join("r", "Bea")).unwrap();
    assert_eq!(bea.participants.len(), 1);
    assert_eq!(bea.participants[0].id, ada);
    assert_eq!(bea.room.participants, 2);
    assert!(
        matches!(&stage.told(ada)[..], [Event::ParticipantJoined(info)] if info.id == bea.participant_id)
    );
    stage.command(Command::Leave { participant_id: bea.participant_id, reason: LeaveReason::Left }).unwrap();
    let left = Event::ParticipantLeft { participant_id: bea.participant_id, reason: LeaveReason::Left };
    assert_eq!(stage.told(ada), [left]);
    assert_eq!(stage.told(bea.participant_id), [], "who leaves knows it");
}

#[test]
fn rooms_do_not_hear_of_one_another() {
    let mut stage = Stage::new();
    let ada = stage.join("r", "Ada");
    stage.join("s", "Bea");
    assert_eq!(stage.told(ada), []);
}

#[test]
fn an_empty_room_is_closed_after_its_grace_and_not_before() {
    let mut stage = Stage::new();
    let ada = stage.join("r", "Ada");
    stage.command(Command::Leave { participant_id: ada, reason: LeaveReason::Left }).unwrap();
    stage.pass(Duration::from_secs(59));
    assert_eq!(stage.rooms.counts().rooms, 1);
    stage.pass(Duration::from_secs(1));
    assert_eq!(stage.rooms.counts().rooms, 0);
    assert!(stage.workers[0].is_empty());
    assert_eq!(stage.rooms.poll_timeout(), None);
}

#[test]
fn a_room_made_ahead_waits_its_own_grace_and_keeps_its_own_limit() {
    let mut stage = Stage::new();
    let new = NewRoom {
        name: room_name("r"),
        topology: Some(Intent::Sfu),
        layout: Default::default(),
        mix: None,
        participants_max: Some(1),
        empty_grace: Some(Duration::from_secs(5)),
    };
    stage.command(Command::CreateRoom(new.clone())).unwrap();
    assert_eq!(stage.command(Command::CreateRoom(new)).unwrap_err(), RoomError::RoomExists);
    stage.join("r", "Ada");
    stage.pass(Duration::from_secs(6));
    assert_eq!(stage.rooms.counts().rooms, 1, "someone is in it");
    let refused = stage.join_with(join("r", "Bea")).unwrap_err();
    assert_eq!(refused, RoomError::RoomFull { participants_max: 1 });
}

#[test]
fn a_server_has_as_many_rooms_as_it_may() {
    let mut stage = Stage::with(1, |config| config.limits.rooms_max = 1);
    stage.join("r", "Ada");
    assert_eq!(stage.join_with(join("s", "Bea")).unwrap_err(), RoomError::ServerFull { rooms_max: 1 });
    stage.join("r", "Bea");
}

#[test]
fn rooms_that_must_be_made_ahead_are_not_made_by_joining() {
    let mut stage = Stage::with(1, |config| config.create_on_join = false);
    assert_eq!(stage.join_with(join("r", "Ada")).unwrap_err(), RoomError::NoSuchRoom);
}

#[test]
fn one_who_drops_out_keeps_media_for_the_grace_time_and_is_then_taken_out() {
    let mut stage = Stage::new();
    let (ada, bea) = (stage.join("r", "Ada"), stage.join("r", "Bea"));
    stage.publish(ada, Codec::Vp8);
    stage.told(bea);
    stage.take_requests();
    stage.command(Command::Dropped { participant_id: ada }).unwrap();
    stage.pass(Duration::from_secs(29));
    assert!(stage.take_requests().is_empty(), "media is not touched");
    assert_eq!(stage.told(bea), []);
    stage.pass(Duration::from_secs(1));
    let told = stage.told(bea);
    assert!(told.contains(&Event::ParticipantLeft { participant_id: ada, reason: LeaveReason::TimedOut }));
    assert_eq!(stage.told(ada).last(), Some(&Event::Removed { reason: LeaveReason::TimedOut }));
    assert!(matches!(stage.take_requests()[..], [Request::CloseTransport { .. }]));
}

#[test]
fn one_who_comes_back_in_time_stays_and_gets_a_fresh_token() {
    let mut stage = Stage::new();
    let ada = stage.join_with(join("r", "Ada")).unwrap();
    stage.command(Command::Dropped { participant_id: ada.participant_id }).unwrap();
    stage.pass(Duration::from_secs(20));
    let Reply::Joined(back) = stage.command(Command::Resume { token: ada.resume_token.clone() }).unwrap()
    else {
        panic!("a resume is answered like a join");
    };
    assert_eq!(back.participant_id, ada.participant_id);
    assert_eq!(back.resumed, Some(ResumedFrom::Dropped));
    assert_ne!(back.resume_token, ada.resume_token);
    stage.pass(Duration::from_secs(60));
    assert_eq!(stage.rooms.counts().participants, 1);
    let again = stage.command(Command::Resume { token: ada.resume_token }).unwrap_err();
    assert_eq!(again, RoomError::ResumeExpired, "a token is good for one resume");
}

#[test]
fn a_resume_before_the_drop_was_noticed_says_so() {
    let mut stage = Stage::new();
    let ada = stage.join_with(join("r", "Ada")).unwrap();
    let Reply::Joined(back) = stage.command(Command::Resume { token: ada.resume_token }).unwrap() else {
        panic!("a resume is answered like a join");
    };
    assert_eq!(back.resumed, Some(ResumedFrom::Attached));
}

#[test]
fn a_token_of_one_who_is_gone_or_of_nobody_resumes_nothing() {
    let mut stage = Stage::new();
    let ada = stage.join_with(join("r", "Ada")).unwrap();
    stage.command(Command::Dropped { participant_id: ada.participant_id }).unwrap();
    stage.pass(Duration::from_secs(31));
    for token in [ada.resume_token, ResumeToken::new("guess"), ResumeToken::new("")] {
        assert_eq!(stage.command(Command::Resume { token }).unwrap_err(), RoomError::ResumeExpired);
    }
}

#[test]
fn a_second_join_of_one_identity_takes_the_firsts_place_even_in_a_full_room() {
    let mut stage = Stage::with(1, |config| config.limits.participants_max = 1);
    let identity = Some(Identity::new("user-7").unwrap());
    let first = stage.join_with(Join { identity: identity.clone(), ..join("r", "Ada") }).unwrap();
    let second = stage.join_with(Join { identity, ..join("r", "Ada") }).unwrap();
    assert_eq!(stage.told(first.participant_id), [Event::Removed { reason: LeaveReason::Replaced }]);
    assert_eq!(second.participants, []);
    assert_eq!(stage.rooms.counts().participants, 1);
}

#[test]
fn a_stopping_server_tells_everyone_and_lets_nobody_in() {
    let mut stage = Stage::new();
    let ada = stage.join("r", "Ada");
    stage.command(Command::AnnounceStop).unwrap();
    assert_eq!(stage.told(ada), [Event::ServerStopping]);
    assert_eq!(stage.join_with(join("r", "Bea")).unwrap_err(), RoomError::Stopping);
    stage.command(Command::CloseAll).unwrap();
    assert!(matches!(stage.told(ada)[..], [Event::RoomClosed { .. }]));
    assert!(stage.workers[0].is_empty());
    assert_eq!(stage.rooms.counts(), motet_room::Counts::default());
}
