//! Which pages may open a signaling connection, or use the API. A browser lets any page open a WebSocket to anywhere and
//! says from where (RFC 6455 section 10.2), and lets it send simple requests; what is no browser says nothing and is let
//! through to show its token.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::App;

pub(super) async fn check(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    if is_allowed(request.headers(), &app.config.origins) {
        return next.run(request).await;
    }
    (StatusCode::FORBIDDEN, "this page may not ask here; the server's origins name those that may\n")
        .into_response()
}

fn is_allowed(headers: &HeaderMap, allowed: &[String]) -> bool {
    let mut origins = headers.get_all(header::ORIGIN).iter();
    let (origin, None) = (origins.next(), origins.next()) else { return false };
    let Some(origin) = origin else { return true };
    let Ok(origin) = origin.to_str() else { return false };
    if allowed.iter().any(|known| known == "*" || known.eq_ignore_ascii_case(origin)) {
        return true;
    }
    // The own page: the origin's host is the one that was asked for. The scheme may differ behind a proxy.
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let own = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
    matches!((host, own), (Some(host), Some(own)) if host.eq_ignore_ascii_case(own))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(origin: Option<&str>, host: &str, list: &[&str]) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, host.parse().unwrap());
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, origin.parse().unwrap());
        }
        is_allowed(&headers, &list.iter().map(|known| (*known).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn the_own_page_and_programs_may_signal() {
        assert!(allowed(Some("http://127.0.0.1:7880"), "127.0.0.1:7880", &[]));
        assert!(allowed(Some("https://Meet.example"), "meet.example", &[]));
        assert!(allowed(None, "meet.example", &[]));
    }

    #[test]
    fn other_pages_may_not_unless_they_are_named() {
        assert!(!allowed(Some("https://evil.example"), "meet.example", &[]));
        assert!(!allowed(Some("https://meet.example.evil.example"), "meet.example", &[]));
        assert!(!allowed(Some("https://meet.example:8443"), "meet.example", &[]));
        assert!(!allowed(Some("null"), "meet.example", &["https://a.example"]));
        assert!(allowed(Some("https://a.example"), "meet.example", &["https://a.example"]));
        assert!(allowed(Some("null"), "meet.example", &["*"]));
    }
}
