//! The web app: built into the binary, or read from a folder while it is worked on.

use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;

use super::App;

/// What is built in: everything of the app and the SDK, nothing of their tests and tools.
#[derive(RustEmbed)]
#[folder = "../../web/"]
#[include = "*.html"]
#[include = "*.js"]
#[include = "*.css"]
#[include = "*.svg"]
#[include = "*.png"]
#[include = "*.ico"]
#[include = "*.woff2"]
#[include = "*.webmanifest"]
#[exclude = "node_modules/*"]
#[exclude = "test/*"]
struct BuiltIn;

/// Files of these kinds are served, and nothing else that may lie in a folder.
const KINDS: &[(&str, &str)] = &[
    ("html", "text/html; charset=utf-8"),
    ("js", "text/javascript; charset=utf-8"),
    ("css", "text/css; charset=utf-8"),
    ("svg", "image/svg+xml"),
    ("png", "image/png"),
    ("ico", "image/x-icon"),
    ("woff2", "font/woff2"),
    ("webmanifest", "application/manifest+json"),
];

/// The folder of a checkout, for `--dev` started in it.
const CHECKOUT: &str = "web";

/// Answers what no other route does.
pub(super) async fn serve(State(app): State<Arc<App>>, request: Request) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET, HEAD")]).into_response();
    }
    let Some(path) = plain_path(request.uri().path()) else { return missing() };
    let Some(kind) = kind_of(&path) else { return missing() };
    match folder(&app) {
        Some(folder) => from_folder(&folder, &path, kind).await,
        None => built_in(&path, kind, request.headers()),
    }
}

/// The configured folder, or the checkout's with `--dev`, where it is one.
fn folder(app: &App) -> Option<PathBuf> {
    let configured = app.config.web.clone();
    configured.or_else(|| {
        Some(PathBuf::from(CHECKOUT)).filter(|web| app.config.dev && web.join("index.html").is_file())
    })
}

/// A path of plain names below the root; `None` for one that climbs, hides, or is encoded beyond need.
fn plain_path(path: &str) -> Option<String> {
    let path = path.strip_prefix('/')?;
    let path = if path.is_empty() { "index.html" } else { path };
    let is_plain = |name: &str| {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        !name.is_empty() && !name.starts_with('.') && name.bytes().all(allowed)
    };
    let is_ours = !matches!(path.split('/').next(), Some("node_modules" | "test"));
    (is_ours && path.split('/').all(is_plain)).then(|| path.to_owned())
}

fn kind_of(path: &str) -> Option<&'static str> {
    let (_, extension) = path.rsplit_once('.')?;
    KINDS.iter().find(|(known, _)| *known == extension).map(|(_, kind)| *kind)
}

/// Read anew each time, so that an edit shows on reload.
async fn from_folder(folder: &Path, path: &str, kind: &'static str) -> Response {
    debug_assert!(Path::new(path).components().all(|part| matches!(part, Component::Normal(_))));
    match tokio::fs::read(folder.join(path)).await {
        Ok(bytes) => ([(header::CONTENT_TYPE, kind)], bytes).into_response(),
        Err(_) => missing(),
    }
}

/// Asked for each time and sent when it changed: names carry no version.
fn built_in(path: &str, kind: &'static str, asked: &HeaderMap) -> Response {
    let Some(file) = BuiltIn::get(path) else { return missing() };
    let hash = file.metadata.sha256_hash();
    let tag: String = hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    let tag = format!("\"{tag}\"");
    let known = asked.get(header::IF_NONE_MATCH).and_then(|tags| tags.to_str().ok());
    let is_known = known.is_some_and(|tags| tags.split(',').any(|known| known.trim() == tag));
    let mut response = if is_known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let body = match file.data {
            std::borrow::Cow::Borrowed(bytes) => Body::from(bytes),
            std::borrow::Cow::Owned(bytes) => Body::from(bytes),
        };
        ([(header::CONTENT_TYPE, kind)], body).into_response()
    };
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

fn missing() -> Response {
    (StatusCode::NOT_FOUND, "there is nothing here\n").into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_app_is_built_in_without_its_tests_and_tools() {
        assert!(BuiltIn::get("index.html").is_some());
        assert!(BuiltIn::iter().all(|path| kind_of(&path).is_some()));
        assert!(BuiltIn::iter().all(|path| !path.starts_with("node_modules") && !path.starts_with("test/")));
    }

    #[test]
    fn paths_that_climb_or_hide_lead_nowhere() {
        assert_eq!(plain_path("/").as_deref(), Some("index.html"));
        assert_eq!(plain_path("/app/main.js").as_deref(), Some("app/main.js"));
        for path in [
            "/../Cargo.toml",
            "/app/../../x.js",
            "/.git/config",
            "//etc/passwd",
            "/app//x.js",
            "/a%2e%2e/x.js",
            "/node_modules/a.js",
            "/test/a.js",
            "/a\\b.js",
        ] {
            assert_eq!(plain_path(path), None, "{path}");
        }
    }

    #[test]
    fn only_known_kinds_are_served() {
        assert_eq!(kind_of("sdk/index.js"), Some("text/javascript; charset=utf-8"));
        assert_eq!(kind_of("package.json"), None);
        assert_eq!(kind_of("README"), None);
    }
}
