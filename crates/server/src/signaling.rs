//! The seam between signaling and everything else.

use std::sync::Arc;

use axum::Router;

use crate::http::App;

/// `/signal`.
pub(crate) fn routes(_app: &Arc<App>) -> Router {
    Router::new()
}
