//! The door: commands, notifications and the time in; requests and events out.

mod desk;
mod join;
mod moderate;
mod notify;
mod placement;
mod publish;
mod report;
mod room;
mod subscribe;
mod timers;
mod transports;

use std::collections::BTreeMap;
use std::time::Instant;

use motet_control::{
    ConsumerId, Notification, ProducerId, Refusal, Request, RouterId, RtpCapabilities, TransportId, negotiate,
};

use crate::command::{Command, Reply};
use crate::config::{RoomsConfig, WorkerFacts};
use crate::error::RoomError;
use crate::event::{Event, RoomEnd};
use crate::ids::{ParticipantId, WorkerIndex};
use crate::names::RoomName;
use desk::Desk;
use placement::Workers;
use room::Room;
use timers::{Timer, Timers};

/// All rooms of a server, over all its workers.
///
/// After each `handle_*` poll [`Self::poll_output`] until it gives nothing, and carry the outputs out in that order:
/// requests to one worker must reach it in it. Then wait until [`Self::poll_timeout`] or the next input. Answers of
/// workers are not awaited here: only refusals come back, through [`Self::handle_refusal`].
///
/// The queue of outputs has no limit of its own: one input puts at most a few per person and track of one room into it.
pub struct Rooms {
    config: RoomsConfig,
    capabilities: RtpCapabilities,
    workers: Workers,
    rooms: BTreeMap<RouterId, Room>,
    names: BTreeMap<RoomName, RouterId>,
    timers: Timers,
    desk: Desk,
    stopping: bool,
}

/// What is to be done for the rooms.
#[derive(Clone, Debug)]
pub enum Output {
    /// Ask a worker; take a refusal to [`Rooms::handle_refusal`].
    Request {
        /// Which worker.
        worker: WorkerIndex,
        /// What.
        request: Box<Request>,
    },
    /// Tell a participant. Those whose socket dropped are told too: their session decides what is worth keeping.
    Event {
        /// Whom.
        participant_id: ParticipantId,
        /// What.
        event: Event,
    },
}

/// What a request opens, to say which one was refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Subject {
    /// A router was to be created.
    Router(RouterId),
    /// A transport was to be created.
    Transport(TransportId),
    /// A transport was to be connected.
    Connection(TransportId),
    /// A producer was to be opened.
    Producer(ProducerId),
    /// A consumer was to be opened.
    Consumer(ConsumerId),
    /// Anything else: a refusal is worth a line in the log and changes nothing.
    Upkeep,
}

impl Subject {
    /// What `request` opens.
    pub fn of(request: &Request) -> Self {
        match request {
            Request::CreateRouter { router_id } => Self::Router(*router_id),
            Request::CreateWebRtcTransport { transport_id, .. } => Self::Transport(*transport_id),
            Request::ConnectWebRtcTransport { transport_id, .. } => Self::Connection(*transport_id),
            Request::Produce(produce) => Self::Producer(produce.producer_id),
            Request::Consume(consume) => Self::Consumer(consume.consumer_id),
            _ => Self::Upkeep,
        }
    }
}

/// How much there is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counts {
    /// Rooms.
    pub rooms: usize,
    /// People in them.
    pub participants: usize,
    /// Those of them whose socket dropped.
    pub dropped: usize,
    /// Tracks they publish.
    pub tracks: usize,
    /// Tracks they receive, or were offered.
    pub subscriptions: usize,
    /// Ids, tokens and deadlines that are kept for all these; nothing when there is nothing.
    pub kept: usize,
}

impl Rooms {
    /// No rooms, no workers. Ids, credentials and tokens come from `seed`: it must be secret.
    pub fn new(config: RoomsConfig, seed: [u8; 32]) -> Self {
        Self {
            config,
            capabilities: negotiate::router_capabilities(),
            workers: Workers::default(),
            rooms: BTreeMap::new(),
            names: BTreeMap::new(),
            timers: Timers::default(),
            desk: Desk::new(seed),
            stopping: false,
        }
    }

    /// One more worker to put rooms on.
    pub fn add_worker(&mut self, facts: WorkerFacts) -> WorkerIndex {
        self.workers.add(facts)
    }

    /// Carries a command out.
    ///
    /// # Errors
    /// When it cannot be; nothing is changed then.
    pub fn handle(&mut self, now: Instant, command: Command) -> Result<Reply, RoomError> {
        match command {
            Command::Join(join) => self.join(now, *join),
            Command::Resume { token } => self.resume(&token),
            Command::Dropped { participant_id } => self.dropped(now, participant_id),
            Command::Leave { participant_id, reason } => self.leave(now, participant_id, reason),
            Command::OpenTransport { participant_id, peer } => self.open_transport(participant_id, peer),
            Command::ConnectTransport { participant_id, peer, remote_ufrag, dtls } => {
                self.connect_transport(participant_id, peer, remote_ufrag, dtls)
            }
            Command::RestartIce { participant_id, peer } => self.restart_ice(participant_id, peer),
            Command::CloseTransport { participant_id, peer } => self.close_transport(participant_id, peer),
            Command::Publish { participant_id, tracks } => self.publish(participant_id, tracks),
            Command::Unpublish { participant_id, track_ids } => self.unpublish(participant_id, &track_ids),
            Command::Mute { by, track_id, muted } => self.mute(by, track_id, muted),
            Command::Subscribe { participant_id, track_ids } => self.subscribe(participant_id, &track_ids),
            Command::Unsubscribe { participant_id, track_ids } => {
                self.unsubscribe(participant_id, &track_ids)
            }
            Command::AnswerConsumers { participant_id, answers } => {
                self.answer_consumers(participant_id, answers)
            }
            Command::Pause { participant_id, track_id, paused } => {
                self.pause(participant_id, track_id, paused)
            }
            Command::Chat { participant_id, text, to } => self.chat(now, participant_id, &text, to),
            Command::SetTopology { participant_id, topology } => self.set_topology(participant_id, topology),
            Command::CreateRoom(new) => self.create_room(now, new),
            Command::Remove { by, participant_id } => self.remove(now, by, participant_id),
            Command::CloseRoom { by, room } => self.close_room(by, &room),
            Command::ListRooms => Ok(self.list_rooms()),
            Command::ShowRoom { room } => self.show_room(&room),
            Command::Locate { participant_id } => self.locate(participant_id),
            Command::AnnounceStop => Ok(self.announce_stop()),
            Command::CloseAll => Ok(self.close_all()),
        }
    }

    /// A worker said something unasked.
    pub fn handle_notification(&mut self, worker: WorkerIndex, notification: Notification) {
        self.notified(worker, notification);
    }

    /// A worker refused what it was asked.
    pub fn handle_refusal(&mut self, now: Instant, worker: WorkerIndex, subject: Subject, refusal: &Refusal) {
        self.refused(now, worker, subject, refusal);
    }

    /// A worker is gone, with all that ran on it: its rooms end, everyone in them is told, nobody else notices.
    pub fn handle_worker_died(&mut self, worker: WorkerIndex) {
        self.workers.died(worker);
        let doomed: Vec<RouterId> =
            self.rooms.values().filter(|room| room.worker == worker).map(|room| room.router_id).collect();
        for router_id in doomed {
            self.end_room(router_id, RoomEnd::WorkerDied);
        }
    }

    /// Time has come to `now`.
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some(timer) = self.timers.pop_due(now) {
            match timer {
                Timer::ResumeGrace(participant_id) => self.time_out(now, participant_id),
                Timer::EmptyGrace(router_id) => self.end_room(router_id, RoomEnd::Empty),
            }
        }
    }

    /// When to call [`Self::handle_timeout`].
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.timers.next()
    }

    /// The next thing to do.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.desk.poll()
    }

    /// How much there is.
    pub fn counts(&self) -> Counts {
        self.count()
    }

    /// How many workers are alive.
    pub fn workers_alive(&self) -> usize {
        self.workers.alive()
    }
}
