//! What the end of one worker means to those who use it, and to the other workers.

mod poisoned;

use motet::control::{ConsumerId, ProducerId, Refusal, Request, Response, RouterId, TransportId};
use motet::{End, Event, RequestError, Worker, WorkerSettings};

fn why(end: &End) -> &str {
    match end {
        End::Died { why } => why,
        End::Stopped => panic!("it should have died"),
    }
}

#[tokio::test]
async fn a_panic_ends_its_worker_with_a_clear_event_and_leaves_the_other_at_work() {
    let (doomed, poison) = poisoned::worker();
    let healthy = Worker::start(WorkerSettings::default()).unwrap();
    let mut events = doomed.subscribe();
    let router = doomed.create_router().await.unwrap();
    let others = healthy.create_router().await.unwrap();

    poison.panic();
    let Some(Event::Ended(end)) = events.recv().await else { panic!("the end is told") };
    assert_eq!(why(&end), "poisoned");
    assert!(events.recv().await.is_none());
    assert_eq!(doomed.ended().await, end);

    assert_eq!(router.create_webrtc_transport().await.unwrap_err(), RequestError::Ended);
    assert_eq!(doomed.stats().await.unwrap_err(), RequestError::Ended);
    drop(router);
    assert_eq!(doomed.stop().await, end, "stopping what died is harmless");

    let transport = others.create_webrtc_transport().await.unwrap();
    assert_eq!(healthy.stats().await.unwrap().transports, 1);
    drop(transport);
    assert_eq!(healthy.stop().await, End::Stopped);
}

#[tokio::test]
async fn a_worker_that_cannot_wait_on_its_sockets_dies_and_says_why() {
    let (worker, poison) = poisoned::worker();
    poison.fail();
    let end = worker.ended().await;
    assert!(why(&end).contains("the poll broke"), "{end:?}");
}

#[tokio::test]
async fn requests_that_a_worker_takes_to_its_grave_are_answered_with_its_end() {
    let (worker, poison) = poisoned::worker();
    poison.panic();
    let answers: Vec<_> = (0..600).map(|_| worker.send(Request::GetWorkerStats)).collect();
    for answer in answers {
        assert!(matches!(answer.await, Ok(Response::WorkerStats(_)) | Err(RequestError::Ended)));
    }
    assert_eq!(worker.request(Request::GetWorkerStats).await.unwrap_err(), RequestError::Ended);
}

#[tokio::test]
async fn who_subscribes_after_the_end_is_told_the_end() {
    let (worker, poison) = poisoned::worker();
    poison.panic();
    let end = worker.ended().await;
    let mut events = worker.subscribe();
    assert!(matches!(events.recv().await, Some(Event::Ended(told)) if told == end));
    assert!(events.recv().await.is_none());
}

#[tokio::test]
async fn listeners_to_an_entity_hear_nothing_more_after_the_end() {
    let (worker, poison) = poisoned::worker();
    let router = worker.create_router().await.unwrap();
    let transport = router.create_webrtc_transport().await.unwrap();
    let mut events = transport.events();
    poison.panic();
    assert!(events.recv().await.is_none());
    assert!(transport.events().recv().await.is_none());
}

#[tokio::test]
async fn a_worker_ends_with_the_last_handle() {
    let (worker, _poison) = poisoned::worker();
    let mut events = worker.subscribe();
    let router = worker.create_router().await.unwrap();
    drop(worker);
    let transport = router.create_webrtc_transport().await.unwrap();
    drop(router);
    drop(transport);
    assert!(matches!(events.recv().await, Some(Event::Ended(End::Stopped))));
}

#[tokio::test]
async fn requests_are_carried_out_in_the_order_in_which_they_were_sent() {
    let (worker, _poison) = poisoned::worker();
    let mut answers = Vec::new();
    for id in 0..1000 {
        answers.push(worker.send(Request::CreateRouter { router_id: RouterId(id) }));
        answers.push(worker.send(Request::CreateWebRtcTransport {
            router_id: RouterId(id),
            transport_id: TransportId(id),
            ice: motet::ice_credentials(),
        }));
        answers.push(worker.send(Request::CloseRouter { router_id: RouterId(id) }));
    }
    for answer in answers {
        answer.await.unwrap();
    }
    // What was sent before a stop is carried out before it.
    let last = worker.send(Request::CreateRouter { router_id: RouterId(1) });
    worker.stop().await;
    last.await.unwrap();
}

#[tokio::test]
async fn a_mailbox_that_is_full_says_so_and_drops_nothing_that_it_took() {
    let (worker, poison) = poisoned::worker();
    let flood: Vec<_> = (0..200_000).map(|_| worker.send(Request::GetWorkerStats)).collect();
    let mut refused = 0;
    for answer in flood {
        match answer.await {
            Ok(Response::WorkerStats(_)) => {}
            Err(RequestError::Overloaded) => refused += 1,
            other => panic!("{other:?}"),
        }
    }
    worker.stats().await.unwrap();
    drop(poison);
    // Whether the flood outran the worker is the machine's to say; that it was told the truth is what counts.
    assert!(refused < 200_000);
}

#[tokio::test]
async fn a_refusal_is_told_in_the_words_of_the_control_api() {
    let (worker, _poison) = poisoned::worker();
    let refused = worker.request(Request::CloseProducer { producer_id: ProducerId(5) }).await.unwrap_err();
    assert_eq!(refused, RequestError::Refused(Refusal::NotFound { noun: "producer", id: 5 }));
    assert_eq!(refused.to_string(), "no producer 5");
    let refused = worker.request(Request::CloseConsumer { consumer_id: ConsumerId(6) }).await.unwrap_err();
    assert_eq!(refused.to_string(), "no consumer 6");
}
