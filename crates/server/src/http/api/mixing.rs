//! What can be said of rooms and people that are there: topology, layout, views, voices, announcements.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, JsonRejection};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use motet::control::{Announcement, AnnouncementId, Layout};
use motet_room::{By, Command, Intent, Place, Reply, RoomError, ViewIntent, Voice, check_layout};
use motet_signal::wire::LayoutView;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::error::{ApiError, ErrorBody};
use super::handlers::{bad_request, find_room, participant_id, room_name, unexpected};
use super::words::{Participant, RoomWithPeople};
use crate::http::App;
use crate::http::auth::Asker;

/// The largest announcement: a minute and a half of stereo samples at 48 kHz, or hours of Opus.
pub(super) const ANNOUNCEMENT_BYTES_MAX: usize = 16 * 1024 * 1024;
/// How often an announcement is played at most; a signal that goes on for long is no announcement.
const TIMES_MAX: u32 = 100;

/// What is to change of a room.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RoomChange {
    /// How it shall move media: `mesh`, `sfu`, `mcu` or `auto`.
    topology: Option<String>,
    /// How its mix is laid out, as signaling's `setLayout` has it.
    #[schema(value_type = Option<Object>, example = json!({"arrangement": "grid", "fit": "letterbox"}))]
    layout: Option<LayoutView>,
}

/// What is to change of a person.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ParticipantChange {
    /// What it shall take: `tracks`, `mix` or `auto`.
    view: Option<String>,
    /// How it is heard in the mix.
    voice: Option<VoiceWords>,
}

/// How a person is heard in the mix. What is left out is as it is without saying anything.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct VoiceWords {
    /// Not at all.
    #[serde(default)]
    muted: bool,
    /// What its samples are multiplied by, 0 to 4.
    gain: Option<f32>,
    /// Where: -1 left, 0 middle, 1 right.
    position: Option<f32>,
}

#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct PlayQuery {
    /// How often it is played, 1 to 100; once where nothing is said.
    times: Option<u32>,
}

/// An announcement that plays, or waits for its turn.
#[derive(Serialize, ToSchema)]
pub(super) struct Playing {
    id: u64,
}

/// Changes how a room moves media, and how its mix is laid out. Nobody has to reload; nobody misses a word.
#[utoipa::path(patch, path = "/rooms/{room}", params(("room" = String, Path, description = "The room's name")), request_body = RoomChange, responses(
    (status = 200, description = "What it comes to: `topology` may be another one than asked for, `reason` says why", body = RoomWithPeople),
    (status = 400, description = "The request makes no sense", body = ErrorBody),
    (status = 401, description = "No good token", body = ErrorBody),
    (status = 403, description = "The token does not allow it", body = ErrorBody),
    (status = 404, description = "There is no such room", body = ErrorBody),
    (status = 409, description = "More people are in the room than a mesh may have", body = ErrorBody),
))]
pub(super) async fn change_room(
    State(app): State<Arc<App>>,
    asker: Asker,
    Path(room): Path<String>,
    body: Result<Json<RoomChange>, JsonRejection>,
) -> Result<Json<RoomWithPeople>, ApiError> {
    asker.need_admin_of(&room)?;
    let Json(change) = body?;
    let place = Place::Named(room_name(&room)?);
    let intent = change.topology.map(|word| intent_of(&word)).transpose()?;
    let layout = change.layout.map(Layout::from);
    layout.iter().try_for_each(check_layout)?;
    if let Some(intent) = intent {
        app.rooms.command(Command::SetTopology { place: place.clone(), intent }).await?;
    }
    if let Some(layout) = layout {
        app.rooms.command(Command::SetLayout { place, layout }).await?;
    }
    Ok(Json(find_room(&app, &room).await?.into()))
}

/// Changes what a person takes, and how it is heard in the mix.
#[utoipa::path(patch, path = "/rooms/{room}/participants/{participantId}", params(
    ("room" = String, Path, description = "The room's name"),
    ("participantId" = String, Path, description = "The participant's id"),
), request_body = ParticipantChange, responses(
    (status = 200, body = Participant),
    (status = 400, description = "The request makes no sense", body = ErrorBody),
    (status = 401, description = "No good token", body = ErrorBody),
    (status = 403, description = "The token does not allow it", body = ErrorBody),
    (status = 404, description = "There is no such room or participant", body = ErrorBody),
))]
pub(super) async fn change_participant(
    State(app): State<Arc<App>>,
    asker: Asker,
    Path((room, participant)): Path<(String, String)>,
    body: Result<Json<ParticipantChange>, JsonRejection>,
) -> Result<Json<Participant>, ApiError> {
    asker.need_admin_of(&room)?;
    let Json(change) = body?;
    let id = participant_id(&participant)?;
    let is_here = |details: &motet_room::RoomDetails| details.participants.iter().any(|other| other.id == id);
    if !is_here(&find_room(&app, &room).await?) {
        return Err(RoomError::NoSuchParticipant.into());
    }
    let view = change.view.map(|word| {
        ViewIntent::from_word(&word).ok_or_else(|| bad_request("view is one of tracks, mix and auto"))
    });
    let view = view.transpose()?;
    if let Some(words) = change.voice {
        let own = Voice::default();
        let voice = Voice {
            muted: words.muted,
            gain: words.gain.unwrap_or(own.gain),
            position: words.position.unwrap_or(own.position),
        };
        app.rooms.command(Command::SetVoice { by: By::Operator, participant_id: id, voice }).await?;
    }
    if let Some(view) = view {
        app.rooms.command(Command::SetView { by: By::Operator, participant_id: id, view }).await?;
    }
    let details = find_room(&app, &room).await?;
    let found = details.participants.into_iter().find(|participant| participant.id == id);
    Ok(Json(found.ok_or(RoomError::NoSuchParticipant)?.into()))
}

/// Plays a WAV or Ogg Opus file to everyone who takes the mix, beside the voices. Further ones wait for their turn.
#[utoipa::path(post, path = "/rooms/{room}/announcements", params(
    ("room" = String, Path, description = "The room's name"),
    PlayQuery,
), request_body(content = Vec<u8>, content_type = "application/octet-stream", description = "The file, 16 MiB at most"), responses(
    (status = 202, body = Playing),
    (status = 400, description = "The file cannot be played; the message says why", body = ErrorBody),
    (status = 401, description = "No good token", body = ErrorBody),
    (status = 403, description = "The token does not allow it", body = ErrorBody),
    (status = 404, description = "There is no such room", body = ErrorBody),
    (status = 409, description = "Nobody takes the mix of this room", body = ErrorBody),
    (status = 413, description = "The file is too large", body = ErrorBody),
))]
pub(super) async fn play(
    State(app): State<Arc<App>>,
    asker: Asker,
    Path(room): Path<String>,
    Query(query): Query<PlayQuery>,
    body: Result<Bytes, BytesRejection>,
) -> Result<(StatusCode, Json<Playing>), ApiError> {
    asker.need_admin_of(&room)?;
    let file: Arc<[u8]> = body.map_err(ApiError::from)?.as_ref().into();
    let times = query.times.unwrap_or(1);
    if !(1..=TIMES_MAX).contains(&times) {
        return Err(bad_request("times is 1 to 100"));
    }
    let checked = Arc::clone(&file);
    // Reading all of a large file takes a while that nobody else should wait for.
    let outcome = tokio::task::spawn_blocking(move || motet::mixer::check_announcement(checked)).await;
    if let Ok(Err(error)) = outcome {
        return Err(bad_request(&format!("the file cannot be played: {error}")));
    }
    let place = Place::Named(room_name(&room)?);
    let announcement = Announcement { file, times };
    match app.rooms.command(Command::Play { place, announcement }).await? {
        Reply::Playing(AnnouncementId(id)) => Ok((StatusCode::ACCEPTED, Json(Playing { id }))),
        other => Err(unexpected(&other)),
    }
}

/// Ends an announcement, whether it plays or waits. One that is over already is no error.
#[utoipa::path(delete, path = "/rooms/{room}/announcements/{announcementId}", params(
    ("room" = String, Path, description = "The room's name"),
    ("announcementId" = u64, Path, description = "The announcement's id"),
), responses(
    (status = 204, description = "It is over"),
    (status = 401, description = "No good token", body = ErrorBody),
    (status = 403, description = "The token does not allow it", body = ErrorBody),
    (status = 404, description = "There is no such room", body = ErrorBody),
))]
pub(super) async fn stop_playing(
    State(app): State<Arc<App>>,
    asker: Asker,
    Path((room, announcement)): Path<(String, u64)>,
) -> Result<StatusCode, ApiError> {
    asker.need_admin_of(&room)?;
    let place = Place::Named(room_name(&room)?);
    let announcement_id = AnnouncementId(announcement);
    app.rooms.command(Command::StopPlaying { place, announcement_id }).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) fn intent_of(word: &str) -> Result<Intent, ApiError> {
    Intent::from_word(word).ok_or_else(|| bad_request("topology is one of mesh, sfu, mcu and auto"))
}
