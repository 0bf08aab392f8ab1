//! Who hears whom, and what that costs.

use std::time::Duration;

use motet_mixer::audio::{AudioCodec, AudioEvent, AudioFormat, AudioSettings, Mix};
use motet_mixer::{MemberId, SourceId};
use motet_rtp::RtpView;

use crate::stage::{PAYLOAD_TYPE, Stage, TURN, Talker, during, tone};

const TONES: [f64; 3] = [500.0, 900.0, 1700.0];

fn three_voices() -> Stage {
    let mut stage = Stage::plain();
    for (id, hz) in TONES.into_iter().enumerate() {
        stage.add_voice(id as u64, tone(hz, 0.1));
    }
    stage
}

#[test]
fn each_hears_the_others_and_not_itself() {
    let mut stage = three_voices();
    let listener = stage.listen(MemberId(9));
    stage.run(Duration::from_secs(3));
    for (id, own) in TONES.into_iter().enumerate() {
        for hz in TONES {
            let db = stage.tone_db(MemberId(id as u64), 1000..3000, hz);
            if hz == own {
                assert!(db < -65.0, "{id} hears itself at {db} dB");
            } else {
                assert!((-23.0..-18.0).contains(&db), "{id} hears {hz} Hz at {db} dB");
            }
        }
    }
    for hz in TONES {
        let db = stage.tone_db(listener, 1000..3000, hz);
        assert!((-23.0..-18.0).contains(&db), "the listener hears {hz} Hz at {db} dB");
    }
}

#[test]
fn telephones_of_every_kind_are_heard() {
    let mut stage = Stage::plain();
    let codecs = [AudioCodec::Pcmu, AudioCodec::Pcma, AudioCodec::G722];
    for (id, (codec, hz)) in codecs.into_iter().zip(TONES).enumerate() {
        stage.add(Talker::new(id as u64, codec, tone(hz, 0.1)));
    }
    let listener = stage.listen(MemberId(9));
    stage.run(Duration::from_secs(3));
    for (id, hz) in TONES.into_iter().enumerate() {
        let db = stage.tone_db(listener, 1000..3000, hz);
        assert!((-23.0..-18.0).contains(&db), "{hz} Hz at {db} dB");
        let own_db = stage.tone_db(MemberId(id as u64), 1000..3000, hz);
        assert!(own_db < -60.0, "{id} hears itself at {own_db} dB");
        assert_eq!(stage.stats_of(id as u64).concealed_samples, 0);
    }
}

#[test]
fn the_cost_follows_the_speakers_and_not_the_listeners() {
    let mut stage = three_voices();
    for id in 100..140 {
        let silence = Talker { dtx: true, ..Talker::new(id, AudioCodec::Opus, tone(1.0, 0.0)) };
        stage
            .mixer
            .add_source(silence.source, MemberId(id), AudioFormat::of(PAYLOAD_TYPE, AudioCodec::Opus))
            .unwrap();
        stage.talkers.push(silence);
    }
    stage.run(Duration::from_secs(1));
    let before = stage.mixer.stats();
    stage.run(Duration::from_secs(1));
    let after = stage.mixer.stats();
    assert_eq!(after.frames - before.frames, 50);
    assert_eq!(after.encoded_frames - before.encoded_frames, 50 * 4, "three of their own and a shared one");
    assert_eq!(stage.count(Mix::Shared, 60..90), 30);
}

#[test]
fn a_members_two_sources_are_both_left_out_of_its_own_mix() {
    let mut stage = Stage::plain();
    let member = stage.add_voice(1, tone(500.0, 0.1));
    let screen = Talker::new(2, AudioCodec::Opus, tone(900.0, 0.1));
    stage.mixer.add_source(screen.source, member, AudioFormat::of(PAYLOAD_TYPE, AudioCodec::Opus)).unwrap();
    stage.talkers.push(screen);
    let other = stage.add_voice(3, tone(1700.0, 0.1));
    stage.run(Duration::from_secs(2));
    assert!(stage.tone_db(member, 1000..2000, 500.0) < -65.0);
    assert!(stage.tone_db(member, 1000..2000, 900.0) < -65.0);
    assert!(stage.tone_db(member, 1000..2000, 1700.0) > -23.0);
    assert!(
        stage.tone_db(other, 1000..2000, 500.0) > -23.0 && stage.tone_db(other, 1000..2000, 900.0) > -23.0
    );
}

#[test]
fn who_begins_to_speak_is_told_before_the_shared_mix_has_the_voice() {
    let mut stage = Stage::plain();
    let late = stage.add_voice(1, during(vec![(1000, 2000)], tone(500.0, 0.2)));
    let listener = stage.listen(MemberId(9));
    stage.run(Duration::from_secs(4));
    let speaks = stage.told(&AudioEvent::Speaks(late));
    assert_eq!(speaks.len(), 1);
    // Nothing of the voice is heard in the turn after that in which it was told.
    let told_ms = speaks[0] as usize * 20;
    assert!((1000..1060).contains(&told_ms), "{told_ms}");
    let peak =
        |range| stage.heard(listener, range).iter().fold(0.0_f32, |peak, [left, _]| peak.max(left.abs()));
    assert!(peak(0..told_ms + 20) < 1e-3, "heard at {} by then", peak(0..told_ms + 20));
    assert!(peak(told_ms + 20..told_ms + 100) > 0.1);
    // And never by itself.
    assert!(stage.heard(late, 0..4000).iter().all(|[left, _]| left.abs() < 1e-3));
    let quiet = stage.told(&AudioEvent::Quiet(late));
    assert_eq!(quiet.len(), 1);
    assert!((2400..3100).contains(&(quiet[0] * 20)), "{quiet:?}");
    assert_eq!(stage.count(Mix::Without(late), quiet[0] + 1..200), 0);
}

#[test]
fn moving_to_ones_own_mix_and_back_is_not_heard() {
    let mut stage = Stage::plain();
    stage.add_voice(1, tone(500.0, 0.2));
    let interjects = stage.add_voice(2, during(vec![(1500, 2000)], tone(1700.0, 0.2)));
    stage.run(Duration::from_secs(4));
    assert_eq!(stage.told(&AudioEvent::Speaks(interjects)).len(), 1);
    assert_eq!(stage.told(&AudioEvent::Quiet(interjects)).len(), 1);
    let heard = stage.heard(interjects, 1000..4000);
    let steepest = 0.2 * std::f32::consts::TAU * 500.0 / 48_000.0;
    let step = heard.windows(2).map(|pair| (pair[1][0] - pair[0][0]).abs()).fold(0.0, f32::max);
    assert!(step < steepest * 2.0, "a step of {step}, where the tone has {steepest}");
}

#[test]
fn the_active_speaker_follows_the_talk() {
    let mut stage = Stage::plain();
    let first = stage.add_voice(1, during(vec![(500, 2500)], tone(500.0, 0.1)));
    let second = stage.add_voice(2, during(vec![(1000, 1060), (3000, 5000)], tone(900.0, 0.3)));
    stage.run(Duration::from_secs(5));
    let leaders: Vec<_> =
        stage.events.iter().filter(|(_, event)| matches!(event, AudioEvent::ActiveSpeaker(_))).collect();
    let [(first_at, AudioEvent::ActiveSpeaker(a)), (second_at, AudioEvent::ActiveSpeaker(b))] = leaders[..]
    else {
        panic!("{leaders:?}");
    };
    assert_eq!((*a, *b), (Some(first), Some(second)));
    assert!((25..45).contains(first_at) && (150..170).contains(second_at), "{leaders:?}");
    stage.mixer.remove_source(SourceId(2));
    assert_eq!(stage.mixer.poll_event(), Some(AudioEvent::Quiet(second)));
    assert_eq!(stage.mixer.poll_event(), Some(AudioEvent::ActiveSpeaker(None)));
}

#[test]
fn levels_are_told_loudest_first() {
    let mut stage = Stage::plain();
    let quieter = stage.add_voice(1, tone(500.0, 0.05));
    let louder = stage.add_voice(2, tone(900.0, 0.5));
    stage.run(Duration::from_secs(2));
    let levels = stage.events.iter().filter_map(|(_, event)| match event {
        AudioEvent::Levels(levels) => Some(levels),
        _ => None,
    });
    let levels: Vec<_> = levels.collect();
    assert_eq!(levels.len(), 10, "five a second");
    let last = levels[9];
    assert_eq!(last.iter().map(|(member, _)| *member).collect::<Vec<_>>(), [louder, quieter]);
    // A sine is 3 dB below its peak.
    assert!((8..=10).contains(&last[0].1.0) && (28..=30).contains(&last[1].1.0), "{last:?}");
}

#[test]
fn many_loud_voices_do_not_clip() {
    let mut stage = Stage::plain();
    for id in 0..10 {
        stage.add_voice(id, tone(300.0 + 170.0 * id as f64, 0.6));
    }
    let listener = stage.listen(MemberId(99));
    stage.run(Duration::from_secs(2));
    let heard = stage.heard(listener, 500..2000);
    let peak = heard.iter().fold(0.0_f32, |peak, [left, _]| peak.max(left.abs()));
    assert!(peak < 1.1, "a lossy codec may overshoot a little, not {peak}");
    for id in 0..10 {
        let db = stage.tone_db(listener, 500..2000, 300.0 + 170.0 * f64::from(id));
        assert!((-25.0..-10.0).contains(&db), "voice {id} at {db} dB");
    }
    assert!(stage.mixer.stats().limited_frames > 50);
}

#[test]
fn beyond_the_limit_the_louder_voice_is_heard() {
    let mut stage = Stage::new(AudioSettings { voices_max: 2, ..AudioSettings::new(PAYLOAD_TYPE) });
    stage.add_voice(1, tone(500.0, 0.02));
    stage.add_voice(2, tone(900.0, 0.1));
    let crowded_out = stage.add_voice(3, during(vec![(1000, 9000)], tone(1700.0, 0.03)));
    stage.add_voice(4, during(vec![(2000, 9000)], tone(2600.0, 0.3)));
    let listener = stage.listen(MemberId(9));
    stage.run(Duration::from_secs(4));
    assert!(stage.tone_db(listener, 1200..2000, 1700.0) < -60.0);
    assert!(stage.told(&AudioEvent::Speaks(crowded_out)).is_empty());
    assert!(stage.tone_db(listener, 1200..2000, 500.0) > -40.0);
    assert!(stage.tone_db(listener, 2500..4000, 500.0) < -60.0, "its place was taken");
    assert!(stage.tone_db(listener, 2500..4000, 2600.0) > -15.0);
    assert!(stage.mixer.stats().crowded_out_voices > 0);
}

#[test]
fn all_mixes_share_a_clock_and_number_their_packets_without_gaps() {
    let mut stage = three_voices();
    stage.run(Duration::from_secs(2));
    let mut last = std::collections::BTreeMap::new();
    for (turn, mix, packet) in &stage.packets {
        let view = RtpView::parse(packet).unwrap();
        assert_eq!((view.payload_type(), Some(view.ssrc())), (PAYLOAD_TYPE, stage.mixer.ssrc(*mix)));
        let offset = view.rtp_time().0.wrapping_sub(*turn as u32 * 960);
        let (seq, first_offset) =
            last.entry(format!("{mix:?}")).or_insert((view.seq().wrapping_sub(1), offset));
        assert_eq!(view.seq(), seq.wrapping_add(1));
        assert_eq!(offset, *first_offset);
        *seq = view.seq();
    }
    let offsets: std::collections::BTreeSet<u32> = last.values().map(|(_, offset)| *offset).collect();
    assert_eq!((last.len(), offsets.len()), (4, 1));
}

#[test]
fn an_owner_who_comes_late_misses_frames_and_no_time() {
    let mut stage = three_voices();
    stage.run(TURN * 50);
    let frames = stage.mixer.stats().frames;
    stage.mixer.handle_timeout(stage.now + TURN * 500);
    assert!(stage.mixer.stats().skipped_frames >= 495, "{:?}", stage.mixer.stats());
    assert!(stage.mixer.stats().frames - frames <= 11);
    assert!(stage.mixer.poll_timeout().unwrap() > stage.now + TURN * 500);
}
