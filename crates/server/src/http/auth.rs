//! Who asks: the bearer token of an API request.

use std::sync::Arc;
use std::time::SystemTime;

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;

use super::App;
use super::api::ApiError;
use crate::access::{Denial, Pass};

/// Someone whose token is good. What it may do, the handler asks.
pub(super) struct Asker(Pass);

impl Asker {
    /// Operates all rooms.
    pub(super) fn need_operator(&self) -> Result<(), ApiError> {
        if self.0.is_operator() { Ok(()) } else { Err(Denial::NotAllowed.into()) }
    }

    /// Operates this room at least.
    pub(super) fn need_admin_of(&self, room: &str) -> Result<(), ApiError> {
        if !self.0.opens(room) {
            return Err(Denial::OtherRoom.into());
        }
        if self.0.grants.admin { Ok(()) } else { Err(Denial::NotAllowed.into()) }
    }
}

impl FromRequestParts<Arc<App>> for Asker {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let token = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token = token.and_then(|value| {
            let (scheme, token) = value.split_once(' ')?;
            scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
        });
        Ok(Self(app.access.admit(token, unix_now_s())?))
    }
}

/// A system whose clock stands before 1970 lets no token expire, and no other harm is done.
pub(crate) fn unix_now_s() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs()
}
