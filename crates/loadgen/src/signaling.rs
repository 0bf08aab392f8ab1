//! Motet's signaling from the client's side: JSON-RPC 2.0 over one WebSocket (docs/signaling.md).

use std::collections::VecDeque;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::told::Failure;

/// One signaling socket. Requests wait for their answer; what the server tells meanwhile is kept in order.
pub(crate) struct Signaling {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    told: VecDeque<Value>,
    last_id: u64,
}

impl Signaling {
    /// Opens the socket at `url`.
    pub(crate) async fn connect(url: &str) -> Result<Self, Failure> {
        let mut request = url.into_client_request()?;
        request.headers_mut().insert("sec-websocket-protocol", "motet.v1".parse()?);
        let (socket, _) = connect_async(request).await?;
        Ok(Self { socket, told: VecDeque::new(), last_id: 0 })
    }

    /// Sends a request and gives its result; an error answer is a failure.
    pub(crate) async fn request(&mut self, method: &str, params: Value) -> Result<Value, Failure> {
        self.last_id += 1;
        let id = self.last_id;
        let request = json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params });
        self.socket.send(Message::text(request.to_string())).await?;
        loop {
            let mut heard = self.read().await?;
            if heard["id"] != id {
                self.told.push_back(heard);
            } else if let Some(error) = heard.get("error") {
                return Err(format!("{method}: {error}").into());
            } else {
                return Ok(heard["result"].take());
            }
        }
    }

    /// The next notification. Safe to drop half-way: nothing is lost.
    pub(crate) async fn told(&mut self) -> Result<Value, Failure> {
        match self.told.pop_front() {
            Some(told) => Ok(told),
            None => self.read().await,
        }
    }

    async fn read(&mut self) -> Result<Value, Failure> {
        loop {
            match self.socket.next().await.ok_or("the server closed the signaling socket")?? {
                Message::Text(text) => return Ok(serde_json::from_str(text.as_str())?),
                Message::Close(frame) => return Err(format!("the server closed signaling: {frame:?}").into()),
                _ => {}
            }
        }
    }
}
