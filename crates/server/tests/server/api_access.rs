//! Who may use the API.

use crate::stage::{Stage, expired_token, token};

const OPERATIONS: &[(&str, &str)] = &[
    ("GET", "/api/v1/rooms"),
    ("POST", "/api/v1/rooms"),
    ("GET", "/api/v1/rooms/r"),
    ("DELETE", "/api/v1/rooms/r"),
    ("GET", "/api/v1/rooms/r/participants"),
    ("GET", "/api/v1/rooms/r/participants/p_0000000000000"),
    ("DELETE", "/api/v1/rooms/r/participants/p_0000000000000"),
    ("POST", "/api/v1/rooms/r/participants/p_0000000000000/tracks/t_0000000000000/mute"),
];

/// A body for the operations that want one; the others do not look at it.
const BODY: Option<&str> = Some(r#"{"name": "r"}"#);

#[tokio::test]
async fn without_a_good_token_nothing_is_done() {
    let stage = Stage::start("").await;
    for (method, path) in OPERATIONS {
        let none = crate::client::request(stage.address(), method, path, &[], BODY).await;
        assert_eq!((none.status, none.reason().as_str()), (401, "tokenMissing"), "{method} {path}");
        let bad = stage.ask("a.b.c", method, path, BODY).await;
        assert_eq!((bad.status, bad.reason().as_str()), (401, "tokenInvalid"), "{method} {path}");
        let old = stage.ask(&expired_token("*", true), method, path, BODY).await;
        assert_eq!((old.status, old.reason().as_str()), (401, "tokenExpired"), "{method} {path}");
    }
    stage.server.stop().await;
}

#[tokio::test]
async fn a_token_without_the_grant_does_nothing() {
    let stage = Stage::start("").await;
    for (method, path) in OPERATIONS {
        for token in [token("*", false), token("r", false), token("other", true)] {
            let answer = stage.ask(&token, method, path, BODY).await;
            assert_eq!((answer.status, answer.reason().as_str()), (403, "notAllowed"), "{method} {path}");
        }
    }
    stage.server.stop().await;
}

#[tokio::test]
async fn an_admin_of_one_room_operates_that_one() {
    let stage = Stage::start("").await;
    let own = token("r", true);
    assert_eq!(stage.ask(&own, "POST", "/api/v1/rooms", BODY).await.status, 201);
    assert_eq!(stage.ask(&own, "GET", "/api/v1/rooms/r", None).await.status, 200);
    assert_eq!(stage.ask(&own, "GET", "/api/v1/rooms", None).await.status, 403, "all rooms are not its own");
    let other = Some(r#"{"name": "s"}"#);
    assert_eq!(stage.ask(&own, "POST", "/api/v1/rooms", other).await.status, 403);
    assert_eq!(stage.ask(&own, "DELETE", "/api/v1/rooms/r", None).await.status, 204);
    stage.server.stop().await;
}

#[tokio::test]
async fn a_server_for_trying_out_asks_for_no_token() {
    let stage = Stage::start_dev().await;
    assert_eq!(stage.get("/api/v1/rooms").await.status, 200);
    assert_eq!(stage.ask("a.b.c", "GET", "/api/v1/rooms", None).await.status, 401);
    stage.server.stop().await;
}

#[tokio::test]
async fn pages_from_elsewhere_may_not_use_the_api_even_where_no_token_is_asked_for() {
    let stage = Stage::start_dev().await;
    let elsewhere = ["Origin: https://evil.example"];
    for (method, path) in OPERATIONS {
        let answer = crate::client::request(stage.address(), method, path, &elsewhere, BODY).await;
        assert_eq!(answer.status, 403, "{method} {path}");
    }
    stage.server.stop().await;
}
