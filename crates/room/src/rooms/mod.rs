//! The door: commands, notifications and the time in; requests and events out.

mod announce;
mod desk;
mod flows;
mod join;
mod leave_server;
mod life;
mod mesh;
mod mix;
mod moderate;
mod moves;
mod notify;
mod participant;
mod placement;
mod publish;
mod report;
mod room;
mod shown;
mod steer;
mod subscribe;
mod timers;
mod transports;

use std::collections::BTreeMap;
use std::time::Instant;

use motet_control::{
    ConsumerId, MixerNotification, MixerRequest, Notification, ProducerId, Refusal, Request, RouterId,
    RtpCapabilities, TransportId, negotiate,
};

use crate::command::Command;
use crate::config::{RoomsConfig, WorkerFacts};
use crate::error::RoomError;
use crate::event::{Event, RoomEnd};
use crate::ids::{ParticipantId, WorkerIndex};
use crate::names::RoomName;
use crate::policy::{Decision, RoomFacts};
use crate::reply::Reply;
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
    /// Ask a room's mixer, in one order with the requests to its worker; take what it says to [`Rooms::handle_mixer`].
    Mixer {
        /// The worker that its router is on.
        worker: WorkerIndex,
        /// What.
        request: Box<MixerRequest>,
    },
    /// For the log: how a room moves media was decided anew.
    Decided(Box<Decided>),
}

/// A decision about how a room moves media, with all that it rests on.
#[derive(Clone, PartialEq, Debug)]
pub struct Decided {
    /// Which room.
    pub room: RoomName,
    /// Its last move.
    pub epoch: u64,
    /// What was known.
    pub facts: RoomFacts,
    /// What it came to.
    pub decision: Decision,
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
    /// Those of them whose media does not pass the server.
    pub announced: usize,
    /// Rooms that are meshes, SFUs and MCUs, in this order.
    pub topologies: [usize; 3],
    /// Rooms that are mixed.
    pub mixers: usize,
    /// Pairs of people in meshes.
    pub pairs: usize,
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
        let outcome = self.carry_out(now, command);
        self.review_touched(now);
        outcome
    }

    fn carry_out(&mut self, now: Instant, command: Command) -> Result<Reply, RoomError> {
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
            Command::Announce { participant_id, tracks } => self.announce(participant_id, tracks),
            Command::Settled { participant_id, epoch } => self.settled(participant_id, epoch),
            Command::Relay { participant_id, to, epoch, message } => {
                self.relay(now, participant_id, to, epoch, message)
            }
            Command::ReportPair { participant_id, with, epoch, state } => {
                self.report_pair(now, participant_id, with, epoch, state)
            }
            other => self.carry_out_for_rooms(now, other),
        }
    }

    /// What is about whole rooms, or about people as others see to them.
    fn carry_out_for_rooms(&mut self, now: Instant, command: Command) -> Result<Reply, RoomError> {
        match command {
            Command::Chat { participant_id, text, to } => self.chat(now, participant_id, &text, to),
            Command::SetTopology { place, intent } => self.set_topology(now, &place, intent),
            Command::SetView { by, participant_id, view } => self.set_view(now, by, participant_id, view),
            Command::SetLayout { place, layout } => self.set_layout(&place, layout),
            Command::SetVoice { by, participant_id, voice } => self.set_voice(by, participant_id, voice),
            Command::Play { place, announcement } => self.play(&place, announcement),
            Command::StopPlaying { place, announcement_id } => self.stop_playing(&place, announcement_id),
            Command::ReportFlows { participant_id, flows } => self.report_flows(now, participant_id, flows),
            Command::WatchFlows { participant_id, watch } => self.watch_flows(participant_id, watch),
            Command::LocateWatched => Ok(self.locate_watched(now)),
            Command::TellFlows { router_id, flows } => Ok(self.tell_flows(router_id, flows)),
            Command::CreateRoom(new) => self.create_room(now, new),
            Command::Remove { by, participant_id } => self.remove(now, by, participant_id),
            Command::CloseRoom { by, room } => self.close_room(by, &room),
            Command::ListRooms => Ok(self.list_rooms()),
            Command::ShowRoom { room } => self.show_room(&room),
            Command::Locate { participant_id } => self.locate(participant_id),
            Command::AnnounceStop => Ok(self.announce_stop()),
            Command::CloseAll => Ok(self.close_all()),
            // `carry_out` keeps what is left.
            _ => Err(RoomError::BadState { what: "the command is carried out elsewhere" }),
        }
    }

    /// A worker said something unasked.
    pub fn handle_notification(&mut self, now: Instant, worker: WorkerIndex, notification: Notification) {
        self.notified(now, worker, notification);
        self.review_touched(now);
    }

    /// A mixer said something.
    pub fn handle_mixer(&mut self, now: Instant, notification: MixerNotification) {
        self.mixer_said(notification);
        self.review_touched(now);
    }

    /// A worker refused what it was asked.
    pub fn handle_refusal(&mut self, now: Instant, worker: WorkerIndex, subject: Subject, refusal: &Refusal) {
        self.refused(now, worker, subject, refusal);
        self.review_touched(now);
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
                Timer::Review(router_id) => self.desk.touch(router_id),
            }
        }
        self.review_touched(now);
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
