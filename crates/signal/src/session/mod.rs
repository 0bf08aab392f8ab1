//! One participant's stay: what its client asks becomes commands, what happens becomes notifications, and both of its
//! PeerConnections are negotiated here. It outlives the socket; it owns none and reads no clock.

mod close;
mod events;
mod meshing;
mod missed;
mod publish;
mod requests;
mod subscribe;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use motet_control::Codec;
use motet_room::{Command, Joined, ParticipantId, Reply, TransportFacts};
use motet_sdp::LocalTransport;
use serde::Serialize;

use crate::host::Host;
use crate::wire::{self, IceServer, Id, Inbound, JoinParams, Limits, Notification, Replay, RpcError, Text};
use missed::Missed;
use publish::Publishing;
use subscribe::Receiving;

pub use close::Close;

/// What the owner of the server decides for all sessions.
#[derive(Clone, Debug)]
pub struct SessionConfig {
    /// For the clients' PeerConnections.
    pub ice_servers: Vec<IceServer>,
    /// The longest message that is read, as clients are told.
    pub message_bytes_max: usize,
    /// How many messages a second are read, as clients are told.
    pub messages_per_second_max: u32,
    /// How long a client may take to answer an offer; then its socket is closed, and with the next one it is offered
    /// again.
    pub answer_timeout: Duration,
}

impl Default for SessionConfig {
    fn default() -> Self {
        Self {
            ice_servers: Vec::new(),
            message_bytes_max: 512 * 1024,
            messages_per_second_max: 100,
            answer_timeout: Duration::from_secs(30),
        }
    }
}

/// What is to be done with the socket.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Output {
    /// Send this message.
    Text(String),
    /// Close it.
    Close(Close),
}

/// A participant's stay, from the answer to its `join` until it is out of the room.
///
/// Call a `handle_*`, then [`Self::poll_output`] until it gives nothing; it gives nothing while no socket is attached.
/// Before polling hand in every event that is there, so that tracks which came together are offered together.
pub struct Session {
    participant_id: ParticipantId,
    session_id: motet_room::SessionId,
    config: SessionConfig,
    codecs: Option<Vec<Codec>>,
    is_attached: bool,
    is_ended: bool,
    publishing: Option<Publishing>,
    receiving: Option<Receiving>,
    /// Of the last offer; it goes on where another subscribe PeerConnection begins.
    last_offer_id: u64,
    missed: Missed,
    outputs: VecDeque<Output>,
}

impl Session {
    /// For one who just joined by the request `id` with `params`, on an attached socket.
    pub fn new(id: Option<&Id>, params: &JoinParams, joined: &Joined, config: SessionConfig) -> Self {
        let mut session = Self {
            participant_id: joined.participant_id,
            session_id: joined.session_id,
            config,
            codecs: params.known_codecs(),
            is_attached: true,
            is_ended: false,
            publishing: None,
            receiving: None,
            last_offer_id: 0,
            missed: Missed::default(),
            outputs: VecDeque::new(),
        };
        let view = session.joined_view(joined, None);
        session.answer(id, &view);
        session
    }

    /// Whose.
    pub fn participant_id(&self) -> ParticipantId {
        self.participant_id
    }

    /// True once the participant is out of the room; nothing but the outputs that are left follows.
    pub fn is_ended(&self) -> bool {
        self.is_ended
    }

    /// The client sent a message.
    pub async fn handle_inbound<H: Host>(&mut self, now: Instant, host: &H, inbound: Inbound) {
        let outcome = match inbound.request {
            Ok(request) => self.carry_out(now, host, request).await,
            Err(error) => Err(error),
        };
        match outcome {
            Ok(success) => self.answer(inbound.id.as_ref(), &success),
            Err(error) => self.fail(inbound.id.as_ref(), &error),
        }
        if self.is_ended {
            self.push(Output::Close(Close::Left));
        }
    }

    /// The client proved that it read whatever was sent until `until`.
    pub fn handle_alive(&mut self, until: Instant) {
        self.missed.confirm(until);
    }

    /// The socket is gone.
    pub fn handle_dropped(&mut self) {
        self.is_attached = false;
        self.outputs.clear();
    }

    /// Its ICE servers from here on: credentials expire.
    pub fn set_ice_servers(&mut self, ice_servers: Vec<IceServer>) {
        self.config.ice_servers = ice_servers;
    }

    /// Another socket is attached, by the request `id` to resume.
    pub fn handle_resumed(&mut self, now: Instant, id: Option<&Id>, joined: &Joined) {
        self.is_attached = true;
        self.outputs.clear();
        let (texts, lost) = self.missed.replay(now);
        let replay = Replay { notifications: texts.len(), lost };
        let view = self.joined_view(joined, Some(replay));
        self.answer(id, &view);
        self.outputs.extend(texts.into_iter().map(Output::Text));
        self.offer_again(now);
    }

    /// When to call [`Self::handle_timeout`].
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.receiving.as_ref().filter(|_| self.is_attached).and_then(Receiving::answer_due)
    }

    /// Time has come to `now`.
    pub fn handle_timeout(&mut self, now: Instant) {
        if self.poll_timeout().is_some_and(|due| due <= now) {
            self.push(Output::Close(Close::OfferUnanswered));
        }
    }

    /// The next thing to do with the socket.
    pub fn poll_output(&mut self, now: Instant) -> Option<Output> {
        if self.outputs.is_empty() && self.is_attached && !self.is_ended {
            self.offer(now);
        }
        self.outputs.pop_front()
    }

    fn joined_view(&self, joined: &Joined, replay: Option<Replay>) -> wire::Joined {
        wire::Joined {
            participant_id: Text(joined.participant_id),
            session_id: joined.session_id.to_string(),
            resume_token: Text(joined.resume_token.clone()),
            room: (&joined.room).into(),
            participants: joined.participants.iter().map(Into::into).collect(),
            you: wire::YouView { participant: (&joined.you).into(), grants: joined.grants.into() },
            active_speaker: joined.active_speaker.map(Text),
            ice_servers: self.config.ice_servers.clone(),
            limits: Limits {
                tracks_max: joined.limits.tracks_max,
                subscriptions_max: joined.limits.subscriptions_max,
                chat_bytes_max: joined.limits.chat_bytes_max,
                message_bytes_max: self.config.message_bytes_max,
                messages_per_second_max: self.config.messages_per_second_max,
            },
            replay,
        }
    }

    fn answer(&mut self, id: Option<&Id>, result: &impl Serialize) {
        if let Some(id) = id {
            self.push(Output::Text(wire::write_result(id, result)));
        }
    }

    fn fail(&mut self, id: Option<&Id>, error: &RpcError) {
        if let Some(id) = id {
            self.push(Output::Text(wire::write_error(id, error)));
        }
    }

    fn notify(&mut self, notification: &Notification) {
        if self.is_attached {
            self.push(Output::Text(wire::write_notification(notification)));
        }
    }

    /// Tells what no later state repeats, so that a client that was away is told it again.
    fn notify_surely(&mut self, now: Instant, notification: &Notification) {
        let text = wire::write_notification(notification);
        self.missed.keep(now, text.clone());
        self.push(Output::Text(text));
    }

    fn push(&mut self, output: Output) {
        if self.is_attached {
            self.outputs.push_back(output);
        }
    }
}

/// What a request came to.
#[derive(Serialize)]
#[serde(untagged)]
enum Success {
    Nothing(wire::Nothing),
    Publish(wire::PublishResult),
    Subscribe(wire::SubscribeResult),
    Chat(wire::ChatResult),
    SetTopology(wire::SetTopologyResult),
    SetView(wire::SetViewResult),
    Announce(wire::AnnounceResult),
    Stats(wire::StatsResult),
}

impl Success {
    const NOTHING: Self = Self::Nothing(wire::Nothing {});
}

/// Asks for a transport: to be opened, or restarted.
async fn ask_transport<H: Host>(host: &H, command: Command) -> Result<TransportFacts, RpcError> {
    match host.command(command).await? {
        Reply::Transport(facts) => Ok(facts),
        _ => Err(RpcError::internal()),
    }
}

fn local_transport(facts: TransportFacts) -> LocalTransport {
    LocalTransport { ice: facts.ice, candidates: facts.candidates, fingerprints: facts.fingerprints }
}
