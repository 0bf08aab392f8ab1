use super::*;

const SIZES: [u64; 3] = [1_500_000, 500_000, 150_000];
const INTERVAL: Duration = Duration::from_millis(250);

/// A link as an estimator sees it, under simulated time and seeded chance.
struct Link {
    ladder: Ladder,
    now: Instant,
    chance: u64,
    /// Nothing is sent before the link's first look.
    is_sending: bool,
    capacity_bps: u64,
    estimate_bps: f64,
    /// How much of what a size may use its picture needs, in percent.
    activity: u64,
    /// A try under way: its goal and its end.
    trying: Option<(f64, Instant)>,
    tries: usize,
    moves: Vec<usize>,
    /// Time during which more was sent than the link carries.
    pressed: Duration,
}

impl Link {
    fn new(capacity_bps: u64) -> Self {
        Self {
            ladder: Ladder::new(),
            now: Instant::now(),
            chance: 20_261_122,
            is_sending: false,
            capacity_bps,
            estimate_bps: 600_000.0,
            activity: 100,
            trying: None,
            tries: 0,
            moves: Vec::new(),
            pressed: Duration::ZERO,
        }
    }

    /// The estimate a quarter of a second later: cut where more is sent than is carried, and by chance now and then.
    fn estimate(&mut self, used_bps: f64) {
        self.chance =
            self.chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let draw = (self.chance >> 33) % 1_000;
        let tried_bps = self.trying.filter(|(_, ends)| self.now < *ends).map_or(0.0, |(goal, _)| goal);
        let sent_bps = used_bps.max((self.estimate_bps * 1.25).min(tried_bps));
        let carried_bps = sent_bps.min(self.capacity_bps as f64);
        if sent_bps > self.capacity_bps as f64 {
            self.estimate_bps = self.estimate_bps.min(0.85 * carried_bps);
            self.trying = None;
        } else {
            let is_cautious = draw < 10;
            let grown = (self.estimate_bps * 1.02).min(1.5 * sent_bps).max(self.estimate_bps).max(sent_bps);
            self.estimate_bps = if is_cautious { grown.min(0.85 * sent_bps) } else { grown };
        }
        self.pressed += if used_bps > self.capacity_bps as f64 { INTERVAL } else { Duration::ZERO };
    }

    /// Runs; where the ladder went meanwhile.
    fn run(&mut self, seconds: u64) -> Vec<usize> {
        (self.moves, self.tries) = (Vec::new(), 0);
        for _ in 0..seconds * 4 {
            self.now += INTERVAL;
            let is_sending = std::mem::replace(&mut self.is_sending, true);
            let used_bps = u64::from(is_sending) * SIZES[self.ladder.rung] * self.activity / 100;
            self.estimate(used_bps as f64);
            let report = Report::Carries { available_bps: self.estimate_bps as u64, used_bps };
            match self.ladder.report(self.now, report, &SIZES) {
                Some(Step::Go(rung)) => self.moves.push(rung),
                Some(Step::Try(goal)) => {
                    self.tries += 1;
                    self.trying = Some((goal as f64, self.now + Duration::from_secs(10)));
                }
                None => {}
            }
        }
        self.moves.clone()
    }
}

#[test]
fn a_link_nobody_knows_begins_in_the_middle_and_soon_has_the_largest() {
    let mut link = Link::new(20_000_000);
    assert_eq!(link.run(15), [1, 0]);
    assert_eq!(link.pressed, Duration::ZERO);
    assert_eq!(link.run(600), [], "and keeps it");
    assert_eq!(link.tries, 0);
}

#[test]
fn a_link_known_to_carry_it_begins_with_the_largest() {
    let mut link = Link::new(20_000_000);
    link.estimate_bps = 3_000_000.0;
    assert_eq!(link.run(20), []);
}

#[test]
fn a_thin_link_has_the_smallest_within_seconds_and_is_tried_ever_less_often() {
    let mut link = Link::new(300_000);
    assert_eq!(link.run(10), [1, 2]);
    assert!(link.pressed <= Duration::from_secs(1), "{:?}", link.pressed);
    assert_eq!(link.run(600), [], "padding shows what a larger size would meet");
    assert!((5..=12).contains(&link.tries), "{} tries", link.tries);
}

#[test]
fn it_goes_down_at_once_and_up_again_in_its_time() {
    let mut link = Link::new(20_000_000);
    link.run(60);
    link.pressed = Duration::ZERO;
    link.capacity_bps = 300_000;
    assert_eq!(link.run(30), [2], "past the size in the middle, which is too large too");
    assert!(link.pressed <= Duration::from_millis(750), "{:?}", link.pressed);
    link.capacity_bps = 20_000_000;
    assert_eq!(link.run(90), [1, 0]);
}

#[test]
fn a_link_at_the_brink_does_not_flap() {
    for capacity_bps in [480_000, 520_000, 560_000, 1_450_000, 1_550_000, 1_700_000] {
        let mut link = Link::new(capacity_bps);
        link.run(60);
        let moves = link.run(600);
        assert!(moves.len() <= 12, "{} moves at {capacity_bps}", moves.len());
    }
}

#[test]
fn a_still_picture_stays_large_on_a_link_that_carries_it() {
    let mut link = Link::new(300_000);
    (link.activity, link.estimate_bps) = (10, 2_000_000.0);
    assert_eq!(link.run(300), []);
    link.activity = 100;
    assert_eq!(link.run(5), [2], "until it moves");
}

#[test]
fn one_size_leaves_nothing_to_choose() {
    let mut ladder = Ladder::new();
    let mut now = Instant::now();
    for _ in 0..100 {
        now += INTERVAL;
        let report = Report::Carries { available_bps: 10_000, used_bps: 900_000 };
        assert_eq!(ladder.report(now, report, &SIZES[..1]), None);
        assert_eq!(ladder.report(now, report, &[]), None);
    }
}

/// Reports of loss once a second for so long; where it went.
fn lose(ladder: &mut Ladder, now: &mut Instant, seconds: u64, lost: f32) -> Vec<Step> {
    let mut steps = Vec::new();
    for _ in 0..seconds {
        *now += Duration::from_secs(1);
        steps.extend(ladder.report(*now, Report::Loses(lost), &SIZES));
    }
    steps
}

#[test]
fn a_link_that_loses_gets_smaller_pictures_and_a_good_one_larger_again() {
    let (mut ladder, mut now) = (Ladder::new(), Instant::now());
    assert_eq!(lose(&mut ladder, &mut now, 60, 0.0), []);
    assert_eq!(lose(&mut ladder, &mut now, 10, 0.1), [Step::Go(1), Step::Go(2)]);
    assert_eq!(lose(&mut ladder, &mut now, 30, 0.0), [Step::Go(1), Step::Go(0)]);
}

#[test]
fn one_bad_report_is_an_accident_unless_it_is_terrible() {
    let (mut ladder, mut now) = (Ladder::new(), Instant::now());
    assert_eq!(lose(&mut ladder, &mut now, 1, 0.2), []);
    assert_eq!(lose(&mut ladder, &mut now, 1, 0.0), []);
    assert_eq!(lose(&mut ladder, &mut now, 1, 0.5), [Step::Go(1)]);
}

#[test]
fn a_link_between_good_and_bad_stays_where_it_is() {
    let (mut ladder, mut now) = (Ladder::new(), Instant::now());
    lose(&mut ladder, &mut now, 2, 0.1);
    assert_eq!(lose(&mut ladder, &mut now, 300, 0.05), []);
}

#[test]
fn whoever_loses_more_of_a_larger_size_is_tried_ever_less_often() {
    let (mut ladder, mut now) = (Ladder::new(), Instant::now());
    let mut ups = 0;
    for _ in 0..600 {
        now += Duration::from_secs(1);
        let lost = if ladder.rung == 0 { 0.2 } else { 0.0 };
        ups += usize::from(ladder.report(now, Report::Loses(lost), &SIZES[..2]) == Some(Step::Go(0)));
    }
    assert!((3..=12).contains(&ups), "{ups} steps up in ten minutes");
}
