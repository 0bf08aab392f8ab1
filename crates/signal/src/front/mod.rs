//! The WebSocket: sockets come and go here, each reads and writes within limits, and the sessions behind them stay.

mod greet;
mod life;
mod outbox;
mod pump;
mod rate;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use motet_room::ParticipantId;
use tokio::sync::{Semaphore, mpsc};

use crate::host::Host;
use crate::session::SessionConfig;
use crate::wire::SUBPROTOCOL;
use life::Attachment;
use outbox::Outbox;
use pump::FromSocket;

/// How sockets are treated.
#[derive(Clone, Debug)]
pub struct FrontConfig {
    /// What sessions are told and allowed; its message limits are enforced here.
    pub session: SessionConfig,
    /// Sockets at a time. Full means that the next one is refused with status 503.
    pub sockets_max: usize,
    /// How long a socket may take to join or resume.
    pub join_timeout: Duration,
    /// How often a socket is pinged.
    pub ping_every: Duration,
    /// How long a socket may say nothing, pongs included, before it counts as dropped.
    pub silence_max: Duration,
    /// How long the network may take to accept one message.
    pub write_timeout: Duration,
}

impl Default for FrontConfig {
    fn default() -> Self {
        Self {
            session: SessionConfig::default(),
            sockets_max: 10_000,
            join_timeout: Duration::from_secs(10),
            ping_every: Duration::from_secs(10),
            silence_max: Duration::from_secs(30),
            write_timeout: Duration::from_secs(10),
        }
    }
}

/// Serves signaling on a [`Host`]. Clones serve the same sessions.
pub struct Front<H>(Arc<Shared<H>>);

struct Shared<H> {
    host: H,
    config: FrontConfig,
    places: Arc<Semaphore>,
    /// The way to each session, to bring it another socket.
    sessions: Mutex<HashMap<ParticipantId, mpsc::Sender<Attachment>>>,
}

/// One accepted connection, as a session sees it.
struct Socket {
    inbox: mpsc::Receiver<FromSocket>,
    outbox: Outbox,
}

impl<H> Clone for Front<H> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<H: Host> Front<H> {
    /// No sockets yet.
    pub fn new(host: H, config: FrontConfig) -> Self {
        let places = Arc::new(Semaphore::new(config.sockets_max.min(Semaphore::MAX_PERMITS)));
        Self(Arc::new(Shared { host, config, places, sessions: Mutex::default() }))
    }

    /// `GET /signal`, to be upgraded with the subprotocol `motet.v1`. Whose pages may open it and how often is for layers
    /// around it to decide.
    pub fn routes(&self) -> Router {
        Router::new().route("/signal", get(upgrade::<H>)).with_state(self.clone())
    }

    /// Sockets that are open.
    pub fn sockets(&self) -> usize {
        self.0.config.sockets_max.saturating_sub(self.0.places.available_permits())
    }
}

impl<H> Shared<H> {
    fn sessions(&self) -> std::sync::MutexGuard<'_, HashMap<ParticipantId, mpsc::Sender<Attachment>>> {
        // A map is whole after any panic.
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn upgrade<H: Host>(State(front): State<Front<H>>, upgrade: WebSocketUpgrade) -> Response {
    let shared = front.0;
    let Ok(place) = Arc::clone(&shared.places).try_acquire_owned() else {
        return (StatusCode::SERVICE_UNAVAILABLE, "too many signaling connections\n").into_response();
    };
    let message_bytes_max = shared.config.session.message_bytes_max;
    let upgrade = upgrade
        .protocols([SUBPROTOCOL])
        .max_message_size(message_bytes_max)
        .max_frame_size(message_bytes_max);
    if upgrade.selected_protocol().is_none() {
        let refusal = format!("the WebSocket subprotocol {SUBPROTOCOL} is needed\n");
        return (StatusCode::BAD_REQUEST, refusal).into_response();
    }
    upgrade.on_upgrade(move |websocket| async move {
        let (socket, ends) = pump::open();
        tokio::spawn(greet::greet(Arc::clone(&shared), socket));
        pump::run(websocket, ends, &shared.config).await;
        drop(place);
    })
}
