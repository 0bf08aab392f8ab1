//! Publishing, muting, ending tracks.

use motet_control::{Codec, DtlsState, IceState, Notification, Refusal, Request};
use motet_room::{
    By, Command, Event, Grants, LeaveReason, MediaState, NewTrack, Peer, Reply, RoomError, Source, Subject,
    WorkerIndex,
};

use crate::stage::{ADMIN, ALL, Stage, dtls, track};

#[test]
fn a_published_track_is_told_to_the_others_and_produced_by_the_worker() {
    let mut stage = Stage::new();
    let (ada, bea) = (stage.join("r", "Ada"), stage.join("r", "Bea"));
    stage.told(ada);
    let microphone = stage.publish(ada, Codec::Opus);
    assert_eq!(microphone.codec, Some(Codec::Opus));
    let told = stage.told(bea);
    assert!(matches!(&told[0], Event::TrackPublished { participant_id, track }
        if *participant_id == ada && *track == microphone));
    assert_eq!(stage.told(ada), [], "the publisher has its answer");
    let produced = stage.take_requests().into_iter().filter(|r| matches!(r, Request::Produce(_))).count();
    assert_eq!(produced, 1);
}

#[test]
fn audio_is_listened_to_by_both_observers_and_video_by_none() {
    let mut stage = Stage::new();
    let ada = stage.join("r", "Ada");
    let observed = |stage: &mut Stage| {
        stage.take_requests().iter().filter(|r| matches!(r, Request::ObserveProducer { .. })).count()
    };
    stage.publish(ada, Codec::Opus);
    assert_eq!(observed(&mut stage), 2);
    stage.publish(ada, Codec::Vp8);
    assert_eq!(observed(&mut stage), 0);
}

#[test]
fn publishing_needs_the_grant_and_an_open_transport() {
    let mut stage = Stage::new();
    let mute = Grants { publish: false, ..ALL };
    let watcher = stage.join_as("r", "Ada", mute).unwrap().participant_id;
    let open = Command::OpenTransport { participant_id: watcher, peer: Peer::Publish };
    assert_eq!(stage.command(open).unwrap_err().reason(), "notAllowed");
    let publish = |participant_id| Command::Publish { participant_id, tracks: vec![track(Codec::Opus)] };
    assert_eq!(stage.command(publish(watcher)).unwrap_err().reason(), "notAllowed");
    let bea = stage.join("r", "Bea");
    assert_eq!(stage.command(publish(bea)).unwrap_err().reason(), "badState");
}

#[test]
fn tracks_that_make_no_sense_are_refused_one_by_one() {
    let mut stage = Stage::new();
    let ada = stage.join("r", "Ada");
    stage.open(ada, Peer::Publish);
    let mut no_codec = track(Codec::Opus);
    no_codec.rtp_parameters.codecs.clear();
    let mut no_encoding = track(Codec::Opus);
    no_encoding.rtp_parameters.encodings.clear();
    let sounding_camera = NewTrack { source: Source::Camera, ..track(Codec::Opus) };
    let good = track(Codec::Vp8);
    let results = stage.publish_tracks(ada, vec![no_codec, no_encoding, sounding_camera, good]);
    let reasons: Vec<Option<&str>> =
        results.iter().map(|result| result.as_ref().err().map(RoomError::reason)).collect();
    assert_eq!(reasons, [Some("badTrack"), Some("badTrack"), Some("badTrack"), None]);
}

#[test]
fn one_publishes_as_many_tracks_as_one_may() {
    let mut stage = Stage::with(1, |config| config.limits.tracks_max = 2);
    let ada = stage.join("r", "Ada");
    stage.open(ada, Peer::Publish);
    let results = stage.publish_tracks(ada, vec![track(Codec::Vp8); 3]);
    assert_eq!(results[2], Err(RoomError::TooManyTracks { tracks_max: 2 }));
    let track_ids = vec![results[0].clone().unwrap().id];
    stage.command(Command::Unpublish { participant_id: ada, track_ids }).unwrap();
    stage.publish(ada, Codec::Vp8);
}

#[test]
fn an_ended_track_is_told_and_closed() {
    let mut stage = Stage::new();
    let (ada, bea) = (stage.join("r", "Ada"), stage.join("r", "Bea"));
    let track_id = stage.publish(ada, Codec::Vp8).id;
    stage.told(ada);
    stage.told(bea);
    stage.command(Command::Unpublish { participant_id: ada, track_ids: vec![track_id] }).unwrap();
    let unsubscribed = Event::Unsubscribed { track_ids: vec![track_id] };
    let unpublished = Event::TrackUnpublished { participant_id: ada, track_id };
    assert_eq!(stage.told(bea), [unsubscribed, unpublished]);
    assert_eq!(stage.told(ada), []);
    assert!(stage.workers[0].producers.is_empty());
}

#[test]
fn nobody_ends_the_tracks_of_others() {
    let mut stage = Stage::new();
    let (ada, bea) = (stage.join("r", "Ada"), stage.join("r", "Bea"));
    let track_id = stage.publish(ada, Codec::Vp8).id;
    stage.command(Command::Unpublish { participant_id: bea, track_ids: vec![track_id] }).unwrap();
    assert_eq!(stage.rooms.counts().tracks, 1);
}

#[test]
fn muting_pauses_the_producer_and_is_told_once() {
    let mut stage = Stage::new();
    let (ada, bea) = (stage.join("r", "Ada"), stage.join("r", "Bea"));
    let track_id = stage.publish(ada, Codec::Opus).id;
    stage.told(bea);
    stage.take_requests();
    let mute = Command::Mute { by: By::Participant(ada), track_id, muted: true };
    stage.command(mute.clone()).unwrap();
    stage.command(mute).unwrap();
    assert_eq!(stage.told(bea), [Event::TrackMuted { participant_id: ada, track_id, muted: true }]);
    assert!(matches!(stage.take_requests()[..], [Request::SetProducerPaused { paused: true, .. }]));
}

#[test]
fn a_track_may_begin_muted() {
    let mut stage = Stage::new();
    let ada = stage.join("r", "Ada");
    stage.open(ada, Peer::Publish);
    stage.publish_tracks(ada, vec![NewTrack { muted: true, ..track(Codec::Opus) }]);
    let paused = |request: &Request| matches!(request, Request::Produce(produce) if produce.paused);
    assert!(stage.take_requests().iter().any(paused));
}

#[test]
fn an_admin_may_mute_others_and_nobody_may_unmute_others() {
    let mut stage = Stage::new();
    let ada = stage.join("r", "Ada");
    let bea = stage.join("r", "Bea");
    let admin = stage.join_as("r", "Admin", ADMIN).unwrap().participant_id;
    let stranger = stage.join_as("s", "Stranger", ADMIN).unwrap().participant_id;
    let track_id = stage.publish(ada, Codec::Opus).id;
    let mute = |id, muted| Command::Mute { by: By::Participant(id), track_id, muted };
    assert_eq!(stage.command(mute(bea, true)).unwrap_err().reason(), "notAllowed");
    assert_eq!(stage.command(mute(stranger, true)).unwrap_err(), RoomError::NoSuchTrack);
    stage.told(ada);
    stage.command(mute(admin, true)).unwrap();
    assert_eq!(stage.told(ada), [Event::TrackMuted { participant_id: ada, track_id, muted: true }]);
    assert_eq!(stage.command(mute(admin, false)).unwrap_err().reason(), "notAllowed");
    let operator = Command::Mute { by: By::Operator, track_id, muted: false };
    assert_eq!(stage.command(operator).unwrap_err().reason(), "notAllowed");
    stage.command(mute(ada, false)).unwrap();
}

#[test]
fn a_producer_that_the_worker_refuses_is_unpublished_for_all() {
    let mut stage = Stage::new();
    let (ada, bea) = (stage.join("r", "Ada"), stage.join("r", "Bea"));
    let track_id = stage.publish(ada, Codec::Vp8).id;
    stage.told(ada);
    stage.told(bea);
    let producer_id = *stage.workers[0].producers.keys().next().unwrap();
    let refusal = Refusal::BadParameter("ssrc".into());
    stage.rooms.handle_refusal(stage.now, WorkerIndex(0), Subject::Producer(producer_id), &refusal);
    stage.carry_out();
    let unpublished = Event::TrackUnpublished { participant_id: ada, track_id };
    assert_eq!(stage.told(ada), std::slice::from_ref(&unpublished));
    assert_eq!(stage.told(bea).last(), Some(&unpublished));
    assert_eq!(stage.rooms.counts().tracks, 0);
}

#[test]
fn a_transport_that_the_worker_refuses_takes_its_participant_out() {
    let mut stage = Stage::new();
    let ada = stage.join("r", "Ada");
    stage.open(ada, Peer::Publish);
    let transport_id = *stage.workers[0].transports.keys().next().unwrap();
    let refusal = Refusal::LimitReached("transports".into());
    stage.rooms.handle_refusal(stage.now, WorkerIndex(0), Subject::Transport(transport_id), &refusal);
    stage.carry_out();
    assert_eq!(stage.told(ada), [Event::Removed { reason: LeaveReason::MediaFailed }]);
}

#[test]
fn a_transport_is_opened_once_and_its_states_are_told() {
    let mut stage = Stage::new();
    let ada = stage.join("r", "Ada");
    let open = Command::OpenTransport { participant_id: ada, peer: Peer::Publish };
    let facts = |reply| match reply {
        Ok(Reply::Transport(facts)) => facts,
        other => panic!("opening is answered {other:?}"),
    };
    let first = facts(stage.command(open.clone()));
    assert_eq!(facts(stage.command(open)), first);
    let connect = Command::ConnectTransport {
        participant_id: ada,
        peer: Peer::Publish,
        remote_ufrag: Some("abcd".into()),
        dtls: dtls(),
    };
    stage.command(connect).unwrap();
    let restarted = facts(stage.command(Command::RestartIce { participant_id: ada, peer: Peer::Publish }));
    assert_ne!(restarted.ice, first.ice);
    let transport_id = *stage.workers[0].transports.keys().next().unwrap();
    let ice = |state| Notification::TransportIce { transport_id, state, tuple: None };
    stage.notify(ice(IceState::Connected));
    stage.notify(ice(IceState::Completed));
    stage.notify(Notification::TransportDtls { transport_id, state: DtlsState::Connected });
    stage.notify(ice(IceState::Disconnected));
    let state = |state| Event::MediaState { peer: Peer::Publish, state };
    let expected = [MediaState::Connecting, MediaState::Connected, MediaState::Disconnected].map(state);
    assert_eq!(stage.told(ada), expected);
}
