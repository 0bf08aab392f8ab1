//! How a transport comes to carry media, what it refuses before, and how it ends.

mod peer;

use motet_control::{
    CandidateProtocol, DtlsState, IceState, Notification, Quality, Refusal, Request, TransportId,
};
use motet_dtls::Certificate;
use motet_ice::{SocketId, Tuple};
use motet_router::{EntityId, RouteChange};

use motet_rtp::ext::ExtensionValues;
use peer::{Peer, ROUTER, World, check, credentials, numbers, video_header};

fn dtls_states(world: &World) -> Vec<DtlsState> {
    let states = world.notifications.iter().filter_map(|notification| match notification {
        Notification::TransportDtls { state, .. } => Some(*state),
        _ => None,
    });
    states.collect()
}

#[test]
fn a_peer_that_checks_and_shakes_hands_is_connected() {
    let mut world = World::new();
    let peer = world.connect(1);
    let stats = world.transport_stats(peer.id);
    assert_eq!((stats.ice_state, stats.dtls_state), (IceState::Completed, DtlsState::Connected));
    let tuple = stats.tuple.unwrap();
    assert_eq!((tuple.remote, tuple.local), (peer.tuple.remote, peer::local_addr(SocketId(0))));
    assert_eq!(dtls_states(&world), [DtlsState::Connecting, DtlsState::Connected]);
    assert!(stats.drops.is_empty(), "{:?}", stats.drops);
    let qualities: Vec<_> = world
        .notifications
        .iter()
        .filter(|notification| matches!(notification, Notification::TransportQuality { .. }))
        .collect();
    let expected = [Quality::Excellent];
    assert!(matches!(
        qualities.as_slice(),
        [Notification::TransportQuality { quality, .. }] if *quality == expected[0]
    ));
}

#[test]
fn the_demultiplexer_is_told_the_fragment_and_the_validated_tuple() {
    let mut world = World::new();
    let peer = world.connect(1);
    let told = |change: &RouteChange| world.routes.contains(change);
    assert!(told(&RouteChange::AddEntity(EntityId::Transport(peer.id))));
    assert!(told(&RouteChange::AddUfrag("ufrag1".into(), peer.id)));
    assert!(told(&RouteChange::AddTuple(peer.tuple, peer.id)));
    world.must(Request::CloseTransport { transport_id: peer.id });
    let told = |change: &RouteChange| world.routes.contains(change);
    assert!(told(&RouteChange::RemoveTuple(peer.tuple, peer.id)));
    assert!(told(&RouteChange::RemoveUfrag("ufrag1".into())));
    assert!(told(&RouteChange::RemoveEntity(EntityId::Transport(peer.id))));
    assert_eq!(world.router.poll_timeout(), None, "nothing waits for a closed transport");
}

#[test]
fn nothing_but_checks_is_taken_from_a_tuple_that_ice_has_not_validated() {
    let mut world = World::new();
    let peer = world.open(1);
    peer.signal(&mut world);
    for first_byte in [22, 0x80] {
        world.handle(peer.id, peer.tuple, &[first_byte; 100]);
    }
    assert_eq!(world.drops(peer.id), [("unvalidated_tuple", 2)]);
    assert!(world.sent.0.is_empty());
}

#[test]
fn a_forged_check_validates_nothing() {
    let mut world = World::new();
    let peer = world.open(1);
    peer.signal(&mut world);
    world.handle(peer.id, peer.tuple, &check(&peer.ufrag, "some-other-password-of-22"));
    assert_eq!(world.drops(peer.id), [("bad_stun", 1)]);
    assert!(!world.routes.iter().any(|route| matches!(route, RouteChange::AddTuple(..))));
}

#[test]
fn dtls_and_media_before_their_time_are_counted_by_reason() {
    let mut world = World::new();
    let mut peer = world.open(1);
    peer.check(&mut world);
    world.handle(peer.id, peer.tuple, &[22; 100]);
    world.handle(peer.id, peer.tuple, &[0x80; 100]);
    world.handle(peer.id, peer.tuple, &[0x80, 200, 0, 0, 0, 0, 0, 0]);
    world.handle(peer.id, peer.tuple, &[0x45; 100]);
    world.handle(peer.id, peer.tuple, &[]);
    assert_eq!(world.drops(peer.id), [("unknown_protocol", 2), ("early_dtls", 1), ("no_keys", 2)]);
}

#[test]
fn a_certificate_that_signaling_did_not_announce_gets_no_keys() {
    let mut world = World::new();
    let mut peer = world.open(1);
    peer.signal(&mut world);
    peer.check(&mut world);
    peer.certificate = Certificate::generate().unwrap();
    peer.shake_hands(&mut world);
    assert_eq!(dtls_states(&world), [DtlsState::Connecting, DtlsState::Failed]);
    let packet = peer.seal(video_header(1), 1, &ExtensionValues::default(), &[1; 100]);
    world.handle(peer.id, peer.tuple, &packet);
    assert!(world.drops(peer.id).contains(&("no_keys", 1)));
}

#[test]
fn a_handshake_that_never_ends_fails_in_time() {
    let mut world = World::new();
    let mut peer = world.open(1);
    peer.signal(&mut world);
    peer.check(&mut world);
    world.pass_ms(31_000);
    assert_eq!(dtls_states(&world), [DtlsState::Connecting, DtlsState::Failed]);
}

#[test]
fn garbage_after_the_handshake_is_counted_and_harms_nothing() {
    let (mut world, mut publisher, mut subscriber) = World::call();
    for first_byte in [0u8, 22, 64, 0x80, 0x90, 0xff] {
        world.handle(publisher.id, publisher.tuple, &[first_byte; 300]);
    }
    world.handle(publisher.id, publisher.tuple, &[0x80, 200, 0, 1, 1, 2, 3, 4]);
    publisher.stream_video(&mut world, 1..5, true);
    assert_eq!(subscriber.media(&mut world).len(), 4);
    let drops = world.drops(publisher.id);
    assert!(drops.iter().map(|(_, count)| count).sum::<u64>() >= 6, "{drops:?}");
}

#[test]
fn a_silent_peer_is_disconnected_and_its_quality_lost() {
    let mut world = World::new();
    let peer = world.connect(1);
    world.notifications.clear();
    world.pass_ms(60_000);
    assert!(world.notifications.iter().any(|notification| matches!(
        notification,
        Notification::TransportQuality { quality: Quality::Lost, .. }
    )));
    assert!(world.notifications.iter().any(|notification| matches!(
        notification,
        Notification::TransportIce { state: IceState::Disconnected, tuple: None, .. }
    )));
    assert!(world.routes.contains(&RouteChange::RemoveTuple(peer.tuple, peer.id)));
}

#[test]
fn a_peer_that_comes_back_goes_on_with_the_same_keys() {
    let (mut world, mut publisher, mut subscriber) = World::call();
    publisher.stream_video(&mut world, 1..3, true);
    world.pass_ms(60_000);
    subscriber.receive(&mut world);
    publisher.check(&mut world);
    subscriber.check(&mut world);
    publisher.stream_video(&mut world, 3..6, true);
    assert_eq!(peer::numbers(&subscriber.media(&mut world)), [1, 2, 3, 4, 5]);
}

#[test]
fn ice_restarts_with_new_credentials_and_media_goes_on() {
    let (mut world, mut publisher, mut subscriber) = World::call();
    let transport_id = publisher.id;
    world.must(Request::RestartIce { transport_id, ice: credentials("again") });
    assert!(world.routes.contains(&RouteChange::AddUfrag("again".into(), transport_id)));
    publisher.signal(&mut world);
    publisher.ufrag = "again".into();
    publisher.tuple.remote.set_port(5_555);
    publisher.check(&mut world);
    publisher.stream_video(&mut world, 1..3, true);
    assert_eq!(subscriber.media(&mut world).len(), 2);
    world.pass_ms(40_000);
    assert!(world.routes.contains(&RouteChange::RemoveUfrag("ufrag1".into())));
}

#[test]
fn a_second_connect_needs_a_restart_and_the_same_dtls_parameters() {
    let mut world = World::new();
    let peer = world.connect(1);
    let again = |peer: &Peer| Request::ConnectWebRtcTransport {
        transport_id: peer.id,
        remote_ufrag: None,
        dtls: peer.dtls_parameters(),
    };
    assert!(matches!(world.ask(again(&peer)), Err(Refusal::BadState(_))));
    world.must(Request::RestartIce { transport_id: peer.id, ice: credentials("again") });
    let stranger = world.open(2);
    let swapped = Request::ConnectWebRtcTransport {
        transport_id: peer.id,
        remote_ufrag: None,
        dtls: stranger.dtls_parameters(),
    };
    assert!(matches!(world.ask(swapped), Err(Refusal::BadParameter(_))));
    world.must(again(&peer));
}

#[test]
fn a_tcp_connection_that_ends_takes_its_tuple_along() {
    let mut world = World::new();
    let mut peer = world.open(1);
    peer.tuple = Tuple { protocol: CandidateProtocol::Tcp, socket: SocketId(9), ..peer.tuple };
    peer.signal(&mut world);
    peer.check(&mut world);
    world.router.handle_tuple_closed(world.now, peer.id, peer.tuple);
    assert_eq!(world.router.poll_route(), Some(RouteChange::RemoveTuple(peer.tuple, peer.id)));
    assert_eq!(world.transport_stats(peer.id).ice_state, IceState::Disconnected);
}

#[test]
fn a_transport_that_closes_tells_its_peer() {
    let mut world = World::new();
    let mut peer = world.connect(1);
    world.must(Request::CloseTransport { transport_id: peer.id });
    let mut dtls = peer.dtls.take().unwrap();
    for datagram in world.take_for(peer.tuple) {
        dtls.handle_datagram(world.now, &datagram).unwrap();
    }
    assert_eq!(dtls.poll_event(), Some(motet_dtls::Event::Closed));
}

#[test]
fn forged_dtls_is_counted_and_ends_nothing() {
    let (mut world, mut publisher, mut subscriber) = World::call();
    let before = world.drops(subscriber.id);
    let fatal_alert = [21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 9, 0, 2, 2, 40];
    for _ in 0..5 {
        world.handle(subscriber.id, subscriber.tuple, &fatal_alert);
        world.handle(subscriber.id, subscriber.tuple, &[0x2f; 60]);
    }
    let known = before.iter().find(|(reason, _)| *reason == "ignored_dtls").map_or(0, |(_, count)| *count);
    assert!(world.drops(subscriber.id).contains(&("ignored_dtls", known + 10)));
    publisher.stream_video(&mut world, 1..3, true);
    assert_eq!(numbers(&subscriber.media(&mut world)), [1, 2]);
}

#[test]
fn a_peer_that_closes_dtls_is_told_of() {
    let (mut world, mut publisher, mut subscriber) = World::call();
    let mut dtls = subscriber.dtls.take().unwrap();
    dtls.close();
    let mut datagram = Vec::new();
    while dtls.poll_transmit(&mut datagram) {
        world.handle(subscriber.id, subscriber.tuple, &datagram);
    }
    assert_eq!(dtls_states(&world).last(), Some(&DtlsState::Closed));
    world.take_for(subscriber.tuple);
    publisher.stream_video(&mut world, 1..3, true);
    assert!(subscriber.media(&mut world).is_empty());
}

#[test]
fn a_datagram_for_a_transport_that_is_gone_is_ignored() {
    let mut world = World::new();
    let peer = world.connect(1);
    world.must(Request::CloseTransport { transport_id: peer.id });
    world.handle(peer.id, peer.tuple, &[0x80; 100]);
    world.take_for(peer.tuple);
    world.handle(TransportId(77), peer.tuple, &[0x80; 100]);
    assert!(world.sent.0.is_empty());
}

#[test]
fn credentials_and_fingerprints_of_wrong_lengths_are_refused() {
    let mut world = World::new();
    for (ufrag, password) in [("abc", "a-password-of-22-or-more"), ("abcd", "short")] {
        let ice = motet_control::IceCredentials { ufrag: ufrag.into(), password: password.into() };
        let request = Request::CreateWebRtcTransport { router_id: ROUTER, transport_id: TransportId(1), ice };
        assert!(matches!(world.ask(request), Err(Refusal::BadParameter(_))));
    }
    assert!(!world.router.has_transport(TransportId(1)));
    let peer = world.open(1);
    let mut dtls = peer.dtls_parameters();
    dtls.fingerprints[0].digest.pop();
    let request =
        Request::ConnectWebRtcTransport { transport_id: peer.id, remote_ufrag: None, dtls: dtls.clone() };
    assert!(matches!(world.ask(request), Err(Refusal::BadParameter(_))));
    dtls.fingerprints.clear();
    let request = Request::ConnectWebRtcTransport { transport_id: peer.id, remote_ufrag: None, dtls };
    assert!(matches!(world.ask(request), Err(Refusal::BadParameter(_))));
}
