//! How rooms move media, through the API and signaling.

use serde_json::{Value, json};

use crate::client::request;
use crate::person::Person;
use crate::stage::{Stage, token};

async fn patch(stage: &Stage, path: &str, body: &Value) -> crate::client::Answer {
    request(stage.address(), "PATCH", path, &[], Some(&body.to_string())).await
}

async fn mesher(stage: &Stage, name: &str) -> (Person, Value) {
    let mut person = Person::connect(stage.address(), None).await.unwrap();
    let params = json!({"room": "r", "name": name, "topologies": ["mesh", "sfu", "mcu"]});
    let joined = person.ask("join", params).await.unwrap();
    (person, joined)
}

#[tokio::test]
async fn a_room_is_made_with_a_topology_a_layout_and_a_mix() {
    let stage = Stage::start_dev().await;
    let body = json!({
        "name": "r",
        "topology": "mcu",
        "layout": {"arrangement": "speakerStrip", "fit": "letterbox"},
        "mix": {"sizes": [{"width": 640, "height": 360, "bitrateBps": 500_000}], "fps": 15},
    });
    let made = request(stage.address(), "POST", "/api/v1/rooms", &[], Some(&body.to_string())).await;
    assert_eq!(made.status, 201, "{}", made.body);
    assert_eq!(made.json()["intent"], "mcu");
    assert_eq!(made.json()["layout"], json!({"arrangement": "speakerStrip", "fit": "letterbox"}));
    let (_ada, joined) = Person::join(stage.address(), "r", "Ada").await;
    assert_eq!((&joined["room"]["topology"], &joined["you"]["view"]), (&json!("mcu"), &json!("mix")));
    let shown = stage.get("/api/v1/rooms/r").await.json();
    assert_eq!(shown["mixed"], true);
    assert!(stage.get("/metrics").await.body.contains("\nmotet_mixers 1\n"));
    stage.server.stop().await;
}

#[tokio::test]
async fn the_operator_moves_a_room_and_its_people_and_everyone_is_told() {
    let stage = Stage::start_dev().await;
    let (mut ada, joined) = mesher(&stage, "Ada").await;
    assert_eq!(
        (&joined["room"]["topology"], &joined["room"]["reason"]),
        (&json!("mesh"), &json!("fewPeople"))
    );
    let metrics = stage.get("/metrics").await.body;
    assert!(metrics.contains("\nmotet_rooms_by_topology{topology=\"mesh\"} 1\n"), "{metrics}");
    let moved =
        patch(&stage, "/api/v1/rooms/r", &json!({"topology": "sfu", "layout": {"arrangement": "single"}}))
            .await;
    assert_eq!(moved.status, 200, "{}", moved.body);
    assert_eq!((&moved.json()["topology"], &moved.json()["reason"]), (&json!("sfu"), &json!("asked")));
    let heading = ada.hear("topology").await;
    assert_eq!((&heading["topology"], &heading["state"]), (&json!("sfu"), &json!("moving")));
    assert_eq!(ada.hear("layout").await["layout"]["arrangement"], "single");
    ada.ask("settled", json!({"epoch": heading["epoch"]})).await.unwrap();
    assert_eq!(ada.hear("topology").await["state"], "settled");
    let path = format!("/api/v1/rooms/r/participants/{}", joined["participantId"].as_str().unwrap());
    let change = json!({"view": "mix", "voice": {"gain": 2.0, "position": -0.5}});
    let changed = patch(&stage, &path, &change).await;
    assert_eq!((changed.status, &changed.json()["view"]), (200, &json!("mix")));
    assert_eq!(ada.hear("topology").await["view"], "mix");
    let loud = patch(&stage, &path, &json!({"voice": {"gain": 99}})).await;
    assert_eq!((loud.status, loud.reason().as_str()), (400, "badVoice"));
    let star = patch(&stage, "/api/v1/rooms/r", &json!({"topology": "star"})).await;
    assert_eq!((star.status, star.reason().as_str()), (400, "badRequest"));
    let gone = patch(&stage, "/api/v1/rooms/q", &json!({"topology": "sfu"})).await;
    assert_eq!((gone.status, gone.reason().as_str()), (404, "noSuchRoom"));
    stage.server.stop().await;
}

#[tokio::test]
async fn two_of_a_mesh_speak_through_the_server_and_flows_are_told_to_who_watches() {
    let stage = Stage::start_dev().await;
    let (mut ada, first) = mesher(&stage, "Ada").await;
    let (mut bea, second) = mesher(&stage, "Bea").await;
    let (ada_id, bea_id) = (first["participantId"].clone(), second["participantId"].clone());
    let epoch = second["room"]["epoch"].clone();
    let tracks = json!({"tracks": [{"kind": "audio", "source": "microphone"}]});
    let announced = ada.ask("announce", tracks).await.unwrap();
    let published = bea.hear("trackPublished").await;
    assert_eq!(published["track"]["id"], announced["trackIds"][0]);
    assert_eq!(published["track"].get("codec"), None);
    let message = json!({"description": {"type": "offer", "sdp": "v=0"}, "tracks": []});
    ada.ask("relay", json!({"to": bea_id, "epoch": epoch, "message": message})).await.unwrap();
    let relayed = bea.hear("relayed").await;
    assert_eq!((&relayed["from"], &relayed["message"]), (&ada_id, &message));
    for (person, other) in [(&mut ada, &bea_id), (&mut bea, &ada_id)] {
        let state = json!({"participantId": other, "epoch": epoch, "state": "connected"});
        person.ask("peerState", state).await.unwrap();
    }
    bea.ask("watchFlows", json!({"watch": true})).await.unwrap();
    let flows = json!({"flows": [{"to": bea_id, "audioBps": 31_000, "videoBps": 0}]});
    ada.ask("reportFlows", flows).await.unwrap();
    let told = bea.hear("flows").await;
    let expected = json!([{"from": ada_id, "to": bea_id, "audioBps": 31_000, "videoBps": 0, "mix": false}]);
    assert_eq!(told["flows"], expected);
    stage.server.stop().await;
}

#[tokio::test]
async fn announcements_are_checked_and_play_where_there_is_a_mix() {
    let stage = Stage::start_dev().await;
    let (mut ada, _) = Person::join(stage.address(), "r", "Ada").await;
    let path = "/api/v1/rooms/r/announcements";
    let post = |body: &'static str| {
        let length = format!("Content-Length: {}", body.len());
        let address = stage.address();
        async move {
            let kind = "Content-Type: application/octet-stream";
            let head = format!("{kind}\r\n{length}\r\n\r\n{body}");
            request(address, "POST", path, &[&head], None).await
        }
    };
    let noise = post("this is no sound").await;
    assert_eq!((noise.status, noise.reason().as_str()), (400, "badRequest"));
    // A WAV file of four samples: 8 kHz, one channel, 16 bits, all of it ASCII but for zeros.
    let wav = "RIFF\x2c\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x40\x1f\0\0\x02\0\x10\0data\x08\0\0\0\0\0\0\0\0\0\0\0";
    let silent = post(wav).await;
    assert_eq!((silent.status, silent.reason().as_str()), (409, "noMix"), "{}", silent.body);
    ada.ask("setView", json!({"view": "mix"})).await.unwrap();
    let played = post(wav).await;
    assert_eq!(played.status, 202, "{}", played.body);
    let over = format!("{path}/{}", played.json()["id"]);
    assert_eq!(request(stage.address(), "DELETE", &over, &[], None).await.status, 204);
    stage.server.stop().await;
}

#[tokio::test]
async fn who_is_no_admin_moves_nobody_but_itself() {
    let stage = Stage::start("").await;
    let mut ada = Person::connect(stage.address(), None).await.unwrap();
    let join = json!({"room": "r", "name": "Ada", "token": token("r", false)});
    ada.ask("join", join).await.unwrap();
    assert_eq!(ada.ask("setTopology", json!({"topology": "mcu"})).await.unwrap_err(), "notAllowed");
    let layout = json!({"layout": {"arrangement": "grid"}});
    assert_eq!(ada.ask("setLayout", layout).await.unwrap_err(), "notAllowed");
    assert_eq!(ada.ask("setView", json!({"view": "mix"})).await.unwrap()["view"], "mix");
    let answer = stage.ask(&token("q", true), "PATCH", "/api/v1/rooms/r", Some("{}")).await;
    assert_eq!(answer.status, 403);
    stage.server.stop().await;
}

#[tokio::test]
async fn a_server_may_forbid_meshes_and_mixes() {
    let stage = Stage::start_with("dev: true\nmesh_people_max: 0\nmixers_max: 0\n").await;
    let (mut ada, joined) = mesher(&stage, "Ada").await;
    assert_eq!(
        (&joined["room"]["topology"], &joined["room"]["reason"]),
        (&json!("sfu"), &json!("tooManyForMesh"))
    );
    let moved = ada.ask("setTopology", json!({"topology": "mcu"})).await.unwrap();
    assert_eq!((&moved["topology"], &moved["reason"]), (&json!("sfu"), &json!("noMixer")));
    assert_eq!(ada.ask("setTopology", json!({"topology": "mesh"})).await.unwrap_err(), "meshFull");
    stage.server.stop().await;
}
