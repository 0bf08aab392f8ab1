//! People in rooms, as signaling and the API see them.

use serde_json::json;

use crate::person::Person;
use crate::stage::{Stage, expired_token, token};

#[tokio::test]
async fn who_joins_is_seen_by_the_api_and_by_metrics() {
    let stage = Stage::start_dev().await;
    let (_ada, joined) = Person::join(stage.address(), "r", "Ada").await;
    let shown = stage.get("/api/v1/rooms/r").await.json();
    assert_eq!(shown["participants"][0]["id"], joined["participantId"]);
    assert_eq!(shown["participants"][0]["name"], "Ada");
    assert_eq!(shown["participantCount"], 1);
    let path = format!("/api/v1/rooms/r/participants/{}", joined["participantId"].as_str().unwrap());
    assert_eq!(stage.get(&path).await.json()["name"], "Ada");
    let metrics = stage.get("/metrics").await.body;
    assert!(metrics.contains("\nmotet_participants 1\n"));
    assert!(metrics.contains("\nmotet_signal_sockets 1\n"));
    stage.server.stop().await;
}

#[tokio::test]
async fn one_whom_the_operator_removes_is_told_and_so_are_the_others() {
    let stage = Stage::start_dev().await;
    let (mut ada, joined) = Person::join(stage.address(), "r", "Ada").await;
    let (mut bea, _) = Person::join(stage.address(), "r", "Bea").await;
    let id = joined["participantId"].as_str().unwrap();
    let path = format!("/api/v1/rooms/r/participants/{id}");
    let answer = crate::client::request(stage.address(), "DELETE", &path, &[], None).await;
    assert_eq!(answer.status, 204);
    assert_eq!(ada.hear("removed").await["reason"], "removed");
    ada.end().await;
    assert_eq!(bea.hear("participantLeft").await["participantId"], id);
    stage.server.stop().await;
}

#[tokio::test]
async fn a_room_that_the_operator_closes_is_told() {
    let stage = Stage::start_dev().await;
    let (mut ada, _) = Person::join(stage.address(), "r", "Ada").await;
    let answer = crate::client::request(stage.address(), "DELETE", "/api/v1/rooms/r", &[], None).await;
    assert_eq!(answer.status, 204);
    assert_eq!(ada.hear("roomClosed").await["reason"], "closed");
    ada.end().await;
    stage.server.stop().await;
}

#[tokio::test]
async fn tokens_open_the_door() {
    let stage = Stage::start("").await;
    let mut ada = Person::connect(stage.address(), None).await.unwrap();
    let join = |token: Option<String>| json!({"room": "r", "name": "Ada", "token": token});
    assert_eq!(ada.ask("join", json!({"room": "r", "name": "Ada"})).await.unwrap_err(), "tokenMissing");
    assert_eq!(ada.ask("join", join(Some("a.b.c".into()))).await.unwrap_err(), "tokenInvalid");
    assert_eq!(ada.ask("join", join(Some(expired_token("r", false)))).await.unwrap_err(), "tokenExpired");
    assert_eq!(ada.ask("join", join(Some(token("s", true)))).await.unwrap_err(), "notAllowed");
    assert!(ada.ask("join", join(Some(token("r", false)))).await.is_ok());
    stage.server.stop().await;
}

#[tokio::test]
async fn pages_from_elsewhere_may_not_signal() {
    let stage = Stage::start("origins: ['https://friend.example']\n").await;
    let refused = Person::connect(stage.address(), Some("https://evil.example")).await;
    assert!(refused.is_err());
    assert!(Person::connect(stage.address(), Some("https://friend.example")).await.is_ok());
    let own = format!("http://{}", stage.address());
    assert!(Person::connect(stage.address(), Some(&own)).await.is_ok());
    stage.server.stop().await;
}

#[tokio::test]
async fn one_whose_socket_drops_may_come_back() {
    let stage = Stage::start_dev().await;
    let (ada, joined) = Person::join(stage.address(), "r", "Ada").await;
    drop(ada);
    let dropped = async {
        while !stage.get("/metrics").await.body.contains("\nmotet_participants_dropped 1\n") {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), dropped).await.expect("the drop is noticed");
    let mut ada = Person::connect(stage.address(), None).await.unwrap();
    let back = ada.ask("resume", json!({"resumeToken": joined["resumeToken"]})).await.unwrap();
    assert_eq!(back["participantId"], joined["participantId"]);
    assert!(stage.get("/metrics").await.body.contains("\nmotet_participants_dropped 0\n"));
    stage.server.stop().await;
}

#[tokio::test]
async fn one_whose_socket_drops_is_taken_out_after_the_grace() {
    let stage = Stage::start_with("dev: true\nresume_grace_s: 0\n").await;
    let (ada, _) = Person::join(stage.address(), "r", "Ada").await;
    let (mut bea, _) = Person::join(stage.address(), "r", "Bea").await;
    drop(ada);
    assert_eq!(bea.hear("participantLeft").await["reason"], "timedOut");
    stage.server.stop().await;
}

#[tokio::test]
async fn a_dead_worker_is_told_to_its_rooms_alone_and_its_room_can_be_joined_again() {
    let stage = Stage::start_with("dev: true\nworkers: 2\n").await;
    let (mut ada, _) = Person::join(stage.address(), "a", "Ada").await;
    let (mut bea, _) = Person::join(stage.address(), "b", "Bea").await;
    let worker = stage.get("/api/v1/rooms/a").await.json()["worker"].as_u64().unwrap() as usize;
    stage.server.workers()[worker].stop().await;
    assert_eq!(ada.hear("roomClosed").await["reason"], "workerDied");
    assert!(bea.ask("ping", json!({})).await.is_ok());
    let (_ada, _) = Person::join(stage.address(), "a", "Ada").await;
    assert_ne!(stage.get("/api/v1/rooms/a").await.json()["worker"], worker);
    stage.server.stop().await;
}

#[tokio::test]
async fn people_are_told_that_the_server_stops_and_their_sockets_end() {
    let stage = Stage::start_dev().await;
    let (mut ada, _) = Person::join(stage.address(), "r", "Ada").await;
    let listening = tokio::spawn(async move {
        ada.hear("serverStopping").await;
        assert_eq!(ada.hear("roomClosed").await["reason"], "serverStopping");
        ada.end().await;
    });
    stage.server.stop().await;
    listening.await.expect("all was heard");
}

#[tokio::test]
async fn transports_are_opened_on_the_worker_when_something_is_published() {
    let stage = Stage::start_dev().await;
    let (mut ada, _) = Person::join(stage.address(), "r", "Ada").await;
    let (mut bea, _) = Person::join(stage.address(), "r", "Bea").await;
    let sdp = include_str!("microphone.sdp").replace('\n', "\r\n");
    let tracks = json!([{"mid": "0", "source": "microphone"}]);
    let published = ada.ask("publish", json!({"sdp": sdp, "tracks": tracks})).await.unwrap();
    let track_id = published["tracks"][0]["trackId"].as_str().unwrap().to_owned();
    assert!(published["sdp"].as_str().unwrap().contains("a=candidate:"));
    assert_eq!(bea.hear("trackPublished").await["track"]["id"], track_id.as_str());
    let offer = bea.hear("offer").await;
    assert!(offer["sdp"].as_str().unwrap().contains("m=audio"));
    let metrics = stage.get("/metrics").await.body;
    assert!(metrics.contains("\nmotet_worker_transports{worker=\"0\"} 2\n"), "{metrics}");
    assert!(metrics.contains("\nmotet_worker_producers{worker=\"0\"} 1\n"));
    let participant = stage.get("/api/v1/rooms/r").await.json()["participants"].clone();
    let owner = participant.as_array().unwrap().iter().find(|p| p["name"] == "Ada").unwrap()["id"].clone();
    let path = format!("/api/v1/rooms/r/participants/{}/tracks/{track_id}/mute", owner.as_str().unwrap());
    assert_eq!(crate::client::request(stage.address(), "POST", &path, &[], None).await.status, 204);
    assert_eq!(ada.hear("trackMuted").await["muted"], true);
    assert_eq!(bea.hear("trackMuted").await["trackId"], track_id.as_str());
    let stats = ada.ask("stats", json!({})).await.unwrap();
    assert!(stats.to_string().contains("publish"), "{stats}");
    stage.server.stop().await;
}

#[tokio::test]
async fn when_all_have_left_nothing_is_left() {
    let stage = Stage::start_with("dev: true\nempty_grace_s: 0\n").await;
    let sdp = include_str!("microphone.sdp").replace('\n', "\r\n");
    for round in 0..10 {
        let (mut ada, _) = Person::join(stage.address(), "r", "Ada").await;
        let (mut bea, _) = Person::join(stage.address(), "r", "Bea").await;
        let tracks = json!([{"mid": "0", "source": "microphone"}]);
        ada.ask("publish", json!({"sdp": sdp, "tracks": tracks})).await.unwrap();
        bea.hear("offer").await;
        // Half of them go without a word, after a removal that they do not hear.
        if round % 2 == 0 {
            ada.ask("leave", json!({})).await.unwrap();
            bea.ask("leave", json!({})).await.unwrap();
            ada.end().await;
            bea.end().await;
        } else {
            crate::client::request(stage.address(), "DELETE", "/api/v1/rooms/r", &[], None).await;
        }
    }
    let nothing = [
        "motet_rooms 0",
        "motet_participants 0",
        "motet_signal_sockets 0",
        "motet_worker_routers{worker=\"0\"} 0",
        "motet_worker_transports{worker=\"0\"} 0",
        "motet_worker_producers{worker=\"0\"} 0",
    ];
    let empty = async {
        loop {
            let metrics = stage.get("/metrics").await.body;
            if nothing.iter().all(|line| metrics.lines().any(|found| found == *line)) {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), empty).await.expect("nothing is left");
    stage.server.stop().await;
}
