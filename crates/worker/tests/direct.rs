//! Programs beside a worker: bounded queues, and a loop that waits for none of them.

mod fake;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use fake::*;
use motet_control::{
    Codec, CodecParameters, Consume, ConsumerId, Encoding, Produce, ProducerId, Request, RouterId,
    RtpParameters, TransportId,
};
use motet_rtp::ext::{ExtensionMap, ExtensionValues};
use motet_rtp::{HEADER_LEN_MAX, PayloadType, RtpHeader, RtpTime, RtpView, Ssrc, is_rtcp, write_header};
use motet_worker::{DirectReceiver, DirectSender, Worker, direct_pipe};

const ROUTER: RouterId = RouterId(1);
const SOURCE: ProducerId = ProducerId(1);

/// A program that sends (transport 1) and one that hears it (transport 2), both beside one worker.
struct Beside {
    worker: Worker<Lists>,
    now: Instant,
    sender: DirectSender,
    receiver: DirectReceiver,
    wakes: Arc<AtomicUsize>,
    /// The ends that are of no use here, kept open.
    _others: (DirectReceiver, DirectSender),
}

fn beside() -> Beside {
    let mut worker = worker();
    let wakes = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&wakes);
    for id in [1, 2] {
        done(
            &mut worker,
            Request::CreateDirectTransport { router_id: ROUTER, transport_id: TransportId(id) },
        );
    }
    let (end, sender, other_receiver) = direct_pipe(move || _ = counter.fetch_add(1, Ordering::Relaxed));
    worker.attach(TransportId(1), end);
    let (end, other_sender, receiver) = direct_pipe(|| {});
    worker.attach(TransportId(2), end);
    let produce = Produce {
        transport_id: TransportId(1),
        producer_id: SOURCE,
        kind: Codec::Opus.kind(),
        rtp_parameters: opus(Ssrc(1)),
        paused: false,
    };
    done(&mut worker, Request::Produce(Box::new(produce)));
    let consume = Consume {
        transport_id: TransportId(2),
        consumer_id: ConsumerId(1),
        producer_id: SOURCE,
        rtp_parameters: opus(Ssrc(2)),
        paused: false,
    };
    done(&mut worker, Request::Consume(Box::new(consume)));
    Beside { worker, now: Instant::now(), sender, receiver, wakes, _others: (other_receiver, other_sender) }
}

fn opus(ssrc: Ssrc) -> RtpParameters {
    let codec = CodecParameters {
        codec: Codec::Opus,
        payload_type: PayloadType::new(111).unwrap(),
        rtx_payload_type: None,
        clock_rate: 48_000,
        channels: 2,
        fmtp: Default::default(),
        rtcp_feedback: vec![],
    };
    RtpParameters {
        codecs: vec![codec],
        encodings: vec![Encoding { ssrc: Some(ssrc), ..Encoding::default() }],
        ..RtpParameters::default()
    }
}

fn packet(number: u32, len: usize) -> Vec<u8> {
    let header = RtpHeader {
        marker: false,
        payload_type: PayloadType::new(111).unwrap(),
        seq: number as u16,
        rtp_time: RtpTime(number * 960),
        ssrc: Ssrc(1),
    };
    let mut packet = vec![0; HEADER_LEN_MAX];
    let written = write_header(&header, &ExtensionValues::default(), &ExtensionMap::default(), &mut packet);
    packet.truncate(written.unwrap());
    packet.extend(number.to_be_bytes());
    packet.resize(packet.len() + len, 0);
    packet
}

impl Beside {
    fn send(&mut self, numbers: std::ops::Range<u32>, len: usize) {
        for number in numbers {
            self.sender.push(&packet(number, len));
        }
        self.sender.flush();
    }

    /// Turns until there is nothing left to do; the number of turns.
    fn turn(&mut self) -> usize {
        (1..).find(|_| !self.worker.turn(self.now)).unwrap()
    }

    fn heard(&mut self) -> Vec<u32> {
        let mut numbers = Vec::new();
        while let Some(packet) = self.receiver.try_recv() {
            assert_eq!(packet.at, self.now, "stamped with the turn's time");
            if !is_rtcp(packet.bytes) {
                let payload = RtpView::parse(packet.bytes).unwrap().payload().to_vec();
                numbers.push(u32::from_be_bytes(payload[..4].try_into().unwrap()));
            }
        }
        numbers
    }

    fn drops(&mut self, reason: &str) -> u64 {
        let stats = stats(&mut self.worker);
        stats.drops.iter().find(|(name, _)| *name == reason).map_or(0, |(_, count)| *count)
    }
}

#[test]
fn a_batch_goes_through_with_one_wake() {
    let mut beside = beside();
    beside.send(0..20, 100);
    assert_eq!(beside.wakes.load(Ordering::Relaxed), 1);
    beside.turn();
    assert_eq!(beside.heard(), (0..20).collect::<Vec<_>>());
    assert_eq!(beside.heard(), []);
    beside.sender.flush();
    assert_eq!(beside.wakes.load(Ordering::Relaxed), 1, "nothing to send wakes nobody");
}

#[test]
fn a_large_batch_is_spread_over_turns() {
    let mut beside = beside();
    beside.send(0..500, 100);
    let turns = beside.turn();
    assert!(turns > 10, "{turns} turns: peers' packets get their turn between");
    assert!(!beside.worker.has_input());
    assert_eq!(beside.heard(), (0..500).collect::<Vec<_>>());
}

#[test]
fn a_program_that_does_not_listen_loses_what_its_queue_does_not_hold_and_keeps_nobody_waiting() {
    let mut beside = beside();
    for round in 0..100 {
        beside.send(round * 100..round * 100 + 100, 1_000);
        beside.turn();
    }
    let heard = beside.heard();
    assert!(heard.len() > 1_000 && heard.len() < 5_000, "{} packets were kept", heard.len());
    assert_eq!(beside.drops("direct_full") as usize, 10_000 - heard.len());
    assert_eq!(heard, (0..heard.len() as u32).collect::<Vec<_>>(), "the oldest are kept, in order");
    beside.send(20_000..20_010, 100);
    beside.turn();
    assert_eq!(beside.heard(), (20_000..20_010).collect::<Vec<_>>(), "then it goes on");
}

#[test]
fn a_program_that_floods_is_refused_and_counted() {
    let mut beside = beside();
    beside.send(0..5_000, 1_000);
    beside.send(5_000..10_000, 1_000);
    beside.turn();
    assert!(beside.heard().len() < 5_000);
    assert!(beside.drops("direct_full") > 5_000);
}

#[test]
fn many_programs_get_their_turns() {
    let mut beside = beside();
    let mut others = Vec::new();
    for id in 10..20u64 {
        let transport_id = TransportId(id);
        done(&mut beside.worker, Request::CreateDirectTransport { router_id: RouterId(2), transport_id });
        let (end, sender, receiver) = direct_pipe(|| {});
        beside.worker.attach(transport_id, end);
        others.push((sender, receiver));
    }
    for (sender, _) in &mut others {
        // Strangers to their routers, which costs a turn as much.
        (0..300).for_each(|number| _ = sender.push(&packet(number, 10)));
        sender.flush();
    }
    beside.send(0..32, 10);
    let mut turns = 0;
    let mut heard = 0;
    while heard < 32 {
        turns += 1;
        beside.worker.turn(beside.now);
        heard += beside.heard().len();
    }
    assert!(turns < 30, "{turns} turns: nobody waits for others' batches to end");
}

#[test]
fn the_end_of_a_transport_is_told_to_its_program() {
    let mut beside = beside();
    assert!(!beside.receiver.is_closed());
    done(&mut beside.worker, Request::CloseTransport { transport_id: TransportId(2) });
    assert!(beside.receiver.is_closed());
    beside.receiver.wait(Duration::from_secs(60));
    beside.send(0..3, 10);
    beside.turn();
    assert_eq!(beside.heard(), []);

    let (end, _sender, receiver) = direct_pipe(|| {});
    beside.worker.attach(TransportId(77), end);
    assert!(receiver.is_closed(), "there is no such transport");
    done(&mut beside.worker, Request::CloseRouter { router_id: ROUTER });
    assert!(beside._others.0.is_closed());
}

#[test]
fn a_transport_without_a_program_loses_its_packets_and_counts_them() {
    let mut beside = beside();
    let transport_id = TransportId(3);
    done(&mut beside.worker, Request::CreateDirectTransport { router_id: ROUTER, transport_id });
    let consume = Consume {
        transport_id,
        consumer_id: ConsumerId(3),
        producer_id: SOURCE,
        rtp_parameters: opus(Ssrc(3)),
        paused: false,
    };
    done(&mut beside.worker, Request::Consume(Box::new(consume)));
    beside.send(0..5, 10);
    beside.turn();
    assert_eq!(beside.drops("no_program"), 5);
    assert_eq!(beside.heard().len(), 5);
}

#[test]
fn a_program_sleeps_until_something_comes() {
    let Beside { mut worker, now, mut sender, mut receiver, .. } = beside();
    let listener = std::thread::spawn(move || {
        loop {
            receiver.wait(Duration::from_secs(60));
            if receiver.try_recv().is_some() || receiver.is_closed() {
                return;
            }
        }
    });
    sender.push(&packet(1, 10));
    sender.flush();
    while !listener.is_finished() {
        worker.turn(now);
    }
    listener.join().unwrap();
}
