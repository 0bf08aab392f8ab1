//! What people and operators want of a room's topology, of views, and of the mix.

use std::time::Instant;

use motet_control::{Announcement, AnnouncementId, Layout, MixerAsk, RouterId};

use super::Rooms;
use super::report::details;
use crate::command::{By, Place};
use crate::error::RoomError;
use crate::event::Event;
use crate::ids::ParticipantId;
use crate::mixing::{Voice, check_layout};
use crate::reply::Reply;
use crate::topology::{Intent, ViewIntent};

impl Rooms {
    pub(super) fn set_topology(
        &mut self,
        now: Instant,
        place: &Place,
        intent: Intent,
    ) -> Result<Reply, RoomError> {
        let router_id = self.find(place, "choose the topology")?;
        let people_max = self.config.limits.mesh_people_max;
        let room = self.rooms.get_mut(&router_id).expect("the place was found");
        if intent == Intent::Mesh && room.people.len() > people_max {
            return Err(RoomError::MeshFull { people_max });
        }
        room.intent = intent;
        match intent {
            // Who asks for it again wants it tried again.
            Intent::Mesh => room.failed_pairs.clear(),
            Intent::Mcu => room.mixer_failed = false,
            Intent::Sfu | Intent::Auto => {}
        }
        self.review(now, router_id);
        Ok(Reply::Room(Box::new(details(self.room_of(router_id)))))
    }

    pub(super) fn set_view(
        &mut self,
        now: Instant,
        by: By,
        id: ParticipantId,
        view: ViewIntent,
    ) -> Result<Reply, RoomError> {
        let router_id = self.find_person(by, id, "choose others' views")?;
        let room = self.rooms.get_mut(&router_id).expect("people are in rooms that exist");
        if view == ViewIntent::Mix {
            room.mixer_failed = false;
        }
        let participant = room.people.get_mut(&id).ok_or(RoomError::NoSuchParticipant)?;
        participant.view_intent = view;
        participant.path.mixes = 0;
        self.review(now, router_id);
        let heading = &self.person_mut(id)?.heading;
        Ok(Reply::View { view: heading.view, epoch: heading.epoch })
    }

    pub(super) fn set_layout(&mut self, place: &Place, layout: Layout) -> Result<Reply, RoomError> {
        let router_id = self.find(place, "lay the mix out")?;
        check_layout(&layout)?;
        let room = self.rooms.get_mut(&router_id).expect("the place was found");
        if room.layout != layout {
            room.layout = layout.clone();
            room.ask_mixer(&mut self.desk, MixerAsk::SetLayout { layout: layout.clone() });
            room.tell_all(&mut self.desk, &Event::Layout(layout));
        }
        Ok(Reply::Done)
    }

    pub(super) fn set_voice(&mut self, by: By, id: ParticipantId, voice: Voice) -> Result<Reply, RoomError> {
        let router_id = self.find_person(by, id, "set others' voices")?;
        voice.check()?;
        let room = self.rooms.get_mut(&router_id).expect("people are in rooms that exist");
        room.people.get_mut(&id).ok_or(RoomError::NoSuchParticipant)?.voice = voice;
        room.describe_member(&mut self.desk, id);
        Ok(Reply::Done)
    }

    pub(super) fn play(&mut self, place: &Place, announcement: Announcement) -> Result<Reply, RoomError> {
        let router_id = self.find(place, "play announcements")?;
        let announcement_id = AnnouncementId(self.desk.fresh_id());
        let room = self.room_of(router_id);
        if room.mix.is_none() {
            return Err(RoomError::NoMix);
        }
        let room = self.rooms.get_mut(&router_id).expect("the place was found");
        room.ask_mixer(&mut self.desk, MixerAsk::Play { announcement_id, announcement });
        Ok(Reply::Playing(announcement_id))
    }

    pub(super) fn stop_playing(
        &mut self,
        place: &Place,
        announcement_id: AnnouncementId,
    ) -> Result<Reply, RoomError> {
        let router_id = self.find(place, "play announcements")?;
        let room = self.rooms.get_mut(&router_id).expect("the place was found");
        room.ask_mixer(&mut self.desk, MixerAsk::StopPlaying { announcement_id });
        Ok(Reply::Done)
    }

    fn find(&self, place: &Place, what: &'static str) -> Result<RouterId, RoomError> {
        match place {
            Place::Named(name) => Ok(self.room_named(name)?.router_id),
            Place::Of(id) => {
                let router_id = *self.desk.people.get(id).ok_or(RoomError::NoSuchParticipant)?;
                self.ask_admin(By::Participant(*id), router_id, what, RoomError::NoSuchParticipant)?;
                Ok(router_id)
            }
        }
    }

    /// One's own is everyone's to choose, others' an admin's of their room.
    fn find_person(&self, by: By, id: ParticipantId, what: &'static str) -> Result<RouterId, RoomError> {
        let router_id = *self.desk.people.get(&id).ok_or(RoomError::NoSuchParticipant)?;
        if by != By::Participant(id) {
            self.ask_admin(by, router_id, what, RoomError::NoSuchParticipant)?;
        }
        Ok(router_id)
    }
}
