use super::*;

/// A sender that does as the REMB says, behind a link of some capacity with a queue.
struct Link {
    estimator: ReceiveEstimator,
    now: Instant,
    elapsed_ms: u64,
    capacity_bps: u64,
    /// What the sender would send at most.
    wanted_bps: u64,
    target_bps: u64,
    credit_bits: f64,
    sent: u64,
    /// Lost at random: one packet of so many.
    loses_each: u64,
    /// When the link has put out what is in its queue, in ms.
    busy_until: f64,
    /// Packets on their way: when they come, and their send time.
    in_flight: std::collections::VecDeque<(f64, u32)>,
    received_bits: u64,
    /// Packets sent and lost since the last receiver report, which is made each second.
    reported: (u64, u64),
    queue_ms_max: f64,
}

const PACKET_BYTES: usize = 1_100;
const DELAY_MS: f64 = 25.0;
const QUEUE_MS_MAX: f64 = 1_000.0;

impl Link {
    fn new(capacity_bps: u64) -> Self {
        Self {
            estimator: ReceiveEstimator::new(EstimateLimits::default()),
            now: Instant::now(),
            elapsed_ms: 0,
            capacity_bps,
            wanted_bps: 2_500_000,
            target_bps: 300_000,
            credit_bits: 0.0,
            sent: 0,
            loses_each: 0,
            busy_until: 0.0,
            in_flight: std::collections::VecDeque::new(),
            received_bits: 0,
            reported: (0, 0),
            queue_ms_max: 0.0,
        }
    }

    /// Runs, and returns the mean rate that came through and the longest delay in the queue.
    fn run(&mut self, seconds: u64) -> (u64, f64) {
        (self.received_bits, self.queue_ms_max) = (0, 0.0);
        for _ in 0..seconds * 1_000 {
            self.millisecond();
        }
        (self.received_bits / seconds, self.queue_ms_max)
    }

    fn millisecond(&mut self) {
        self.elapsed_ms += 1;
        self.now += Duration::from_millis(1);
        let at = self.elapsed_ms as f64;
        self.credit_bits += self.target_bps.min(self.wanted_bps) as f64 / 1_000.0;
        // A frame each 33 ms, its packets at once.
        while self.elapsed_ms.is_multiple_of(33) && self.credit_bits >= PACKET_BYTES as f64 * 8.0 {
            self.credit_bits -= PACKET_BYTES as f64 * 8.0;
            self.send(at);
        }
        while self.in_flight.front().is_some_and(|(comes, _)| *comes <= at) {
            let (_, sent) = self.in_flight.pop_front().unwrap();
            self.estimator.handle_arrival(self.now, sent, PACKET_BYTES, Ssrc(7));
            self.received_bits += PACKET_BYTES as u64 * 8;
        }
        if self.elapsed_ms.is_multiple_of(1_000) {
            let (sent, lost) = std::mem::take(&mut self.reported);
            self.estimator.handle_loss(self.now, lost as f32 / sent.max(1) as f32);
        }
        if let Some(bps) = self.estimator.poll_remb(self.now) {
            self.target_bps = bps;
        }
    }

    fn send(&mut self, at: f64) {
        self.sent += 1;
        let is_lost = self.loses_each > 0 && self.sent.is_multiple_of(self.loses_each);
        let queue_ms = (self.busy_until - at).max(0.0);
        self.queue_ms_max = self.queue_ms_max.max(queue_ms);
        self.reported.0 += 1;
        if is_lost || queue_ms > QUEUE_MS_MAX {
            self.reported.1 += 1;
            return;
        }
        self.busy_until = at + queue_ms + PACKET_BYTES as f64 * 8_000.0 / self.capacity_bps as f64;
        let sent = ((at / 1_000.0 * f64::from(1 << 18)) as u64 & 0xff_ffff) as u32;
        self.in_flight.push_back((self.busy_until + DELAY_MS, sent));
    }
}

#[test]
fn it_fills_a_link_of_one_megabit_without_a_standing_queue() {
    let mut link = Link::new(1_000_000);
    link.run(20);
    for _ in 0..6 {
        let (bps, queue_ms) = link.run(20);
        assert!(bps >= 700_000, "{bps} bps");
        assert!(queue_ms < 250.0, "{queue_ms} ms");
    }
}

#[test]
fn it_follows_a_drop_to_300_kilobit_and_recovers() {
    let mut link = Link::new(1_000_000);
    link.run(60);
    link.capacity_bps = 300_000;
    link.run(10);
    let (bps, queue_ms) = link.run(20);
    assert!(bps >= 210_000, "{bps} bps");
    assert!(queue_ms < 300.0, "{queue_ms} ms");
    link.capacity_bps = 1_000_000;
    link.run(40);
    let (bps, _) = link.run(20);
    assert!(bps >= 700_000, "{bps} bps");
}

#[test]
fn the_start_is_quick_where_there_is_room() {
    let mut link = Link::new(50_000_000);
    link.run(10);
    assert!(link.estimator.estimate_bps() > 2_000_000, "{}", link.estimator.estimate_bps());
}

#[test]
fn losses_by_chance_do_not_starve_the_sender() {
    let mut link = Link::new(1_000_000);
    link.loses_each = 20;
    link.run(20);
    let (bps, _) = link.run(20);
    assert!(bps >= 650_000, "{bps} bps");
}

#[test]
fn heavy_loss_cuts_the_estimate_and_light_loss_does_not() {
    let mut estimator = ReceiveEstimator::new(EstimateLimits::default());
    let now = Instant::now();
    estimator.handle_loss(now, 0.05);
    assert_eq!(estimator.estimate_bps(), 600_000);
    estimator.handle_loss(now, 0.5);
    estimator.handle_loss(now, 0.5);
    assert_eq!(estimator.estimate_bps(), 450_000, "one cut per report");
    for second in 1..100 {
        estimator.handle_loss(now + Duration::from_secs(second), 1.0);
    }
    assert_eq!(estimator.estimate_bps(), 30_000, "the least allowed");
}

#[test]
fn the_estimate_is_told_each_second_and_at_once_when_it_falls() {
    let mut estimator = ReceiveEstimator::new(EstimateLimits::default());
    let start = Instant::now();
    let at = |ms| start + Duration::from_millis(ms);
    assert_eq!((estimator.poll_timeout(), estimator.poll_remb(start)), (None, None));
    estimator.handle_arrival(at(0), 0, 100, Ssrc(1));
    assert_eq!(estimator.poll_remb(at(0)), Some(600_000));
    assert_eq!(estimator.poll_timeout(), None, "nothing new came");
    estimator.handle_arrival(at(10), 2_621, 100, Ssrc(2));
    assert_eq!((estimator.poll_timeout(), estimator.poll_remb(at(10))), (Some(at(1_000)), None));
    estimator.handle_loss(at(20), 0.25);
    assert_eq!(estimator.poll_remb(at(20)), Some(525_000));
    assert_eq!(estimator.ssrcs(), [Ssrc(1), Ssrc(2)]);
    estimator.handle_arrival(at(2_005), 525_000, 100, Ssrc(2));
    assert!(estimator.poll_remb(at(2_005)).is_some());
    assert_eq!(estimator.ssrcs(), [Ssrc(2)], "the other has been silent");
}

#[test]
fn a_flood_of_streams_names_a_bounded_number() {
    let mut estimator = ReceiveEstimator::new(EstimateLimits::default());
    for ssrc in 0..10_000 {
        estimator.handle_arrival(Instant::now(), ssrc * 77, 100, Ssrc(ssrc));
    }
    assert_eq!(estimator.ssrcs().len(), STREAMS_MAX);
}
