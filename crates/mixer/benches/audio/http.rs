//! One question and its answer over HTTP 1.0, which knows no chunks: JSON both ways, a connection for each.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

use crate::Outcome;

/// Posts `question`, or gets what there is without one. No read or write waits longer than `patience`.
pub(crate) fn exchange(
    address: SocketAddr,
    path: &str,
    question: Option<&Value>,
    patience: Duration,
) -> Outcome<Value> {
    let mut stream = TcpStream::connect_timeout(&address, patience)?;
    stream.set_read_timeout(Some(patience))?;
    stream.set_write_timeout(Some(patience))?;
    let (verb, body) = question.map_or(("GET", String::new()), |question| ("POST", question.to_string()));
    let head = format!(
        "{verb} {path} HTTP/1.0\r\nHost: {address}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(format!("{head}{body}").as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").ok_or("an answer without a body")?;
    let status = head.lines().next().unwrap_or_default();
    Ok(serde_json::from_str(body).map_err(|error| format!("{path}: {status}: {error}"))?)
}
