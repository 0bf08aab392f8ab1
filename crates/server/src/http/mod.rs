//! Everything that is served over HTTP: the web app, signaling, the API, health and metrics.

mod api;
mod auth;
mod headers;
mod health;
mod metrics;
mod metrics_mixers;
mod metrics_turn;
mod origin;
mod rate;
mod web;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::middleware;
use axum::routing::get;
use motet::Worker;
use motet_signal::{Front, FrontConfig};
use tower_http::timeout::TimeoutLayer;

use crate::access::Access;
use crate::config::Config;
use crate::rooms_task::RoomsHandle;
use crate::signaling::Seam;
use crate::turn::Turn;
use rate::Rate;

pub use api::openapi;
pub(crate) use auth::unix_now_s;

/// Largest body that a request may have: the API's are small.
const BODY_BYTES_MAX: usize = 64 * 1024;
/// How long a request may take; signaling is no request but what follows one.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(15);

/// What every handler may use.
pub(crate) struct App {
    pub(crate) config: Config,
    pub(crate) rooms: RoomsHandle,
    pub(crate) access: Arc<Access>,
    pub(crate) workers: Arc<[Worker]>,
    pub(crate) signal: Front<Seam>,
    pub(crate) turn: Option<Arc<Turn>>,
    pub(crate) stopping: AtomicBool,
    connects: Rate,
}

impl App {
    pub(crate) fn new(
        config: Config,
        rooms: RoomsHandle,
        workers: Vec<Worker>,
        turn: Option<Arc<Turn>>,
    ) -> Self {
        let access = Arc::new(Access::new(&config));
        let workers: Arc<[Worker]> = workers.into();
        let seam = Seam {
            rooms: rooms.clone(),
            access: Arc::clone(&access),
            workers: Arc::clone(&workers),
            turn: turn.clone(),
        };
        let signal = Front::new(seam, FrontConfig::default());
        let connects = Rate::new(config.connects_per_minute);
        Self { config, rooms, access, workers, signal, turn, stopping: AtomicBool::new(false), connects }
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }
}

/// All routes.
pub(crate) fn router(app: &Arc<App>) -> Router {
    let signal = app
        .signal
        .routes()
        .layer(middleware::from_fn_with_state(Arc::clone(app), rate::limit))
        .layer(middleware::from_fn_with_state(Arc::clone(app), origin::check));
    let requests = Router::new()
        .route("/healthz", get(health::live))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(metrics::scrape))
        .merge(api::router().layer(middleware::from_fn_with_state(Arc::clone(app), origin::check)))
        .fallback(web::serve)
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, REQUEST_TIMEOUT))
        .with_state(Arc::clone(app));
    requests.merge(signal).layer(middleware::from_fn(headers::add))
}
