//! A WebRTC media server as a library: what the `motet` server is built on, for programs that want the media and have
//! their own idea of rooms, signaling and people.
//!
//! A [`Worker`] is one thread with one UDP and one TCP port for everything it carries; start one for each core that shall
//! do media. A [`Router`] on it is a domain in which packets are routed, a room for instance. Each peer has one or more
//! [`WebRtcTransport`]s on the router, [`Producer`]s for the media that it sends and [`Consumer`]s for the media of others
//! that it receives. Every handle closes what it stands for when it is dropped.
//!
//! A program can be a peer itself, by a [`DirectTransport`]: recorders and the like are built on it. The [`mixer`] is one:
//! it makes a room's voices one voice and its pictures one picture.
//!
//! How the peers learn of each other is the program's to choose: Motet takes and gives plain parameters, the words of
//! [`control`]. Programs that speak SDP translate with the `motet-sdp` crate.
//!
//! ```
//! use motet::{Worker, WorkerSettings};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let worker = Worker::start(WorkerSettings::default())?;
//! let router = worker.create_router().await?;
//! let transport = router.create_webrtc_transport().await?;
//! println!("a=ice-ufrag:{}", transport.ice().ufrag);
//! for candidate in transport.candidates() {
//!     println!("{:?} {}:{}", candidate.protocol, candidate.ip, candidate.port);
//! }
//! println!("a=fingerprint:{}", transport.fingerprints()[0]);
//! // Tell the peer; when it has answered: transport.connect(..), .produce(..), .consume(..).
//! drop((transport, router));
//! worker.stop().await;
//! # Ok(())
//! # }
//! ```
//!
//! The library starts no runtime and needs none of tokio's: its futures may be polled by any executor. Requests are carried
//! out in the order in which they are sent, so that a whole setup can be sent with [`Worker::send`] before the first
//! answer is awaited.
//!
//! A panic in a worker ends that worker only: [`Event::Ended`] tells it, all requests to it fail with
//! [`RequestError::Ended`], other workers go on.

mod answer;
mod consumer;
mod direct;
mod error;
mod events;
mod link;
pub mod mixer;
mod news;
mod observer;
mod producer;
mod random;
mod router;
mod settings;
mod transport;
mod worker;

pub use answer::Answer;
pub use consumer::{Consumer, ConsumerEvent, ConsumerSettings};
pub use direct::DirectTransport;
pub use error::{RequestError, StartError};
pub use events::{Event, Events, EventsOf};
pub use motet_control as control;
pub use motet_dtls::{Certificate, CertificateError};
pub use motet_net::{BindError, TcpLimits};
pub use motet_relay as turn;
pub use motet_rtp as rtp;
pub use motet_worker::{DirectReceiver, DirectSender, End, Packet};
pub use observer::{
    ActiveSpeakerEvent, ActiveSpeakerObserver, AudioLevelObserver, AudioLevelSettings, AudioLevels,
};
pub use producer::{Producer, ProducerEvent, ProducerSettings};
pub use random::{ice_credentials, ssrc};
pub use router::Router;
pub use settings::{ListenAddress, WorkerSettings};
pub use transport::{RemoteSide, TransportEvent, WebRtcTransport};
pub use worker::{Facts, Worker};
