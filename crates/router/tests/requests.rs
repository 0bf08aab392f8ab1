//! Requests that are refused change nothing, and whatever order requests come in, nothing is left behind.

mod peer;

use motet_control::{
    Codec, Consume, ConsumerId, Encoding, MediaKind, ObserverId, Produce, ProducerId, Refusal, Request,
    RtpParameters, TransportId,
};
use motet_router::{EntityId, RouteChange};
use motet_rtp::Ssrc;
use proptest::prelude::*;

use peer::{ROUTER, VIDEO, World, audio_parameters, codec, credentials, video_out, video_parameters};

fn produce(transport: u64, producer: u64, kind: MediaKind, rtp_parameters: RtpParameters) -> Request {
    let (transport_id, producer_id) = (TransportId(transport), ProducerId(producer));
    Request::Produce(Box::new(Produce { transport_id, producer_id, kind, rtp_parameters, paused: false }))
}

fn consume(transport: u64, consumer: u64, producer: u64, rtp_parameters: RtpParameters) -> Request {
    let (transport_id, consumer_id) = (TransportId(transport), ConsumerId(consumer));
    let producer_id = ProducerId(producer);
    Request::Consume(Box::new(Consume {
        transport_id,
        consumer_id,
        producer_id,
        rtp_parameters,
        paused: false,
    }))
}

#[test]
fn a_producer_that_makes_no_sense_is_refused_and_leaves_nothing() {
    let mut world = World::new();
    world.open(1);
    let mut twice = video_parameters();
    twice.codecs.push(codec(Codec::Vp9, 97, None));
    let mut anonymous = video_parameters();
    anonymous.encodings = vec![Encoding::default(), Encoding::default()];
    let cases = [
        RtpParameters { codecs: vec![], ..video_parameters() },
        RtpParameters { encodings: vec![], ..video_parameters() },
        RtpParameters { encodings: vec![Encoding::default(); 9], ..video_parameters() },
        audio_parameters(),
        twice,
        anonymous,
    ];
    for parameters in cases {
        let refused = world.ask(produce(1, 1, MediaKind::Video, parameters));
        assert!(matches!(refused, Err(Refusal::BadParameter(_))));
    }
    assert!(!world.router.has_producer(ProducerId(1)));
    world.must(produce(1, 1, MediaKind::Video, video_parameters()));
}

#[test]
fn ids_that_are_taken_or_unknown_are_refused_by_noun() {
    let mut world = World::new();
    world.open(1);
    world.must(produce(1, 100, MediaKind::Video, video_parameters()));
    let taken = Request::CreateWebRtcTransport {
        router_id: ROUTER,
        transport_id: TransportId(1),
        ice: credentials("other"),
    };
    assert_eq!(world.ask(taken).unwrap_err(), Refusal::Exists { noun: "transport", id: 1 });
    let refused = world.ask(produce(1, 100, MediaKind::Audio, audio_parameters()));
    assert_eq!(refused.unwrap_err(), Refusal::Exists { noun: "producer", id: 100 });
    let refused = world.ask(consume(1, 1, 7, video_out(1)));
    assert_eq!(refused.unwrap_err(), Refusal::NotFound { noun: "producer", id: 7 });
    let refused = world.ask(consume(9, 1, 100, video_out(1)));
    assert_eq!(refused.unwrap_err(), Refusal::NotFound { noun: "transport", id: 9 });
    let refused = world.ask(Request::CloseConsumer { consumer_id: ConsumerId(3) });
    assert_eq!(refused.unwrap_err(), Refusal::NotFound { noun: "consumer", id: 3 });
    let refused = world.ask(Request::CloseObserver { observer_id: ObserverId(3) });
    assert_eq!(refused.unwrap_err(), Refusal::NotFound { noun: "observer", id: 3 });
    assert!(matches!(world.ask(Request::GetWorkerStats), Err(Refusal::BadState(_))));
}

#[test]
fn an_ssrc_never_goes_out_twice_over_one_transport() {
    let mut world = World::new();
    world.open(1);
    world.must(produce(1, 100, MediaKind::Video, video_parameters()));
    world.must(consume(1, 1, 100, video_out(1)));
    assert!(matches!(world.ask(consume(1, 2, 100, video_out(1))), Err(Refusal::BadParameter(_))));
    world.must(Request::CloseConsumer { consumer_id: ConsumerId(1) });
    let again = world.ask(consume(1, 2, 100, video_out(1)));
    assert!(
        matches!(again, Err(Refusal::BadParameter(_))),
        "its numbers would begin anew under the same key"
    );
    world.open(2);
    world.must(consume(2, 2, 100, video_out(1)));
}

#[test]
fn a_consumer_needs_one_encoding_with_an_ssrc_and_a_codec_of_the_producers() {
    let mut world = World::new();
    world.open(1);
    world.must(produce(1, 100, MediaKind::Video, video_parameters()));
    let mut other_codec = video_out(1);
    other_codec.codecs = vec![codec(Codec::Vp9, 120, None)];
    let mut same_ssrc = video_out(1);
    same_ssrc.encodings[0].rtx_ssrc = same_ssrc.encodings[0].ssrc;
    let cases = [
        RtpParameters { encodings: vec![], ..video_out(1) },
        RtpParameters { encodings: vec![Encoding::default()], ..video_out(1) },
        other_codec,
        same_ssrc,
    ];
    for parameters in cases {
        assert!(matches!(world.ask(consume(1, 1, 100, parameters)), Err(Refusal::BadParameter(_))));
    }
    assert!(!world.router.has_consumer(ConsumerId(1)));
    world.must(consume(1, 1, 100, video_out(1)));
}

#[test]
fn two_hundred_joins_and_leaves_leave_nothing_behind() {
    let mut world = World::new();
    for round in 0..200u64 {
        world.open(1);
        world.open(2);
        world.must(produce(1, 100, MediaKind::Video, video_parameters()));
        world.must(consume(2, round, 100, video_out(1)));
        world.must(Request::CloseTransport { transport_id: TransportId(1) });
        world.must(Request::CloseTransport { transport_id: TransportId(2) });
        world.notifications.clear();
    }
    assert_eq!(world.router.poll_timeout(), None);
    let totals = world.router.totals();
    assert_eq!((totals.transports, totals.producers, totals.consumers), (0, 0, 0));
    assert!(!world.router.has_producer(VIDEO));
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Open(u64),
    Produce(u64, u64),
    Consume(u64, u64, u64),
    Observe(u64),
    PauseProducer(u64, bool),
    PauseConsumer(u64, bool),
    CloseTransport(u64),
    CloseProducer(u64),
    CloseConsumer(u64),
    CloseObserver,
    Pass,
}

fn step() -> impl Strategy<Value = Step> {
    let (transport, producer, consumer) = (1u64..4, 1u64..5, 1u64..9);
    prop_oneof![
        transport.clone().prop_map(Step::Open),
        (transport.clone(), producer.clone()).prop_map(|(a, b)| Step::Produce(a, b)),
        (transport.clone(), consumer.clone(), producer.clone()).prop_map(|(a, b, c)| Step::Consume(a, b, c)),
        producer.clone().prop_map(Step::Observe),
        (producer.clone(), any::<bool>()).prop_map(|(a, b)| Step::PauseProducer(a, b)),
        (consumer.clone(), any::<bool>()).prop_map(|(a, b)| Step::PauseConsumer(a, b)),
        transport.prop_map(Step::CloseTransport),
        producer.prop_map(Step::CloseProducer),
        consumer.prop_map(Step::CloseConsumer),
        Just(Step::CloseObserver),
        Just(Step::Pass),
    ]
}

/// The request of a step. Producers of even number are audio.
fn request(step: Step, serial: u64) -> Request {
    match step {
        Step::Open(id) => Request::CreateWebRtcTransport {
            router_id: ROUTER,
            transport_id: TransportId(id),
            ice: credentials(&format!("ufrag{id}")),
        },
        Step::Produce(transport, id) if id % 2 == 0 => {
            let encodings = vec![Encoding { ssrc: Some(Ssrc(id as u32)), ..Encoding::default() }];
            let parameters = RtpParameters { encodings, mid: None, ..audio_parameters() };
            produce(transport, id, MediaKind::Audio, parameters)
        }
        Step::Produce(transport, id) => {
            let encodings = vec![Encoding { ssrc: Some(Ssrc(id as u32)), ..Encoding::default() }];
            produce(
                transport,
                id,
                MediaKind::Video,
                RtpParameters { encodings, mid: None, ..video_parameters() },
            )
        }
        Step::Consume(transport, id, producer) if producer % 2 == 0 => {
            consume(transport, id, producer, peer::audio_out(serial))
        }
        Step::Consume(transport, id, producer) => consume(transport, id, producer, video_out(serial)),
        Step::Observe(id) => {
            Request::ObserveProducer { observer_id: ObserverId(1), producer_id: ProducerId(id) }
        }
        Step::PauseProducer(id, paused) => Request::SetProducerPaused { producer_id: ProducerId(id), paused },
        Step::PauseConsumer(id, paused) => Request::SetConsumerPaused { consumer_id: ConsumerId(id), paused },
        Step::CloseTransport(id) => Request::CloseTransport { transport_id: TransportId(id) },
        Step::CloseProducer(id) => Request::CloseProducer { producer_id: ProducerId(id) },
        Step::CloseConsumer(id) => Request::CloseConsumer { consumer_id: ConsumerId(id) },
        Step::CloseObserver | Step::Pass => Request::CloseObserver { observer_id: ObserverId(1) },
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn any_order_of_requests_keeps_the_books_right(steps in prop::collection::vec(step(), 1..80)) {
        let mut world = World::new();
        world.must(Request::CreateActiveSpeakerObserver {
            router_id: ROUTER, observer_id: ObserverId(1), interval_ms: 300,
        });
        for (serial, step) in (0..).zip(steps) {
            if matches!(step, Step::Pass) {
                world.pass_ms(700);
            } else {
                let routes = world.routes.len();
                if world.ask(request(step, serial)).is_err() {
                    prop_assert_eq!(world.routes.len(), routes, "a refusal changes nothing");
                }
            }
        }
        // What the routes tell is what is there.
        let mut there = std::collections::BTreeSet::new();
        for route in &world.routes {
            match route {
                RouteChange::AddEntity(id) => prop_assert!(there.insert(*id)),
                RouteChange::RemoveEntity(id) => prop_assert!(there.remove(id)),
                _ => {}
            }
        }
        for id in &there {
            let is_there = match *id {
                EntityId::Transport(id) => world.router.has_transport(id),
                EntityId::Producer(id) => world.router.has_producer(id),
                EntityId::Consumer(id) => world.router.has_consumer(id),
                EntityId::Observer(id) => world.router.has_observer(id),
            };
            prop_assert!(is_there, "{id:?}");
        }
        let totals = world.router.totals();
        let count = |is: fn(&EntityId) -> bool| there.iter().filter(|id| is(id)).count();
        prop_assert_eq!(totals.transports, count(|id| matches!(id, EntityId::Transport(_))));
        prop_assert_eq!(totals.producers, count(|id| matches!(id, EntityId::Producer(_))));
        prop_assert_eq!(totals.consumers, count(|id| matches!(id, EntityId::Consumer(_))));
    }
}
