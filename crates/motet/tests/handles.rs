//! Handles over a worker with real sockets: what they open, tell and close.

use std::io::{Read, Write};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use motet::control::negotiate::{ConsumerIdentity, consumer_parameters, router_capabilities};
use motet::control::{CandidateProtocol, Encoding, IceState, MediaKind, RtpParameters};
use motet::{
    AudioLevelSettings, ConsumerEvent, ConsumerSettings, Event, ListenAddress, ProducerSettings,
    RequestError, StartError, TransportEvent, WebRtcTransport, Worker, WorkerSettings,
};
use stun_types::attribute::Username;
use stun_types::message::{
    BINDING, IntegrityAlgorithm, Message, MessageClass, MessageIntegrityCredentials, MessageType,
    MessageWriteVec, ShortTermCredentials,
};
use stun_types::prelude::{MessageWrite, MessageWriteExt};

fn start() -> Worker {
    Worker::start(WorkerSettings::default()).unwrap()
}

fn check(transport: &WebRtcTransport) -> Vec<u8> {
    static TRANSACTIONS: AtomicU32 = AtomicU32::new(0);
    let kind = MessageType::from_class_method(MessageClass::Request, BINDING);
    let transaction = u128::from(TRANSACTIONS.fetch_add(1, Ordering::Relaxed));
    let mut writer = Message::builder(kind, transaction.into(), MessageWriteVec::new());
    writer.add_attribute(&Username::new(&format!("{}:peer", transport.ice().ufrag)).unwrap()).unwrap();
    let password = transport.ice().password.clone();
    let key: MessageIntegrityCredentials = ShortTermCredentials::new(password).into();
    writer.add_message_integrity(&key, IntegrityAlgorithm::Sha1).unwrap();
    writer.add_fingerprint().unwrap();
    writer.finish()
}

fn address(transport: &WebRtcTransport, protocol: CandidateProtocol) -> SocketAddr {
    let candidate = transport.candidates().iter().find(|candidate| candidate.protocol == protocol).unwrap();
    SocketAddr::new(candidate.ip, candidate.port)
}

fn opus() -> RtpParameters {
    let codecs = router_capabilities().codecs.into_iter().take(1).collect();
    let encodings = vec![Encoding { ssrc: Some(motet::ssrc()), ..Encoding::default() }];
    RtpParameters { codecs, encodings, cname: "someone".into(), ..RtpParameters::default() }
}

fn consumed(produced: &RtpParameters) -> RtpParameters {
    let identity = ConsumerIdentity {
        mid: None,
        ssrc: motet::ssrc(),
        rtx_ssrc: motet::ssrc(),
        cname: produced.cname.clone(),
    };
    consumer_parameters(produced, &router_capabilities(), identity).unwrap()
}

#[tokio::test]
async fn a_peers_check_over_udp_is_answered_and_told_to_all_who_listen() {
    let worker = start();
    let mut all = worker.subscribe();
    let router = worker.create_router().await.unwrap();
    let transport = router.create_webrtc_transport().await.unwrap();
    let mut events = transport.events();

    let peer = UdpSocket::bind("127.0.0.1:0").unwrap();
    peer.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    peer.send_to(&check(&transport), address(&transport, CandidateProtocol::Udp)).unwrap();
    let mut answer = [0; 1500];
    let len = peer.recv(&mut answer).unwrap();
    assert!(Message::from_bytes(&answer[..len]).unwrap().has_class(MessageClass::Success));

    let Some(TransportEvent::Ice { state: IceState::Connected, tuple }) = events.recv().await else {
        panic!("connected")
    };
    assert_eq!(tuple.unwrap().remote, peer.local_addr().unwrap());
    assert!(matches!(all.recv().await, Some(Event::Notification(_))));
    assert_eq!(worker.stats().await.unwrap().received_packets, 1);
}

#[tokio::test]
async fn a_peers_check_over_tcp_is_answered_on_the_same_port() {
    let worker = start();
    let router = worker.create_router().await.unwrap();
    let transport = router.create_webrtc_transport().await.unwrap();
    let mut peer = TcpStream::connect(address(&transport, CandidateProtocol::Tcp)).unwrap();
    peer.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let check = check(&transport);
    peer.write_all(&(check.len() as u16).to_be_bytes()).unwrap();
    peer.write_all(&check).unwrap();
    let mut prefix = [0; 2];
    peer.read_exact(&mut prefix).unwrap();
    let mut answer = vec![0; usize::from(u16::from_be_bytes(prefix))];
    peer.read_exact(&mut answer).unwrap();
    assert!(Message::from_bytes(&answer).unwrap().has_class(MessageClass::Success));
    assert_eq!(worker.stats().await.unwrap().tcp_connections, 1);

    drop(transport);
    assert_eq!(peer.read(&mut prefix).unwrap(), 0, "the connection ends with its transport");
}

#[tokio::test]
async fn every_handle_closes_what_it_stands_for_when_dropped() {
    let worker = start();
    let router = worker.create_router().await.unwrap();
    let (sender, receiver) =
        (router.create_webrtc_transport().await.unwrap(), router.create_webrtc_transport().await.unwrap());
    let settings = ProducerSettings { kind: MediaKind::Audio, rtp_parameters: opus(), paused: false };
    let producer = sender.produce(settings.clone()).await.unwrap();
    let rtp_parameters = consumed(&settings.rtp_parameters);
    let settings = ConsumerSettings { producer_id: producer.id(), rtp_parameters, paused: false };
    let consumer = receiver.consume(settings).await.unwrap();
    let observer = router.create_audio_level_observer(AudioLevelSettings::default()).await.unwrap();
    observer.observe(producer.id()).await.unwrap();
    let speaker = router.create_active_speaker_observer(300).await.unwrap();
    speaker.observe(producer.id()).await.unwrap();
    let count = async || {
        let stats = worker.stats().await.unwrap();
        (stats.routers, stats.transports, stats.producers, stats.consumers)
    };
    assert_eq!(count().await, (1, 2, 1, 1));

    drop(consumer);
    assert_eq!(count().await, (1, 2, 1, 0));
    drop(producer);
    assert_eq!(count().await, (1, 2, 0, 0));
    drop(sender);
    assert_eq!(count().await, (1, 1, 0, 0));
    drop(router);
    assert_eq!(count().await, (0, 0, 0, 0), "a router takes what is on it along");
    drop((receiver, observer, speaker));
    assert_eq!(count().await, (0, 0, 0, 0));
}

#[tokio::test]
async fn a_consumer_is_told_that_its_producer_ended() {
    let worker = start();
    let router = worker.create_router().await.unwrap();
    let transport = router.create_webrtc_transport().await.unwrap();
    let settings = ProducerSettings { kind: MediaKind::Audio, rtp_parameters: opus(), paused: true };
    let producer = transport.produce(settings.clone()).await.unwrap();
    producer.set_paused(false).await.unwrap();
    assert_eq!(producer.stats().await.unwrap().kind, MediaKind::Audio);
    let rtp_parameters = consumed(&settings.rtp_parameters);
    let settings = ConsumerSettings { producer_id: producer.id(), rtp_parameters, paused: false };
    let consumer = transport.consume(settings).await.unwrap();
    consumer.set_paused(true).await.unwrap();
    consumer.request_key_frame().await.unwrap();
    assert_eq!(consumer.stats().await.unwrap().producer_id, consumer.producer_id());
    assert_eq!(transport.stats().await.unwrap().consumers.len(), 1);
    let mut events = consumer.events();
    drop(producer);
    assert_eq!(events.recv().await, Some(ConsumerEvent::Closed));
}

#[tokio::test]
async fn a_creation_that_nobody_waits_for_leaves_nothing_behind() {
    let worker = start();
    let router = worker.create_router().await.unwrap();
    for _ in 0..20 {
        let mut creation = Box::pin(router.create_webrtc_transport());
        std::future::poll_fn(|context| {
            let _ = creation.as_mut().poll(context);
            std::task::Poll::Ready(())
        })
        .await;
    }
    assert_eq!(worker.stats().await.unwrap().transports, 0);
}

#[tokio::test]
async fn restarted_credentials_replace_the_former_ones() {
    let worker = start();
    let router = worker.create_router().await.unwrap();
    let mut transport = router.create_webrtc_transport().await.unwrap();
    let former = transport.ice().clone();
    let fresh = transport.restart_ice().await.unwrap().clone();
    assert_ne!(fresh, former);
    assert_eq!(transport.ice(), &fresh);
}

#[tokio::test]
async fn a_stopped_worker_has_left_its_ports() {
    let worker = start();
    let router = worker.create_router().await.unwrap();
    let _transport = router.create_webrtc_transport().await.unwrap();
    let port = worker.facts().port;
    worker.stop().await;
    UdpSocket::bind(("127.0.0.1", port)).unwrap();
    TcpListener::bind(("127.0.0.1", port)).unwrap();
    assert_eq!(router.create_webrtc_transport().await.unwrap_err(), RequestError::Ended);
    let again = Worker::start(WorkerSettings { port, ..WorkerSettings::default() });
    again.unwrap().stop().await;
}

#[tokio::test]
async fn facts_tell_every_candidate_in_the_order_of_the_settings() {
    let announced = "203.0.113.9".parse().ok();
    let loopback = |ip: &str| ListenAddress::from(ip.parse::<IpAddr>().unwrap());
    let listen =
        vec![loopback("::1"), ListenAddress { announced, ..loopback("127.0.0.1") }, loopback("127.0.0.2")];
    let worker = Worker::start(WorkerSettings { listen, ..WorkerSettings::default() }).unwrap();
    let facts = worker.facts();
    let ips: Vec<String> = facts.candidates.iter().map(|candidate| candidate.ip.to_string()).collect();
    assert_eq!(ips, ["::1", "203.0.113.9", "127.0.0.2", "::1", "203.0.113.9", "127.0.0.2"]);
    assert!(facts.candidates.iter().all(|candidate| candidate.port == facts.port));
    assert!(facts.candidates.windows(2).all(|pair| pair[0].priority > pair[1].priority));
    let router = worker.create_router().await.unwrap();
    let transport = router.create_webrtc_transport().await.unwrap();
    assert_eq!(transport.candidates(), facts.candidates);
    assert_eq!(transport.fingerprints(), facts.fingerprints);
}

#[test]
fn every_address_at_once_needs_one_to_announce() {
    let every = ListenAddress::from(IpAddr::from([0, 0, 0, 0]));
    let settings = WorkerSettings { listen: vec![every], ..WorkerSettings::default() };
    assert!(matches!(Worker::start(settings), Err(StartError::NeedsAnnounced(ip)) if ip == every.ip));
    let announced = ListenAddress { announced: "203.0.113.9".parse().ok(), ..every };
    let settings = WorkerSettings { listen: vec![announced], ..WorkerSettings::default() };
    assert!(Worker::start(settings).is_ok());
}

#[test]
fn a_taken_port_is_an_error_at_the_start() {
    let taken = UdpSocket::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let started = Worker::start(WorkerSettings { port, ..WorkerSettings::default() });
    assert!(matches!(started, Err(StartError::Bind(_))));
}
