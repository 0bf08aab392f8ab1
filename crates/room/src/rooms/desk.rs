//! The desk that every room shares: where outputs are laid, ids are drawn, and an id's owner is looked up.

use std::collections::{BTreeSet, HashMap, VecDeque};

use motet_control::{
    ConsumerId, MixerId, MixerRequest, ObserverId, ProducerId, Request, RouterId, TransportId,
};

use super::{Decided, Output};
use crate::command::Peer;
use crate::event::Event;
use crate::ids::{ParticipantId, ResumeToken, TrackId, WorkerIndex};
use crate::random::Dice;

/// Outputs, dice and the owners of everything that has an id. As bounded as what is owned.
pub(super) struct Desk {
    outputs: VecDeque<Output>,
    next_id: u64,
    /// Rooms to be looked at again before this turn is over.
    touched: BTreeSet<RouterId>,
    pub(super) dice: Dice,
    /// In which room each participant is.
    pub(super) people: HashMap<ParticipantId, RouterId>,
    /// In which room each track is, and whose it is.
    pub(super) tracks: HashMap<TrackId, (RouterId, ParticipantId)>,
    /// Whom each resume token brings back.
    pub(super) tokens: HashMap<ResumeToken, ParticipantId>,
    pub(super) transports: HashMap<TransportId, (ParticipantId, Peer)>,
    pub(super) producers: HashMap<ProducerId, TrackId>,
    /// Who receives which track by each.
    pub(super) consumers: HashMap<ConsumerId, (ParticipantId, TrackId)>,
    pub(super) observers: HashMap<ObserverId, RouterId>,
    pub(super) mixers: HashMap<MixerId, RouterId>,
}

impl Desk {
    pub(super) fn new(seed: [u8; 32]) -> Self {
        Self {
            outputs: VecDeque::new(),
            next_id: 0,
            touched: BTreeSet::new(),
            dice: Dice::new(seed),
            people: HashMap::new(),
            tracks: HashMap::new(),
            tokens: HashMap::new(),
            transports: HashMap::new(),
            producers: HashMap::new(),
            consumers: HashMap::new(),
            observers: HashMap::new(),
            mixers: HashMap::new(),
        }
    }

    /// A number that no entity of any worker has had.
    pub(super) fn fresh_id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }

    pub(super) fn request(&mut self, worker: WorkerIndex, request: Request) {
        self.outputs.push_back(Output::Request { worker, request: Box::new(request) });
    }

    pub(super) fn ask_mixer(&mut self, worker: WorkerIndex, request: MixerRequest) {
        self.outputs.push_back(Output::Mixer { worker, request: Box::new(request) });
    }

    pub(super) fn decided(&mut self, decided: Decided) {
        self.outputs.push_back(Output::Decided(Box::new(decided)));
    }

    /// Something changed in a room that its topology, or somebody's view, may rest on.
    pub(super) fn touch(&mut self, router_id: RouterId) {
        self.touched.insert(router_id);
    }

    pub(super) fn next_touched(&mut self) -> Option<RouterId> {
        self.touched.pop_first()
    }

    pub(super) fn tell(&mut self, participant_id: ParticipantId, event: Event) {
        self.outputs.push_back(Output::Event { participant_id, event });
    }

    pub(super) fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// How much is known by an id or a token.
    pub(super) fn kept(&self) -> usize {
        self.people.len()
            + self.tracks.len()
            + self.tokens.len()
            + self.transports.len()
            + self.producers.len()
            + self.consumers.len()
            + self.observers.len()
    }

    /// A participant id that nobody has.
    pub(super) fn fresh_participant_id(&mut self) -> ParticipantId {
        loop {
            let id = self.dice.participant_id();
            if !self.people.contains_key(&id) {
                return id;
            }
        }
    }

    /// A track id that no track has.
    pub(super) fn fresh_track_id(&mut self) -> TrackId {
        loop {
            let id = self.dice.track_id();
            if !self.tracks.contains_key(&id) {
                return id;
            }
        }
    }
}
