//! One handler for each operation.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use motet::control::Layout;
use motet_room::{By, Command, ParticipantId, Reply, RoomDetails, RoomError, RoomName, TrackId};

use super::error::{ApiError, ErrorBody};
use super::mixing::intent_of;
use super::words::{NewRoom, Participant, Room, RoomWithPeople};
use crate::http::App;
use crate::http::auth::Asker;

/// Longest grace that a room may ask for: a month.
const EMPTY_GRACE_S_MAX: u64 = 31 * 24 * 3_600;

/// Lists all rooms, by name.
#[utoipa::path(get, path = "/rooms", responses(
    (status = 200, body = Vec<Room>),
    (status = 401, description = "No good token", body = ErrorBody),
    (status = 403, description = "The token does not allow it", body = ErrorBody),
))]
pub(super) async fn list_rooms(
    State(app): State<Arc<App>>,
    asker: Asker,
) -> Result<Json<Vec<Room>>, ApiError> {
    asker.need_operator()?;
    match app.rooms.command(Command::ListRooms).await? {
        Reply::Rooms(rooms) => Ok(Json(rooms.into_iter().map(Room::from).collect())),
        other => Err(unexpected(&other)),
    }
}

/// Makes a room ahead of its people. It is closed when nobody comes for its grace time.
#[utoipa::path(post, path = "/rooms", request_body = NewRoom, responses(
    (status = 201, body = RoomWithPeople),
    (status = 400, description = "The request makes no sense", body = ErrorBody),
    (status = 401, description = "No good token", body = ErrorBody),
    (status = 403, description = "The token does not allow it", body = ErrorBody),
    (status = 409, description = "There is a room of that name", body = ErrorBody),
    (status = 503, description = "The server is full or stopping", body = ErrorBody),
))]
pub(super) async fn create_room(
    State(app): State<Arc<App>>,
    asker: Asker,
    body: Result<Json<NewRoom>, JsonRejection>,
) -> Result<(StatusCode, Json<RoomWithPeople>), ApiError> {
    let Json(new) = body?;
    asker.need_admin_of(&new.name)?;
    let topology = new.topology.as_deref().map(intent_of).transpose()?;
    if new.participants_max == Some(0) {
        return Err(bad_request("participantsMax is at least 1"));
    }
    if new.empty_grace_s.is_some_and(|seconds| seconds > EMPTY_GRACE_S_MAX) {
        return Err(bad_request("emptyGraceS is a month at most"));
    }
    let command = Command::CreateRoom(motet_room::NewRoom {
        name: RoomName::new(&new.name)?,
        topology,
        layout: new.layout.map(Layout::from).unwrap_or_default(),
        mix: new.mix.map(|mix| mix.over(&app.config.mix)),
        participants_max: new.participants_max,
        empty_grace: new.empty_grace_s.map(Duration::from_secs),
    });
    let details = details(app.rooms.command(command).await?)?;
    Ok((StatusCode::CREATED, Json(details.into())))
}

/// Shows a room with its people.
#[utoipa::path(get, path = "/rooms/{room}", params(("room" = String, Path, description = "The room's name")), responses(
    (status = 200, body = RoomWithPeople),
    (status = 401, description = "No good token", body = ErrorBody),
    (status = 403, description = "The token does not allow it", body = ErrorBody),
    (status = 404, description = "There is no such room", body = ErrorBody),
))]
pub(super) async fn show_room(
    State(app): State<Arc<App>>,
    asker: Asker,
    Path(room): Path<String>,
) -> Result<Json<RoomWithPeople>, ApiError> {
    asker.need_admin_of(&room)?;
    Ok(Json(find_room(&app, &room).await?.into()))
}

/// Closes a room; everyone in it is told.
#[utoipa::path(delete, path = "/rooms/{room}", params(("room" = String, Path, description = "The room's name")), responses(
    (status = 204, description = "It is closed"),
    (status = 401, description = "No good token", body = ErrorBody),
    (status = 403, description = "The token does not allow it", body = ErrorBody),
    (status = 404, description = "There is no such room", body = ErrorBody),
))]
pub(super) async fn close_room(
    State(app): State<Arc<App>>,
    asker: Asker,
    Path(room): Path<String>,
) -> Result<StatusCode, ApiError> {
    asker.need_admin_of(&room)?;
    app.rooms.command(Command::CloseRoom { by: By::Operator, room: room_name(&room)? }).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Lists the people in a room.
#[utoipa::path(get, path = "/rooms/{room}/participants", params(("room" = String, Path, description = "The room's name")), responses(
    (status = 200, body = Vec<Participant>),
    (status = 401, description = "No good token", body = ErrorBody),
    (status = 403, description = "The token does not allow it", body = ErrorBody),
    (status = 404, description = "There is no such room", body = ErrorBody),
))]
pub(super) async fn list_participants(
    State(app): State<Arc<App>>,
    asker: Asker,
    Path(room): Path<String>,
) -> Result<Json<Vec<Participant>>, ApiError> {
    asker.need_admin_of(&room)?;
    let details = find_room(&app, &room).await?;
    Ok(Json(details.participants.into_iter().map(Participant::from).collect()))
}

/// Shows one person in a room.
#[utoipa::path(get, path = "/rooms/{room}/participants/{participantId}", params(
    ("room" = String, Path, description = "The room's name"),
    ("participantId" = String, Path, description = "The participant's id"),
), responses(
    (status = 200, body = Participant),
    (status = 401, description = "No good token", body = ErrorBody),
    (status = 403, description = "The token does not allow it", body = ErrorBody),
    (status = 404, description = "There is no such room or participant", body = ErrorBody),
))]
pub(super) async fn show_participant(
    State(app): State<Arc<App>>,
    asker: Asker,
    Path((room, participant)): Path<(String, String)>,
) -> Result<Json<Participant>, ApiError> {
    asker.need_admin_of(&room)?;
    let id = participant_id(&participant)?;
    let details = find_room(&app, &room).await?;
    let found = details.participants.into_iter().find(|participant| participant.id == id);
    Ok(Json(found.ok_or(RoomError::NoSuchParticipant)?.into()))
}

/// Takes a person out of a room; it and the others are told.
#[utoipa::path(delete, path = "/rooms/{room}/participants/{participantId}", params(
    ("room" = String, Path, description = "The room's name"),
    ("participantId" = String, Path, description = "The participant's id"),
), responses(
    (status = 204, description = "It is out"),
    (status = 401, description = "No good token", body = ErrorBody),
    (status = 403, description = "The token does not allow it", body = ErrorBody),
    (status = 404, description = "There is no such room or participant", body = ErrorBody),
))]
pub(super) async fn remove_participant(
    State(app): State<Arc<App>>,
    asker: Asker,
    Path((room, participant)): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    asker.need_admin_of(&room)?;
    let id = participant_id(&participant)?;
    let details = find_room(&app, &room).await?;
    if !details.participants.iter().any(|participant| participant.id == id) {
        return Err(RoomError::NoSuchParticipant.into());
    }
    app.rooms.command(Command::Remove { by: By::Operator, participant_id: id }).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Mutes a track. Unmuting is its owner's alone: nobody's microphone is opened by somebody else.
#[utoipa::path(post, path = "/rooms/{room}/participants/{participantId}/tracks/{trackId}/mute", params(
    ("room" = String, Path, description = "The room's name"),
    ("participantId" = String, Path, description = "The participant's id"),
    ("trackId" = String, Path, description = "The track's id"),
), responses(
    (status = 204, description = "It is muted"),
    (status = 401, description = "No good token", body = ErrorBody),
    (status = 403, description = "The token does not allow it", body = ErrorBody),
    (status = 404, description = "There is no such room, participant or track", body = ErrorBody),
))]
pub(super) async fn mute_track(
    State(app): State<Arc<App>>,
    asker: Asker,
    Path((room, participant, track)): Path<(String, String, String)>,
) -> Result<StatusCode, ApiError> {
    asker.need_admin_of(&room)?;
    let id = participant_id(&participant)?;
    let track_id: TrackId = track.parse().map_err(|_| RoomError::NoSuchTrack)?;
    let details = find_room(&app, &room).await?;
    let owner = details.participants.into_iter().find(|participant| participant.id == id);
    let owner = owner.ok_or(RoomError::NoSuchParticipant)?;
    if !owner.tracks.iter().any(|track| track.id == track_id) {
        return Err(RoomError::NoSuchTrack.into());
    }
    app.rooms.command(Command::Mute { by: By::Operator, track_id, muted: true }).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Whatever else is asked of the API.
pub(super) async fn nothing() -> ApiError {
    ApiError::new(
        StatusCode::NOT_FOUND,
        "noSuchOperation",
        "the API has no such operation; see /api/v1/openapi.json",
    )
}

pub(super) async fn find_room(app: &App, room: &str) -> Result<RoomDetails, ApiError> {
    details(app.rooms.command(Command::ShowRoom { room: room_name(room)? }).await?)
}

pub(super) fn details(reply: Reply) -> Result<RoomDetails, ApiError> {
    match reply {
        Reply::Room(details) => Ok(*details),
        other => Err(unexpected(&other)),
    }
}

/// A room whose name cannot be one is not there.
pub(super) fn room_name(room: &str) -> Result<RoomName, ApiError> {
    RoomName::new(room).map_err(|_| RoomError::NoSuchRoom.into())
}

pub(super) fn participant_id(text: &str) -> Result<ParticipantId, ApiError> {
    text.parse().map_err(|_| RoomError::NoSuchParticipant.into())
}

pub(super) fn bad_request(message: &str) -> ApiError {
    ApiError::new(StatusCode::BAD_REQUEST, "badRequest", message)
}

pub(super) fn unexpected(reply: &Reply) -> ApiError {
    tracing::error!(?reply, "the rooms gave an answer of another kind");
    ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "something is wrong with this server")
}
