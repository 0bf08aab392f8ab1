//! What must be true whatever happened.

use std::collections::BTreeSet;

use motet_room::{Command, Reply, RoomDetails, Topology, View};

use crate::model::ModelMixer;
use crate::random_commands::{History, MIXERS_MAX, PARTICIPANTS_MAX, ROOMS_MAX, TRACKS_MAX};

/// One of sound, one picture in each codec.
const MIX_TRACKS_MAX: usize = 3;

impl History {
    /// What must be true after every step.
    pub(crate) fn check(&self) {
        let counts = self.stage.rooms.counts();
        assert!(counts.rooms <= ROOMS_MAX);
        assert!(counts.participants <= counts.rooms * PARTICIPANTS_MAX);
        assert!(counts.tracks <= counts.participants * TRACKS_MAX);
        assert!(
            counts.subscriptions <= counts.participants * (PARTICIPANTS_MAX * TRACKS_MAX + MIX_TRACKS_MAX)
        );
        let sum =
            |of: fn(&crate::model::ModelWorker) -> usize| self.stage.workers.iter().map(of).sum::<usize>();
        assert_eq!(sum(|worker| worker.routers.len()), counts.rooms, "a room is a router");
        let published = counts.tracks - counts.announced;
        assert_eq!(
            sum(|worker| worker.producers.len()),
            published,
            "a track that is published is a producer"
        );
        assert_eq!(sum(|worker| worker.mixers.len()), counts.mixers);
        assert!(counts.mixers <= MIXERS_MAX);
        assert!(counts.topologies.iter().sum::<usize>() <= counts.rooms);
        assert!(counts.pairs <= counts.participants * PARTICIPANTS_MAX);
        assert!(sum(|worker| worker.consumers.len()) <= counts.subscriptions);
        assert!(sum(|worker| worker.transports.len()) <= 2 * counts.participants);
    }

    /// What each room says of itself fits what its worker does.
    pub(crate) fn check_rooms(&mut self) {
        let Ok(Reply::Rooms(rooms)) = self.stage.rooms.handle(self.stage.now, Command::ListRooms) else {
            panic!("rooms are listed")
        };
        for room in rooms {
            let show = Command::ShowRoom { room: room.name.clone() };
            let Ok(Reply::Room(details)) = self.stage.rooms.handle(self.stage.now, show) else {
                panic!("a room is shown")
            };
            self.check_room(&details);
        }
    }

    fn check_room(&mut self, details: &RoomDetails) {
        let RoomDetails { room, participants, worker } = details;
        let mut located = Vec::new();
        for participant in participants {
            let locate = Command::Locate { participant_id: participant.id };
            if let Ok(Reply::Location(location)) = self.stage.rooms.handle(self.stage.now, locate) {
                located.push(location);
            }
        }
        let producers: BTreeSet<_> =
            located.iter().flat_map(|location| location.producers.iter().map(|(_, id)| *id)).collect();
        let takes_mix = participants.iter().any(|participant| participant.view == View::Mix);
        if room.topology == Topology::Mesh {
            assert!(!takes_mix, "a mesh has no mix");
            let is_empty = located.iter().all(|location| location.transports.is_empty());
            assert!(is_empty || room.is_moving, "no media passes the server: {room:?}");
        }
        assert!(!takes_mix || room.is_mixed, "{room:?}");
        let is_here = |id: u64| participants.iter().any(|participant| participant.id.0 == id);
        let of_room = |mixer: &&ModelMixer| mixer.members.iter().any(|member| is_here(member.0));
        if room.is_mixed {
            let mixer = self.stage.workers[worker.0].mixers.values().find(of_room).expect("its mixer");
            assert_eq!(mixer.members.len(), participants.len());
            assert_eq!(mixer.sources, producers, "all that passes the server is mixed");
            assert!(mixer.listeners.iter().all(|listener| mixer.members.contains(listener)));
        }
    }

    /// Rooms and workers agree on what there is.
    pub(crate) fn check_locations(&mut self) {
        let (mut transports, mut consumers) = (0, 0);
        for (participant_id, _) in &self.people {
            let locate = Command::Locate { participant_id: *participant_id };
            let Ok(Reply::Location(location)) = self.stage.rooms.handle(self.stage.now, locate) else {
                continue;
            };
            let worker = &self.stage.workers[location.worker.0];
            assert!(location.transports.iter().all(|(_, id)| worker.transports.contains_key(id)));
            assert!(location.producers.iter().all(|(_, id)| worker.producers.contains_key(id)));
            assert!(location.consumers.iter().all(|(_, id)| worker.consumers.contains_key(id)));
            transports += location.transports.len();
            consumers += location.consumers.len();
        }
        let sum =
            |of: fn(&crate::model::ModelWorker) -> usize| self.stage.workers.iter().map(of).sum::<usize>();
        assert_eq!(sum(|worker| worker.transports.len()), transports);
        assert_eq!(sum(|worker| worker.consumers.len()), consumers);
    }
}
