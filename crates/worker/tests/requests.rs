//! Whom a request is for, and what is refused.

mod fake;

use std::time::{Duration, Instant};

use fake::{check, create_transport, deliver, done, dropped, ice, peer_fingerprint, stats, udp, worker};
use motet_control::{
    CodecParameters, Consume, ConsumerId, DtlsParameters, DtlsRole, Encoding, MediaKind, ObserverId, Produce,
    ProducerId, Refusal, Request, Response, RouterId, RtpParameters, TransportId, negotiate,
};
use motet_rtp::Ssrc;
use motet_worker::{Sockets, Worker};

fn refusal<S: Sockets>(worker: &mut Worker<S>, request: Request) -> Refusal {
    worker.handle_request(Instant::now(), request).unwrap_err()
}

fn opus(ssrc: u32) -> RtpParameters {
    let codecs: Vec<CodecParameters> = negotiate::router_capabilities().codecs.into_iter().take(1).collect();
    let encodings = vec![Encoding { ssrc: Some(Ssrc(ssrc)), ..Encoding::default() }];
    RtpParameters { codecs, encodings, cname: "cname".into(), ..RtpParameters::default() }
}

fn produce(transport: u64, producer: u64) -> Request {
    Request::Produce(Box::new(Produce {
        transport_id: TransportId(transport),
        producer_id: ProducerId(producer),
        kind: MediaKind::Audio,
        rtp_parameters: opus(producer as u32),
        paused: false,
    }))
}

fn consume(transport: u64, consumer: u64, producer: u64) -> Request {
    Request::Consume(Box::new(Consume {
        transport_id: TransportId(transport),
        consumer_id: ConsumerId(consumer),
        producer_id: ProducerId(producer),
        rtp_parameters: opus(1000 + consumer as u32),
        paused: false,
    }))
}

fn observe(router: u64, observer: u64) -> Request {
    Request::CreateActiveSpeakerObserver {
        router_id: RouterId(router),
        observer_id: ObserverId(observer),
        interval_ms: 300,
    }
}

#[test]
fn a_new_transport_is_told_where_peers_may_send_to() {
    let mut worker = worker();
    let response = worker.handle_request(Instant::now(), create_transport(1, 10, "aaaa")).unwrap();
    let Response::TransportCreated { candidates, fingerprints } = response else { panic!("{response:?}") };
    assert_eq!((candidates.len(), candidates[0].port), (1, 5000));
    assert_eq!(fingerprints.len(), 1);
}

#[test]
fn whatever_names_an_entity_reaches_the_router_that_holds_it() {
    let mut worker = worker();
    for (router, transport) in [(1, 10), (2, 20)] {
        done(&mut worker, create_transport(router, transport, &format!("ufrag{router}")));
        done(&mut worker, produce(transport, transport + 1));
        done(&mut worker, consume(transport, transport + 2, transport + 1));
        done(&mut worker, observe(router, transport + 3));
    }
    for transport in [10, 20] {
        let (producer, consumer) = (ProducerId(transport + 1), ConsumerId(transport + 2));
        let observer = ObserverId(transport + 3);
        done(&mut worker, Request::SetProducerPaused { producer_id: producer, paused: true });
        done(&mut worker, Request::SetConsumerPaused { consumer_id: consumer, paused: true });
        done(&mut worker, Request::RequestKeyFrame { consumer_id: consumer });
        done(&mut worker, Request::ObserveProducer { observer_id: observer, producer_id: producer });
        done(&mut worker, Request::UnobserveProducer { observer_id: observer, producer_id: producer });
        done(&mut worker, Request::CloseObserver { observer_id: observer });
        done(&mut worker, Request::CloseConsumer { consumer_id: consumer });
        done(&mut worker, Request::CloseProducer { producer_id: producer });
        done(&mut worker, Request::CloseTransport { transport_id: TransportId(transport) });
    }
    let stats = stats(&mut worker);
    assert_eq!((stats.routers, stats.transports, stats.producers, stats.consumers), (2, 0, 0, 0));
}

#[test]
fn what_does_not_exist_is_refused_by_its_noun() {
    let mut worker = worker();
    let nine = Refusal::NotFound { noun: "router", id: 9 };
    assert_eq!(refusal(&mut worker, Request::CloseRouter { router_id: RouterId(9) }), nine);
    assert_eq!(refusal(&mut worker, create_transport(9, 1, "aaaa")), nine);
    assert_eq!(refusal(&mut worker, observe(9, 1)), nine);
    for (request, noun) in [
        (Request::CloseTransport { transport_id: TransportId(9) }, "transport"),
        (produce(9, 1), "transport"),
        (Request::GetProducerStats { producer_id: ProducerId(9) }, "producer"),
        (Request::CloseConsumer { consumer_id: ConsumerId(9) }, "consumer"),
        (Request::CloseObserver { observer_id: ObserverId(9) }, "observer"),
    ] {
        assert_eq!(refusal(&mut worker, request), Refusal::NotFound { noun, id: 9 });
    }
}

#[test]
fn an_id_is_taken_in_the_whole_worker() {
    let mut worker = worker();
    done(&mut worker, create_transport(1, 10, "aaaa"));
    done(&mut worker, create_transport(2, 20, "bbbb"));
    done(&mut worker, produce(10, 1));
    done(&mut worker, consume(10, 1, 1));
    done(&mut worker, observe(1, 1));
    let again = Request::CreateRouter { router_id: RouterId(1) };
    assert_eq!(refusal(&mut worker, again), Refusal::Exists { noun: "router", id: 1 });
    for (request, noun, id) in [
        (create_transport(2, 10, "cccc"), "transport", 10),
        (produce(20, 1), "producer", 1),
        (consume(20, 1, 1), "consumer", 1),
        (observe(2, 1), "observer", 1),
    ] {
        assert_eq!(refusal(&mut worker, request), Refusal::Exists { noun, id });
    }
}

#[test]
fn a_username_fragment_is_taken_in_the_whole_worker() {
    let mut worker = worker();
    done(&mut worker, create_transport(1, 10, "aaaa"));
    done(&mut worker, create_transport(2, 20, "bbbb"));
    let restart = Request::RestartIce { transport_id: TransportId(20), ice: ice("aaaa") };
    for request in [create_transport(2, 21, "aaaa"), restart] {
        assert!(matches!(refusal(&mut worker, request), Refusal::BadParameter(_)));
    }
}

#[test]
fn a_producer_of_another_router_cannot_be_consumed() {
    let mut worker = worker();
    done(&mut worker, create_transport(1, 10, "aaaa"));
    done(&mut worker, create_transport(2, 20, "bbbb"));
    done(&mut worker, produce(10, 1));
    let refused = refusal(&mut worker, consume(20, 1, 1));
    assert_eq!(refused, Refusal::NotFound { noun: "producer", id: 1 });
}

#[test]
fn a_closed_router_takes_all_with_it_and_its_counts_remain() {
    let mut worker = worker();
    done(&mut worker, create_transport(1, 10, "aaaa"));
    done(&mut worker, produce(10, 1));
    done(&mut worker, consume(10, 1, 1));
    done(&mut worker, observe(1, 1));
    deliver(&mut worker, Instant::now(), udp(1), &check("aaaa"));
    deliver(&mut worker, Instant::now(), udp(1), &[0x80; 40]);
    let refused = |worker: &mut _| stats(worker).drops.iter().map(|(_, count)| count).sum::<u64>();
    let before = refused(&mut worker);
    assert!(before > 5, "the transport refused media without keys");
    done(&mut worker, Request::CloseRouter { router_id: RouterId(1) });
    let stats = stats(&mut worker);
    assert_eq!((stats.routers, stats.transports, stats.producers, stats.consumers), (1, 0, 0, 0));
    assert_eq!(refused(&mut worker), before);
    for request in [
        Request::CloseProducer { producer_id: ProducerId(1) },
        Request::CloseConsumer { consumer_id: ConsumerId(1) },
        Request::CloseObserver { observer_id: ObserverId(1) },
    ] {
        assert!(matches!(refusal(&mut worker, request), Refusal::NotFound { .. }));
    }
    let idle = worker.poll_timeout();
    assert_eq!(idle, None, "nothing is left to do");
}

#[test]
fn what_a_request_gives_rise_to_goes_out_in_the_next_turn() {
    let mut worker = worker();
    done(&mut worker, create_transport(1, 10, "aaaa"));
    let now = Instant::now();
    deliver(&mut worker, now, udp(1), &check("aaaa"));
    let dtls = DtlsParameters { role: DtlsRole::Server, fingerprints: vec![peer_fingerprint()] };
    let transport_id = TransportId(10);
    done(&mut worker, Request::ConnectWebRtcTransport { transport_id, remote_ufrag: None, dtls });
    worker.sockets().outbox.0.clear();
    let due = worker.poll_timeout().unwrap();
    worker.turn(due.max(now));
    let sent = &worker.sockets().outbox.0;
    assert!(sent.iter().any(|(to, bytes)| *to == udp(1) && bytes[0] == 22), "a ClientHello");
    let sent = sent.len();
    assert_eq!(worker.sockets().flushed, sent, "all of it");
}

#[test]
fn a_stopped_worker_has_closed_all_and_sent_what_there_was_to_send() {
    let mut worker = worker();
    done(&mut worker, create_transport(1, 10, "aaaa"));
    done(&mut worker, create_transport(2, 20, "bbbb"));
    worker.stop(Instant::now());
    assert_eq!(stats(&mut worker).routers, 0);
}

#[test]
fn stats_join_sockets_routers_and_the_worker_itself() {
    let mut worker = worker();
    worker.note_busy(Duration::from_millis(3));
    worker.note_busy(Duration::from_millis(5));
    let first = stats(&mut worker);
    assert_eq!((first.routers, first.tcp_connections), (2, 3));
    assert_eq!((first.busy, first.longest_turn), (Duration::from_millis(8), Duration::from_millis(5)));
    assert_eq!(stats(&mut worker).longest_turn, Duration::ZERO, "a new search begins");
    assert_eq!(dropped(&mut worker, "a_reason_of_sockets"), 5);
}

#[test]
fn the_sockets_deadline_is_a_deadline_of_the_worker() {
    let mut worker = worker();
    let due = Instant::now() + Duration::from_secs(1);
    worker.sockets().due = Some(due);
    assert_eq!(worker.poll_timeout(), Some(due));
    worker.turn(due);
    assert_eq!(worker.poll_timeout(), None);
}
