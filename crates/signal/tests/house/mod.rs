//! What the tests share: real rooms without workers, and clients that speak to them through sessions.
#![allow(dead_code, unused_imports, reason = "each test binary takes what it needs")]

mod answerer;
mod client;
pub(crate) mod samples;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use motet_control::{
    CandidateProtocol, Fingerprint, FingerprintHash, IceCandidate, MixerAsk, Request, TransportStats,
};
use motet_room::{
    Clock, Command, Event, Grants, Location, Output, ParticipantId, Peer, Reply, RoomError, RoomName, Rooms,
    RoomsConfig, WorkerFacts, WorkerIndex,
};
use motet_signal::{Admission, Denied, Host};
use tokio::sync::mpsc;

pub(crate) use answerer::answered;
pub(crate) use client::{Client, offer_of};

/// Rooms that real sessions speak to. Requests to the worker are kept to be looked at; nobody carries them out.
#[derive(Clone)]
pub(crate) struct House(Arc<Mutex<Inside>>);

pub(crate) struct Inside {
    pub(crate) rooms: Rooms,
    pub(crate) now: Instant,
    pub(crate) requests: Vec<Request>,
    pub(crate) commands: Vec<String>,
    /// What mixers were asked.
    pub(crate) mixer: Vec<MixerAsk>,
    events: HashMap<ParticipantId, mpsc::Sender<Event>>,
}

impl House {
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    pub(crate) fn with(change: impl FnOnce(&mut RoomsConfig)) -> Self {
        let now = Instant::now();
        let clock = Clock { instant: now, since_unix_epoch: Duration::from_secs(1_800_000_000) };
        let mut config = RoomsConfig::new(clock);
        change(&mut config);
        let mut rooms = Rooms::new(config, [7; 32]);
        rooms.add_worker(WorkerFacts {
            candidates: vec![IceCandidate {
                protocol: CandidateProtocol::Udp,
                ip: [192, 0, 2, 1].into(),
                port: 40_000,
                priority: 2_130_706_431,
            }],
            fingerprints: vec![Fingerprint { hash: FingerprintHash::Sha256, digest: (0..32).collect() }],
        });
        let (requests, commands, mixer) = (Vec::new(), Vec::new(), Vec::new());
        let events = HashMap::new();
        Self(Arc::new(Mutex::new(Inside { rooms, now, requests, commands, mixer, events })))
    }

    pub(crate) fn inside(&self) -> MutexGuard<'_, Inside> {
        self.0.lock().unwrap()
    }

    /// Carries a command out at once.
    pub(crate) fn ask(&self, command: Command) -> Result<Reply, RoomError> {
        let mut inside = self.inside();
        let now = inside.now;
        inside.commands.push(format!("{command:?}"));
        let reply = inside.rooms.handle(now, command);
        inside.pump();
        reply
    }

    /// Lets time pass.
    pub(crate) fn pass(&self, time: Duration) {
        let mut inside = self.inside();
        inside.now += time;
        let now = inside.now;
        inside.rooms.handle_timeout(now);
        inside.pump();
    }

    /// Takes what the worker was asked since the last time.
    pub(crate) fn take_requests(&self) -> Vec<Request> {
        std::mem::take(&mut self.inside().requests)
    }

    pub(crate) fn worker_died(&self) {
        let mut inside = self.inside();
        inside.rooms.handle_worker_died(WorkerIndex(0));
        inside.pump();
    }
}

impl Inside {
    fn pump(&mut self) {
        while let Some(output) = self.rooms.poll_output() {
            match output {
                Output::Request { request, .. } => self.requests.push(*request),
                Output::Event { participant_id, event } => {
                    let Some(session) = self.events.get(&participant_id) else { continue };
                    session.try_send(event).expect("the session takes its events");
                }
                Output::Mixer { request, .. } => self.mixer.push(request.ask),
                Output::Decided(_) => {}
            }
        }
    }
}

impl Host for House {
    async fn command(&self, command: Command) -> Result<Reply, RoomError> {
        self.ask(command)
    }

    async fn enter(&self, command: Command, events: mpsc::Sender<Event>) -> Result<Reply, RoomError> {
        let mut inside = self.inside();
        let now = inside.now;
        let reply = inside.rooms.handle(now, command)?;
        if let Reply::Joined(joined) = &reply {
            inside.events.insert(joined.participant_id, events);
        }
        inside.pump();
        Ok(reply)
    }

    /// `expired` and `watcher` are tokens; everybody else may do everything.
    fn admit(&self, token: Option<&str>, _room: &RoomName) -> Result<Admission, Denied> {
        let all = Grants { publish: true, subscribe: true, admin: true };
        let grants = match token {
            Some("expired") => {
                return Err(Denied { reason: "tokenExpired", message: "the token has expired".to_owned() });
            }
            Some("watcher") => Grants { publish: false, admin: false, ..all },
            _ => all,
        };
        Ok(Admission { grants, identity: None, name: None })
    }

    async fn stats(&self, _location: Location) -> Vec<(Peer, TransportStats)> {
        Vec::new()
    }
}
