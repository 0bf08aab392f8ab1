//! `/api/v1`: rooms and participants for operators, described by the OpenAPI document that it serves.

mod error;
mod handlers;
mod mix_words;
mod mixing;
mod words;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::header;
use axum::routing::get;
use utoipa::openapi::OpenApi;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouterExt as _};
use utoipa_axum::routes;

use super::App;

pub(super) use error::ApiError;

const PREFIX: &str = "/api/v1";

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Motet",
        description = "Rooms and participants of a Motet server. Every request needs a bearer token with the admin \
                       grant: for one room, or for all (room `*`) where it is about more than one.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0")
    ),
    security(("token" = []))
)]
struct Document;

/// The routes, and the document that describes them.
fn parts() -> (Router<Arc<App>>, OpenApi) {
    use utoipa::OpenApi as _;
    let (router, mut document) = OpenApiRouter::with_openapi(Document::openapi())
        .nest(
            PREFIX,
            OpenApiRouter::new()
                .routes(routes!(handlers::list_rooms, handlers::create_room))
                .routes(routes!(handlers::show_room, handlers::close_room, mixing::change_room))
                .routes(routes!(handlers::list_participants))
                .routes(routes!(
                    handlers::show_participant,
                    handlers::remove_participant,
                    mixing::change_participant
                ))
                .routes(routes!(mixing::play).layer(DefaultBodyLimit::max(mixing::ANNOUNCEMENT_BYTES_MAX)))
                .routes(routes!(mixing::stop_playing))
                .routes(routes!(handlers::mute_track)),
        )
        .split_for_parts();
    let token = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
    document.components.get_or_insert_default().add_security_scheme("token", SecurityScheme::Http(token));
    (router, document)
}

pub(super) fn router() -> Router<Arc<App>> {
    let (router, document) = parts();
    let text = document.to_json().expect("a document of plain words is JSON");
    let describe = get(move || std::future::ready(([(header::CONTENT_TYPE, "application/json")], text)));
    router
        .route(&format!("{PREFIX}/openapi.json"), describe)
        .route(&format!("{PREFIX}/{{*rest}}"), axum::routing::any(handlers::nothing))
}

/// The document that the server serves.
pub fn openapi() -> OpenApi {
    parts().1
}
