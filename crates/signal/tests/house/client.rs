//! A client as its session sees it: texts in, texts out, no socket.

use std::path::PathBuf;
use std::time::Instant;

use motet_room::{Command, Event, Join, Joined, ParticipantName, Reply, ResumeToken, RoomName};
use motet_signal::wire::{Inbound, Request, Text};
use motet_signal::{Host, Output, Session, SessionConfig};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::{House, answered};

pub(crate) struct Client {
    pub(crate) house: House,
    pub(crate) session: Session,
    pub(crate) id: String,
    pub(crate) token: String,
    events: mpsc::Receiver<Event>,
    last_id: i64,
    /// What it was told and has not looked at, oldest first.
    told: Vec<Value>,
}

impl Client {
    pub(crate) async fn join(house: &House, name: &str) -> Self {
        Self::join_with(house, json!({"room": "attic", "name": name})).await.0
    }

    /// With the answer to `join`.
    pub(crate) async fn join_with(house: &House, params: Value) -> (Self, Value) {
        let inbound = Inbound::parse(
            &json!({"jsonrpc": "2.0", "id": 0, "method": "join", "params": params}).to_string(),
        );
        let Ok(Request::Join(params)) = inbound.request else { panic!("{inbound:?}") };
        let room = RoomName::new(&params.room).unwrap();
        let admission = house.admit(params.token.as_ref().map(|token| token.expose()), &room).unwrap();
        let join = Join {
            room,
            name: ParticipantName::new(&params.name).unwrap(),
            identity: admission.identity,
            grants: admission.grants,
            auto_subscribe: params.auto_subscribe.unwrap_or(true),
            topology: params.topology.map(|Text(topology)| topology),
            topologies: params.can(),
            view: params.view.map_or_else(Default::default, |Text(view)| view),
            codecs: params.known_codecs(),
        };
        let (sender, events) = mpsc::channel(1_024);
        let Reply::Joined(joined) = house.enter(Command::Join(Box::new(join)), sender).await.unwrap() else {
            panic!("a join is answered by Joined");
        };
        let session = Session::new(inbound.id.as_ref(), &params, &joined, SessionConfig::default());
        let mut client = Self {
            house: house.clone(),
            session,
            id: joined.participant_id.to_string(),
            token: joined.resume_token.secret().to_owned(),
            events,
            last_id: 0,
            told: Vec::new(),
        };
        let answer = client.outputs().remove(0);
        (client, text_of(&answer)["result"].clone())
    }

    /// A request's result, or its error.
    pub(crate) async fn request(&mut self, method: &str, params: Value) -> Result<Value, Value> {
        self.last_id += 1;
        let id = self.last_id;
        self.say(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}).to_string()).await;
        let at = self.told.iter().position(|message| message["id"] == id).expect("an answer");
        let answer = self.told.remove(at);
        match answer.get("result") {
            Some(result) => Ok(result.clone()),
            None => Err(answer["error"].clone()),
        }
    }

    /// Sends any text and takes in what it brings about.
    pub(crate) async fn say(&mut self, text: &str) {
        let now = self.now();
        self.session.handle_inbound(now, &self.house.clone(), Inbound::parse(text)).await;
        self.settle().await;
    }

    /// Takes in whatever happened.
    pub(crate) async fn settle(&mut self) {
        loop {
            while let Ok(event) = self.events.try_recv() {
                let now = self.now();
                self.session.handle_event(now, &self.house.clone(), event).await;
            }
            let outputs = self.outputs();
            if outputs.is_empty() {
                return;
            }
            self.told.extend(outputs.iter().map(text_of));
        }
    }

    /// What it was told since the last look: notifications, answers that nobody waited for, `{"close": word}`.
    pub(crate) async fn told(&mut self) -> Vec<Value> {
        self.settle().await;
        std::mem::take(&mut self.told)
    }

    /// The params of the notifications of one method among what it was told.
    pub(crate) async fn told_of(&mut self, method: &str) -> Vec<Value> {
        let told = self.told().await;
        told.into_iter()
            .filter(|message| message["method"] == method)
            .map(|message| message["params"].clone())
            .collect()
    }

    /// Publishes with Chromium's real offer: a microphone and a camera.
    pub(crate) async fn publish_call(&mut self) -> Value {
        let tracks =
            json!([{"mid": "0", "source": "microphone"}, {"mid": "1", "source": "camera", "name": "front"}]);
        self.request("publish", json!({"sdp": offer_of("chromium_156_call"), "tracks": tracks}))
            .await
            .unwrap()
    }

    /// Answers the offer that came last; gives its params.
    pub(crate) async fn answer_offer(&mut self) -> Value {
        let offer = self.told_of("offer").await.pop().expect("an offer");
        let answer = answered(offer["sdp"].as_str().unwrap(), &[]);
        self.request("answer", json!({"sdp": answer, "offerId": offer["offerId"]})).await.unwrap();
        offer
    }

    /// The socket goes away.
    pub(crate) async fn lose_socket(&mut self) {
        self.settle().await;
        self.session.handle_dropped();
        let participant_id = self.session.participant_id();
        self.house.ask(Command::Dropped { participant_id }).unwrap();
    }

    /// Another socket comes; the answer to its `resume`.
    pub(crate) async fn resume(&mut self) -> Value {
        self.settle().await;
        let Reply::Joined(joined) =
            self.house.ask(Command::Resume { token: ResumeToken::new(&*self.token) }).unwrap()
        else {
            panic!("a resume is answered by Joined");
        };
        self.attach(&joined).await
    }

    async fn attach(&mut self, joined: &Joined) -> Value {
        self.token = joined.resume_token.secret().to_owned();
        let Inbound { id, .. } = Inbound::parse(r#"{"jsonrpc":"2.0","id":"again","method":"ping"}"#);
        self.session.handle_resumed(self.now(), id.as_ref(), joined);
        self.settle().await;
        let at = self.told.iter().position(|message| message["id"] == "again").expect("an answer");
        self.told.remove(at)["result"].clone()
    }

    pub(crate) fn now(&self) -> Instant {
        self.house.inside().now
    }

    fn outputs(&mut self) -> Vec<Output> {
        let now = self.now();
        std::iter::from_fn(|| self.session.poll_output(now)).collect()
    }
}

/// An output as JSON.
pub(crate) fn text_of(output: &Output) -> Value {
    match output {
        Output::Text(text) => serde_json::from_str(text).unwrap(),
        Output::Close(close) => json!({"close": close.as_str()}),
    }
}

/// An offer that a real peer wrote.
pub(crate) fn offer_of(peer: &str) -> String {
    let name = format!("{peer}.offer.sdp");
    let path: PathBuf =
        [env!("CARGO_MANIFEST_DIR"), "..", "sdp", "tests", "fixtures", &name].iter().collect();
    std::fs::read_to_string(path).unwrap()
}
