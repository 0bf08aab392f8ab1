//! The one task that owns the rooms: it hands commands in, carries their outputs out, and keeps their time.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use motet::Worker;
use motet::control::{MixStats, MixerId, MixerNews, MixerNotification, Notification, Refusal, Shown};
use motet_room::{
    Clock, Command, Counts, Decided, Event, LeaveReason, Output, ParticipantId, Reply, RoomError, Rooms,
    RoomsConfig, Subject, WorkerIndex,
};
use tokio::sync::{mpsc, oneshot};

use crate::config::Config;
use crate::flows;
use crate::media::{self, Ask, Hangs, Pump};

/// Messages that wait for the task. Full means that askers wait: sessions and HTTP requests, each one at a time.
const MESSAGES_MAX: usize = 4_096;

/// The way to the rooms; clones lead to the same.
#[derive(Clone)]
pub(crate) struct RoomsHandle(mpsc::Sender<Message>);

pub(crate) enum Message {
    Command {
        command: Command,
        events: Option<mpsc::Sender<Event>>,
        reply: Answer,
    },
    /// Nobody waits for what it comes to.
    Tell {
        command: Command,
    },
    Refused {
        worker: WorkerIndex,
        subject: Subject,
        refusal: Refusal,
    },
    Notified {
        worker: WorkerIndex,
        notification: Notification,
    },
    WorkerEnded {
        worker: WorkerIndex,
    },
    MixerSaid {
        notification: MixerNotification,
    },
    GatherFlows,
    SessionEnded {
        participant_id: ParticipantId,
        events: mpsc::Sender<Event>,
    },
    Census {
        reply: oneshot::Sender<Census>,
    },
    MixStats(mpsc::Sender<Vec<(MixerId, MixStats)>>),
}

pub(crate) type Answer = oneshot::Sender<Result<Reply, RoomError>>;

/// How much there is, and who carries it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Census {
    /// In rooms.
    pub(crate) counts: Counts,
    /// Workers that are alive.
    pub(crate) workers_alive: usize,
}

impl RoomsHandle {
    /// Starts the task, with the rooms on `workers`.
    pub(crate) fn start(config: &Config, workers: &[Worker]) -> Result<Self, aws_lc_rs::error::Unspecified> {
        let mut seed = [0; 32];
        aws_lc_rs::rand::fill(&mut seed)?;
        let (sender, receiver) = mpsc::channel(MESSAGES_MAX);
        let handle = Self(sender);
        let mut rooms = Rooms::new(rooms_config(config), seed);
        let mut pumps = Vec::new();
        for worker in workers {
            let index = rooms.add_worker(media::facts(worker));
            pumps.push(handle.pump(worker, index));
            tokio::spawn(listen(worker.clone(), index, handle.0.downgrade()));
        }
        let messages = handle.0.downgrade();
        tokio::spawn(flows::tick(messages.clone()));
        let workers = workers.to_vec().into();
        let task = Task { rooms, pumps, workers, sessions: HashMap::new(), messages };
        tokio::spawn(task.run(receiver));
        Ok(handle)
    }

    /// A refusal waits for a place in the task's queue without holding up the worker's other requests.
    fn pump(&self, worker: &Worker, index: WorkerIndex) -> Pump {
        let messages = self.0.downgrade();
        let refused = move |worker, subject, refusal| {
            let Some(messages) = messages.upgrade() else { return };
            tokio::spawn(async move {
                let _ = messages.send(Message::Refused { worker, subject, refusal }).await;
            });
        };
        let messages = self.0.downgrade();
        let runtime = tokio::runtime::Handle::current();
        // Called on the mixers' threads, which wait for nobody.
        let said = move |notification| {
            let Some(messages) = messages.upgrade() else { return };
            let message = Message::MixerSaid { notification };
            if let Err(mpsc::error::TrySendError::Full(message)) = messages.try_send(message)
                && is_lasting(&message)
            {
                runtime.spawn(async move { messages.send(message).await });
            }
        };
        Pump::new(worker.clone(), index, refused, said)
    }

    /// Carries a command out.
    ///
    /// # Errors
    /// As the rooms say; [`RoomError::Stopping`] once the task has ended.
    pub(crate) async fn command(&self, command: Command) -> Result<Reply, RoomError> {
        self.send(command, None).await
    }

    /// Joins or resumes; from then on the participant is told what happens through `events`.
    ///
    /// # Errors
    /// As [`Self::command`].
    pub(crate) async fn enter(
        &self,
        command: Command,
        events: mpsc::Sender<Event>,
    ) -> Result<Reply, RoomError> {
        self.send(command, Some(events)).await
    }

    async fn send(&self, command: Command, events: Option<mpsc::Sender<Event>>) -> Result<Reply, RoomError> {
        let (reply, answer) = oneshot::channel();
        let message = Message::Command { command, events, reply };
        self.0.send(message).await.map_err(|_| RoomError::Stopping)?;
        answer.await.unwrap_or(Err(RoomError::Stopping))
    }

    /// Ends when the task does, which is not meant to happen while a handle is left.
    pub(crate) async fn ended(&self) {
        self.0.closed().await;
    }

    /// How much there is.
    pub(crate) async fn census(&self) -> Census {
        let (reply, answer) = oneshot::channel();
        if self.0.send(Message::Census { reply }).await.is_err() {
            return Census::default();
        }
        answer.await.unwrap_or_default()
    }

    /// What mixers have done: one answer for each worker, until all that hold the sender are done.
    pub(crate) async fn mix_stats(&self, reply: mpsc::Sender<Vec<(MixerId, MixStats)>>) {
        let _ = self.0.send(Message::MixStats(reply)).await;
    }
}

fn rooms_config(config: &Config) -> RoomsConfig {
    let since_unix_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    RoomsConfig {
        limits: config.limits,
        create_on_join: config.create_on_join,
        empty_grace: config.empty_grace,
        resume_grace: config.resume_grace,
        topology: config.topology,
        mesh_connect_timeout: config.mesh_connect_timeout,
        mix: config.mix.clone(),
        ..RoomsConfig::new(Clock { instant: Instant::now(), since_unix_epoch })
    }
}

/// Passes on what a worker tells, and that it ended.
async fn listen(worker: Worker, index: WorkerIndex, messages: mpsc::WeakSender<Message>) {
    let mut events = worker.subscribe();
    drop(worker);
    while let Some(event) = events.recv().await {
        let message = match event {
            motet::Event::Notification(notification) => Message::Notified { worker: index, notification },
            motet::Event::Lagged(missed) => {
                tracing::warn!(worker = index.0, missed, "notifications of a worker were lost");
                continue;
            }
            motet::Event::Ended(end) => {
                tracing::info!(worker = index.0, ?end, "a worker ended");
                Message::WorkerEnded { worker: index }
            }
        };
        let Some(messages) = messages.upgrade() else { return };
        if messages.send(message).await.is_err() {
            return;
        }
    }
}

struct Task {
    rooms: Rooms,
    pumps: Vec<Pump>,
    workers: Arc<[Worker]>,
    sessions: HashMap<ParticipantId, mpsc::Sender<Event>>,
    messages: mpsc::WeakSender<Message>,
}

impl Task {
    /// Ends when every handle is dropped.
    async fn run(mut self, mut messages: mpsc::Receiver<Message>) {
        loop {
            let timeout = self.rooms.poll_timeout();
            tokio::select! {
                message = messages.recv() => match message {
                    Some(message) => self.handle(message),
                    None => return,
                },
                () = sleep_until(timeout) => self.rooms.handle_timeout(Instant::now()),
            }
            self.carry_out();
        }
    }

    fn handle(&mut self, message: Message) {
        let now = Instant::now();
        match message {
            Message::Command { command, events, reply } => self.command(now, command, events, reply),
            Message::Tell { command } => _ = self.rooms.handle(now, command),
            Message::Refused { worker, subject, refusal } => {
                self.rooms.handle_refusal(now, worker, subject, &refusal);
            }
            Message::Notified { worker, notification } => {
                self.rooms.handle_notification(now, worker, notification)
            }
            Message::MixerSaid { notification } => {
                note(&notification);
                self.rooms.handle_mixer(now, notification);
            }
            Message::GatherFlows => self.gather_flows(now),
            Message::WorkerEnded { worker } => self.rooms.handle_worker_died(worker),
            Message::SessionEnded { participant_id, events } => {
                self.session_ended(now, participant_id, &events)
            }
            Message::Census { reply } => {
                let census =
                    Census { counts: self.rooms.counts(), workers_alive: self.rooms.workers_alive() };
                let _ = reply.send(census);
            }
            Message::MixStats(reply) => {
                self.pumps.iter().for_each(|pump| _ = pump.push(Ask::MixStats(reply.clone())));
            }
        }
    }

    fn command(
        &mut self,
        now: Instant,
        command: Command,
        events: Option<mpsc::Sender<Event>>,
        reply: Answer,
    ) {
        let leaving = match &command {
            Command::Leave { participant_id, .. } => Some(*participant_id),
            _ => None,
        };
        let outcome = self.rooms.handle(now, command);
        if let (Ok(Reply::Joined(joined)), Some(events)) = (&outcome, events) {
            self.watch(joined.participant_id, events.clone());
            self.sessions.insert(joined.participant_id, events);
        }
        if let Some(participant_id) = leaving {
            self.sessions.remove(&participant_id);
        }
        // One who asked and went away in the same moment is found by its closed channel, like any other.
        let _ = reply.send(outcome);
    }

    /// A session may end without a word, and nobody may have anything to tell it for long.
    fn watch(&self, participant_id: ParticipantId, events: mpsc::Sender<Event>) {
        let messages = self.messages.clone();
        tokio::spawn(async move {
            events.closed().await;
            if let Some(messages) = messages.upgrade() {
                let _ = messages.send(Message::SessionEnded { participant_id, events }).await;
            }
        });
    }

    fn session_ended(&mut self, now: Instant, participant_id: ParticipantId, events: &mpsc::Sender<Event>) {
        let is_current = self.sessions.get(&participant_id).is_some_and(|known| known.same_channel(events));
        if is_current {
            self.sessions.remove(&participant_id);
            // Unknown by then at worst.
            let _ = self.rooms.handle(now, Command::Dropped { participant_id });
        }
    }

    fn carry_out(&mut self) {
        // Taking one out tells others, who may then be full too: everyone is taken out once, so this ends.
        while let Some(output) = self.rooms.poll_output() {
            match output {
                Output::Request { worker, request } => {
                    self.push(worker, Ask::Worker(*request));
                }
                Output::Event { participant_id, event } => self.tell(participant_id, event),
                Output::Mixer { worker, request } => self.push(worker, Ask::Mixer(*request)),
                Output::Decided(decided) => log(&decided),
            }
        }
    }

    fn push(&mut self, worker: WorkerIndex, ask: Ask) {
        if let Err(Hangs) = self.pumps[worker.0].push(ask) {
            tracing::error!(worker = worker.0, "a worker does not carry requests out; it counts as dead");
            self.rooms.handle_worker_died(worker);
        }
    }

    /// Has flows measured where somebody watches; what is found comes back as commands.
    fn gather_flows(&mut self, now: Instant) {
        if !self.rooms.are_flows_watched() {
            return;
        }
        if let Ok(Reply::Watched(rooms)) = self.rooms.handle(now, Command::LocateWatched) {
            tokio::spawn(flows::gather(rooms, Arc::clone(&self.workers), self.messages.clone()));
        }
    }

    fn tell(&mut self, participant_id: ParticipantId, event: Event) {
        let is_last = matches!(event, Event::Removed { .. } | Event::RoomClosed { .. });
        let Some(session) = self.sessions.get(&participant_id) else { return };
        let outcome = session.try_send(event);
        if is_last {
            self.sessions.remove(&participant_id);
            return;
        }
        // A closed channel is noticed by whoever watches it.
        if let Err(mpsc::error::TrySendError::Full(_)) = outcome {
            tracing::info!(%participant_id, "a session takes nothing; its participant is taken out");
            let leave = Command::Leave { participant_id, reason: LeaveReason::Misbehaved };
            // Unknown by then at worst.
            let _ = self.rooms.handle(Instant::now(), leave);
        }
    }
}

/// Whether what a mixer said must not be lost: what is told again and again may be.
fn is_lasting(message: &Message) -> bool {
    let Message::MixerSaid { notification } = message else { return false };
    matches!(
        notification.news,
        MixerNews::Failed { .. } | MixerNews::SourceShown { .. } | MixerNews::Arranged { .. }
    )
}

/// What operators should know of what mixers say.
fn note(notification: &MixerNotification) {
    let mixer = notification.mixer_id.0;
    match &notification.news {
        MixerNews::Failed { why } => tracing::error!(mixer, why, "a mixer failed"),
        MixerNews::Refused { why } => tracing::warn!(mixer, why, "a mixer refused what it was asked"),
        MixerNews::SourceShown { producer_id, shown: Shown::Placeholder(placeholder) } => {
            tracing::info!(mixer, %producer_id, why = placeholder.explanation, "a mixer shows a placeholder");
        }
        MixerNews::SourceHeard { producer_id, trouble: Some(why) } => {
            tracing::info!(mixer, %producer_id, why, "a mixer cannot hear a track");
        }
        MixerNews::AnnouncementEnded { announcement_id, trouble } => {
            tracing::info!(mixer, announcement = announcement_id.0, trouble, "an announcement ended");
        }
        _ => {}
    }
}

/// Anyone may ask why a room does what it does.
fn log(decided: &Decided) {
    let Decided { room, epoch, facts, decision } = decided;
    tracing::info!(
        %room,
        epoch,
        topology = decision.topology.as_str(),
        reason = decision.reason.as_str(),
        explanation = decision.explanation,
        ?facts,
        "how a room moves media was decided"
    );
}

async fn sleep_until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at.into()).await,
        None => std::future::pending::<()>().await,
    }
}

/// Longer than any session takes to notice that its channel closed.
pub(crate) const FAREWELL: Duration = Duration::from_millis(300);
