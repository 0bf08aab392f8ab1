//! The document that describes the API.

use serde_json::Value;

use crate::stage::Stage;

#[tokio::test]
async fn the_document_is_served_without_a_token() {
    let stage = Stage::start("").await;
    let answer = stage.get("/api/v1/openapi.json").await;
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let document = answer.json();
    assert_eq!(document["openapi"], "3.1.0");
    let served: Value = serde_json::to_value(motet_server::openapi()).unwrap();
    assert_eq!(document, served);
    stage.server.stop().await;
}

#[test]
fn the_document_describes_every_operation() {
    let document = serde_json::to_value(motet_server::openapi()).unwrap();
    let mut operations: Vec<String> = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        operations.extend(item.as_object().unwrap().keys().map(|method| format!("{method} {path}")));
    }
    operations.sort();
    assert_eq!(
        operations,
        [
            "delete /api/v1/rooms/{room}",
            "delete /api/v1/rooms/{room}/announcements/{announcementId}",
            "delete /api/v1/rooms/{room}/participants/{participantId}",
            "get /api/v1/rooms",
            "get /api/v1/rooms/{room}",
            "get /api/v1/rooms/{room}/participants",
            "get /api/v1/rooms/{room}/participants/{participantId}",
            "patch /api/v1/rooms/{room}",
            "patch /api/v1/rooms/{room}/participants/{participantId}",
            "post /api/v1/rooms",
            "post /api/v1/rooms/{room}/announcements",
            "post /api/v1/rooms/{room}/participants/{participantId}/tracks/{trackId}/mute",
        ]
    );
}

#[test]
fn every_reference_leads_somewhere() {
    let document = serde_json::to_value(motet_server::openapi()).unwrap();
    let mut references = Vec::new();
    collect_references(&document, &mut references);
    assert!(!references.is_empty());
    for reference in references {
        let pointer = reference.strip_prefix('#').expect("a reference within the document");
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}

#[test]
fn every_operation_has_an_id_its_parameters_answers_and_the_token() {
    let document = serde_json::to_value(motet_server::openapi()).unwrap();
    assert_eq!(document["security"][0]["token"], Value::Array(Vec::new()));
    assert_eq!(document["components"]["securitySchemes"]["token"]["scheme"], "bearer");
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let what = format!("{method} {path}");
            assert!(operation["operationId"].is_string(), "{what}");
            assert!(operation["responses"].as_object().is_some_and(|all| all.len() > 2), "{what}");
            let named = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
            let declared: Vec<&str> = operation["parameters"]
                .as_array()
                .map(|all| {
                    let of_path = all.iter().filter(|parameter| parameter["in"] == "path");
                    of_path.filter_map(|parameter| parameter["name"].as_str()).collect()
                })
                .unwrap_or_default();
            assert_eq!(named.collect::<Vec<_>>(), declared, "{what}");
        }
    }
}

fn collect_references(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            into.extend(map.get("$ref").and_then(Value::as_str).map(str::to_owned));
            map.values().for_each(|value| collect_references(value, into));
        }
        Value::Array(items) => items.iter().for_each(|value| collect_references(value, into)),
        _ => {}
    }
}
