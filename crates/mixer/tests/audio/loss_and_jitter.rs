//! Bad paths: what is lost is made up and counted, what is late is waited for, and nobody else hears of it.

use std::time::Duration;

use motet_mixer::MemberId;
use motet_mixer::audio::AudioCodec;

use crate::stage::{Dice, Path, Speech, Stage, Talker, tone};

fn losing(percent: u64, seed: u64) -> Path {
    let mut dice = Dice(seed);
    Box::new(move |_| (dice.roll(100) >= percent).then_some(Duration::ZERO))
}

fn jittery(max_ms: u64, until: u64, seed: u64) -> Path {
    let mut dice = Dice(seed);
    Box::new(move |index| {
        let late = dice.roll(max_ms + 1);
        Some(Duration::from_millis(if index < until { late } else { 0 }))
    })
}

/// Something like a voice: a pitch that glides, with overtones, in syllables. Tones alone flatter a decoder.
fn babble() -> Speech {
    Box::new(|at| {
        let seconds = at.as_nanos() as f64 / 1e9;
        let phase = seconds * 150.0 + (seconds * 2.0).sin() * 5.0;
        let overtones: f64 =
            (1..12).map(|n| (phase * f64::from(n) * std::f64::consts::TAU).sin() / f64::from(n)).sum();
        let syllable = 0.6 + 0.4 * (seconds * 4.0 * std::f64::consts::TAU).sin();
        [(overtones * syllable * 0.12) as f32; 2]
    })
}

#[test]
fn five_percent_of_loss_is_made_up_and_counted_and_nobody_else_suffers() {
    let mut stage = Stage::plain();
    stage.add(Talker { path: losing(5, 11), ..Talker::new(1, AudioCodec::Opus, babble()) });
    stage.add_voice(2, tone(1700.0, 0.1));
    let listener = stage.listen(MemberId(9));
    stage.run(Duration::from_secs(20));
    let stats = stage.stats_of(1);
    let expected = 1000 - stats.packets;
    assert!((30..70).contains(&expected), "{stats:?}");
    assert!(stats.lost_packets + 2 >= expected, "{stats:?}");
    // The sender's encoder adds FEC where it hears a voice, and none between syllables.
    assert!(stats.fec_packets * 2 > stats.lost_packets, "{stats:?}");
    assert!(stats.concealed_samples > 0 && stats.concealed_samples < 960 * expected, "{stats:?}");
    // The voice never breaks off: each stretch of 100 ms is as loud as it would be.
    for start in (1000..19_000).step_by(100) {
        let power =
            stage.heard(listener, start..start + 100).iter().map(|[left, _]| left * left).sum::<f32>();
        assert!(power / 4800.0 > 0.002, "{} at {start} ms", power / 4800.0);
    }
    let other = stage.stats_of(2);
    assert_eq!((other.lost_packets, other.concealed_samples, other.fec_packets), (0, 0, 0));
    let db = stage.tone_db(MemberId(1), 1000..19_000, 1700.0);
    assert!((-23.0..-18.0).contains(&db), "{db}");
}

#[test]
fn telephones_without_fec_lose_no_more_than_their_packets() {
    for codec in [AudioCodec::Pcmu, AudioCodec::G722] {
        let mut stage = Stage::plain();
        stage.add(Talker { path: losing(5, 5), ..Talker::new(1, codec, tone(500.0, 0.1)) });
        let listener = stage.listen(MemberId(9));
        stage.run(Duration::from_secs(10));
        let stats = stage.stats_of(1);
        assert!(stats.lost_packets > 10 && stats.fec_packets == 0, "{stats:?}");
        assert!(stats.concealed_samples <= stats.lost_packets * 960 + 1920, "{stats:?}");
        let db = stage.tone_db(listener, 1000..10_000, 500.0);
        assert!(db > -24.0, "{db}");
    }
}

#[test]
fn jitter_is_waited_for_and_the_wait_ends_with_it() {
    let mut stage = Stage::plain();
    stage.add(Talker { path: jittery(60, 1000, 4), ..Talker::new(1, AudioCodec::Opus, tone(500.0, 0.1)) });
    let listener = stage.listen(MemberId(9));
    stage.run(Duration::from_secs(5));
    let learned = stage.stats_of(1);
    stage.run(Duration::from_secs(15));
    let steady = stage.stats_of(1);
    assert!((50..=100).contains(&steady.delay.as_millis()), "{steady:?}");
    assert!((50..=70).contains(&steady.delay_target.as_millis()), "{steady:?}");
    let made_up = steady.concealed_samples - learned.concealed_samples;
    assert!(made_up < 15 * 48_000 / 50, "{made_up} of 720,000 samples made up: {steady:?}");
    stage.run(Duration::from_secs(12));
    let calm = stage.stats_of(1);
    assert!(calm.delay.as_millis() <= 45 && calm.delay_target.as_millis() == 20, "{calm:?}");
    assert!(calm.removed_samples > steady.removed_samples);
    let db = stage.tone_db(listener, 25_000..32_000, 500.0);
    assert!(db > -23.0, "{db}");
}

#[test]
fn packets_out_of_order_are_put_in_order() {
    let swapped: Path = Box::new(|index| Some(Duration::from_millis(if index % 7 == 0 { 30 } else { 0 })));
    let mut stage = Stage::plain();
    stage.add(Talker { path: swapped, ..Talker::new(1, AudioCodec::Opus, tone(500.0, 0.1)) });
    stage.run(Duration::from_secs(3));
    let learned = stage.stats_of(1);
    stage.run(Duration::from_secs(10));
    let stats = stage.stats_of(1);
    assert_eq!(
        stats.lost_packets + stats.late_packets,
        learned.lost_packets + learned.late_packets,
        "{stats:?}"
    );
    assert_eq!(stats.concealed_samples, learned.concealed_samples, "{stats:?}");
}

#[test]
fn clocks_that_drift_are_followed() {
    for ppm in [1000.0, -1000.0] {
        let mut stage = Stage::plain();
        stage.add(Talker { ppm, ..Talker::new(1, AudioCodec::Opus, tone(500.0, 0.1)) });
        let listener = stage.listen(MemberId(9));
        stage.run(Duration::from_secs(2));
        let before = stage.stats_of(1);
        stage.run(Duration::from_secs(60));
        let stats = stage.stats_of(1);
        // In a minute the clocks part by 60 ms.
        assert!((15..=50).contains(&stats.delay.as_millis()), "{ppm} ppm: {stats:?}");
        let made_up = stats.concealed_samples - before.concealed_samples;
        assert!(made_up <= 960, "{ppm} ppm: {stats:?}");
        let stretched = if ppm > 0.0 { stats.removed_samples } else { stats.inserted_samples };
        assert!(stretched > 900, "{ppm} ppm: {stats:?}");
        let hz = 500.0 * (1.0 + ppm / 1e6);
        let db = stage.tone_db(listener, 60_000..61_000, hz);
        assert!(db > -23.0, "{ppm} ppm: {db} dB");
    }
}

#[test]
fn numbers_that_wrap_go_unnoticed() {
    let mut stage = Stage::plain();
    let talker = Talker {
        seq: u16::MAX - 60,
        rtp_time: u32::MAX - 960 * 60,
        ..Talker::new(1, AudioCodec::Opus, tone(500.0, 0.1))
    };
    stage.add(talker);
    let listener = stage.listen(MemberId(9));
    stage.run(Duration::from_secs(4));
    let stats = stage.stats_of(1);
    assert_eq!(
        (stats.lost_packets, stats.concealed_samples, stats.restarts, stats.late_packets),
        (0, 0, 0, 0)
    );
    assert!((-23.0..-18.0).contains(&stage.tone_db(listener, 500..4000, 500.0)));
}

#[test]
fn a_burst_that_stops_and_comes_all_at_once_is_not_kept_as_delay() {
    // Half a second of the path standing still, then all of it at once.
    let stall: Path = Box::new(|index| {
        let late = if (150..175).contains(&index) { (175 - index) * 20 } else { 0 };
        Some(Duration::from_millis(late))
    });
    let mut stage = Stage::plain();
    stage.add(Talker { path: stall, ..Talker::new(1, AudioCodec::Opus, tone(500.0, 0.1)) });
    stage.run(Duration::from_secs(20));
    let stats = stage.stats_of(1);
    assert!(stats.delay.as_millis() <= 45, "{stats:?}");
    assert_eq!(stats.overflow_packets, 0);
}
