//! Sockets as they come: real ones on loopback, polite and not.

mod house;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use house::House;
use motet_control::TransportStats;
use motet_room::{Command, Event, Location, Peer, Reply, RoomError, RoomName};
use motet_signal::{Admission, Denied, Front, FrontConfig, Host, SessionConfig};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    async fn open(address: SocketAddr) -> Self {
        Self::try_open(address, Some("motet.v1")).await.unwrap()
    }

    async fn try_open(address: SocketAddr, protocol: Option<&str>) -> Result<Self, Error> {
        let mut request = format!("ws://{address}/signal").into_client_request()?;
        if let Some(protocol) = protocol {
            request.headers_mut().insert("sec-websocket-protocol", protocol.parse().unwrap());
        }
        let (stream, response) = connect_async(request).await?;
        assert_eq!(response.headers()["sec-websocket-protocol"], "motet.v1");
        Ok(Self(stream))
    }

    async fn send(&mut self, method: &str, params: Value) {
        let text = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).to_string();
        self.0.send(Message::text(text)).await.unwrap();
    }

    /// The next text; panics when the socket closes.
    async fn text(&mut self) -> Value {
        loop {
            match tokio::time::timeout(PATIENCE, self.0.next()).await.unwrap() {
                Some(Ok(Message::Text(text))) => return serde_json::from_str(&text).unwrap(),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    /// The answer to a request; notifications are passed over.
    async fn request(&mut self, method: &str, params: Value) -> Value {
        self.send(method, params).await;
        loop {
            let message = self.text().await;
            if message["id"] == 1 {
                return message;
            }
        }
    }

    async fn join(&mut self, name: &str) -> Value {
        self.request("join", json!({"room": "attic", "name": name})).await["result"].clone()
    }

    /// The code and reason of the server's close; whatever comes before is passed over.
    async fn closed(&mut self) -> (u16, String) {
        loop {
            match tokio::time::timeout(PATIENCE, self.0.next()).await.expect("a close in time") {
                Some(Ok(Message::Close(Some(frame)))) => {
                    return (frame.code.into(), frame.reason.to_string());
                }
                Some(Ok(_)) => {}
                other => panic!("closed without a word: {other:?}"),
            }
        }
    }
}

async fn serve<H: Host>(host: H, config: FrontConfig) -> (SocketAddr, Front<H>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let front = Front::new(host, config);
    let routes = front.routes();
    tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
    (address, front)
}

async fn until(mut is_so: impl FnMut() -> bool) {
    let wait = async {
        while !is_so() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, wait).await.expect("it comes to be so in time");
}

fn has_dropped(house: &House) -> bool {
    house.inside().rooms.counts().dropped == 1
}

#[tokio::test]
async fn a_socket_joins_and_leaves() {
    let (address, front) = serve(House::new(), FrontConfig::default()).await;
    let mut socket = Socket::open(address).await;
    let joined = socket.join("Ada").await;
    assert_eq!(joined["you"]["name"], "Ada");
    assert_eq!(front.sockets(), 1);
    assert_eq!(socket.request("leave", json!({})).await["result"], json!({}));
    assert_eq!(socket.closed().await, (1000, "left".to_owned()));
    drop(socket);
    until(|| front.sockets() == 0).await;
}

#[tokio::test]
async fn before_joining_only_joining_and_pinging_help() {
    let (address, _) = serve(House::new(), FrontConfig::default()).await;
    let mut socket = Socket::open(address).await;
    assert_eq!(socket.request("ping", json!({})).await["result"], json!({}));
    let refused = socket.request("chat", json!({"text": "hello?"})).await;
    assert_eq!(refused["error"]["data"]["reason"], "notJoined");
    let denied = socket.request("join", json!({"room": "attic", "name": "Ada", "token": "expired"})).await;
    assert_eq!(denied["error"]["data"]["reason"], "tokenExpired");
    assert_eq!(denied["error"]["code"], -32_002);
    let unnamed = socket.request("join", json!({"room": "attic", "name": " "})).await;
    assert_eq!(unnamed["error"]["data"]["reason"], "badName");
    let expired = socket.request("resume", json!({"resumeToken": "never given"})).await;
    assert_eq!(expired["error"]["data"]["reason"], "resumeExpired");
    assert_eq!(socket.join("Ada").await["you"]["name"], "Ada", "it may still join");
}

#[tokio::test]
async fn the_subprotocol_is_needed() {
    let (address, _) = serve(House::new(), FrontConfig::default()).await;
    for protocol in [None, Some("motet.v2")] {
        match Socket::try_open(address, protocol).await {
            Err(Error::Http(response)) => assert_eq!(response.status(), 400),
            other => panic!("{:?}", other.err()),
        }
    }
}

#[tokio::test]
async fn there_are_as_many_sockets_as_there_may_be() {
    let config = FrontConfig { sockets_max: 1, ..FrontConfig::default() };
    let (address, _) = serve(House::new(), config).await;
    let mut first = Socket::open(address).await;
    first.join("Ada").await;
    match Socket::try_open(address, Some("motet.v1")).await {
        Err(Error::Http(response)) => assert_eq!(response.status(), 503),
        other => panic!("{:?}", other.err()),
    }
}

#[tokio::test]
async fn who_does_not_join_is_sent_away() {
    let config = FrontConfig { join_timeout: Duration::from_millis(50), ..FrontConfig::default() };
    let (address, _) = serve(House::new(), config).await;
    let mut socket = Socket::open(address).await;
    assert_eq!(socket.closed().await, (4006, "notJoined".to_owned()));
}

#[tokio::test]
async fn a_flood_of_messages_closes_the_socket_and_keeps_the_session() {
    let house = House::new();
    let (address, _) = serve(house.clone(), FrontConfig::default()).await;
    let mut socket = Socket::open(address).await;
    socket.join("Ada").await;
    for _ in 0..1_000 {
        // The server may have closed already.
        if socket.0.feed(Message::text("{}")).await.is_err() {
            break;
        }
    }
    let _ = socket.0.flush().await;
    assert_eq!(socket.closed().await, (1008, "tooManyMessages".to_owned()));
    until(|| has_dropped(&house)).await;
}

#[tokio::test]
async fn messages_too_long_or_not_of_text_close_the_socket() {
    let session = SessionConfig { message_bytes_max: 1_000, ..SessionConfig::default() };
    let config = FrontConfig { session, ..FrontConfig::default() };
    let (address, _) = serve(House::new(), config).await;
    for message in [Message::text("x".repeat(1_001)), Message::binary(vec![0])] {
        let mut socket = Socket::open(address).await;
        socket.0.send(message).await.unwrap();
        assert_eq!(socket.closed().await, (1009, "badMessage".to_owned()));
    }
    let mut socket = Socket::open(address).await;
    socket.0.send(Message::text(" ".repeat(1_000))).await.unwrap();
    assert_eq!(socket.text().await["error"]["code"], -32_700);
}

#[tokio::test]
async fn a_silent_client_drops_out() {
    let house = House::new();
    let config = FrontConfig {
        silence_max: Duration::from_millis(300),
        ping_every: Duration::from_millis(50),
        ..FrontConfig::default()
    };
    let (address, _) = serve(house.clone(), config).await;
    let mut socket = Socket::open(address).await;
    socket.join("Ada").await;
    // Nobody reads here, so nobody answers pings.
    until(|| has_dropped(&house)).await;
    assert_eq!(socket.closed().await, (4005, "silent".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_does_not_read_drops_out_and_others_go_on() {
    let house = House::new();
    let config = FrontConfig { write_timeout: Duration::from_millis(200), ..FrontConfig::default() };
    let (address, _) = serve(house.clone(), config).await;
    let mut deaf = Socket::open(address).await;
    deaf.join("Deaf").await;
    let mut ada = Socket::open(address).await;
    let ada_id = ada.join("Ada").await["participantId"].as_str().unwrap().parse().unwrap();
    let text = "x".repeat(4_000);
    tokio::time::timeout(PATIENCE, async {
        while !has_dropped(&house) {
            house.ask(Command::Chat { participant_id: ada_id, text: text.clone(), to: None }).unwrap();
            assert_eq!(ada.text().await["params"]["text"].as_str().map(str::len), Some(4_000));
        }
    })
    .await
    .expect("the deaf one drops out");
}

#[tokio::test]
async fn a_lost_socket_is_followed_by_another() {
    let house = House::new();
    let (address, _) = serve(house.clone(), FrontConfig::default()).await;
    let mut socket = Socket::open(address).await;
    let joined = socket.join("Ada").await;
    drop(socket);
    until(|| has_dropped(&house)).await;
    let mut again = Socket::open(address).await;
    let resumed = again.request("resume", json!({"resumeToken": joined["resumeToken"]})).await;
    assert_eq!(resumed["result"]["participantId"], joined["participantId"]);
    assert_eq!(resumed["result"]["sessionId"], joined["sessionId"]);
    assert!(!has_dropped(&house));
    assert_eq!(again.request("ping", json!({})).await["result"], json!({}));
}

#[tokio::test]
async fn a_second_socket_takes_the_first_ones_place() {
    let (address, _) = serve(House::new(), FrontConfig::default()).await;
    let mut first = Socket::open(address).await;
    let joined = first.join("Ada").await;
    let mut second = Socket::open(address).await;
    let resumed = second.request("resume", json!({"resumeToken": joined["resumeToken"]})).await;
    assert_eq!(resumed["result"]["participantId"], joined["participantId"]);
    assert_eq!(first.closed().await, (4001, "replaced".to_owned()));
    assert_eq!(second.request("ping", json!({})).await["result"], json!({}));
}

#[tokio::test]
async fn who_is_taken_out_is_told_and_closed() {
    let house = House::new();
    let (address, _) = serve(house.clone(), FrontConfig::default()).await;
    let mut socket = Socket::open(address).await;
    let id = socket.join("Ada").await["participantId"].as_str().unwrap().parse().unwrap();
    house.ask(Command::Remove { by: motet_room::By::Operator, participant_id: id }).unwrap();
    assert_eq!(socket.text().await["params"], json!({"reason": "removed"}));
    assert_eq!(socket.closed().await, (4002, "removed".to_owned()));
}

/// A host whose `resume` takes long enough for the old socket to be missed meanwhile.
#[derive(Clone)]
struct Racing {
    house: House,
    old: Arc<Mutex<Option<Socket>>>,
}

impl Host for Racing {
    async fn command(&self, command: Command) -> Result<Reply, RoomError> {
        let is_resume = matches!(command, Command::Resume { .. });
        let reply = self.house.ask(command);
        let old = if is_resume { self.old.lock().unwrap().take() } else { None };
        if let Some(old) = old {
            drop(old);
            until(|| has_dropped(&self.house)).await;
        }
        reply
    }

    async fn enter(&self, command: Command, events: mpsc::Sender<Event>) -> Result<Reply, RoomError> {
        self.house.enter(command, events).await
    }

    fn admit(&self, token: Option<&str>, room: &RoomName) -> Result<Admission, Denied> {
        self.house.admit(token, room)
    }

    async fn stats(&self, location: Location) -> Vec<(Peer, TransportStats)> {
        self.house.stats(location).await
    }
}

#[tokio::test]
async fn a_drop_that_is_noticed_while_the_client_resumes_does_not_outlive_the_resume() {
    let house = House::new();
    let racing = Racing { house: house.clone(), old: Arc::default() };
    let (address, _) = serve(racing.clone(), FrontConfig::default()).await;
    let mut socket = Socket::open(address).await;
    let joined = socket.join("Ada").await;
    *racing.old.lock().unwrap() = Some(socket);
    let mut again = Socket::open(address).await;
    let resumed = again.request("resume", json!({"resumeToken": joined["resumeToken"]})).await;
    assert_eq!(resumed["result"]["participantId"], joined["participantId"]);
    assert!(!has_dropped(&house), "or the room would take it out after its grace");
    let token = resumed["result"]["resumeToken"].as_str().unwrap();
    let known = house.ask(Command::Resume { token: motet_room::ResumeToken::new(token) });
    assert!(known.is_ok(), "the token that the client has is the one that counts");
}
