//! A stage for the tests: rooms, model workers behind them, and everything that people were told.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use motet_control::{
    Codec, DtlsParameters, DtlsRole, Encoding, MediaKind, MixerAsk, Notification, Request, RtpParameters,
    negotiate,
};
use motet_room::{
    AnnouncedTrack, By, Clock, Command, ConsumerAnswer, Decided, Event, Grants, Heading, Intent, Join,
    Joined, Location, NewTrack, Output, PairState, ParticipantId, ParticipantName, Peer, Place, Reply,
    RoomDetails, RoomError, RoomInfo, RoomName, Rooms, RoomsConfig, Source, Subscription, Topologies,
    TrackId, TrackInfo, View, ViewIntent, WorkerFacts, WorkerIndex,
};

use crate::model::ModelWorker;

pub(crate) struct Stage {
    pub(crate) rooms: Rooms,
    pub(crate) now: Instant,
    pub(crate) workers: Vec<ModelWorker>,
    /// Every request since the last [`Self::take_requests`].
    pub(crate) requests: Vec<(WorkerIndex, Request)>,
    /// Everything asked of mixers since the last look.
    pub(crate) asks: Vec<MixerAsk>,
    /// Every decision.
    pub(crate) decided: Vec<Decided>,
    /// What each was told last of where it heads.
    headings: BTreeMap<ParticipantId, Heading>,
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
        Self {
            rooms,
            now,
            workers,
            requests: Vec::new(),
            asks: Vec::new(),
            decided: Vec::new(),
            headings: BTreeMap::new(),
            told: BTreeMap::new(),
        }
    }

    /// Carries a command out, and all that follows from it.
    pub(crate) fn command(&mut self, command: Command) -> Result<Reply, RoomError> {
        let reply = self.rooms.handle(self.now, command);
        self.carry_out();
        reply
    }

    pub(crate) fn notify(&mut self, notification: Notification) {
        self.rooms.handle_notification(self.now, WorkerIndex(0), notification);
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
                    if let Event::Topology(heading) = &event {
                        self.headings.insert(participant_id, (**heading).clone());
                    }
                    self.told.entry(participant_id).or_default().push(event);
                }
                Output::Mixer { worker, request } => {
                    self.workers[worker.0].mixer(&request).expect("a request that makes sense");
                    self.asks.push(request.ask);
                }
                Output::Decided(decided) => self.decided.push(*decided),
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

    /// One whose client can mesh comes in.
    pub(crate) fn join_mesher(&mut self, room: &str, name: &str) -> ParticipantId {
        let topologies = Topologies { mesh: true, ..Topologies::default() };
        self.join_with(Join { topologies, grants: ADMIN, ..join(room, name) })
            .expect("a place")
            .participant_id
    }

    pub(crate) fn announce(&mut self, participant_id: ParticipantId, kinds: &[MediaKind]) -> Vec<TrackId> {
        let tracks = kinds.iter().map(|kind| announced(*kind)).collect();
        match self.command(Command::Announce { participant_id, tracks }) {
            Ok(Reply::Announced(track_ids)) => track_ids,
            other => panic!("announce is answered {other:?}"),
        }
    }

    /// Opens the publish transport where needed, and publishes an announced track.
    pub(crate) fn publish_announced(
        &mut self,
        participant_id: ParticipantId,
        track_id: TrackId,
        codec: Codec,
    ) {
        self.open(participant_id, Peer::Publish);
        let new = NewTrack { track_id: Some(track_id), ..track(codec) };
        self.publish_tracks(participant_id, vec![new]).remove(0).expect("the announced track");
    }

    /// What `who` was told last of where it heads.
    pub(crate) fn room(&mut self, name: &str) -> RoomDetails {
        let Reply::Room(details) = self.command(Command::ShowRoom { room: room_name(name) }).unwrap() else {
            panic!("a room is shown")
        };
        *details
    }

    pub(crate) fn location(&mut self, participant_id: ParticipantId) -> Location {
        let Reply::Location(location) = self.command(Command::Locate { participant_id }).unwrap() else {
            panic!("a participant is located")
        };
        *location
    }

    pub(crate) fn heading(&self, who: ParticipantId) -> Heading {
        self.headings.get(&who).cloned().expect("it was told")
    }

    pub(crate) fn last_heading(&self, who: ParticipantId) -> Option<&Heading> {
        self.headings.get(&who)
    }

    /// Both sides of a pair say that it is connected.
    pub(crate) fn connect_pair(&mut self, one: ParticipantId, other: ParticipantId, epoch: u64) {
        self.report_pair(one, other, epoch, PairState::Connected);
        self.report_pair(other, one, epoch, PairState::Connected);
    }

    pub(crate) fn report_pair(
        &mut self,
        one: ParticipantId,
        with: ParticipantId,
        epoch: u64,
        state: PairState,
    ) {
        self.command(Command::ReportPair { participant_id: one, with, epoch, state }).expect("taken");
    }

    /// `who` has followed its last move to the end.
    pub(crate) fn settle(&mut self, who: ParticipantId) {
        let epoch = self.heading(who).epoch;
        self.command(Command::Settled { participant_id: who, epoch }).expect("taken");
    }

    pub(crate) fn set_topology(&mut self, by: ParticipantId, intent: Intent) -> RoomInfo {
        match self.command(Command::SetTopology { place: Place::Of(by), intent }) {
            Ok(Reply::Room(details)) => details.room,
            other => panic!("a topology is answered {other:?}"),
        }
    }

    pub(crate) fn set_view(&mut self, who: ParticipantId, view: ViewIntent) -> View {
        match self.command(Command::SetView { by: By::Participant(who), participant_id: who, view }) {
            Ok(Reply::View { view, .. }) => view,
            other => panic!("a view is answered {other:?}"),
        }
    }

    /// Takes everything that `who` is offered; says what.
    pub(crate) fn accept_all(&mut self, who: ParticipantId) -> Vec<Subscription> {
        let offered: Vec<Subscription> = self
            .told(who)
            .into_iter()
            .filter_map(|event| match event {
                Event::Subscribed(subscription) => Some(*subscription),
                _ => None,
            })
            .collect();
        if !offered.is_empty() {
            self.open(who, Peer::Subscribe);
        }
        let answer = |offer: &Subscription| ConsumerAnswer {
            track_id: offer.track_id,
            outcome: Ok(offer.rtp_parameters.clone()),
        };
        if !offered.is_empty() {
            let answers = offered.iter().map(answer).collect();
            self.command(Command::AnswerConsumers { participant_id: who, answers }).expect("taken");
        }
        offered
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
        topologies: Topologies::default(),
        view: ViewIntent::default(),
        codecs: None,
    }
}

pub(crate) fn announced(kind: MediaKind) -> AnnouncedTrack {
    let source = match kind {
        MediaKind::Audio => Source::Microphone,
        MediaKind::Video => Source::Camera,
    };
    AnnouncedTrack { kind, source, name: None, muted: false }
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
        track_id: None,
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
