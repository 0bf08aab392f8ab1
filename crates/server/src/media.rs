//! The workers that move media: started with the server, and handed requests in order without ever being flooded.

use std::fs;
use std::net::IpAddr;
use std::num::NonZero;
use std::sync::Arc;
use std::time::Duration;

use motet::control::{MixStats, MixerId, MixerNotification, MixerRequest, Refusal, Request};
use motet::mixer::Mixers;
use motet::{Certificate, ListenAddress, RequestError, Worker, WorkerSettings};
use motet_room::{Subject, WorkerFacts, WorkerIndex};
use tokio::sync::{Semaphore, mpsc};

use crate::config::{Config, announced_for};

/// Requests that a worker is given before it has answered the first of them. Far below what its mailbox holds, so that
/// none is refused for a full one.
const IN_FLIGHT_MAX: usize = 512;
/// Requests that wait for one worker. Rooms and signaling bound what people can ask for, so this many waiting means that
/// the worker hangs; then it counts as dead.
const WAITING_MAX: usize = 65_536;
/// How long workers have to say goodbye to their peers.
const STOP_TIMEOUT: Duration = Duration::from_secs(2);

/// Why media cannot be moved.
#[derive(Debug, thiserror::Error)]
pub enum MediaError {
    /// A worker did not start.
    #[error("cannot start a media worker on port {port}: {error}")]
    Start {
        /// The port it was to have.
        port: u16,
        /// Why.
        error: motet::StartError,
    },
    /// The configured certificate cannot be used.
    #[error("cannot use the certificate for media: {0}")]
    Certificate(String),
    /// The machine's addresses are not known.
    #[error("cannot list this machine's addresses, name them by rtc_ip: {0}")]
    Interfaces(std::io::Error),
    /// There is no address to listen on.
    #[error("this machine has no address to receive media on; name one by rtc_ip")]
    NoAddress,
}

/// Starts as many workers as configured, on one port each.
pub(crate) fn start_workers(config: &Config) -> Result<Vec<Worker>, MediaError> {
    let certificate = certificate(config)?;
    let listen = listen_addresses(config)?;
    let count =
        config.workers.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, NonZero::get));
    let mut workers = Vec::with_capacity(count);
    for index in 0..count {
        let port = match config.rtc_port {
            0 => 0,
            first => first.saturating_add(u16::try_from(index).unwrap_or(u16::MAX)),
        };
        let settings = WorkerSettings {
            name: format!("motet-worker-{index}"),
            listen: listen.clone(),
            port,
            certificate: Some(certificate.clone()),
            ..WorkerSettings::default()
        };
        workers.push(Worker::start(settings).map_err(|error| MediaError::Start { port, error })?);
    }
    Ok(workers)
}

fn certificate(config: &Config) -> Result<Certificate, MediaError> {
    let bad = |error: String| MediaError::Certificate(error);
    let Some((cert, key)) = &config.dtls else {
        return Certificate::generate().map_err(|error| bad(error.to_string()));
    };
    let read = |path| fs::read_to_string(path).map_err(|error| bad(error.to_string()));
    Certificate::from_pem(&read(cert)?, &read(key)?).map_err(|error| bad(error.to_string()))
}

/// The configured addresses in their order, or those of the machine.
pub(crate) fn listen_addresses(config: &Config) -> Result<Vec<ListenAddress>, MediaError> {
    let mut ips: Vec<IpAddr> = Vec::new();
    for ip in if config.rtc_ip.is_empty() { own_addresses(config.dev)? } else { config.rtc_ip.clone() } {
        if !ips.contains(&ip) {
            ips.push(ip);
        }
    }
    if ips.is_empty() {
        return Err(MediaError::NoAddress);
    }
    let listen = |ip| ListenAddress { ip, announced: announced_for(ip, &ips, &config.announce) };
    Ok(ips.iter().copied().map(listen).collect())
}

/// Loopback is among them for trying out, and where nobody else can be reached.
fn own_addresses(dev: bool) -> Result<Vec<IpAddr>, MediaError> {
    let interfaces = if_addrs::get_if_addrs().map_err(MediaError::Interfaces)?;
    let mut ips: Vec<IpAddr> = interfaces.iter().map(if_addrs::Interface::ip).filter(is_usable).collect();
    let has_outside = ips.iter().any(|ip| !ip.is_loopback());
    ips.retain(|ip| dev || !has_outside || !ip.is_loopback());
    // The outside first: that is where most peers are.
    ips.sort_by_key(|ip| (ip.is_loopback(), ip.is_ipv6()));
    Ok(ips)
}

/// Link-local addresses need a zone that no candidate can carry.
fn is_usable(ip: &IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => !ip.is_link_local(),
        IpAddr::V6(ip) => !ip.is_unicast_link_local(),
    }
}

pub(crate) fn facts(worker: &Worker) -> WorkerFacts {
    let facts = worker.facts();
    WorkerFacts { candidates: facts.candidates.clone(), fingerprints: facts.fingerprints.clone() }
}

/// Ends all workers; their ports are free then.
pub(crate) async fn stop_workers(workers: &[Worker]) {
    for worker in workers {
        if tokio::time::timeout(STOP_TIMEOUT, worker.stop()).await.is_err() {
            tracing::warn!(port = worker.facts().port, "a media worker does not stop");
        }
    }
}

/// A worker's queue of requests, and of those to its mixers, in one order.
pub(crate) struct Pump(mpsc::Sender<Ask>);

/// What waits in a pump.
pub(crate) enum Ask {
    Worker(Request),
    Mixer(MixerRequest),
    /// What the worker's mixers have done.
    MixStats(mpsc::Sender<Vec<(MixerId, MixStats)>>),
}

/// The worker does not keep up: its queue is full.
pub(crate) struct Hangs;

impl Pump {
    /// Refusals come back through `refused`, what mixers say through `said`.
    pub(crate) fn new(
        worker: Worker,
        index: WorkerIndex,
        refused: impl Fn(WorkerIndex, Subject, Refusal) + Clone + Send + Sync + 'static,
        said: impl Fn(MixerNotification) + Send + Sync + 'static,
    ) -> Self {
        let (sender, receiver) = mpsc::channel(WAITING_MAX);
        tokio::spawn(pump(worker, index, receiver, refused, said));
        Self(sender)
    }

    pub(crate) fn push(&self, ask: Ask) -> Result<(), Hangs> {
        match self.0.try_send(ask) {
            Ok(()) => Ok(()),
            Err(mpsc::error::TrySendError::Full(_)) => Err(Hangs),
            // The worker ended; that is told elsewhere.
            Err(mpsc::error::TrySendError::Closed(_)) => Ok(()),
        }
    }
}

/// Mixers end with the queue, or when they are closed.
async fn pump(
    worker: Worker,
    index: WorkerIndex,
    mut asks: mpsc::Receiver<Ask>,
    refused: impl Fn(WorkerIndex, Subject, Refusal) + Clone + Send + Sync + 'static,
    said: impl Fn(MixerNotification) + Send + Sync + 'static,
) {
    let mut mixers = Mixers::new(&worker, said);
    let in_flight = Arc::new(Semaphore::new(IN_FLIGHT_MAX));
    while let Some(ask) = asks.recv().await {
        let request = match ask {
            Ask::Worker(request) => request,
            Ask::Mixer(request) => {
                mixers.handle(request);
                continue;
            }
            Ask::MixStats(reply) => {
                // Nobody waits for it any longer, then.
                let _ = reply.try_send(mixers.all_stats());
                continue;
            }
        };
        let Ok(permit) = Arc::clone(&in_flight).acquire_owned().await else { return };
        let subject = Subject::of(&request);
        let answer = worker.send(request);
        let refused = refused.clone();
        tokio::spawn(async move {
            match answer.await {
                Ok(_) | Err(RequestError::Ended) => {}
                Err(RequestError::Refused(refusal)) => {
                    tracing::warn!(worker = index.0, ?subject, %refusal, "a worker refused a request");
                    refused(index, subject, refusal);
                }
                Err(error @ RequestError::Overloaded) => {
                    tracing::error!(worker = index.0, ?subject, "a worker's mailbox is full");
                    refused(index, subject, Refusal::LimitReached(error.to_string()));
                }
            }
            drop(permit);
        });
    }
}
