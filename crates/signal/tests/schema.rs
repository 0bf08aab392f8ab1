//! `docs/signaling.schema.json` lays down every message: the page's examples keep to it, and so does whatever the server
//! and its types write. The schema lets messages of the server have members that it does not know, for clients of older
//! versions; here it does not, so that nothing goes undocumented.

mod house;

use std::collections::BTreeSet;
use std::path::PathBuf;

use house::samples::{notifications, requests, transport};
use house::{Client, House};
use jsonschema::Validator;
use motet_signal::Close;
use motet_signal::wire::*;
use serde_json::{Value, json};

fn page(name: &str) -> String {
    let path: PathBuf = [env!("CARGO_MANIFEST_DIR"), "..", "..", "docs", name].iter().collect();
    std::fs::read_to_string(path).unwrap()
}

/// The schema with every object closed.
struct Schema(Value);

impl Schema {
    fn strict() -> Self {
        let mut schema: Value = serde_json::from_str(&page("signaling.schema.json")).unwrap();
        close(&mut schema);
        Self(schema)
    }

    /// The part at `path` under `$defs`.
    fn part(&self, path: &str) -> Validator {
        let mut schema = self.0.clone();
        let whole = schema.as_object_mut().unwrap();
        whole.remove("anyOf");
        whole.insert("$ref".to_owned(), json!(format!("#/$defs/{path}")));
        jsonschema::validator_for(&schema).unwrap()
    }

    fn names(&self, group: &str) -> BTreeSet<String> {
        self.0["$defs"][group].as_object().unwrap().keys().cloned().collect()
    }
}

fn close(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            members.values_mut().for_each(close);
            if members.get("properties").is_some_and(Value::is_object)
                && members.get("type") == Some(&json!("object"))
            {
                members.entry("additionalProperties").or_insert(json!(false));
            }
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}

#[track_caller]
fn assert_valid(validator: &Validator, message: &Value) {
    let errors: Vec<String> =
        validator.iter_errors(message).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{message:#}\n{}", errors.join("\n"));
}

/// The page's examples: what stands behind "json" at their fence, and the message.
fn examples() -> Vec<(String, Value)> {
    let page = page("signaling.md");
    let blocks = page.split("\n```json ").skip(1);
    blocks
        .map(|block| {
            let (label, rest) = block.split_once('\n').unwrap();
            let text = rest.split("\n```").next().unwrap();
            let message = serde_json::from_str(text).unwrap_or_else(|error| panic!("{error} in\n{text}"));
            (label.to_owned(), message)
        })
        .collect()
}

#[test]
fn the_schema_is_a_schema() {
    let schema: Value = serde_json::from_str(&page("signaling.schema.json")).unwrap();
    assert!(jsonschema::meta::is_valid(&schema));
    let whole = jsonschema::validator_for(&schema).unwrap();
    assert!(whole.is_valid(&json!({"jsonrpc": "2.0", "id": 1, "method": "ping"})));
    assert!(!whole.is_valid(&json!({"jsonrpc": "2.0", "id": 1, "method": "fly"})));
}

#[test]
fn every_example_keeps_to_the_schema_and_every_message_has_one() {
    let schema = Schema::strict();
    let mut shown: [BTreeSet<String>; 3] = Default::default();
    for (label, message) in examples() {
        let method = message["method"].as_str().unwrap_or_default();
        match label.split_once(' ').unwrap_or((&label, "")) {
            ("request", _) => {
                assert_valid(&schema.part("request"), &message);
                assert_valid(&schema.part(&format!("requests/{method}")), &message);
                let read = Inbound::parse(&message.to_string()).request;
                assert!(read.is_ok(), "{message}\n{read:?}");
                shown[0].insert(method.to_owned());
            }
            ("result", asked) => {
                assert_valid(&schema.part(&format!("results/{asked}")), &message);
                shown[1].insert(asked.to_owned());
            }
            ("notification", _) => {
                assert_valid(&schema.part("notification"), &message);
                shown[2].insert(method.to_owned());
            }
            ("error", _) => assert_valid(&schema.part("error"), &message),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(shown, ["requests", "results", "notifications"].map(|group| schema.names(group)));
}

#[test]
fn every_request_that_is_read_keeps_to_the_schema() {
    let schema = Schema::strict();
    let mut seen = BTreeSet::new();
    for request in requests() {
        let mut message = serde_json::to_value(&request).unwrap();
        message["jsonrpc"] = json!("2.0");
        message["id"] = json!("a");
        let method = message["method"].as_str().unwrap().to_owned();
        assert_valid(&schema.part(&format!("requests/{method}")), &message);
        assert_eq!(Inbound::parse(&message.to_string()).request, Ok(request));
        seen.insert(method);
    }
    assert_eq!(seen, schema.names("requests"));
}

#[test]
fn every_notification_keeps_to_the_schema() {
    let schema = Schema::strict();
    let mut seen = BTreeSet::new();
    for notification in notifications() {
        let mut message = serde_json::to_value(&notification).unwrap();
        message["jsonrpc"] = json!("2.0");
        let method = message["method"].as_str().unwrap().to_owned();
        assert_valid(&schema.part(&format!("notifications/{method}")), &message);
        seen.insert(method);
    }
    assert_eq!(seen, schema.names("notifications"));
}

#[tokio::test]
async fn what_sessions_answer_and_tell_keeps_to_the_schema() {
    let schema = Schema::strict();
    let answer = |method: &str, result: Value| {
        let message = json!({"jsonrpc": "2.0", "id": 1, "result": result});
        assert_valid(&schema.part(&format!("results/{method}")), &message);
    };
    let house = House::new();
    let mut ada = Client::join(&house, "Ada").await;
    let (mut bob, joined) = Client::join_with(&house, json!({"room": "attic", "name": "Bob"})).await;
    answer("join", joined);
    let published = ada.publish_call().await;
    let track = published["tracks"][0]["trackId"].clone();
    answer("publish", published);
    let offer = bob.answer_offer().await;
    let message = json!({"jsonrpc": "2.0", "method": "offer", "params": offer});
    assert_valid(&schema.part("notification"), &message);
    answer("mute", ada.request("mute", json!({"trackId": track, "muted": true})).await.unwrap());
    answer("chat", ada.request("chat", json!({"text": "hello"})).await.unwrap());
    let track_ids = json!({"trackIds": ["t_0000000000000"]});
    answer("subscribe", bob.request("subscribe", track_ids).await.unwrap());
    answer("stats", ada.request("stats", json!({})).await.unwrap());
    let announced = json!({"tracks": [{"kind": "video", "source": "screen"}]});
    answer("announce", ada.request("announce", announced).await.unwrap());
    for topology in ["mcu", "sfu", "mesh", "auto"] {
        answer("setTopology", ada.request("setTopology", json!({"topology": topology})).await.unwrap());
    }
    answer("setView", bob.request("setView", json!({"view": "mix"})).await.unwrap());
    let layout = json!({"layout": {"arrangement": "single"}});
    answer("setLayout", ada.request("setLayout", layout).await.unwrap());
    answer("settled", bob.request("settled", json!({"epoch": 7})).await.unwrap());
    answer("watchFlows", bob.request("watchFlows", json!({"watch": true})).await.unwrap());
    answer("reportFlows", bob.request("reportFlows", json!({"flows": []})).await.unwrap());
    for (method, params) in [("fly", json!({})), ("publish", json!({"sdp": ""})), ("mute", json!({}))] {
        let error = ada.request(method, params).await.unwrap_err();
        let message = json!({"jsonrpc": "2.0", "id": 1, "error": error});
        assert_valid(&schema.part("error"), &message);
    }
    bob.lose_socket().await;
    answer("resume", bob.resume().await);
    for message in ada.told().await.into_iter().chain(bob.told().await) {
        assert_valid(&schema.part("notification"), &message);
    }
}

#[test]
fn figures_of_media_keep_to_the_schema() {
    let stats = StatsResult { transports: vec![transport()] };
    let message = json!({"jsonrpc": "2.0", "id": 1, "result": stats});
    assert_valid(&Schema::strict().part("results/stats"), &message);
}

#[test]
fn the_page_lists_every_close_code() {
    let page = page("signaling.md");
    for close in Close::ALL {
        let row = format!("| {} | `{}`", close.code(), close.as_str());
        assert!(page.contains(&row), "{row}");
    }
}
