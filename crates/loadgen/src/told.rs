//! What a peer tells the test that started it: one JSON object a line on standard output.

use std::io::Write as _;

use serde_json::{Map, Value};

/// Whatever can end a peer.
pub(crate) type Failure = Box<dyn std::error::Error>;

/// Writes one line: `fields` with `kind` set.
pub(crate) fn tell(kind: &str, fields: &Value) {
    let mut line = fields.as_object().cloned().unwrap_or_else(Map::new);
    line.insert("kind".to_owned(), Value::from(kind));
    let mut out = std::io::stdout().lock();
    // A test that has gone reads no more; the peer is about to be stopped too.
    let _ = writeln!(out, "{}", Value::Object(line));
    let _ = out.flush();
}
