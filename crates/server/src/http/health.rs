//! Whether the server lives, and whether people should be sent to it.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::App;

/// `/healthz`: whoever reads this lives.
pub(super) async fn live() -> Response {
    "ok\n".into_response()
}

/// `/readyz`: not while stopping, and not without a worker.
pub(super) async fn ready(State(app): State<Arc<App>>) -> Response {
    let workers_alive = app.rooms.census().await.workers_alive;
    let is_ready = !app.is_stopping() && workers_alive > 0;
    let status = if is_ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let body = json!({"ready": is_ready, "stopping": app.is_stopping(), "workersAlive": workers_alive});
    (status, Json(body)).into_response()
}
