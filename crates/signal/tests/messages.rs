//! Broken, strange and hostile messages are answered by errors that say what is wrong, and nothing else happens.

mod house;

use house::{Client, House};
use motet_signal::wire::{Inbound, RpcError};
use proptest::prelude::*;
use serde_json::{Value, json};

fn error(text: &str) -> RpcError {
    Inbound::parse(text).request.expect_err(text)
}

fn code_and_reason(text: &str) -> (i32, &'static str) {
    let error = error(text);
    (error.code.number(), error.data.reason)
}

fn call(method: &str, params: &Value) -> String {
    json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).to_string()
}

#[test]
fn what_is_no_json_is_a_parse_error() {
    for text in ["", "{", "hello", "{\"jsonrpc\":\"2.0\",", "\u{0}", "[1,", "{\"a\":\"\\ud800\"}"] {
        assert_eq!(code_and_reason(text), (-32_700, "parseError"), "{text:?}");
    }
}

#[test]
fn what_is_no_request_is_an_invalid_request() {
    for text in [
        "7",
        "null",
        "[]",
        r#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#,
        "{}",
        r#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#,
        r#"{"jsonrpc":"2.0","id":1}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":7}"#,
        r#"{"jsonrpc":"2.0","id":{},"method":"ping"}"#,
        r#"{"jsonrpc":"2.0","id":1.5,"method":"ping"}"#,
        r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#,
    ] {
        assert_eq!(code_and_reason(text), (-32_600, "invalidRequest"), "{text}");
    }
    let long = json!({"jsonrpc": "2.0", "id": "x".repeat(65), "method": "ping"}).to_string();
    assert_eq!(code_and_reason(&long).0, -32_600);
}

#[test]
fn an_unknown_method_is_named_shortly() {
    assert_eq!(code_and_reason(&call("fly", &json!({}))), (-32_601, "unknownMethod"));
    assert!(error(&call(&"x".repeat(100_000), &json!({}))).message.len() < 100);
}

#[test]
fn wrong_params_say_what_was_expected() {
    let message = |method: &str, params: Value| {
        let error = error(&call(method, &params));
        assert_eq!((error.code.number(), error.data.reason), (-32_602, "invalidParams"), "{method}");
        error.message
    };
    assert!(message("join", json!({"name": "Ada"})).contains("missing field `room`"));
    assert!(message("join", json!({"room": 7, "name": "Ada"})).contains("expected a string"));
    assert!(message("join", json!({"room": "a", "name": "b", "nmae": "c"})).contains("unknown field `nmae`"));
    assert!(message("mute", json!({"trackId": "p_1", "muted": true})).contains("expected a track's id"));
    assert!(
        message("mute", json!({"trackId": "t_0000000000000", "muted": "yes"})).contains("expected a boolean")
    );
    assert!(message("restartIce", json!({"peer": "both"})).contains("expected one of publish, subscribe"));
    assert!(message("answer", json!({"sdp": "", "offerId": -1})).contains("expected u64"));
    assert!(message("ping", json!([])).contains("params go by name"));
    let long = message("answer", json!({"sdp": "", "offerId": "x".repeat(100_000)}));
    assert!(long.len() < 300, "{long}");
}

#[test]
fn deep_nesting_and_long_documents_are_survived() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(code_and_reason(&deep).0, -32_700);
    let deep = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"setView","params":{}1{}}}"#,
        r#"{"a":"#.repeat(500),
        "}".repeat(500)
    );
    assert_eq!(code_and_reason(&deep).0, -32_700);
    let lines: String = (0..10_000).map(|line| format!("  \"key{line}\": {line},\n")).collect();
    let long = format!("{{\n{lines}  \"jsonrpc\": \"2.0\", \"id\": 1, \"method\": \"ping\"\n}}");
    assert!(Inbound::parse(&long).request.is_ok(), "members that nobody knows are nobody's business");
}

#[test]
fn a_message_without_id_wants_no_answer() {
    assert_eq!(Inbound::parse(r#"{"jsonrpc":"2.0","method":"ping"}"#).id, None);
}

#[test]
fn secrets_are_not_printed() {
    let join = Inbound::parse(&call("join", &json!({"room": "a", "name": "b", "token": "hunter2"})));
    let resume = Inbound::parse(&call("resume", &json!({"resumeToken": "hunter2"})));
    for inbound in [join, resume] {
        assert!(inbound.request.is_ok());
        assert!(!format!("{inbound:?}").contains("hunter2"));
    }
    assert!(!error(&call("resume", &json!({"resumeToken": ["hunter2"]}))).message.contains("hunter2"));
}

#[tokio::test]
async fn a_session_survives_a_thousand_broken_messages() {
    let house = House::new();
    let mut ada = Client::join(&house, "Ada").await;
    for number in 0..1_000 {
        ada.say(&"{".repeat(number)).await;
    }
    let told = ada.told().await;
    assert_eq!(told.len(), 1_000);
    assert!(told.iter().all(|message| message["id"].is_null() && message["error"]["code"] == -32_700));
    assert_eq!(ada.request("ping", json!({})).await, Ok(json!({})));
}

#[tokio::test]
async fn every_answer_names_its_request() {
    let house = House::new();
    let mut ada = Client::join(&house, "Ada").await;
    ada.say(r#"{"jsonrpc":"2.0","id":"seven","method":"ping"}"#).await;
    ada.say(r#"{"jsonrpc":"2.0","id":-8,"method":"fly"}"#).await;
    ada.say(r#"{"jsonrpc":"2.0","method":"fly"}"#).await;
    let told = ada.told().await;
    assert_eq!(told.len(), 2);
    assert_eq!(told[0], json!({"jsonrpc": "2.0", "id": "seven", "result": {}}));
    assert_eq!(told[1]["id"], -8);
    assert_eq!(told[1]["error"]["data"]["reason"], "unknownMethod");
}

/// Any JSON of moderate size.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,20}".prop_map(Value::from),
        Just(json!("t_0000000000000")),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map("[a-zA-Z]{1,10}", inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn no_text_panics(text in "\\PC{0,200}") {
        let _ = Inbound::parse(&text);
    }

    #[test]
    fn no_params_panic(
        method in prop::sample::select(vec![
            "join", "resume", "leave", "publish", "unpublish", "mute", "subscribe", "unsubscribe", "pause", "answer",
            "candidate", "restartIce", "chat", "stats", "ping", "setTopology", "setView", "setPreferredLayers",
        ]),
        params in any_json(),
    ) {
        let inbound = Inbound::parse(&call(method, &params));
        prop_assert!(inbound.id.is_some());
        if let Err(error) = inbound.request {
            prop_assert!(error.message.len() < 1_000);
        }
    }
}
