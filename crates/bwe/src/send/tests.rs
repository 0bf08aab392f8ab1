//! A sender, a link with a queue, and a receiver whose feedback is real, under simulated time and seeded chance.

use std::collections::VecDeque;

use motet_rtp::Ssrc;
use motet_rtp::rtcp::{self, Packet, Writer};
use proptest::prelude::*;

use super::*;
use crate::{FeedbackRecorder, Probe};

const PACKET_BYTES: usize = 1_100;
const DELAY_MS: f64 = 25.0;

/// What a sender makes of its estimate.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sender {
    /// Sends as much as it may, up to so much.
    Follows(u64),
    /// Sends so much whatever becomes of it, as a mix does.
    Sends(u64),
}

struct Path {
    now: Instant,
    elapsed_ms: u64,
    chance: u64,
    sender: Sender,
    capacity_bps: u64,
    /// Packets that would wait longer are lost.
    queue_ms_max: f64,
    /// Each packet is delayed by up to so much, without overtaking.
    jitter_ms: f64,
    /// Of a thousand packets so many are lost by chance.
    lost_per_mille: u64,
    /// What others send over the same link.
    others_bps: u64,
    estimator: SendEstimator,
    recorder: FeedbackRecorder,
    probe: Option<Probe>,
    next_seq: u16,
    credit_bits: f64,
    others_bits: f64,
    /// When the link has put out its queue, and when the last packet on it comes, in ms.
    busy_until: f64,
    last_comes: f64,
    in_flight: VecDeque<(f64, u16)>,
    feedback: VecDeque<(f64, Vec<u8>)>,
    came_bits: u64,
    padding_bits: u64,
    queue_ms: f64,
}

impl Path {
    fn new(capacity_bps: u64, sender: Sender) -> Self {
        let now = Instant::now();
        Self {
            now,
            elapsed_ms: 0,
            chance: 0x9e37_79b9_7f4a_7c15,
            sender,
            capacity_bps,
            queue_ms_max: 800.0,
            jitter_ms: 0.0,
            lost_per_mille: 0,
            others_bps: 0,
            estimator: SendEstimator::new(now, EstimateLimits::default()),
            recorder: FeedbackRecorder::new(now, Ssrc(1)),
            probe: None,
            next_seq: 65_000,
            credit_bits: 0.0,
            others_bits: 0.0,
            busy_until: 0.0,
            last_comes: 0.0,
            in_flight: VecDeque::new(),
            feedback: VecDeque::new(),
            came_bits: 0,
            padding_bits: 0,
            queue_ms: 0.0,
        }
    }

    fn estimate(&self) -> u64 {
        self.estimator.estimate_bps(self.now).expect("the receiver gives feedback")
    }

    /// Runs; what came a second, and the longest wait in the queue in ms.
    fn run(&mut self, seconds: u64) -> (u64, f64) {
        (self.came_bits, self.padding_bits, self.queue_ms) = (0, 0, 0.0);
        (0..seconds * 1_000).for_each(|_| self.millisecond());
        (self.came_bits / seconds, self.queue_ms)
    }

    fn millisecond(&mut self) {
        self.elapsed_ms += 1;
        self.now += Duration::from_millis(1);
        self.others_bits += self.others_bps as f64 / 1_000.0;
        while self.others_bits >= PACKET_BYTES as f64 * 8.0 {
            self.others_bits -= PACKET_BYTES as f64 * 8.0;
            self.occupy(PACKET_BYTES);
        }
        let bps = match self.sender {
            Sender::Sends(bps) => bps,
            Sender::Follows(most_bps) => {
                self.estimator.estimate_bps(self.now).unwrap_or_default().min(most_bps)
            }
        };
        self.credit_bits += bps as f64 / 1_000.0;
        while self.elapsed_ms.is_multiple_of(33) && self.credit_bits >= PACKET_BYTES as f64 * 8.0 {
            self.credit_bits -= PACKET_BYTES as f64 * 8.0;
            self.send(PACKET_BYTES);
        }
        self.pad();
        self.receive();
    }

    fn pad(&mut self) {
        const PADDING_BYTES: usize = 290;
        let Some(probe) = self.probe.as_mut().filter(|probe| probe.poll_timeout() <= self.now) else {
            return;
        };
        let Some(due) = probe.poll(self.now, &self.estimator) else {
            self.probe = None;
            return;
        };
        for _ in 0..due / PADDING_BYTES {
            self.padding_bits += PADDING_BYTES as u64 * 8;
            self.send(PADDING_BYTES);
        }
    }

    fn send(&mut self, size_bytes: usize) {
        self.next_seq = self.next_seq.wrapping_add(1);
        self.estimator.handle_sent(self.now, self.next_seq, size_bytes);
        if let Some(probe) = &mut self.probe {
            probe.handle_sent(size_bytes);
        }
        let (is_lost, late) =
            (self.draw() % 1_000 < self.lost_per_mille, (self.draw() % 1_000) as f64 / 1_000.0);
        if is_lost || !self.occupy(size_bytes) {
            return;
        }
        self.last_comes = (self.busy_until + DELAY_MS + late * self.jitter_ms).max(self.last_comes);
        self.in_flight.push_back((self.last_comes, self.next_seq));
        self.came_bits += size_bytes as u64 * 8;
    }

    /// Takes a place in the link's queue, if there is one.
    fn occupy(&mut self, size_bytes: usize) -> bool {
        let at = self.elapsed_ms as f64;
        let queue_ms = (self.busy_until - at).max(0.0);
        if queue_ms > self.queue_ms_max {
            return false;
        }
        self.queue_ms = self.queue_ms.max(queue_ms);
        self.busy_until = at + queue_ms + size_bytes as f64 * 8_000.0 / self.capacity_bps as f64;
        true
    }

    fn receive(&mut self) {
        let at = self.elapsed_ms as f64;
        while let Some((_, seq)) = self.in_flight.pop_front_if(|(comes, _)| *comes <= at) {
            self.recorder.handle_arrival(self.now, seq, Ssrc(7));
        }
        let mut compound = [0; 1_200];
        let mut writer = Writer::new(&mut compound);
        if self.recorder.poll_feedback(self.now, &mut writer) {
            let len = writer.len();
            self.feedback.push_back((at + DELAY_MS, compound[..len].to_vec()));
        }
        while let Some((_, compound)) = self.feedback.pop_front_if(|(comes, _)| *comes <= at) {
            for packet in rtcp::packets(&compound) {
                let Ok(Packet::TransportCc(view)) = packet else { panic!("{packet:?}") };
                self.estimator.handle_feedback(self.now, &view);
            }
        }
    }

    /// A xorshift generator.
    fn draw(&mut self) -> u64 {
        self.chance ^= self.chance << 13;
        self.chance ^= self.chance >> 7;
        self.chance ^= self.chance << 17;
        self.chance
    }
}

#[test]
fn a_sender_that_follows_it_fills_a_link_without_a_standing_queue() {
    let mut path = Path::new(1_000_000, Sender::Follows(5_000_000));
    path.run(20);
    for _ in 0..6 {
        let (bps, queue_ms) = path.run(20);
        assert!(bps >= 700_000, "{bps} bps");
        assert!(queue_ms < 300.0, "{queue_ms} ms");
    }
}

#[test]
fn it_follows_steps_of_capacity_down_and_up() {
    let mut path = Path::new(2_000_000, Sender::Follows(5_000_000));
    path.run(40);
    path.capacity_bps = 300_000;
    path.run(5);
    assert!(path.estimate() <= 330_000, "{}", path.estimate());
    let (bps, queue_ms) = path.run(20);
    assert!(bps >= 200_000 && queue_ms < 400.0, "{bps} bps, {queue_ms} ms");
    path.capacity_bps = 2_000_000;
    path.run(40);
    let (bps, _) = path.run(10);
    assert!(bps >= 1_300_000, "{bps} bps");
}

#[test]
fn a_mix_too_large_for_the_link_is_told_within_a_second() {
    for queue_ms_max in [60.0, 800.0, 3_000.0] {
        let mut path = Path::new(5_000_000, Sender::Sends(1_500_000));
        path.queue_ms_max = queue_ms_max;
        path.run(20);
        assert!(path.estimate() >= 1_450_000, "{}", path.estimate());
        path.capacity_bps = 300_000;
        path.run(1);
        assert!(path.estimate() < 1_200_000, "{} with a queue of {queue_ms_max} ms", path.estimate());
        path.run(2);
        assert!(path.estimate() < 330_000, "{} with a queue of {queue_ms_max} ms", path.estimate());
    }
}

#[test]
fn jitter_and_losses_by_chance_leave_room_for_what_passes() {
    for (jitter_ms, lost_per_mille) in [(30.0, 0), (0.0, 50), (20.0, 20)] {
        let mut path = Path::new(5_000_000, Sender::Sends(500_000));
        (path.jitter_ms, path.lost_per_mille) = (jitter_ms, lost_per_mille);
        path.run(10);
        let mut least = u64::MAX;
        for _ in 0..60 {
            path.run(1);
            least = least.min(path.estimate());
        }
        assert!(least >= 400_000, "{least} with {jitter_ms} ms and {lost_per_mille} per mille");
    }
}

#[test]
fn who_shares_the_link_leaves_less() {
    let mut path = Path::new(2_000_000, Sender::Sends(1_500_000));
    path.run(20);
    assert!(path.estimate() >= 1_450_000, "{}", path.estimate());
    path.others_bps = 1_200_000;
    path.run(4);
    assert!(path.estimate() < 1_200_000, "{}", path.estimate());
}

#[test]
fn padding_finds_out_what_media_alone_does_not_show() {
    let mut path = Path::new(5_000_000, Sender::Sends(100_000));
    path.run(20);
    assert!(path.estimate() < 700_000, "{}", path.estimate());
    path.probe = Some(Probe::new(path.now, 1_700_000));
    let (_, queue_ms) = path.run(10);
    assert!(path.estimate() >= 1_700_000 && path.probe.is_none(), "{}", path.estimate());
    assert!(queue_ms < 50.0, "{queue_ms} ms");
}

#[test]
fn padding_on_a_thin_link_ends_before_it_is_felt() {
    let mut path = Path::new(300_000, Sender::Sends(500_000));
    path.run(3);
    path.sender = Sender::Sends(150_000);
    path.run(10);
    path.probe = Some(Probe::new(path.now, 575_000));
    let (_, queue_ms) = path.run(10);
    assert!(path.estimate() <= 330_000 && path.probe.is_none(), "{}", path.estimate());
    assert!(queue_ms < 300.0, "{queue_ms} ms");
    path.run(5);
    assert_eq!(path.padding_bits, 0);
}

#[test]
fn a_peer_without_feedback_has_no_estimate() {
    let start = Instant::now();
    let mut estimator = SendEstimator::new(start, EstimateLimits::default());
    assert_eq!(estimator.estimate_bps(start), Some(600_000));
    estimator.handle_sent(start, 1, 1_000);
    assert_eq!(estimator.estimate_bps(start + DEAF), Some(600_000));
    assert_eq!(estimator.estimate_bps(start + DEAF * 2), None);
}

/// What an estimator is made to meet: a number to send under, or a feedback.
#[derive(Clone, Debug)]
enum Meeting {
    Sent(u16),
    Feedback(u16, u32, Vec<Option<i16>>),
}

proptest! {
    #[test]
    fn no_feedback_breaks_it(meetings in prop::collection::vec(prop_oneof![
        any::<u16>().prop_map(Meeting::Sent),
        (any::<u16>(), any::<u32>(), prop::collection::vec(any::<Option<i16>>(), 1..50))
            .prop_map(|(base, reference, arrivals)| Meeting::Feedback(base, reference, arrivals)),
    ], 1..200)) {
        let limits = EstimateLimits::default();
        let mut now = Instant::now();
        let mut estimator = SendEstimator::new(now, limits);
        for meeting in meetings {
            now += Duration::from_millis(7);
            match meeting {
                Meeting::Sent(seq) => estimator.handle_sent(now, seq, usize::from(seq)),
                Meeting::Feedback(base_seq, reference_time_64ms, arrivals) => {
                    let mut compound = [0; 1_200];
                    let mut writer = Writer::new(&mut compound);
                    let feedback = motet_rtp::rtcp::TransportCcFeedback {
                        base_seq, reference_time_64ms, feedback_count: 0, arrivals: &arrivals,
                    };
                    writer.transport_cc(Ssrc(1), Ssrc(2), &feedback).unwrap();
                    let len = writer.len();
                    for packet in rtcp::packets(&compound[..len]) {
                        let Ok(Packet::TransportCc(view)) = packet else { panic!("{packet:?}") };
                        estimator.handle_feedback(now, &view);
                    }
                }
            }
            let bps = estimator.estimate_bps(now).unwrap_or(limits.min_bps);
            prop_assert!((limits.min_bps..=limits.max_bps).contains(&bps));
        }
    }
}
