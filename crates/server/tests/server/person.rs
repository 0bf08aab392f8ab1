//! Someone who signals: joins, listens, goes.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use futures_util::{SinkExt, StreamExt};

/// Far longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Person {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    next_id: u64,
    /// Notifications that came while an answer was awaited.
    heard: Vec<Value>,
}

impl Person {
    pub(crate) async fn connect(server: SocketAddr, origin: Option<&str>) -> Result<Self, Error> {
        let mut request = format!("ws://{server}/signal").into_client_request().expect("a request");
        request.headers_mut().insert("sec-websocket-protocol", "motet.v1".parse().expect("a header"));
        if let Some(origin) = origin {
            request.headers_mut().insert("origin", origin.parse().expect("a header"));
        }
        let (socket, _) = connect_async(request).await?;
        Ok(Self { socket, next_id: 0, heard: Vec::new() })
    }

    /// In the room, without a token.
    pub(crate) async fn join(server: SocketAddr, room: &str, name: &str) -> (Self, Value) {
        let mut person = Self::connect(server, None).await.expect("a connection");
        let joined = person.ask("join", json!({"room": room, "name": name})).await.expect("a place");
        (person, joined)
    }

    /// The result, or the error's reason.
    pub(crate) async fn ask(&mut self, method: &str, params: Value) -> Result<Value, String> {
        self.next_id += 1;
        let id = self.next_id;
        let message = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
        self.socket.send(Message::text(message.to_string())).await.expect("sent");
        loop {
            let message = self.next().await.expect("an answer before the end");
            if message["id"] != json!(id) {
                self.heard.push(message);
                continue;
            }
            return match message.get("error") {
                Some(error) => Err(error["data"]["reason"].as_str().unwrap_or_default().to_owned()),
                None => Ok(message["result"].clone()),
            };
        }
    }

    /// Waits for a notification; what comes before it is passed over.
    pub(crate) async fn hear(&mut self, method: &str) -> Value {
        loop {
            let message = if self.heard.is_empty() {
                self.next().await.unwrap_or_else(|| panic!("{method} before the end"))
            } else {
                self.heard.remove(0)
            };
            if message["method"] == method {
                return message["params"].clone();
            }
        }
    }

    /// Waits for the server to close the socket.
    pub(crate) async fn end(mut self) {
        while self.next().await.is_some() {}
    }

    /// The next text; `None` at the end.
    async fn next(&mut self) -> Option<Value> {
        loop {
            let message =
                tokio::time::timeout(PATIENCE, self.socket.next()).await.expect("a message in time");
            match message {
                Some(Ok(Message::Text(text))) => return Some(serde_json::from_str(&text).expect("JSON")),
                Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
                Some(Ok(_)) => {}
            }
        }
    }
}
