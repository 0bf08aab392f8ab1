//! How a request is refused.

use axum::Json;
use axum::extract::rejection::{BytesRejection, JsonRejection};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use motet_room::RoomError;
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::Denial;

/// Why a request was refused.
#[derive(Serialize, ToSchema)]
#[schema(as = Error)]
pub(crate) struct ErrorBody {
    /// A stable word for programs.
    #[schema(example = "noSuchRoom")]
    reason: &'static str,
    /// A sentence for people.
    message: String,
}

pub(crate) struct ApiError {
    status: StatusCode,
    body: ErrorBody,
}

impl ApiError {
    pub(super) fn new(status: StatusCode, reason: &'static str, message: impl Into<String>) -> Self {
        Self { status, body: ErrorBody { reason, message: message.into() } }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        (self.status, Json(self.body)).into_response()
    }
}

impl From<RoomError> for ApiError {
    fn from(error: RoomError) -> Self {
        let status = match &error {
            RoomError::NoSuchRoom | RoomError::NoSuchParticipant | RoomError::NoSuchTrack => {
                StatusCode::NOT_FOUND
            }
            RoomError::RoomExists
            | RoomError::RoomFull { .. }
            | RoomError::TooManyTracks { .. }
            | RoomError::TooManySubscriptions { .. }
            | RoomError::BadState { .. }
            | RoomError::MeshFull { .. }
            | RoomError::NoMesh
            | RoomError::StaleEpoch
            | RoomError::NoMix
            | RoomError::ResumeExpired => StatusCode::CONFLICT,
            RoomError::NotAllowed { .. } => StatusCode::FORBIDDEN,
            RoomError::TooMuch => StatusCode::TOO_MANY_REQUESTS,
            RoomError::ServerFull { .. } | RoomError::NoWorker | RoomError::Stopping => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            RoomError::BadName { .. }
            | RoomError::BadText { .. }
            | RoomError::TextTooLong { .. }
            | RoomError::BadTrack { .. }
            | RoomError::BadLayout { .. }
            | RoomError::BadVoice { .. }
            | RoomError::BadMix { .. }
            | RoomError::MessageTooLong { .. } => StatusCode::BAD_REQUEST,
        };
        Self::new(status, error.reason(), error.to_string())
    }
}

impl From<Denial> for ApiError {
    fn from(denial: Denial) -> Self {
        let status = match denial {
            Denial::OtherRoom | Denial::NotAllowed => StatusCode::FORBIDDEN,
            _ => StatusCode::UNAUTHORIZED,
        };
        Self::new(status, denial.reason(), denial.to_string())
    }
}

impl From<JsonRejection> for ApiError {
    fn from(rejection: JsonRejection) -> Self {
        Self::new(rejection.status(), "badRequest", rejection.body_text())
    }
}

impl From<BytesRejection> for ApiError {
    fn from(rejection: BytesRejection) -> Self {
        Self::new(rejection.status(), "badRequest", rejection.body_text())
    }
}
