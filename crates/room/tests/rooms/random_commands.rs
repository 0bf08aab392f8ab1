//! Random histories: whatever people, workers and time do, requests make sense, counts stay bounded, and when all have
//! left nothing is left.

use std::time::Duration;

use motet_control::{Codec, Notification, Quality, Refusal};
use motet_room::{
    By, Command, ConsumerAnswer, Counts, Event, Identity, Join, Joined, LeaveReason, NewTrack, Output,
    ParticipantId, Peer, Reply, ResumeToken, Rooms, Subject, TrackId, WorkerIndex,
};
use proptest::prelude::*;

use crate::stage::{ADMIN, ALL, Stage, dtls, join, parameters, room_name, track};

const PARTICIPANTS_MAX: usize = 4;
const ROOMS_MAX: usize = 3;
const TRACKS_MAX: usize = 3;

/// One thing that happens. Numbers choose among what there is, modulo how much there is.
#[derive(Clone, Debug)]
enum Step {
    Join { room: u8, admin: bool, auto: bool, identity: Option<u8> },
    Leave { who: u8 },
    Drop { who: u8 },
    Resume { who: u8 },
    Open { who: u8, peer: bool },
    Connect { who: u8, peer: bool },
    Restart { who: u8, peer: bool },
    CloseTransport { who: u8, peer: bool },
    Publish { who: u8, codec: u8, muted: bool },
    Unpublish { who: u8, track: u8 },
    Mute { who: Option<u8>, track: u8, muted: bool },
    Subscribe { who: u8, track: u8 },
    Unsubscribe { who: u8, track: u8 },
    Answer { who: u8, track: u8, yes: bool },
    Pause { who: u8, track: u8, paused: bool },
    Chat { who: u8, to: Option<u8> },
    Remove { by: Option<u8>, who: u8 },
    CloseRoom { room: u8 },
    Pass { seconds: u8 },
    Refuse { choice: u8 },
    Quality { choice: u8 },
}

fn step() -> impl Strategy<Value = Step> {
    let n = any::<u8>;
    let b = any::<bool>;
    let person = move || (n(), b());
    prop_oneof![
        4 => (n(), b(), b(), proptest::option::of(0..3u8))
            .prop_map(|(room, admin, auto, identity)| Step::Join { room, admin, auto, identity }),
        1 => n().prop_map(|who| Step::Leave { who }),
        1 => n().prop_map(|who| Step::Drop { who }),
        1 => n().prop_map(|who| Step::Resume { who }),
        4 => person().prop_map(|(who, peer)| Step::Open { who, peer }),
        1 => person().prop_map(|(who, peer)| Step::Connect { who, peer }),
        1 => person().prop_map(|(who, peer)| Step::Restart { who, peer }),
        1 => person().prop_map(|(who, peer)| Step::CloseTransport { who, peer }),
        5 => (n(), n(), b()).prop_map(|(who, codec, muted)| Step::Publish { who, codec, muted }),
        1 => (n(), n()).prop_map(|(who, track)| Step::Unpublish { who, track }),
        1 => (proptest::option::of(n()), n(), b())
            .prop_map(|(who, track, muted)| Step::Mute { who, track, muted }),
        2 => (n(), n()).prop_map(|(who, track)| Step::Subscribe { who, track }),
        1 => (n(), n()).prop_map(|(who, track)| Step::Unsubscribe { who, track }),
        6 => (n(), n(), b()).prop_map(|(who, track, yes)| Step::Answer { who, track, yes }),
        1 => (n(), n(), b()).prop_map(|(who, track, paused)| Step::Pause { who, track, paused }),
        1 => (n(), proptest::option::of(n())).prop_map(|(who, to)| Step::Chat { who, to }),
        1 => (proptest::option::of(n()), n()).prop_map(|(by, who)| Step::Remove { by, who }),
        1 => n().prop_map(|room| Step::CloseRoom { room }),
        2 => (0..40u8).prop_map(|seconds| Step::Pass { seconds }),
        1 => n().prop_map(|choice| Step::Refuse { choice }),
        1 => n().prop_map(|choice| Step::Quality { choice }),
    ]
}

/// A history as it was played: everyone who ever came, every track that ever was.
struct History {
    stage: Stage,
    people: Vec<(ParticipantId, ResumeToken)>,
    tracks: Vec<TrackId>,
}

impl History {
    fn new() -> Self {
        let stage = Stage::with(2, |config| {
            config.limits.participants_max = PARTICIPANTS_MAX;
            config.limits.rooms_max = ROOMS_MAX;
            config.limits.tracks_max = TRACKS_MAX;
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
                    self.tracks.extend(results.into_iter().flatten().map(|info| info.id));
                }
                Ok(_) | Err(_) => {}
            }
            return;
        }
        match *step {
            Step::Pass { seconds } => self.stage.pass(Duration::from_secs(seconds.into())),
            Step::Refuse { choice } => self.refuse(choice),
            Step::Quality { choice } => {
                let ids: Vec<_> = self.stage.workers[0].transports.keys().copied().collect();
                if let Some(transport_id) = ids.get(usize::from(choice) % ids.len().max(1)) {
                    let quality = Quality::Good;
                    self.stage
                        .notify(Notification::TransportQuality { transport_id: *transport_id, quality });
                }
            }
            _ => {}
        }
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
            }
            producer.map(|(id, _)| Subject::Producer(id))
        };
        if let Some(subject) = subject {
            let refusal = Refusal::BadState("as the test wants".into());
            self.stage.rooms.handle_refusal(self.stage.now, WorkerIndex(0), subject, &refusal);
            self.stage.carry_out();
        }
    }

    fn command_of(&self, step: &Step) -> Option<Command> {
        let peer_of = |publish: bool| if publish { Peer::Publish } else { Peer::Subscribe };
        Some(match *step {
            Step::Join { room, admin, auto, identity } => Command::Join(Box::new(Join {
                grants: if admin { ADMIN } else { ALL },
                auto_subscribe: auto,
                identity: identity.map(|number| Identity::new(&number.to_string()).unwrap()),
                ..join(&(room % 4).to_string(), "somebody")
            })),
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
            _ => return self.media_command_of(step),
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

    /// What must be true after every step.
    fn check(&self) {
        let counts = self.stage.rooms.counts();
        assert!(counts.rooms <= ROOMS_MAX);
        assert!(counts.participants <= counts.rooms * PARTICIPANTS_MAX);
        assert!(counts.tracks <= counts.participants * TRACKS_MAX);
        assert!(counts.subscriptions <= counts.participants * PARTICIPANTS_MAX * TRACKS_MAX);
        let sum =
            |of: fn(&crate::model::ModelWorker) -> usize| self.stage.workers.iter().map(of).sum::<usize>();
        assert_eq!(sum(|worker| worker.routers.len()), counts.rooms, "a room is a router");
        assert_eq!(sum(|worker| worker.producers.len()), counts.tracks, "a track is a producer");
        assert!(sum(|worker| worker.consumers.len()) <= counts.subscriptions);
        assert!(sum(|worker| worker.transports.len()) <= 2 * counts.participants);
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
