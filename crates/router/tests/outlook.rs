//! What a path takes is estimated from its receiver's feedback, and tried with padding that receivers forget.

mod peer;

use std::time::{Duration, Instant};

use motet_bwe::FeedbackRecorder;
use motet_control::{ConsumerId, Refusal, Request, RtcpFeedback};
use motet_rtp::Ssrc;
use peer::*;

/// Of consumer 1, as `video_out` has it.
const RTX_SSRC: Ssrc = Ssrc(0x20_0001);

/// A subscriber behind a link of some capacity, which reports when packets came out of it.
struct Receiver {
    peer: Peer,
    recorder: FeedbackRecorder,
    capacity_bps: u64,
    busy_until: Instant,
    /// Packets of media and of padding.
    came: (usize, usize),
}

impl Receiver {
    fn new(world: &World, peer: Peer, capacity_bps: u64) -> Self {
        let recorder = FeedbackRecorder::new(world.now, Ssrc(9));
        Self { peer, recorder, capacity_bps, busy_until: world.now, came: (0, 0) }
    }

    fn receive(&mut self, world: &mut World) {
        for (header, values, payload) in self.peer.media(world) {
            let is_padding = header.ssrc == RTX_SSRC && payload.is_empty();
            let bytes = if is_padding { 290 } else { payload.len() + 30 };
            self.came.0 += usize::from(!is_padding);
            self.came.1 += usize::from(is_padding);
            let takes = Duration::from_secs_f64(bytes as f64 * 8.0 / self.capacity_bps as f64);
            self.busy_until = self.busy_until.max(world.now) + takes;
            let seq = values.transport_seq.expect("negotiated");
            self.recorder.handle_arrival(self.busy_until, seq, header.ssrc);
        }
        if self.recorder.poll_timeout().is_some_and(|at| at <= world.now) {
            let (recorder, now) = (&mut self.recorder, world.now);
            self.peer.send_rtcp(world, |writer| _ = recorder.poll_feedback(now, writer));
        }
    }
}

/// Video of about 250 kb/s for so long.
fn stream(world: &mut World, publisher: &mut Peer, receiver: &mut Receiver, seqs: std::ops::Range<u64>) {
    for seq in seqs {
        publisher.send_video(world, seq, seq == 1);
        for _ in 0..3 {
            world.pass_ms(11);
            receiver.receive(world);
        }
    }
}

fn available(world: &mut World) -> u64 {
    world.consumer_stats(1).available_bps.expect("the receiver gives feedback")
}

fn probe(target_bps: u64) -> Request {
    Request::ProbeConsumer { consumer_id: ConsumerId(1), target_bps }
}

#[test]
fn a_link_that_carries_more_is_found_out_by_padding() {
    let (mut world, mut publisher, subscriber) = World::call();
    let mut receiver = Receiver::new(&world, subscriber, 10_000_000);
    stream(&mut world, &mut publisher, &mut receiver, 1..200);
    assert!(available(&mut world) < 1_000_000, "{}", available(&mut world));
    assert_eq!(receiver.came, (199, 0), "nothing is tried unasked");
    world.must(probe(1_700_000));
    stream(&mut world, &mut publisher, &mut receiver, 200..500);
    assert!(available(&mut world) >= 1_650_000, "{}", available(&mut world));
    assert_eq!(receiver.came.0, 499, "media comes as ever");
    assert!(receiver.came.1 > 500, "{} of padding", receiver.came.1);
    let stats = world.consumer_stats(1);
    assert_eq!((stats.stream.packets, stats.stream.retransmitted_packets), (499, 0));
    let (_, padding) = receiver.came;
    stream(&mut world, &mut publisher, &mut receiver, 500..560);
    assert_eq!(receiver.came.1, padding, "it is known now");
}

#[test]
fn a_link_too_thin_for_what_is_sent_is_told() {
    let (mut world, mut publisher, subscriber) = World::call();
    let mut receiver = Receiver::new(&world, subscriber, 150_000);
    stream(&mut world, &mut publisher, &mut receiver, 1..120);
    let stats = world.consumer_stats(1);
    let available_bps = stats.available_bps.unwrap();
    assert!(available_bps < stats.stream.bitrate_bps * 8 / 10, "{available_bps}");
    assert!(available_bps < 160_000, "{available_bps}");
}

#[test]
fn padding_ends_with_the_consumer_that_carries_it() {
    let (mut world, mut publisher, subscriber) = World::call();
    let mut receiver = Receiver::new(&world, subscriber, 10_000_000);
    stream(&mut world, &mut publisher, &mut receiver, 1..60);
    world.must(probe(1_700_000));
    stream(&mut world, &mut publisher, &mut receiver, 60..90);
    assert!(receiver.came.1 > 0);
    world.must(Request::CloseConsumer { consumer_id: ConsumerId(1) });
    receiver.receive(&mut world);
    let (_, padding) = receiver.came;
    stream(&mut world, &mut publisher, &mut receiver, 90..120);
    assert_eq!(receiver.came.1, padding);
}

#[test]
fn a_receiver_without_feedback_has_no_estimate_and_is_not_tried() {
    let mut world = World::new();
    let (publisher, subscriber) = (world.connect(1), world.connect(2));
    world.produce(&publisher, VIDEO, video_parameters());
    let mut parameters = video_out(1);
    parameters.codecs[0].rtcp_feedback.retain(|feedback| *feedback != RtcpFeedback::TransportCc);
    world.consume(&subscriber, 1, VIDEO, parameters);
    assert_eq!(world.consumer_stats(1).available_bps, None);
    assert!(matches!(world.ask(probe(1_000_000)), Err(Refusal::BadState(_))));
}

#[test]
fn sound_without_retransmissions_carries_no_padding() {
    let (mut world, _publisher, _subscriber) = World::call();
    let request = Request::ProbeConsumer { consumer_id: ConsumerId(2), target_bps: 100_000 };
    assert!(matches!(world.ask(request), Err(Refusal::BadState(_))));
}
