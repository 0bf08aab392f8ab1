//! A stage for the tests: rooms, model workers behind them, and everything that people were told.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use motet_control::{
    Codec, DtlsParameters, DtlsRole, Encoding, MediaKind, Notification, Request, RtpParameters, negotiate,
};
use motet_room::{
    Clock, Command, ConsumerAnswer, Event, Grants, Join, Joined, NewTrack, Output, ParticipantId,
    ParticipantName, Peer, Reply, RoomError, RoomName, Rooms, RoomsConfig, Source, TrackId, TrackInfo,
    WorkerFacts, WorkerIndex,
};

use crate::model::ModelWorker;

pub(crate) struct Stage {
    pub(crate) rooms: Rooms,
    pub(crate) now: Instant,
    pub(crate) workers: Vec<ModelWorker>,
    /// Every request since the last [`Self::take_requests`].
    pub(crate) requests: Vec<(WorkerIndex, Request)>,
    told: BTreeMap<ParticipantId, Vec<Event>>,
}

pub(crate) const ALL: Grants = Grants { publish: true, subscribe: true, admin: false };
pub(crate) const ADMIN: Grants = Grants { publish: true, subscribe: true, admin: true };

impl Stage {
    pub(crate) fn new() -> Self {
        Self::with(1, |_| ())
    }

    pub(crate) fn with(workers: usize, adjust: impl FnOnce(&mut RoomsConfig)) -> Self {
        let now = Instant::now();
        let clock = Clock { instant: now, since_unix_epoch: Duration::from_secs(1_000) };
        let mut config = RoomsConfig::new(clock);
        adjust(&mut config);
        let mut rooms = Rooms::new(config, [1; 32]);
        for _ in 0..workers {
            rooms.add_worker(WorkerFacts { candidates: Vec::new(), fingerprints: Vec::new() });
        }
        let workers = (0..workers).map(|_| ModelWorker::default()).collect();
        Self { rooms, now, workers, requests: Vec::new(), told: BTreeMap::new() }
    }

    /// Carries a command out, and all that follows from it.
    pub(crate) fn command(&mut self, command: Command) -> Result<Reply, RoomError> {
        let reply = self.rooms.handle(self.now, command);
        self.carry_out();
        reply
    }

    pub(crate) fn notify(&mut self, notification: Notification) {
        self.rooms.handle_notification(WorkerIndex(0), notification);
        self.carry_out();
    }

    pub(crate) fn carry_out(&mut self) {
        while let Some(output) = self.rooms.poll_output() {
            match output {
                Output::Request { worker, request } => {
                    self.workers[worker.0].request(&request).expect("a request that makes sense");
                    self.requests.push((worker, *request));
                }
                Output::Event { participant_id, event } => {
                    self.told.entry(participant_id).or_default().push(event);
                }
            }
        }
    }

    pub(crate) fn pass(&mut self, time: Duration) {
        self.now += time;
        self.rooms.handle_timeout(self.now);
        self.carry_out();
    }

    /// What `who` was told since this was asked last.
    pub(crate) fn told(&mut self, who: ParticipantId) -> Vec<Event> {
        self.told.remove(&who).unwrap_or_default()
    }

    pub(crate) fn take_requests(&mut self) -> Vec<Request> {
        std::mem::take(&mut self.requests).into_iter().map(|(_, request)| request).collect()
    }

    pub(crate) fn join(&mut self, room: &str, name: &str) -> ParticipantId {
        self.join_as(room, name, ALL).expect("a place in the room").participant_id
    }

    pub(crate) fn join_as(&mut self, room: &str, name: &str, grants: Grants) -> Result<Joined, RoomError> {
        self.join_with(Join { grants, ..join(room, name) })
    }

    pub(crate) fn join_with(&mut self, join: Join) -> Result<Joined, RoomError> {
        match self.command(Command::Join(Box::new(join)))? {
            Reply::Joined(joined) => Ok(*joined),
            other => panic!("a join is answered {other:?}"),
        }
    }

    pub(crate) fn open(&mut self, participant_id: ParticipantId, peer: Peer) {
        self.command(Command::OpenTransport { participant_id, peer }).expect("a transport");
    }

    /// Opens the publish transport where needed, and publishes.
    pub(crate) fn publish(&mut self, participant_id: ParticipantId, codec: Codec) -> TrackInfo {
        self.open(participant_id, Peer::Publish);
        self.publish_tracks(participant_id, vec![track(codec)]).remove(0).expect("a track")
    }

    pub(crate) fn publish_tracks(
        &mut self,
        participant_id: ParticipantId,
        tracks: Vec<NewTrack>,
    ) -> Vec<Result<TrackInfo, RoomError>> {
        match self.command(Command::Publish { participant_id, tracks }) {
            Ok(Reply::Published(results)) => results,
            other => panic!("publish is answered {other:?}"),
        }
    }

    /// Says yes to an offered track, as a client does.
    pub(crate) fn accept(&mut self, participant_id: ParticipantId, track_id: TrackId) {
        self.open(participant_id, Peer::Subscribe);
        let answers = vec![ConsumerAnswer { track_id, outcome: Ok(parameters(Codec::Opus)) }];
        self.command(Command::AnswerConsumers { participant_id, answers }).expect("taken");
    }
}

pub(crate) fn join(room: &str, name: &str) -> Join {
    Join {
        room: room_name(room),
        name: ParticipantName::new(name).expect("a name"),
        identity: None,
        grants: ALL,
        auto_subscribe: true,
        topology: None,
    }
}

pub(crate) fn room_name(name: &str) -> RoomName {
    RoomName::new(name).expect("a room name")
}

pub(crate) fn track(codec: Codec) -> NewTrack {
    NewTrack {
        kind: codec.kind(),
        source: match codec.kind() {
            MediaKind::Audio => Source::Microphone,
            MediaKind::Video => Source::Camera,
        },
        name: None,
        muted: false,
        rtp_parameters: parameters(codec),
    }
}

pub(crate) fn parameters(codec: Codec) -> RtpParameters {
    let known = negotiate::router_capabilities().codecs;
    RtpParameters {
        codecs: known.into_iter().filter(|known| known.codec == codec).take(1).collect(),
        encodings: vec![Encoding::default()],
        ..RtpParameters::default()
    }
}

pub(crate) fn dtls() -> DtlsParameters {
    DtlsParameters { role: DtlsRole::Client, fingerprints: Vec::new() }
}
