//! JSON-RPC 2.0 as far as one message each way goes.

use serde::Serialize;
use serde_json::{Map, Value};

use super::error::RpcError;
use super::request::Request;

/// What a client calls its request by; it comes back with the answer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(untagged)]
pub enum Id {
    /// A whole number.
    Number(i64),
    /// A string of at most [`Id::BYTES_MAX`] bytes.
    Text(String),
    /// Where a message was too broken to find its id.
    Null,
}

impl Id {
    /// The longest id.
    pub const BYTES_MAX: usize = 64;
}

/// One message of a client.
#[derive(Clone, Debug)]
pub struct Inbound {
    /// `None`: the client wants no answer.
    pub id: Option<Id>,
    /// What it asks, or why that cannot be told.
    pub request: Result<Request, RpcError>,
}

impl Inbound {
    /// Reads a message. It always comes to something: what is broken is a request that is answered by an error.
    pub fn parse(text: &str) -> Self {
        let broken = |error| Self { id: Some(Id::Null), request: Err(error) };
        let envelope = match serde_json::from_str(text) {
            Ok(Value::Object(envelope)) => envelope,
            Ok(Value::Array(_)) => return broken(RpcError::invalid_request("batches are not served")),
            Ok(_) => return broken(RpcError::invalid_request("a message is an object")),
            Err(error) => return broken(RpcError::parse(&error)),
        };
        let id = match envelope.get("id").map(read_id) {
            None => None,
            Some(Some(id)) => Some(id),
            Some(None) => {
                let problem = "an id is a whole number or a string of at most 64 bytes";
                return broken(RpcError::invalid_request(problem));
            }
        };
        Self { id, request: read_request(envelope) }
    }
}

fn read_request(mut envelope: Map<String, Value>) -> Result<Request, RpcError> {
    if envelope.get("jsonrpc").and_then(Value::as_str) != Some("2.0") {
        return Err(RpcError::invalid_request("jsonrpc is not \"2.0\""));
    }
    let Some(Value::String(method)) = envelope.remove("method") else {
        return Err(RpcError::invalid_request("method is not a string"));
    };
    let params = envelope.remove("params").unwrap_or_else(|| Value::Object(Map::new()));
    if !params.is_object() {
        return Err(RpcError::invalid_params("params go by name, in an object"));
    }
    Request::read(&method, params)
}

fn read_id(value: &Value) -> Option<Id> {
    match value {
        Value::Number(number) => number.as_i64().map(Id::Number),
        Value::String(text) if text.len() <= Id::BYTES_MAX => Some(Id::Text(text.clone())),
        _ => None,
    }
}

/// A successful answer as text.
pub(crate) fn write_result(id: &Id, result: &impl Serialize) -> String {
    #[derive(Serialize)]
    struct Response<'a, R> {
        jsonrpc: &'static str,
        id: &'a Id,
        result: &'a R,
    }
    write(&Response { jsonrpc: "2.0", id, result })
}

/// A failure as text.
pub(crate) fn write_error(id: &Id, error: &RpcError) -> String {
    #[derive(Serialize)]
    struct Response<'a> {
        jsonrpc: &'static str,
        id: &'a Id,
        error: &'a RpcError,
    }
    write(&Response { jsonrpc: "2.0", id, error })
}

/// What a client is told unasked, as text.
pub(crate) fn write_notification(notification: &super::Notification) -> String {
    #[derive(Serialize)]
    struct Message<'a> {
        jsonrpc: &'static str,
        #[serde(flatten)]
        notification: &'a super::Notification,
    }
    write(&Message { jsonrpc: "2.0", notification })
}

fn write(message: &impl Serialize) -> String {
    serde_json::to_string(message).expect("messages have string keys and finite numbers")
}
