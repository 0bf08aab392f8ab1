//! Random histories: whatever people, workers and time do, requests make sense, counts stay bounded, and when all have
//! left nothing is left.

use std::time::Duration;

use motet_control::{Codec, MediaKind, MixerNews, MixerNotification, Notification, Quality, Refusal};
use motet_room::{
    By, Command, ConsumerAnswer, Counts, Event, Identity, Intent, Join, Joined, LeaveReason, NewTrack,
    Output, PairState, ParticipantId, Peer, Place, Reply, ResumeToken, Rooms, Subject, Topologies, TrackId,
    ViewIntent, Voice, WorkerIndex,
};
use proptest::prelude::*;

use crate::stage::{ADMIN, ALL, Stage, announced, dtls, join, parameters, room_name, track};
use crate::steps::{Step, step};

pub(crate) const PARTICIPANTS_MAX: usize = 4;
pub(crate) const ROOMS_MAX: usize = 3;
pub(crate) const TRACKS_MAX: usize = 3;
pub(crate) const MIXERS_MAX: usize = 2;

fn pick<T: Copy>(all: &[T], choice: u8) -> T {
    all[usize::from(choice) % all.len()]
}

/// A history as it was played: everyone who ever came, every track that ever was.
pub(crate) struct History {
    pub(crate) stage: Stage,
    pub(crate) people: Vec<(ParticipantId, ResumeToken)>,
    tracks: Vec<TrackId>,
}

impl History {
    fn new() -> Self {
        let stage = Stage::with(2, |config| {
            config.limits.participants_max = PARTICIPANTS_MAX;
            config.limits.rooms_max = ROOMS_MAX;
            config.limits.tracks_max = TRACKS_MAX;
            config.limits.mixers_max = MIXERS_MAX;
            config.limits.mesh_people_max = 3;
        });
        Self { stage, people: Vec::new(), tracks: Vec::new() }
    }

    fn who(&self, choice: u8) -> ParticipantId {
        self.people.get(usize::from(choice) % self.people.len().max(1)).map_or(ParticipantId(0), |who| who.0)
    }

    fn track(&self, choice: u8) -> TrackId {
        self.tracks.get(usize::from(choice) % self.tracks.len().max(1)).copied().unwrap_or(TrackId(0))
    }

    fn play(&mut self, step: &Step) {
        if let Some(command) = self.command_of(step) {
            match self.stage.command(command) {
                Ok(Reply::Joined(joined)) => self.remember(*joined),
                Ok(Reply::Published(results)) => {
                    let known = results.into_iter().flatten().map(|info| info.id);
                    let fresh: Vec<TrackId> = known.filter(|id| !self.tracks.contains(id)).collect();
                    self.tracks.extend(fresh);
                }
                Ok(Reply::Announced(track_ids)) => self.tracks.extend(track_ids),
                Ok(_) | Err(_) => {}
            }
            return;
        }
        match *step {
            Step::Pass { seconds } => self.stage.pass(Duration::from_secs(seconds.into())),
            Step::Refuse { choice } => self.refuse(choice),
            Step::FailMixer => self.fail_mixer(),
            Step::AcceptAll { who } => self.accept_all(self.who(who)),
            Step::Quality { choice } => {
                let ids: Vec<_> = self.stage.workers[0].transports.keys().copied().collect();
                if let Some(transport_id) = ids.get(usize::from(choice) % ids.len().max(1)) {
                    let quality = if choice < 128 { Quality::Poor } else { Quality::Good };
                    self.stage
                        .notify(Notification::TransportQuality { transport_id: *transport_id, quality });
                }
            }
            _ => {}
        }
    }

    fn accept_all(&mut self, participant_id: ParticipantId) {
        let open = Command::OpenTransport { participant_id, peer: Peer::Subscribe };
        if self.stage.command(open).is_err() {
            return;
        }
        let offered = self.stage.told(participant_id).into_iter().filter_map(|event| match event {
            Event::Subscribed(subscription) => {
                let outcome = Ok(subscription.rtp_parameters);
                Some(ConsumerAnswer { track_id: subscription.track_id, outcome })
            }
            _ => None,
        });
        let answers = offered.collect();
        self.stage
            .command(Command::AnswerConsumers { participant_id, answers })
            .expect("its transport is open");
    }

    /// Forgets those who are gone, and their tracks, but for a few: the gone must not disturb either.
    fn forget_the_gone(&mut self) {
        const GONE_MAX: usize = 2;
        let mut tracks = Vec::new();
        let mut is_here = |(participant_id, _): &(ParticipantId, ResumeToken)| {
            let located =
                self.stage.rooms.handle(self.stage.now, Command::Locate { participant_id: *participant_id });
            let Ok(Reply::Location(location)) = located else { return false };
            tracks.extend(location.producers.iter().map(|(track_id, _)| *track_id));
            tracks.extend(location.announced);
            true
        };
        let (here, mut gone): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.people).into_iter().partition(|person| is_here(person));
        gone.truncate(GONE_MAX);
        self.people = [here, gone].concat();
        let mut ended: Vec<TrackId> = self.tracks.iter().copied().filter(|id| !tracks.contains(id)).collect();
        ended.truncate(GONE_MAX);
        self.tracks = [tracks, ended].concat();
    }

    fn remember(&mut self, joined: Joined) {
        self.people.retain(|(id, _)| *id != joined.participant_id);
        self.people.push((joined.participant_id, joined.resume_token));
    }

    /// A worker that refuses a consumer or a producer holds none.
    fn refuse(&mut self, choice: u8) {
        let worker = &mut self.stage.workers[0];
        let subject = if choice.is_multiple_of(2) {
            worker.consumers.pop_first().map(|(id, _)| Subject::Consumer(id))
        } else {
            let producer = worker.producers.pop_first();
            if let Some((id, _)) = producer {
                worker.consumers.retain(|_, (_, of)| *of != id);
                worker.sweep();
            }
            producer.map(|(id, _)| Subject::Producer(id))
        };
        if let Some(subject) = subject {
            let refusal = Refusal::BadState("as the test wants".into());
            self.stage.rooms.handle_refusal(self.stage.now, WorkerIndex(0), subject, &refusal);
            self.stage.carry_out();
        }
    }

    /// A mixer that failed holds no producers.
    fn fail_mixer(&mut self) {
        let Some(mixer_id) = self.stage.workers[0].mixers.keys().next().copied() else { return };
        self.stage.workers[0].fail_mixer(mixer_id);
        let news = MixerNews::Failed { why: "as the test wants".into() };
        self.stage.rooms.handle_mixer(self.stage.now, MixerNotification { mixer_id, news });
        self.stage.carry_out();
    }

    fn command_of(&self, step: &Step) -> Option<Command> {
        let peer_of = |publish: bool| if publish { Peer::Publish } else { Peer::Subscribe };
        Some(match *step {
            Step::Join { room, admin, auto, identity, mesher, intent, view } => {
                Command::Join(Box::new(Join {
                    topologies: Topologies { mesh: mesher, ..Topologies::default() },
                    topology: intent.map(|choice| pick(Intent::ALL, choice)),
                    view: pick(ViewIntent::ALL, view),
                    grants: if admin { ADMIN } else { ALL },
                    auto_subscribe: auto,
                    identity: identity.map(|number| Identity::new(&number.to_string()).unwrap()),
                    ..join(&(room % 4).to_string(), "somebody")
                }))
            }
            Step::Leave { who } => {
                Command::Leave { participant_id: self.who(who), reason: LeaveReason::Left }
            }
            Step::Drop { who } => Command::Dropped { participant_id: self.who(who) },
            Step::Resume { who } => {
                let place = usize::from(who) % self.people.len().max(1);
                Command::Resume { token: self.people.get(place)?.1.clone() }
            }
            Step::Open { who, peer } => {
                Command::OpenTransport { participant_id: self.who(who), peer: peer_of(peer) }
            }
            Step::Connect { who, peer } => Command::ConnectTransport {
                participant_id: self.who(who),
                peer: peer_of(peer),
                remote_ufrag: None,
                dtls: dtls(),
            },
            Step::Restart { who, peer } => {
                Command::RestartIce { participant_id: self.who(who), peer: peer_of(peer) }
            }
            Step::CloseTransport { who, peer } => {
                Command::CloseTransport { participant_id: self.who(who), peer: peer_of(peer) }
            }
            _ => return self.way_command_of(step).or_else(|| self.media_command_of(step)),
        })
    }

    fn way_command_of(&self, step: &Step) -> Option<Command> {
        let codecs = Codec::ALL;
        Some(match *step {
            Step::Announce { who, video } => {
                let kind = if video { MediaKind::Video } else { MediaKind::Audio };
                Command::Announce { participant_id: self.who(who), tracks: vec![announced(kind)] }
            }
            Step::Bind { who, track: choice, codec } => Command::Publish {
                participant_id: self.who(who),
                tracks: vec![NewTrack {
                    track_id: Some(self.track(choice)),
                    ..track(codecs[usize::from(codec) % codecs.len()])
                }],
            },
            Step::Settle { who, rightly } => {
                let participant_id = self.who(who);
                let epoch = self.stage.last_heading(participant_id).map_or(0, |heading| heading.epoch);
                Command::Settled { participant_id, epoch: if rightly { epoch } else { epoch / 2 } }
            }
            Step::Pair { who, with, state } => {
                let participant_id = self.who(who);
                let epoch = self.stage.last_heading(participant_id).map_or(1, |heading| heading.epoch);
                // Mostly well.
                let state = if state < 200 { PairState::Connected } else { pick(PairState::ALL, state) };
                Command::ReportPair { participant_id, with: self.who(with), epoch, state }
            }
            Step::Relay { who, to } => Command::Relay {
                participant_id: self.who(who),
                to: self.who(to),
                epoch: self.stage.last_heading(self.who(who)).map_or(1, |heading| heading.epoch),
                message: "{}".into(),
            },
            Step::SetTopology { room, intent } => Command::SetTopology {
                place: Place::Named(room_name(&(room % 4).to_string())),
                intent: pick(Intent::ALL, intent),
            },
            Step::SetView { by, who, view } => Command::SetView {
                by: by.map_or(By::Operator, |by| By::Participant(self.who(by))),
                participant_id: self.who(who),
                view: pick(ViewIntent::ALL, view),
            },
            Step::SetVoice { who, muted } => Command::SetVoice {
                by: By::Operator,
                participant_id: self.who(who),
                voice: Voice { muted, ..Voice::default() },
            },
            _ => return None,
        })
    }

    fn media_command_of(&self, step: &Step) -> Option<Command> {
        let codecs = Codec::ALL;
        Some(match *step {
            Step::Publish { who, codec, muted } => Command::Publish {
                participant_id: self.who(who),
                tracks: vec![NewTrack { muted, ..track(codecs[usize::from(codec) % codecs.len()]) }],
            },
            Step::Unpublish { who, track } => {
                Command::Unpublish { participant_id: self.who(who), track_ids: vec![self.track(track)] }
            }
            Step::Mute { who, track, muted } => Command::Mute {
                by: who.map_or(By::Operator, |who| By::Participant(self.who(who))),
                track_id: self.track(track),
                muted,
            },
            Step::Subscribe { who, track } => {
                Command::Subscribe { participant_id: self.who(who), track_ids: vec![self.track(track)] }
            }
            Step::Unsubscribe { who, track } => {
                Command::Unsubscribe { participant_id: self.who(who), track_ids: vec![self.track(track)] }
            }
            Step::Answer { who, track, yes } => Command::AnswerConsumers {
                participant_id: self.who(who),
                answers: vec![ConsumerAnswer {
                    track_id: self.track(track),
                    outcome: if yes { Ok(parameters(Codec::Opus)) } else { Err("no".into()) },
                }],
            },
            Step::Pause { who, track, paused } => {
                Command::Pause { participant_id: self.who(who), track_id: self.track(track), paused }
            }
            Step::Chat { who, to } => Command::Chat {
                participant_id: self.who(who),
                text: "hello".into(),
                to: to.map(|to| self.who(to)),
            },
            Step::Remove { by, who } => Command::Remove {
                by: by.map_or(By::Operator, |by| By::Participant(self.who(by))),
                participant_id: self.who(who),
            },
            Step::CloseRoom { room } => {
                Command::CloseRoom { by: By::Operator, room: room_name(&(room % 4).to_string()) }
            }
            _ => return None,
        })
    }

    fn everyone_leaves(&mut self) {
        for (participant_id, _) in std::mem::take(&mut self.people) {
            let _ = self.stage.command(Command::Leave { participant_id, reason: LeaveReason::Left });
        }
        self.stage.pass(Duration::from_secs(61));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_histories_keep_the_invariants_and_leave_nothing(steps in prop::collection::vec(step(), 1..120)) {
        let mut history = History::new();
        for step in &steps {
            history.play(step);
            history.check();
            history.check_locations();
            history.check_rooms();
            history.forget_the_gone();
        }
        history.everyone_leaves();
        prop_assert_eq!(history.stage.rooms.counts(), Counts::default());
        prop_assert!(history.stage.workers.iter().all(crate::model::ModelWorker::is_empty));
        prop_assert_eq!(history.stage.rooms.poll_timeout(), None);
    }
}

#[test]
fn one_seed_and_one_history_give_the_same_outputs() {
    let outputs = |rooms: &mut Rooms, now| {
        let joined = rooms.handle(now, Command::Join(Box::new(join("r", "Ada"))));
        let Ok(Reply::Joined(joined)) = joined else { panic!("joined") };
        let open = Command::OpenTransport { participant_id: joined.participant_id, peer: Peer::Publish };
        rooms.handle(now, open).unwrap();
        std::iter::from_fn(|| rooms.poll_output())
            .map(|output: Output| format!("{output:?}"))
            .collect::<Vec<_>>()
    };
    let mut first = Stage::new();
    let mut second = Stage::new();
    assert_eq!(outputs(&mut first.rooms, first.now), outputs(&mut second.rooms, second.now));
}

#[test]
fn events_reach_the_living_only() {
    let mut stage = Stage::new();
    let (ada, bea) = (stage.join("r", "Ada"), stage.join("r", "Bea"));
    stage.command(Command::Leave { participant_id: ada, reason: LeaveReason::Left }).unwrap();
    stage.told(ada);
    stage.told(bea);
    stage.command(Command::Chat { participant_id: bea, text: "anyone?".into(), to: None }).unwrap();
    assert_eq!(stage.told(ada), Vec::<Event>::new());
}
