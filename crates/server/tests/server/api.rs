//! Rooms through the API.

use serde_json::json;

use crate::client::request;
use crate::stage::Stage;

#[tokio::test]
async fn a_room_is_made_shown_listed_and_closed() {
    let stage = Stage::start("").await;
    let body = r#"{"name": "r 1", "participantsMax": 5, "emptyGraceS": 100}"#;
    let made = stage.operate("POST", "/api/v1/rooms", Some(body)).await;
    assert_eq!(made.status, 201);
    let shown = stage.operate("GET", "/api/v1/rooms/r%201", None).await;
    assert_eq!(shown.json()["name"], "r 1");
    assert_eq!(shown.json()["participantsMax"], 5);
    assert_eq!(shown.json()["topology"], "sfu");
    assert_eq!(shown.json()["participants"], json!([]));
    let listed = stage.operate("GET", "/api/v1/rooms", None).await.json();
    assert_eq!(listed.as_array().map(Vec::len), Some(1));
    assert_eq!(listed[0]["participantCount"], 0);
    assert_eq!(stage.operate("DELETE", "/api/v1/rooms/r%201", None).await.status, 204);
    assert_eq!(stage.operate("GET", "/api/v1/rooms", None).await.json(), json!([]));
    stage.server.stop().await;
}

#[tokio::test]
async fn what_is_not_there_is_missed_by_name() {
    let stage = Stage::start("").await;
    for (method, path, reason) in [
        ("GET", "/api/v1/rooms/r", "noSuchRoom"),
        ("DELETE", "/api/v1/rooms/r", "noSuchRoom"),
        ("GET", "/api/v1/rooms/%00", "noSuchRoom"),
        ("GET", "/api/v1/rooms/r/participants", "noSuchRoom"),
        ("GET", "/api/v1/rooms/r/participants/p_0000000000000", "noSuchRoom"),
        ("DELETE", "/api/v1/rooms/r/participants/nobody", "noSuchParticipant"),
        ("POST", "/api/v1/rooms/r/participants/p_0000000000000/tracks/x/mute", "noSuchTrack"),
        ("GET", "/api/v1/nothing", "noSuchOperation"),
    ] {
        let answer = stage.operate(method, path, None).await;
        assert_eq!((answer.status, answer.reason().as_str()), (404, reason), "{method} {path}");
    }
    stage.server.stop().await;
}

#[tokio::test]
async fn a_second_room_of_one_name_is_refused() {
    let stage = Stage::start("").await;
    let make = || stage.operate("POST", "/api/v1/rooms", Some(r#"{"name": "r"}"#));
    assert_eq!(make().await.status, 201);
    let again = make().await;
    assert_eq!((again.status, again.reason().as_str()), (409, "roomExists"));
    stage.server.stop().await;
}

#[tokio::test]
async fn requests_that_make_no_sense_are_refused_by_name() {
    let stage = Stage::start("rooms_max: 1\n").await;
    let mut refusals = Vec::new();
    for body in [
        r#"{"name": "*"}"#,
        r#"{"name": ""}"#,
        r#"{"name": "r", "topology": "star"}"#,
        r#"{"name": "r", "layout": {"arrangement": "custom"}}"#,
        r#"{"name": "r", "layout": {"arrangement": "spiral"}}"#,
        r#"{"name": "r", "mix": {"fps": 0}}"#,
        r#"{"name": "r", "participantsMax": 0}"#,
        r#"{"name": "r", "participantsMax": -1}"#,
        r#"{"name": "r", "colour": "red"}"#,
        r#"{"name": "r""#,
        "[]",
    ] {
        let answer = stage.operate("POST", "/api/v1/rooms", Some(body)).await;
        refusals.push((answer.status, answer.reason()));
    }
    let expected = [
        (400, "badName"),
        (400, "badName"),
        (400, "badRequest"),
        (400, "badLayout"),
        (422, "badRequest"),
        (400, "badMix"),
        (400, "badRequest"),
        (422, "badRequest"),
        (422, "badRequest"),
        (400, "badRequest"),
        (422, "badRequest"),
    ];
    assert_eq!(refusals, expected.map(|(status, reason)| (status, reason.to_owned())));
    let big = format!(r#"{{"name": "{}"}}"#, "x".repeat(100_000));
    assert_eq!(stage.operate("POST", "/api/v1/rooms", Some(&big)).await.status, 413);
    assert_eq!(stage.operate("POST", "/api/v1/rooms", Some(r#"{"name": "a"}"#)).await.status, 201);
    let full = stage.operate("POST", "/api/v1/rooms", Some(r#"{"name": "b"}"#)).await;
    assert_eq!((full.status, full.reason().as_str()), (503, "serverFull"));
    stage.server.stop().await;
}

#[tokio::test]
async fn a_room_ends_after_its_own_grace() {
    let stage = Stage::start("").await;
    let body = r#"{"name": "r", "emptyGraceS": 0}"#;
    assert_eq!(stage.operate("POST", "/api/v1/rooms", Some(body)).await.status, 201);
    let gone = async {
        while stage.operate("GET", "/api/v1/rooms/r", None).await.status != 404 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(10), gone).await.expect("the room ends");
    stage.server.stop().await;
}

#[tokio::test]
async fn a_body_that_is_not_json_by_its_header_is_refused() {
    let stage = Stage::start_dev().await;
    // A page of another site can send this without asking; it must do nothing, even where no token is needed.
    let headers = ["Content-Type: text/plain", "Content-Length: 12"];
    let answer = request(stage.address(), "POST", "/api/v1/rooms", &headers, None).await;
    assert_eq!(answer.status, 415);
    stage.server.stop().await;
}
