//! A call in 150 lines: open the printed address in two tabs of a browser, and they see and hear each other.
//!
//! Everything but the media is as small as it can be: one room, and tabs that ask anew when someone comes or goes.
//! `cargo run --example embed [IP]`; without an IP it serves this machine only.

use std::error::Error;
use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use motet::control::negotiate::{ConsumerIdentity, consumer_parameters, router_capabilities};
use motet::control::{DtlsState, IceState, ProducerId, RtpParameters};
use motet::{Consumer, ConsumerSettings, Producer, ProducerSettings, RemoteSide, Router, TransportEvent};
use motet::{WebRtcTransport, Worker, WorkerSettings};
use motet_sdp::{LocalTransport, PublishSession, RemoteTransport, SubscribeSession, SubscribedMedia};
use tokio::net::TcpListener;
use tokio::sync::Mutex;

struct Call {
    router: Router,
    people: Vec<Person>,
    /// Counts comings and goings.
    changes: usize,
}

/// Someone in the call; dropping them closes their transports, producers and consumers.
struct Person {
    name: u64,
    _publish: WebRtcTransport,
    tracks: Vec<(Producer, RtpParameters)>,
    watch: Option<Watch>,
}

struct Watch {
    transport: WebRtcTransport,
    session: SubscribeSession<ProducerId>,
    consumers: Vec<Consumer>,
}

type Shared = State<Arc<Mutex<Call>>>;

/// Whatever goes wrong is told to the tab that asked.
struct Failure(String);

impl<E: Error> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        (StatusCode::BAD_REQUEST, self.0).into_response()
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let ip: IpAddr = std::env::args().nth(1).unwrap_or("127.0.0.1".to_owned()).parse()?;
    let worker = Worker::start(WorkerSettings { listen: vec![ip.into()], ..WorkerSettings::default() })?;
    let router = worker.create_router().await?;
    let call = Arc::new(Mutex::new(Call { router, people: Vec::new(), changes: 0 }));
    let paths = axum::Router::new()
        .route("/", get(Html(include_str!("embed.html"))))
        .route("/changes", get(async |State(call): Shared| call.lock().await.changes.to_string()))
        .route("/publish", post(publish))
        .route("/watch/{name}", post(watch))
        .route("/answer/{name}", post(consume))
        .with_state(call);
    let listener = TcpListener::bind((ip, 8080)).await?;
    eprintln!("http://{} with media on port {}", listener.local_addr()?, worker.facts().port);
    Ok(axum::serve(listener, paths).await?)
}

/// Someone comes with an offer of what they send; told back are their name and the answer.
async fn publish(State(shared): Shared, offer: String) -> Result<String, Failure> {
    let mut call = shared.lock().await;
    let transport = call.router.create_webrtc_transport().await?;
    let mut session = PublishSession::new(1, local(&transport), router_capabilities());
    let answer = session.handle_offer(&offer)?;
    transport.connect(remote(answer.remote)).await?;
    let mut tracks = Vec::new();
    for media in answer.added {
        let rtp_parameters = media.rtp_parameters.clone();
        let settings = ProducerSettings { kind: media.kind, rtp_parameters, paused: false };
        tracks.push((transport.produce(settings).await?, media.rtp_parameters));
    }
    let (name, mut events, room) = (transport.id().0, transport.events(), Arc::clone(&shared));
    tokio::spawn(async move {
        while let Some(event) = events.recv().await {
            let is_gone = matches!(event, TransportEvent::Ice { state: IceState::Disconnected, .. });
            if is_gone || matches!(event, TransportEvent::Dtls(DtlsState::Closed)) {
                let mut call = room.lock().await;
                call.people.retain(|person| person.name != name);
                call.changes += 1;
            }
        }
    });
    call.people.push(Person { name, _publish: transport, tracks, watch: None });
    call.changes += 1;
    Ok(format!("{name}\n{}", answer.sdp))
}

/// An offer of what all others send; nothing where there is nobody.
async fn watch(State(call): Shared, Path(name): Path<u64>) -> Result<String, Failure> {
    let mut call = call.lock().await;
    let transport = call.router.create_webrtc_transport().await?;
    let mut session = SubscribeSession::new(1, local(&transport));
    for other in call.people.iter().filter(|person| person.name != name) {
        for (producer, sent) in &other.tracks {
            let (cname, ssrc, rtx_ssrc) = (other.name.to_string(), motet::ssrc(), motet::ssrc());
            let identity = ConsumerIdentity { mid: None, ssrc, rtx_ssrc, cname };
            let rtp_parameters = consumer_parameters(sent, &router_capabilities(), identity)?;
            let (stream_id, track_id) = (other.name.to_string(), producer.id().to_string());
            let media = SubscribedMedia { kind: producer.kind(), rtp_parameters, stream_id, track_id };
            session.add(producer.id(), media)?;
        }
    }
    let offer = session.poll_offer().map_or(String::new(), |offer| offer.sdp);
    let me = call.people.iter_mut().find(|person| person.name == name);
    me.ok_or(Failure("nobody".into()))?.watch = Some(Watch { transport, session, consumers: Vec::new() });
    Ok(offer)
}

/// The answer to the offer came: media may flow.
async fn consume(State(call): Shared, Path(name): Path<u64>, answer: String) -> Result<(), Failure> {
    let mut call = call.lock().await;
    let me = call.people.iter_mut().find(|person| person.name == name);
    let watch = me.and_then(|me| me.watch.as_mut()).ok_or(Failure("nothing was offered".into()))?;
    let answer = watch.session.handle_answer(&answer)?;
    watch.transport.connect(remote(answer.remote.ok_or(Failure("all was rejected".into()))?)).await?;
    for (producer_id, rtp_parameters) in answer.accepted {
        let settings = ConsumerSettings { producer_id, rtp_parameters, paused: false };
        watch.consumers.push(watch.transport.consume(settings).await?);
    }
    Ok(())
}

fn local(transport: &WebRtcTransport) -> LocalTransport {
    let (candidates, fingerprints) = (transport.candidates().to_vec(), transport.fingerprints().to_vec());
    LocalTransport { ice: transport.ice().clone(), candidates, fingerprints }
}

fn remote(RemoteTransport { ufrag, dtls, .. }: RemoteTransport) -> RemoteSide {
    RemoteSide { ufrag: Some(ufrag), dtls }
}
