//! Who receives what.

use motet_control::{Codec, Notification, Request};
use motet_room::{
    Command, ConsumerAnswer, Event, Grants, Join, LeaveReason, ParticipantId, Peer, Reply, RoomError,
    Subscription, TrackId,
};

use crate::stage::{ALL, Stage, join};

/// The subscriptions that `who` was offered since the last look.
fn offered(stage: &mut Stage, who: ParticipantId) -> Vec<Subscription> {
    let subscriptions = stage.told(who).into_iter().filter_map(|event| match event {
        Event::Subscribed(subscription) => Some(*subscription),
        _ => None,
    });
    subscriptions.collect()
}

fn consumed(stage: &mut Stage) -> usize {
    stage.take_requests().iter().filter(|request| matches!(request, Request::Consume(_))).count()
}

#[test]
fn everything_is_offered_to_one_who_takes_everything_before_and_after_it_joined() {
    let mut stage = Stage::new();
    let ada = stage.join("r", "Ada");
    let microphone = stage.publish(ada, Codec::Opus).id;
    let bea = stage.join("r", "Bea");
    let camera = stage.publish(ada, Codec::Vp8).id;
    let track_ids: Vec<TrackId> = offered(&mut stage, bea).iter().map(|offer| offer.track_id).collect();
    assert_eq!(track_ids, [microphone, camera]);
    assert_eq!(offered(&mut stage, ada), []);
}

#[test]
fn an_offer_has_its_own_ssrcs_and_no_mid() {
    let mut stage = Stage::new();
    let (ada, bea) = (stage.join("r", "Ada"), stage.join("r", "Bea"));
    stage.publish(ada, Codec::Vp8);
    stage.publish(ada, Codec::Vp8);
    let offers = offered(&mut stage, bea);
    let encodings: Vec<_> = offers.iter().map(|offer| offer.rtp_parameters.encodings[0].clone()).collect();
    assert!(offers.iter().all(|offer| offer.rtp_parameters.mid.is_none()));
    assert_ne!(encodings[0].ssrc, encodings[1].ssrc);
    assert_ne!(encodings[0].ssrc, encodings[0].rtx_ssrc);
    assert_eq!(
        offers[0].rtp_parameters.cname, offers[1].rtp_parameters.cname,
        "one person's tracks are in sync"
    );
}

#[test]
fn the_worker_is_asked_to_consume_when_the_client_has_answered_and_only_once() {
    let mut stage = Stage::new();
    let (ada, bea) = (stage.join("r", "Ada"), stage.join("r", "Bea"));
    let track_id = stage.publish(ada, Codec::Opus).id;
    assert_eq!(consumed(&mut stage), 0);
    stage.accept(bea, track_id);
    assert_eq!(consumed(&mut stage), 1);
    stage.accept(bea, track_id);
    assert_eq!(consumed(&mut stage), 0);
}

#[test]
fn a_track_that_the_client_refuses_is_told_and_not_consumed() {
    let mut stage = Stage::new();
    let (ada, bea) = (stage.join("r", "Ada"), stage.join("r", "Bea"));
    let track_id = stage.publish(ada, Codec::H264).id;
    stage.told(bea);
    stage.open(bea, Peer::Subscribe);
    let answers = vec![ConsumerAnswer { track_id, outcome: Err("no H264".into()) }];
    stage.command(Command::AnswerConsumers { participant_id: bea, answers }).unwrap();
    assert_eq!(stage.told(bea), [Event::SubscriptionRefused { track_id, reason: "no H264".into() }]);
    assert_eq!(consumed(&mut stage), 0);
}

#[test]
fn an_answer_to_a_track_that_ended_meanwhile_is_passed_over() {
    let mut stage = Stage::new();
    let (ada, bea) = (stage.join("r", "Ada"), stage.join("r", "Bea"));
    let track_id = stage.publish(ada, Codec::Opus).id;
    stage.command(Command::Unpublish { participant_id: ada, track_ids: vec![track_id] }).unwrap();
    stage.accept(bea, track_id);
    assert_eq!(consumed(&mut stage), 0);
}

#[test]
fn one_who_asks_gets_what_was_asked_for_and_ends_what_was_not() {
    let mut stage = Stage::new();
    let ada = stage.join("r", "Ada");
    let bea = stage.join_with(Join { auto_subscribe: false, ..join("r", "Bea") }).unwrap().participant_id;
    let track_id = stage.publish(ada, Codec::Opus).id;
    assert_eq!(offered(&mut stage, bea), []);
    let subscribe = Command::Subscribe { participant_id: bea, track_ids: vec![track_id, TrackId(7)] };
    let Ok(Reply::Subscribed(results)) = stage.command(subscribe) else { panic!("one result a track") };
    assert_eq!(results, [Ok(track_id), Err(RoomError::NoSuchTrack)]);
    stage.accept(bea, track_id);
    stage.told(bea);
    stage.command(Command::Unsubscribe { participant_id: bea, track_ids: vec![track_id] }).unwrap();
    assert_eq!(stage.told(bea), [Event::Unsubscribed { track_ids: vec![track_id] }]);
    assert!(stage.workers[0].consumers.is_empty());
}

#[test]
fn subscribing_needs_the_grant_and_somebody_elses_track() {
    let mut stage = Stage::new();
    let speaker = Grants { subscribe: false, ..ALL };
    let ada = stage.join_as("r", "Ada", speaker).unwrap().participant_id;
    let bea = stage.join("r", "Bea");
    let track_id = stage.publish(bea, Codec::Opus).id;
    assert_eq!(offered(&mut stage, ada), []);
    let subscribe = |participant_id| Command::Subscribe { participant_id, track_ids: vec![track_id] };
    assert_eq!(stage.command(subscribe(ada)).unwrap_err().reason(), "notAllowed");
    let Ok(Reply::Subscribed(results)) = stage.command(subscribe(bea)) else { panic!("one result a track") };
    assert_eq!(results[0].as_ref().unwrap_err().reason(), "notAllowed");
}

#[test]
fn one_receives_as_many_tracks_as_one_may_and_hears_of_the_rest() {
    let mut stage = Stage::with(1, |config| config.limits.subscriptions_max = 1);
    let (ada, bea) = (stage.join("r", "Ada"), stage.join("r", "Bea"));
    stage.publish(ada, Codec::Opus);
    let second = stage.publish(ada, Codec::Vp8).id;
    let refused =
        |event: &Event| matches!(event, Event::SubscriptionRefused { track_id, .. } if *track_id == second);
    assert!(stage.told(bea).iter().any(refused));
    assert_eq!(stage.rooms.counts().subscriptions, 1);
}

#[test]
fn pausing_holds_what_one_subscriber_receives() {
    let mut stage = Stage::new();
    let (ada, bea) = (stage.join("r", "Ada"), stage.join("r", "Bea"));
    let track_id = stage.publish(ada, Codec::Opus).id;
    let pause = |paused| Command::Pause { participant_id: bea, track_id, paused };
    stage.command(pause(true)).unwrap();
    stage.take_requests();
    stage.accept(bea, track_id);
    let begins_paused = |request: &Request| matches!(request, Request::Consume(consume) if consume.paused);
    assert!(stage.take_requests().iter().any(begins_paused));
    stage.command(pause(false)).unwrap();
    assert!(matches!(stage.take_requests()[..], [Request::SetConsumerPaused { paused: false, .. }]));
}

#[test]
fn one_who_leaves_takes_the_tracks_from_everyone() {
    let mut stage = Stage::new();
    let (ada, bea) = (stage.join("r", "Ada"), stage.join("r", "Bea"));
    let track_id = stage.publish(ada, Codec::Opus).id;
    stage.accept(bea, track_id);
    stage.told(bea);
    stage.command(Command::Leave { participant_id: ada, reason: LeaveReason::Left }).unwrap();
    let unsubscribed = Event::Unsubscribed { track_ids: vec![track_id] };
    let left = Event::ParticipantLeft { participant_id: ada, reason: LeaveReason::Left };
    assert_eq!(stage.told(bea), [unsubscribed, left]);
    assert!(stage.workers[0].consumers.is_empty());
}

#[test]
fn closing_the_subscribe_transport_offers_everything_anew() {
    let mut stage = Stage::new();
    let (ada, bea) = (stage.join("r", "Ada"), stage.join("r", "Bea"));
    let track_id = stage.publish(ada, Codec::Opus).id;
    stage.accept(bea, track_id);
    stage.told(bea);
    stage.command(Command::CloseTransport { participant_id: bea, peer: Peer::Subscribe }).unwrap();
    assert_eq!(offered(&mut stage, bea)[0].track_id, track_id);
    stage.take_requests();
    stage.accept(bea, track_id);
    assert_eq!(consumed(&mut stage), 1);
}

#[test]
fn a_consumer_that_the_worker_ends_is_told() {
    let mut stage = Stage::new();
    let (ada, bea) = (stage.join("r", "Ada"), stage.join("r", "Bea"));
    let track_id = stage.publish(ada, Codec::Opus).id;
    stage.accept(bea, track_id);
    stage.told(bea);
    let consumer_id = *stage.workers[0].consumers.keys().next().unwrap();
    stage.notify(Notification::ConsumerClosed { consumer_id });
    assert_eq!(stage.told(bea), [Event::Unsubscribed { track_ids: vec![track_id] }]);
}
