//! Sender and receiver reports tell right times: what was sampled together is shown together, and round trips are what the
//! network makes them.

use std::time::{Duration, SystemTime};

use motet_sim::{Conditions, PeerSetup, Received};

use crate::call::{Call, ms, secs};

/// When frame 0 was sampled, by what each of the newest frames says.
fn origins(received: &Received, interval: Duration) -> Vec<SystemTime> {
    let newest = received.seen.iter().rev().take(40);
    let origin = |seen: &motet_sim::Seen| Some(seen.sampled_at? - interval * seen.name.number);
    newest.filter_map(origin).collect()
}

fn distance(a: SystemTime, b: SystemTime) -> Duration {
    a.duration_since(b).unwrap_or_else(|error| error.duration())
}

fn in_step(conditions: Conditions, tolerance: Duration) {
    let mut call = Call::new(91);
    let ip = call.scenario.ip(call.alice);
    call.scenario.network().set_both(ip, conditions);
    call.scenario.run_for(secs(20));
    let pictures = origins(call.scenario.received(call.bob, call.camera), ms(40));
    let sounds = origins(call.scenario.received(call.bob, call.microphone), ms(20));
    assert!(pictures.len() == 40 && sounds.len() == 40, "reports came for both");
    // Both began with their tracks' publishing, at one moment.
    let apart = pictures.iter().zip(&sounds).map(|(a, b)| distance(*a, *b)).max().unwrap();
    assert!(apart < tolerance, "{apart:?} apart");
}

#[test]
fn voice_and_picture_are_in_step_on_a_calm_network() {
    in_step(Conditions { delay: ms(30), ..Conditions::default() }, ms(3));
}

#[test]
fn voice_and_picture_are_in_step_on_a_network_that_wobbles() {
    let wobbly = Conditions { delay: ms(30), jitter: ms(40), loss: 0.02, ..Conditions::default() };
    in_step(wobbly, ms(10));
}

#[test]
fn round_trips_are_what_the_network_makes_them() {
    let alice = PeerSetup { has_stats: true, ..PeerSetup::default() };
    let mut call = Call::of(92, alice, PeerSetup::default());
    call.set_delay(ms(35));
    call.scenario.run_for(secs(15));
    let by_worker = call.scenario.consumer_stats(call.bob, call.camera).stream.round_trip_ms.unwrap();
    assert!((68.0..75.0).contains(&by_worker), "{by_worker} ms to the subscriber");
    let by_sender = call.scenario.reports(call.alice, call.camera).last().unwrap().round_trip.unwrap();
    assert!((ms(68)..ms(75)).contains(&by_sender), "{by_sender:?} from the publisher");
}

#[test]
fn the_sender_is_told_how_much_is_lost() {
    let alice = PeerSetup { has_stats: true, ..PeerSetup::default() };
    let mut call = Call::of(93, alice, PeerSetup::default());
    let ip = call.scenario.ip(call.alice);
    call.scenario.network().conditions(ip, motet_sim::Way::Up).loss = 0.1;
    call.scenario.run_for(secs(20));
    let losses: Vec<f32> = call.scenario.reports(call.alice, call.camera).filter_map(|it| it.loss).collect();
    let mean = losses.iter().sum::<f32>() / losses.len() as f32;
    assert!((0.06..0.14).contains(&mean), "{mean} of {losses:?}");
}
