//! What admins and the operator do, and chat.

use std::time::Instant;

use motet_control::RouterId;

use super::Rooms;
use super::report::details;
use crate::command::{By, NewRoom};
use crate::error::RoomError;
use crate::event::{Event, LeaveReason, RoomEnd};
use crate::ids::ParticipantId;
use crate::mixing::{MixSettings, check_layout};
use crate::names::RoomName;
use crate::reply::Reply;

impl Rooms {
    pub(super) fn create_room(&mut self, now: Instant, new: NewRoom) -> Result<Reply, RoomError> {
        if self.stopping {
            return Err(RoomError::Stopping);
        }
        if self.names.contains_key(&new.name) {
            return Err(RoomError::RoomExists);
        }
        check_layout(&new.layout)?;
        new.mix.iter().try_for_each(MixSettings::check)?;
        let router_id = self.open_room(now, new)?;
        Ok(Reply::Room(Box::new(details(self.room_of(router_id)))))
    }

    pub(super) fn remove(&mut self, now: Instant, by: By, id: ParticipantId) -> Result<Reply, RoomError> {
        let router_id = *self.desk.people.get(&id).ok_or(RoomError::NoSuchParticipant)?;
        self.ask_admin(by, router_id, "remove others", RoomError::NoSuchParticipant)?;
        self.take_out(now, id, LeaveReason::Removed).map(|()| Reply::Done)
    }

    pub(super) fn close_room(&mut self, by: By, room: &RoomName) -> Result<Reply, RoomError> {
        let router_id = self.room_named(room)?.router_id;
        self.ask_admin(by, router_id, "close the room", RoomError::NoSuchRoom)?;
        self.end_room(router_id, RoomEnd::Closed);
        Ok(Reply::Done)
    }

    /// An admin is one in its own room only; in another it sees nothing.
    pub(super) fn ask_admin(
        &self,
        by: By,
        router_id: RouterId,
        what: &'static str,
        unseen: RoomError,
    ) -> Result<(), RoomError> {
        let By::Participant(id) = by else { return Ok(()) };
        let asker = self.room_of(router_id).people.get(&id).ok_or(unseen)?;
        if asker.grants.admin { Ok(()) } else { Err(RoomError::NotAllowed { what }) }
    }

    pub(super) fn chat(
        &mut self,
        now: Instant,
        from: ParticipantId,
        text: &str,
        to: Option<ParticipantId>,
    ) -> Result<Reply, RoomError> {
        let bytes_max = self.config.limits.chat_bytes_max;
        let at_unix_ms = self.config.clock.unix_ms(now);
        let (room, desk) = self.room_with(from)?;
        if text.trim().is_empty() {
            return Err(RoomError::BadText { why: "is empty" });
        }
        if text.len() > bytes_max {
            return Err(RoomError::TextTooLong { bytes_max });
        }
        if text.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
            return Err(RoomError::BadText { why: "has control characters" });
        }
        let event = Event::Chat { from, text: text.to_owned(), at_unix_ms, to };
        match to {
            Some(to) if !room.people.contains_key(&to) => return Err(RoomError::NoSuchParticipant),
            // The writer is told too: its text stands among the others' in the order and with the time of the server.
            Some(to) => {
                desk.tell(to, event.clone());
                if to != from {
                    desk.tell(from, event);
                }
            }
            None => room.tell_all(desk, &event),
        }
        Ok(Reply::ChatSent { at_unix_ms })
    }

    pub(super) fn announce_stop(&mut self) -> Reply {
        if !self.stopping {
            self.stopping = true;
            for room in self.rooms.values() {
                room.tell_all(&mut self.desk, &Event::ServerStopping);
            }
        }
        Reply::Done
    }

    pub(super) fn close_all(&mut self) -> Reply {
        let all: Vec<RouterId> = self.rooms.keys().copied().collect();
        let reason = if self.stopping { RoomEnd::ServerStopping } else { RoomEnd::Closed };
        for router_id in all {
            self.end_room(router_id, reason);
        }
        Reply::Done
    }
}
