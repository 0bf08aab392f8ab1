//! A program as a peer, by handles: what it sends comes back through the router, and the transport goes with its handle.

use std::time::{Duration, Instant};

use motet::control::{Encoding, MediaKind, MixAudio, RtpParameters};
use motet::rtp::ext::{ExtensionMap, ExtensionValues};
use motet::rtp::{HEADER_LEN_MAX, PayloadType, RtpHeader, RtpTime, RtpView, Ssrc, is_rtcp, write_header};
use motet::{ConsumerSettings, DirectReceiver, ProducerSettings, Worker, WorkerSettings};

fn opus(ssrc: u32) -> RtpParameters {
    let encodings = vec![Encoding { ssrc: Some(Ssrc(ssrc)), ..Encoding::default() }];
    RtpParameters { encodings, ..MixAudio::default().rtp_parameters() }
}

fn producer(ssrc: u32) -> ProducerSettings {
    ProducerSettings { kind: MediaKind::Audio, rtp_parameters: opus(ssrc), paused: false }
}

fn packet(ssrc: u32, seq: u16, payload: &[u8]) -> Vec<u8> {
    let header = RtpHeader {
        marker: false,
        payload_type: PayloadType::new(111).unwrap(),
        seq,
        rtp_time: RtpTime(u32::from(seq) * 960),
        ssrc: Ssrc(ssrc),
    };
    let mut packet = vec![0; HEADER_LEN_MAX];
    let len =
        write_header(&header, &ExtensionValues::default(), &ExtensionMap::default(), &mut packet).unwrap();
    packet.truncate(len);
    packet.extend_from_slice(payload);
    packet
}

/// The payload of the next RTP packet; waits for it as a plain thread would.
fn next(receiver: &mut DirectReceiver) -> Option<Vec<u8>> {
    let end = Instant::now() + Duration::from_secs(10);
    while Instant::now() < end && !receiver.is_closed() {
        while let Some(packet) = receiver.try_recv() {
            if !is_rtcp(packet.bytes) {
                return Some(RtpView::parse(packet.bytes).unwrap().payload().to_vec());
            }
        }
        receiver.wait(Duration::from_millis(100));
    }
    None
}

#[tokio::test]
async fn what_a_program_sends_comes_out_at_another() {
    let worker = Worker::start(WorkerSettings::default()).unwrap();
    let router = worker.create_router().await.unwrap();
    let (from, mut sender, _back) = router.create_direct_transport().await.unwrap();
    let (to, _unused, mut receiver) = router.create_direct_transport().await.unwrap();
    let one = from.produce(producer(1)).await.unwrap();
    let other = from.produce(producer(2)).await.unwrap();
    let settings = ConsumerSettings { producer_id: one.id(), rtp_parameters: opus(3), paused: false };
    let mut consumer = to.consume(settings).await.unwrap();

    sender.push(&packet(1, 1, b"one"));
    sender.push(&packet(2, 1, b"other"));
    sender.flush();
    assert_eq!(next(&mut receiver).as_deref(), Some(&b"one"[..]));

    consumer.switch(other.id(), true).await.unwrap();
    assert_eq!(consumer.producer_id(), other.id());
    sender.push(&packet(1, 2, b"one again"));
    sender.push(&packet(2, 2, b"other again"));
    sender.flush();
    assert_eq!(next(&mut receiver).as_deref(), Some(&b"other again"[..]));
    assert_eq!(other.stats().await.unwrap().consumers, 1);
    assert_eq!(to.stats().await.unwrap().sent_packets, 2);

    drop(to);
    let end = Instant::now() + Duration::from_secs(10);
    while !receiver.is_closed() && Instant::now() < end {
        receiver.wait(Duration::from_millis(50));
    }
    assert!(receiver.is_closed());
    worker.stop().await;
}

#[tokio::test]
async fn a_worker_that_ends_tells_its_programs() {
    let worker = Worker::start(WorkerSettings::default()).unwrap();
    let router = worker.create_router().await.unwrap();
    let (_transport, _sender, receiver) = router.create_direct_transport().await.unwrap();
    worker.stop().await;
    assert!(receiver.is_closed());
}
