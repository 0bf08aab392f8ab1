//! A call as its clients see it: joining, publishing, being offered, answering, muting, talking, leaving.

mod house;

use house::{Client, House, answered, offer_of};
use motet_control::Request;
use serde_json::{Value, json};

fn consumes(requests: &[Request]) -> usize {
    requests.iter().filter(|request| matches!(request, Request::Consume(_))).count()
}

#[tokio::test]
async fn joining_tells_who_is_there_and_others_who_came() {
    let house = House::new();
    let mut ada = Client::join(&house, "Ada").await;
    let (bob, joined) = Client::join_with(&house, json!({"room": "attic", "name": "Bob"})).await;
    assert_eq!(joined["room"]["name"], "attic");
    assert_eq!(joined["participants"][0]["name"], "Ada");
    assert_eq!(joined["you"]["name"], "Bob");
    assert_eq!(joined["you"]["grants"], json!({"publish": true, "subscribe": true, "admin": true}));
    assert_eq!(joined["resumeToken"].as_str().unwrap().len(), 64);
    assert_eq!(joined.get("replay"), None);
    let came = ada.told_of("participantJoined").await;
    assert_eq!(came[0]["participant"]["id"], bob.id);
}

#[tokio::test]
async fn publishing_opens_connects_and_produces_and_gives_each_section_its_track() {
    let house = House::new();
    let mut ada = Client::join(&house, "Ada").await;
    house.take_requests();
    let published = ada.publish_call().await;
    assert!(published["sdp"].as_str().unwrap().contains("a=setup:passive"));
    let mids: Vec<&Value> =
        published["tracks"].as_array().unwrap().iter().map(|track| &track["mid"]).collect();
    assert_eq!(mids, ["0", "1"]);
    assert_eq!(published["refused"][0]["reason"], "notYet", "the data channel");
    let kinds: Vec<&str> = house
        .take_requests()
        .iter()
        .map(|request| match request {
            Request::CreateWebRtcTransport { .. } => "create",
            Request::ConnectWebRtcTransport { remote_ufrag, .. } => {
                assert_eq!(remote_ufrag.as_deref(), Some("DSD7"));
                "connect"
            }
            Request::Produce(_) => "produce",
            _ => "observe",
        })
        .collect();
    assert_eq!(kinds, ["create", "produce", "observe", "observe", "produce", "connect"]);
}

#[tokio::test]
async fn tracks_that_come_together_are_offered_together_and_consumed_once_answered() {
    let house = House::new();
    let mut ada = Client::join(&house, "Ada").await;
    let mut bob = Client::join(&house, "Bob").await;
    ada.publish_call().await;
    house.take_requests();
    let told = bob.told().await;
    let offers: Vec<&Value> = told.iter().filter(|message| message["method"] == "offer").collect();
    assert_eq!(offers.len(), 1);
    let offer = &offers[0]["params"];
    assert_eq!(offer["tracks"].as_array().unwrap().len(), 2);
    assert_eq!(offer["tracks"][1]["participantId"], ada.id);
    assert_eq!(offer["tracks"][1]["source"], "camera");
    assert!(offer["sdp"].as_str().unwrap().contains(&format!("a=msid:{} ", ada.id)));
    assert_eq!(consumes(&house.take_requests()), 0);
    let answer = answered(offer["sdp"].as_str().unwrap(), &[]);
    bob.request("answer", json!({"sdp": answer, "offerId": offer["offerId"]})).await.unwrap();
    let requests = house.take_requests();
    assert!(matches!(requests[0], Request::ConnectWebRtcTransport { .. }));
    assert_eq!(consumes(&requests), 2);
}

#[tokio::test]
async fn one_offer_at_a_time_and_what_came_meanwhile_with_the_next() {
    let house = House::new();
    let mut ada = Client::join(&house, "Ada").await;
    let mut bob = Client::join(&house, "Bob").await;
    let mut cyd = Client::join(&house, "Cyd").await;
    ada.publish_call().await;
    let offer = bob.told_of("offer").await.remove(0);
    cyd.publish_call().await;
    assert!(bob.told_of("offer").await.is_empty());
    let answer = answered(offer["sdp"].as_str().unwrap(), &[]);
    bob.request("answer", json!({"sdp": answer, "offerId": offer["offerId"]})).await.unwrap();
    let next = bob.told_of("offer").await.remove(0);
    assert_eq!(next["tracks"].as_array().unwrap().len(), 4);
    assert_ne!(next["offerId"], offer["offerId"]);
}

#[tokio::test]
async fn answers_to_no_offer_or_another_are_refused_by_reason() {
    let house = House::new();
    let mut ada = Client::join(&house, "Ada").await;
    let mut bob = Client::join(&house, "Bob").await;
    let none = bob.request("answer", json!({"sdp": "v=0", "offerId": 1})).await.unwrap_err();
    assert_eq!(none["data"]["reason"], "noOffer");
    ada.publish_call().await;
    bob.settle().await;
    let stale = bob.request("answer", json!({"sdp": "v=0", "offerId": 7})).await.unwrap_err();
    assert_eq!(stale["data"]["reason"], "staleOffer");
    let broken = bob.request("answer", json!({"sdp": "hello", "offerId": 1})).await.unwrap_err();
    assert_eq!(broken["data"]["reason"], "sdpMalformed");
    assert!(broken["message"].as_str().unwrap().starts_with("line 1 (hello)"));
    bob.answer_offer().await;
}

#[tokio::test]
async fn a_section_that_the_client_rejects_ends_that_subscription_alone() {
    let house = House::new();
    let mut ada = Client::join(&house, "Ada").await;
    let mut bob = Client::join(&house, "Bob").await;
    ada.publish_call().await;
    let offer = bob.told_of("offer").await.remove(0);
    let answer = answered(offer["sdp"].as_str().unwrap(), &["1"]);
    house.take_requests();
    bob.request("answer", json!({"sdp": answer, "offerId": offer["offerId"]})).await.unwrap();
    assert_eq!(consumes(&house.take_requests()), 1);
    let refused = bob.told_of("subscriptionRefused").await;
    assert_eq!(refused[0]["trackId"], offer["tracks"][1]["trackId"]);
}

#[tokio::test]
async fn a_client_that_can_receive_nothing_is_told_and_offered_what_comes_next() {
    let house = House::new();
    let mut ada = Client::join(&house, "Ada").await;
    let mut bob = Client::join(&house, "Bob").await;
    ada.publish_call().await;
    let offer = bob.told_of("offer").await.remove(0);
    let answer = answered(offer["sdp"].as_str().unwrap(), &["0", "1"]);
    house.take_requests();
    bob.request("answer", json!({"sdp": answer, "offerId": offer["offerId"]})).await.unwrap();
    assert!(house.take_requests().is_empty(), "there is nowhere to connect to");
    assert_eq!(bob.told_of("subscriptionRefused").await.len(), 2);
    let mut cyd = Client::join(&house, "Cyd").await;
    cyd.publish_call().await;
    bob.answer_offer().await;
    assert_eq!(consumes(&house.take_requests()), 2);
}

#[tokio::test]
async fn a_client_with_few_codecs_is_not_offered_others() {
    let house = House::new();
    let mut ada = Client::join(&house, "Ada").await;
    let params = json!({"room": "attic", "name": "Bob", "codecs": ["opus", "H264"]});
    let (mut bob, _) = Client::join_with(&house, params).await;
    ada.publish_call().await;
    let told = bob.told().await;
    let of = |method: &str| told.iter().filter(|message| message["method"] == method).collect::<Vec<_>>();
    assert_eq!(of("offer")[0]["params"]["tracks"].as_array().unwrap().len(), 1);
    let refused = of("subscriptionRefused");
    assert_eq!(refused[0]["params"]["reason"], "the client takes none of the track's codecs");
}

#[tokio::test]
async fn a_track_that_is_not_listed_is_not_published_and_ends_when_it_was() {
    let house = House::new();
    let mut ada = Client::join(&house, "Ada").await;
    let sdp = offer_of("chromium_156_call");
    let microphone = json!([{"mid": "0", "source": "microphone"}]);
    let published = ada.request("publish", json!({"sdp": sdp, "tracks": microphone})).await.unwrap();
    assert_eq!(published["tracks"].as_array().unwrap().len(), 1);
    let mut bob = Client::join(&house, "Bob").await;
    let published = ada.publish_call().await;
    assert_eq!(published["tracks"].as_array().unwrap().len(), 2);
    let camera = &published["tracks"][1]["trackId"];
    ada.request("publish", json!({"sdp": sdp, "tracks": microphone})).await.unwrap();
    assert_eq!(&bob.told_of("trackUnpublished").await[0]["trackId"], camera);
}

#[tokio::test]
async fn without_a_list_everything_is_published() {
    let house = House::new();
    let mut ada = Client::join(&house, "Ada").await;
    let published = ada.request("publish", json!({"sdp": offer_of("gstreamer_1_22_call")})).await.unwrap();
    assert_eq!(published["tracks"][0]["mid"], "audio0");
    let (_, joined) = Client::join_with(&house, json!({"room": "attic", "name": "Bob"})).await;
    assert_eq!(joined["participants"][0]["tracks"][0]["source"], "other");
}

#[tokio::test]
async fn a_track_that_the_room_refuses_is_refused_in_the_answer() {
    let house = House::with(|config| config.limits.tracks_max = 1);
    let mut ada = Client::join(&house, "Ada").await;
    let published = ada.publish_call().await;
    assert_eq!(published["tracks"].as_array().unwrap().len(), 1);
    let refused = published["refused"].as_array().unwrap();
    assert!(refused.iter().any(|refused| refused["mid"] == "1" && refused["reason"] == "tooManyTracks"));
    assert!(published["sdp"].as_str().unwrap().contains("m=video 0 "));
}

#[tokio::test]
async fn an_unpublished_track_may_be_published_again_from_the_same_section() {
    let house = House::new();
    let mut ada = Client::join(&house, "Ada").await;
    let first = ada.publish_call().await["tracks"][1]["trackId"].clone();
    ada.request("unpublish", json!({"trackId": first})).await.unwrap();
    let second = ada.publish_call().await["tracks"][1]["trackId"].clone();
    assert_ne!(first, second);
}

#[tokio::test]
async fn an_ice_restart_by_the_publisher_is_answered_with_new_credentials() {
    let house = House::new();
    let mut ada = Client::join(&house, "Ada").await;
    let before = ada.publish_call().await;
    house.take_requests();
    let sdp = offer_of("chromium_156_call").replace("a=ice-ufrag:DSD7", "a=ice-ufrag:DSD8");
    let tracks = json!([{"mid": "0", "source": "microphone"}, {"mid": "1", "source": "camera"}]);
    let after = ada.request("publish", json!({"sdp": sdp, "tracks": tracks})).await.unwrap();
    let ufrag = |answer: &Value| {
        let sdp = answer["sdp"].as_str().unwrap().to_owned();
        sdp.lines().find(|line| line.starts_with("a=ice-ufrag")).unwrap().to_owned()
    };
    assert_ne!(ufrag(&before), ufrag(&after));
    assert_eq!(before["tracks"], after["tracks"]);
    let requests = house.take_requests();
    assert!(matches!(requests[0], Request::RestartIce { .. }));
    assert!(matches!(requests[1], Request::ConnectWebRtcTransport { .. }));
    assert_eq!(requests.len(), 2);
}

#[tokio::test]
async fn an_ice_restart_of_the_subscriber_brings_an_offer() {
    let house = House::new();
    let mut ada = Client::join(&house, "Ada").await;
    let mut bob = Client::join(&house, "Bob").await;
    ada.publish_call().await;
    bob.answer_offer().await;
    house.take_requests();
    bob.request("restartIce", json!({"peer": "subscribe"})).await.unwrap();
    let offer = bob.told_of("offer").await.remove(0);
    let answer = answered(offer["sdp"].as_str().unwrap(), &[]).replace("ice-ufrag:peer", "ice-ufrag:other");
    bob.request("answer", json!({"sdp": answer, "offerId": offer["offerId"]})).await.unwrap();
    let requests = house.take_requests();
    assert!(matches!(requests[0], Request::RestartIce { .. }));
    assert!(matches!(requests[1], Request::ConnectWebRtcTransport { .. }));
    assert_eq!(consumes(&requests), 0, "media goes on as it was");
}

#[tokio::test]
async fn muting_pausing_and_chatting_reach_those_they_are_for() {
    let house = House::new();
    let mut ada = Client::join(&house, "Ada").await;
    let mut bob = Client::join(&house, "Bob").await;
    let track = ada.publish_call().await["tracks"][0]["trackId"].clone();
    bob.answer_offer().await;
    ada.request("mute", json!({"trackId": track, "muted": true})).await.unwrap();
    let muted = bob.told_of("trackMuted").await;
    assert_eq!(muted, [json!({"participantId": ada.id, "trackId": track, "muted": true})]);
    house.take_requests();
    bob.request("pause", json!({"trackId": track, "paused": true})).await.unwrap();
    assert!(matches!(house.take_requests()[0], Request::SetConsumerPaused { paused: true, .. }));
    let sent = ada.request("chat", json!({"text": "hello", "to": bob.id})).await.unwrap();
    let heard = bob.told_of("chat").await;
    assert_eq!(heard, [json!({"from": ada.id, "text": "hello", "at": sent["at"], "to": bob.id})]);
}

#[tokio::test]
async fn without_auto_subscribe_tracks_come_when_asked_for_and_go_when_not_wanted() {
    let house = House::new();
    let mut ada = Client::join(&house, "Ada").await;
    let params = json!({"room": "attic", "name": "Bob", "autoSubscribe": false});
    let (mut bob, _) = Client::join_with(&house, params).await;
    let track = ada.publish_call().await["tracks"][1]["trackId"].clone();
    assert!(bob.told_of("offer").await.is_empty());
    let unknown = "t_0000000000000";
    let result = bob.request("subscribe", json!({"trackIds": [track, unknown]})).await.unwrap();
    assert_eq!(result["refused"][0]["trackId"], unknown);
    assert_eq!(result["refused"][0]["reason"], "noSuchTrack");
    let offer = bob.answer_offer().await;
    assert_eq!(offer["tracks"].as_array().unwrap().len(), 1);
    bob.request("unsubscribe", json!({"trackIds": [track]})).await.unwrap();
    let offer = bob.answer_offer().await;
    assert_eq!(offer["tracks"], json!([]));
    assert!(offer["sdp"].as_str().unwrap().contains("a=inactive"));
}

#[tokio::test]
async fn a_token_decides_what_may_be_done() {
    let house = House::new();
    let (mut eve, joined) =
        Client::join_with(&house, json!({"room": "attic", "name": "Eve", "token": "watcher"})).await;
    assert_eq!(joined["you"]["grants"]["publish"], false);
    let refused = eve.request("publish", json!({"sdp": offer_of("chromium_156_call")})).await.unwrap_err();
    assert_eq!(refused["data"]["reason"], "notAllowed");
}

#[tokio::test]
async fn leaving_is_answered_and_closes_the_socket() {
    let house = House::new();
    let mut ada = Client::join(&house, "Ada").await;
    let mut bob = Client::join(&house, "Bob").await;
    ada.told().await;
    ada.request("leave", json!({})).await.unwrap();
    assert_eq!(ada.told().await, [json!({"close": "left"})]);
    assert!(ada.session.is_ended());
    assert_eq!(bob.told_of("participantLeft").await, [json!({"participantId": ada.id, "reason": "left"})]);
}

#[tokio::test]
async fn the_end_of_a_room_is_told_and_closes_the_socket() {
    let house = House::new();
    let mut ada = Client::join(&house, "Ada").await;
    house.worker_died();
    let told = ada.told().await;
    assert_eq!(told[0]["method"], "roomClosed");
    assert_eq!(told[0]["params"]["reason"], "workerDied");
    assert_eq!(told[1], json!({"close": "roomClosed"}));
    assert!(ada.session.is_ended());
}

#[tokio::test]
async fn words_of_later_versions_are_known_and_answered_by_not_yet() {
    let house = House::new();
    let mut ada = Client::join(&house, "Ada").await;
    let error = ada.request("setPreferredLayers", json!({})).await.unwrap_err();
    assert_eq!(error["data"]["reason"], "notYet");
    assert_eq!(ada.request("ping", json!({})).await, Ok(json!({})));
    assert_eq!(ada.request("candidate", json!({"peer": "publish", "candidate": null})).await, Ok(json!({})));
    assert_eq!(ada.request("stats", json!({})).await, Ok(json!({"transports": []})));
    let again = ada.request("join", json!({"room": "attic", "name": "Ada"})).await.unwrap_err();
    assert_eq!(again["data"]["reason"], "alreadyJoined");
}
