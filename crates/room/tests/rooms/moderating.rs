//! Admins, the operator, and chat.

use motet_room::{By, Command, Event, LeaveReason, Reply, RoomEnd, RoomError};

use crate::stage::{ADMIN, Stage, room_name};

#[test]
fn an_admin_removes_people_of_its_own_room_only() {
    let mut stage = Stage::new();
    let (ada, bea) = (stage.join("r", "Ada"), stage.join("r", "Bea"));
    let admin = stage.join_as("r", "Admin", ADMIN).unwrap().participant_id;
    let stranger = stage.join_as("s", "Stranger", ADMIN).unwrap().participant_id;
    let remove = |by| Command::Remove { by: By::Participant(by), participant_id: ada };
    assert_eq!(stage.command(remove(bea)).unwrap_err().reason(), "notAllowed");
    assert_eq!(stage.command(remove(stranger)).unwrap_err(), RoomError::NoSuchParticipant);
    stage.told(ada);
    stage.told(bea);
    stage.command(remove(admin)).unwrap();
    assert_eq!(stage.told(ada), [Event::Removed { reason: LeaveReason::Removed }]);
    let left = Event::ParticipantLeft { participant_id: ada, reason: LeaveReason::Removed };
    assert_eq!(stage.told(bea), [left]);
}

#[test]
fn a_closed_room_is_told_to_all_in_it_and_its_name_is_free() {
    let mut stage = Stage::new();
    let (ada, bea) = (stage.join("r", "Ada"), stage.join("s", "Bea"));
    let close = |by| Command::CloseRoom { by, room: room_name("r") };
    assert_eq!(stage.command(close(By::Participant(ada))).unwrap_err().reason(), "notAllowed");
    stage.command(close(By::Operator)).unwrap();
    assert_eq!(stage.told(ada), [Event::RoomClosed { reason: RoomEnd::Closed }]);
    assert_eq!(stage.told(bea), []);
    assert_eq!(stage.command(close(By::Operator)).unwrap_err(), RoomError::NoSuchRoom);
    assert_ne!(stage.join("r", "Ada"), ada);
}

#[test]
fn the_operator_lists_and_shows_rooms() {
    let mut stage = Stage::new();
    let ada = stage.join("r", "Ada");
    stage.join("a", "Bea");
    let Ok(Reply::Rooms(rooms)) = stage.command(Command::ListRooms) else { panic!("a list") };
    let names: Vec<&str> = rooms.iter().map(|room| room.name.as_str()).collect();
    assert_eq!(names, ["a", "r"]);
    let Ok(Reply::Room(room)) = stage.command(Command::ShowRoom { room: room_name("r") }) else {
        panic!("a room")
    };
    assert_eq!(room.participants[0].id, ada);
    assert_eq!(room.participants[0].joined_at_unix_ms, 1_000_000);
}

#[test]
fn chat_goes_to_all_or_to_one_and_back_to_its_writer() {
    let mut stage = Stage::new();
    let (ada, bea, cem) = (stage.join("r", "Ada"), stage.join("r", "Bea"), stage.join("r", "Cem"));
    let chat = |to| Command::Chat { participant_id: ada, text: "hi\nthere".into(), to };
    stage.command(chat(None)).unwrap();
    stage.command(chat(Some(cem))).unwrap();
    let texts = |events: Vec<Event>| events.iter().filter(|e| matches!(e, Event::Chat { .. })).count();
    assert_eq!([ada, bea, cem].map(|id| texts(stage.told(id))), [2, 1, 2]);
}

#[test]
fn chat_that_is_empty_long_or_binary_or_to_nobody_is_refused() {
    let mut stage = Stage::with(1, |config| config.limits.chat_bytes_max = 8);
    let ada = stage.join("r", "Ada");
    let elsewhere = stage.join("s", "Bea");
    let chat = |text: &str, to| Command::Chat { participant_id: ada, text: text.into(), to };
    let mut reason = |command| stage.command(command).unwrap_err().reason();
    assert_eq!(reason(chat(" \n ", None)), "badText");
    assert_eq!(reason(chat("123456789", None)), "textTooLong");
    assert_eq!(reason(chat("a\u{1b}b", None)), "badText");
    assert_eq!(reason(chat("hi", Some(elsewhere))), "noSuchParticipant");
}
