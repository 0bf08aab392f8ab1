//! A session outlives its socket: media negotiation goes on where it was, and what was missed is told.

mod house;

use std::time::Duration;

use house::{Client, House, answered};
use motet_control::Request;
use serde_json::json;

#[tokio::test]
async fn a_resumed_client_learns_the_state_and_what_no_state_repeats() {
    let house = House::new();
    let mut ada = Client::join(&house, "Ada").await;
    let mut bob = Client::join(&house, "Bob").await;
    bob.lose_socket().await;
    ada.request("chat", json!({"text": "are you there?"})).await.unwrap();
    ada.publish_call().await;
    let joined = bob.resume().await;
    assert_eq!(joined["participants"][0]["tracks"].as_array().unwrap().len(), 2);
    assert_eq!(joined["replay"], json!({"notifications": 1, "lost": 0}));
    let told = bob.told().await;
    let methods: Vec<&str> = told.iter().map(|message| message["method"].as_str().unwrap()).collect();
    assert_eq!(methods, ["chat", "offer"], "what the state tells is not told twice");
    assert_eq!(told[0]["params"]["text"], "are you there?");
}

#[tokio::test]
async fn nothing_is_said_while_there_is_no_socket() {
    let house = House::new();
    let mut ada = Client::join(&house, "Ada").await;
    let mut bob = Client::join(&house, "Bob").await;
    bob.told().await;
    bob.lose_socket().await;
    ada.publish_call().await;
    ada.request("chat", json!({"text": "hello"})).await.unwrap();
    assert!(bob.told().await.is_empty());
}

#[tokio::test]
async fn what_a_dying_socket_may_not_have_carried_is_told_again_unless_a_pong_proves_it() {
    let house = House::new();
    let mut ada = Client::join(&house, "Ada").await;
    let mut bob = Client::join(&house, "Bob").await;
    ada.request("chat", json!({"text": "read"})).await.unwrap();
    bob.told().await;
    bob.session.handle_alive(bob.now());
    house.pass(Duration::from_secs(1));
    ada.request("chat", json!({"text": "perhaps lost"})).await.unwrap();
    assert_eq!(bob.told_of("chat").await.len(), 1);
    bob.lose_socket().await;
    let joined = bob.resume().await;
    assert_eq!(joined["replay"]["notifications"], 1);
    assert_eq!(bob.told_of("chat").await[0]["text"], "perhaps lost");
}

#[tokio::test]
async fn an_open_offer_is_offered_again_and_its_answer_is_taken() {
    let house = House::new();
    let mut ada = Client::join(&house, "Ada").await;
    let mut bob = Client::join(&house, "Bob").await;
    ada.publish_call().await;
    let before = bob.told_of("offer").await.remove(0);
    bob.lose_socket().await;
    bob.resume().await;
    let again = bob.told_of("offer").await.remove(0);
    assert_eq!(before, again);
    house.take_requests();
    let answer = answered(again["sdp"].as_str().unwrap(), &[]);
    bob.request("answer", json!({"sdp": answer, "offerId": again["offerId"]})).await.unwrap();
    assert!(house.take_requests().iter().any(|request| matches!(request, Request::Consume(_))));
}

#[tokio::test]
async fn media_is_left_alone_by_a_resume() {
    let house = House::new();
    let mut ada = Client::join(&house, "Ada").await;
    let mut bob = Client::join(&house, "Bob").await;
    let tracks = ada.publish_call().await["tracks"].clone();
    bob.answer_offer().await;
    house.take_requests();
    for client in [&mut ada, &mut bob] {
        client.lose_socket().await;
        client.resume().await;
        assert!(client.told_of("offer").await.is_empty());
    }
    assert!(house.take_requests().is_empty(), "no worker is asked for anything");
    assert_eq!(ada.publish_call().await["tracks"], tracks, "the same offer gives the same tracks");
}

#[tokio::test]
async fn a_token_is_good_for_one_resume() {
    let house = House::new();
    let mut ada = Client::join(&house, "Ada").await;
    let first = ada.token.clone();
    ada.lose_socket().await;
    let joined = ada.resume().await;
    assert_ne!(joined["resumeToken"], first);
    ada.token = first;
    let used = house.ask(motet_room::Command::Resume { token: motet_room::ResumeToken::new(&*ada.token) });
    assert_eq!(used.unwrap_err().reason(), "resumeExpired");
}

#[tokio::test]
async fn who_does_not_come_back_in_time_is_out() {
    let house = House::new();
    let mut ada = Client::join(&house, "Ada").await;
    let mut bob = Client::join(&house, "Bob").await;
    bob.lose_socket().await;
    house.pass(Duration::from_secs(31));
    bob.settle().await;
    assert!(bob.session.is_ended());
    assert_eq!(
        ada.told_of("participantLeft").await,
        [json!({"participantId": bob.id, "reason": "timedOut"})]
    );
}

#[tokio::test]
async fn an_offer_that_stays_unanswered_closes_the_socket_and_comes_again() {
    let house = House::new();
    let mut ada = Client::join(&house, "Ada").await;
    let mut bob = Client::join(&house, "Bob").await;
    assert_eq!(bob.session.poll_timeout(), None);
    ada.publish_call().await;
    bob.told().await;
    let due = bob.session.poll_timeout().unwrap();
    assert_eq!(due, bob.now() + Duration::from_secs(30));
    house.pass(Duration::from_secs(30));
    bob.session.handle_timeout(due);
    assert_eq!(bob.told().await, [json!({"close": "offerUnanswered"})]);
    assert!(!bob.session.is_ended());
    bob.lose_socket().await;
    assert_eq!(bob.session.poll_timeout(), None, "nobody is there to answer");
    bob.resume().await;
    assert_eq!(bob.told_of("offer").await.len(), 1);
}
