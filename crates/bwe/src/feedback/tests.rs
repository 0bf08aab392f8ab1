use std::collections::BTreeMap;

use motet_rtp::rtcp::{Packet, packets};
use proptest::prelude::*;

use super::*;

const ME: Ssrc = Ssrc(1);
const MEDIA: Ssrc = Ssrc(2);

struct Recorded {
    recorder: FeedbackRecorder,
    epoch: Instant,
    /// What the sender knows: arrival in ticks of 250 us by sequence number, `None` for lost.
    told: BTreeMap<u16, Option<u64>>,
    reports: Vec<(u16, usize)>,
}

impl Recorded {
    fn new() -> Self {
        let epoch = Instant::now();
        Self { recorder: FeedbackRecorder::new(epoch, ME), epoch, told: BTreeMap::new(), reports: Vec::new() }
    }

    fn at(&self, us: u64) -> Instant {
        self.epoch + Duration::from_micros(us)
    }

    fn arrive(&mut self, us: u64, seq: u16) {
        self.recorder.handle_arrival(self.at(us), seq, MEDIA);
    }

    /// Takes all reports that are due, in compounds of `room` bytes.
    fn report(&mut self, us: u64, room: usize) -> usize {
        let now = self.at(us);
        let mut count = 0;
        loop {
            let mut buffer = vec![0; room];
            let mut writer = Writer::new(&mut buffer);
            while self.recorder.poll_feedback(now, &mut writer) {
                count += 1;
            }
            let compound = writer.finish();
            if compound.is_empty() {
                return count;
            }
            for packet in packets(compound) {
                let Ok(Packet::TransportCc(view)) = packet else { panic!("{packet:?}") };
                self.learn(&view);
            }
        }
    }

    fn learn(&mut self, view: &motet_rtp::rtcp::TransportCcView<'_>) {
        assert_eq!((view.sender, view.media), (ME, MEDIA));
        self.reports.push((view.base_seq, view.arrivals().count()));
        let mut ticks = i64::from(view.reference_time_64ms) * 256;
        for (seq, delta) in view.arrivals() {
            ticks += i64::from(delta.unwrap_or(0));
            let told = self.told.entry(seq).or_insert(None);
            *told = told.or(delta.map(|_| ticks as u64));
        }
    }
}

#[test]
fn arrivals_are_told_to_the_quarter_millisecond() {
    let mut recorded = Recorded::new();
    recorded.arrive(1_000_000, 7);
    recorded.arrive(1_001_300, 8);
    recorded.arrive(1_050_000, 10);
    assert_eq!(recorded.report(1_099_000, 1200), 0, "not due yet");
    assert_eq!(recorded.recorder.poll_timeout(), Some(recorded.at(1_100_000)));
    assert_eq!(recorded.report(1_100_000, 1200), 1);
    assert_eq!(recorded.recorder.poll_timeout(), None);
    assert_eq!(recorded.told, [(7, Some(4_000)), (8, Some(4_005)), (9, None), (10, Some(4_200))].into());
}

#[test]
fn a_packet_reported_lost_is_reported_again_when_it_comes() {
    let mut recorded = Recorded::new();
    recorded.arrive(0, 1);
    recorded.arrive(0, 3);
    recorded.report(100_000, 1200);
    assert_eq!(recorded.told[&2], None);
    recorded.arrive(150_000, 2);
    recorded.report(250_000, 1200);
    assert_eq!(recorded.told[&2], Some(600));
    assert_eq!(recorded.reports, [(1, 3), (2, 2)]);
}

#[test]
fn packets_that_overtook_the_first_are_reported_too() {
    let mut recorded = Recorded::new();
    for (us, seq) in [(0, 2), (1_000, 65_535), (2_000, 1), (2_000, 1)] {
        recorded.arrive(us, seq);
    }
    recorded.report(100_000, 1200);
    assert_eq!(recorded.told, [(65_535, Some(4)), (0, None), (1, Some(8)), (2, Some(0))].into());
}

#[test]
fn a_jump_of_the_sender_starts_anew() {
    let mut recorded = Recorded::new();
    recorded.arrive(0, 100);
    recorded.arrive(0, 20_000);
    recorded.report(100_000, 1200);
    assert_eq!(recorded.reports, [(20_000, 1)]);
}

#[test]
fn a_pause_too_long_for_a_delta_starts_another_report() {
    let mut recorded = Recorded::new();
    recorded.arrive(0, 1);
    recorded.arrive(9_000_000, 2);
    assert_eq!(recorded.report(9_000_000, 1200), 2);
    assert_eq!(recorded.told, [(1, Some(0)), (2, Some(36_000))].into());
}

#[test]
fn many_packets_bring_reports_sooner() {
    let mut recorded = Recorded::new();
    let interval = |recorded: &mut Recorded, spacing: u64, from: u64| {
        let mut us = from;
        for seq in 0..100 {
            us += spacing;
            recorded.arrive(us, (from / 1_000 + seq) as u16);
            recorded.report(us, 1200);
        }
        recorded.recorder.interval
    };
    assert_eq!(interval(&mut recorded, 20_000, 0), INTERVAL_MAX);
    assert_eq!(interval(&mut recorded, 1_000, 2_000_000), INTERVAL_MIN);
    assert_eq!(interval(&mut recorded, 20_000, 2_100_000), INTERVAL_MAX);
}

#[test]
fn three_hundred_packets_are_reported_at_once() {
    let mut recorded = Recorded::new();
    for seq in 0..300 {
        assert_eq!(recorded.report(1_000, 1200), 0);
        recorded.arrive(1_000, seq);
    }
    assert_eq!(recorded.report(1_000, 1200), 1);
    assert_eq!(recorded.told.len(), 300);
}

#[test]
fn a_report_that_does_not_fit_waits_for_room() {
    let mut recorded = Recorded::new();
    for seq in 0..200 {
        recorded.arrive(u64::from(seq) * 200, seq);
    }
    assert_eq!(recorded.report(100_000, 20), 0);
    assert!(recorded.report(100_000, 100) > 4);
    assert_eq!(recorded.told.values().filter(|told| told.is_some()).count(), 200);
}

proptest! {
    /// Loss, reordering, repetition and any wrap: whatever came is told, and told right.
    #[test]
    fn the_sender_learns_each_arrival(
        first: u16,
        packets in prop::collection::vec((0_u64..3_000, prop_oneof![5 => Just(0_u64), 1 => 0_u64..40], 0_u8..20), 1..1_500),
        room in 60_usize..1_400,
    ) {
        let mut sent_at = 0;
        let mut arrivals: Vec<(u64, u16)> = Vec::new();
        for (index, (spacing, places, fate)) in packets.into_iter().enumerate() {
            sent_at += spacing;
            let (seq, at) = (first.wrapping_add(index as u16), sent_at + places * 1_000);
            match fate {
                0 => {}
                1 => arrivals.extend([(at, seq), (at + 2_000, seq)]),
                _ => arrivals.push((at, seq)),
            }
        }
        arrivals.sort_by_key(|(at, _)| *at);
        let mut recorded = Recorded::new();
        let mut expected = BTreeMap::new();
        for (at, seq) in arrivals {
            recorded.report(at, room);
            recorded.arrive(at, seq);
            expected.entry(seq).or_insert(at / 250);
        }
        recorded.report(sent_at + 1_000_000, room);
        for (seq, ticks) in expected {
            prop_assert_eq!(recorded.told.get(&seq), Some(&Some(ticks)), "packet {}", seq);
        }
    }

    #[test]
    fn any_numbers_are_survived(arrivals in prop::collection::vec((0_u64..20_000_000, any::<u16>()), 1..600)) {
        let mut recorded = Recorded::new();
        let mut now = 0;
        for (wait, seq) in arrivals {
            now += wait / 100;
            recorded.arrive(now, seq);
            recorded.report(now, 1200);
            prop_assert!(recorded.recorder.window.len() <= WINDOW_MAX);
        }
    }
}
