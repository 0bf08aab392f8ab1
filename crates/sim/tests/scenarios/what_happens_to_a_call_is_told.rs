//! Notifications follow what happens: quality, silence, turned cameras, ended transports.

use motet_control::{Notification, ProducerId, Quality, Request, TransportId};
use motet_sim::{Conditions, Half};

use crate::call::{Call, ms, secs};

fn qualities(call: &Call, transport: TransportId) -> Vec<Quality> {
    let read = |told: &Notification| match told {
        Notification::TransportQuality { transport_id, quality } if *transport_id == transport => {
            Some(*quality)
        }
        _ => None,
    };
    call.scenario.notifications().iter().filter_map(|(_, told)| read(told)).collect()
}

fn activity(call: &Call, producer: ProducerId) -> Vec<bool> {
    let read = |told: &Notification| match told {
        Notification::ProducerActive { producer_id, active } if *producer_id == producer => Some(*active),
        _ => None,
    };
    call.scenario.notifications().iter().filter_map(|(_, told)| read(told)).collect()
}

#[test]
fn quality_follows_the_network() {
    let mut call = Call::new(201);
    let transport = call.scenario.transport(call.alice, Half::Publish);
    let ip = call.scenario.ip(call.alice);
    call.scenario.run_for(secs(5));
    assert_eq!(qualities(&call, transport), [Quality::Excellent]);
    call.scenario.network().set_both(ip, Conditions { loss: 0.15, ..Conditions::default() });
    call.scenario.run_for(secs(15));
    assert_eq!(qualities(&call, transport).last(), Some(&Quality::Poor));
    call.scenario.network().set_both(ip, Conditions { delay: ms(160), ..Conditions::default() });
    call.scenario.run_for(secs(15));
    assert_eq!(qualities(&call, transport).last(), Some(&Quality::Good), "a round trip of 320 ms");
    call.scenario.network().set_both(ip, Conditions { is_dark: true, ..Conditions::default() });
    call.scenario.run_for(secs(12));
    assert_eq!(qualities(&call, transport).last(), Some(&Quality::Lost));
    call.scenario.network().set_both(ip, Conditions::default());
    call.scenario.run_for(secs(20));
    assert_eq!(qualities(&call, transport).last(), Some(&Quality::Excellent));
}

#[test]
fn a_muted_camera_is_told_silent_and_back() {
    let mut call = Call::new(202);
    let producer = call.scenario.producer(call.camera);
    assert_eq!(activity(&call, producer), [true]);
    call.scenario.mute(call.camera, true);
    call.scenario.run_for(secs(10));
    assert_eq!(activity(&call, producer), [true, false]);
    call.scenario.mute(call.camera, false);
    call.scenario.run_for(secs(1));
    assert_eq!(activity(&call, producer), [true, false, true]);
    call.assert_flows();
}

#[test]
fn a_turned_camera_is_told_and_shown() {
    let mut call = Call::new(203);
    for degrees in [90, 270, 0] {
        call.scenario.turn(call.camera, degrees);
        call.scenario.run_for(ms(200));
        let shown = call.scenario.received(call.bob, call.camera).seen.last().unwrap().turned_degrees;
        assert_eq!(shown, Some(degrees));
    }
    let told = call.scenario.notifications().iter().filter_map(|(_, told)| match told {
        Notification::ProducerVideoOrientation { rotation_degrees, .. } => Some(*rotation_degrees),
        _ => None,
    });
    assert_eq!(told.collect::<Vec<_>>(), [90, 270, 0]);
}

#[test]
fn the_loudness_of_a_voice_reaches_its_hearers() {
    let mut call = Call::new(204);
    call.scenario.set_level(call.microphone, -33);
    call.scenario.run_for(ms(200));
    let heard = call.scenario.received(call.bob, call.microphone).seen.last().unwrap().level_dbov;
    assert_eq!(heard, Some(-33));
}

#[test]
fn a_peer_whose_transport_is_closed_is_told_by_dtls() {
    let mut call = Call::new(205);
    call.scenario.run_for(secs(1));
    let transport_id = call.scenario.transport(call.bob, Half::Subscribe);
    assert!(call.scenario.rtc(call.bob, Half::Subscribe).is_alive());
    call.scenario.expect(Request::CloseTransport { transport_id });
    call.scenario.run_for(secs(1));
    assert!(!call.scenario.rtc(call.bob, Half::Subscribe).is_alive());
}
