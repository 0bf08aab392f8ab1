//! Pauses, noise, and what is sent meanwhile.

use std::time::Duration;

use motet_mixer::MemberId;
use motet_mixer::audio::{AudioCodec, AudioEvent, AudioOutput, AudioSettings, Mix};

use crate::stage::{Dice, PAYLOAD_TYPE, Stage, Talker, during, tone};

#[test]
fn a_quiet_room_sends_a_packet_each_400_ms() {
    let mut stage = Stage::plain();
    stage.add(Talker { dtx: true, ..Talker::new(1, AudioCodec::Opus, tone(1.0, 0.0)) });
    stage.run(Duration::from_secs(10));
    let sent = stage.count(Mix::Shared, 0..500);
    assert!((24..=27).contains(&sent), "{sent} packets in 10 s");
    assert_eq!(stage.packets.len(), sent);
}

#[test]
fn without_dtx_every_frame_is_sent() {
    let output = AudioOutput { dtx: false, ..AudioOutput::default() };
    let mut stage = Stage::new(AudioSettings { output, ..AudioSettings::new(PAYLOAD_TYPE) });
    stage.add_voice(1, tone(1.0, 0.0));
    stage.run(Duration::from_secs(2));
    assert_eq!(stage.count(Mix::Shared, 0..101), 100);
}

#[test]
fn a_voice_with_dtx_comes_back_after_each_pause() {
    let mut stage = Stage::plain();
    let times = vec![(1000, 2000), (4000, 5000), (8000, 9000)];
    let talker = Talker { dtx: true, ..Talker::new(1, AudioCodec::Opus, during(times, tone(500.0, 0.2))) };
    let member = stage.add(talker);
    let listener = stage.listen(MemberId(9));
    stage.run(Duration::from_secs(10));
    assert_eq!(stage.told(&AudioEvent::Speaks(member)).len(), 3);
    assert_eq!(stage.told(&AudioEvent::Quiet(member)).len(), 3);
    for start in [1000, 4000, 8000] {
        let db = stage.tone_db(listener, start + 100..start + 1000, 500.0);
        assert!((-18.0..-12.0).contains(&db), "{db} dB from {start} ms on");
        let before = stage.tone_db(listener, start - 900..start - 10, 500.0);
        assert!(before < -60.0, "{before} dB before {start} ms");
    }
    assert_eq!(stage.stats_of(1).lost_packets, 0);
    let concealed = stage.stats_of(1).concealed_samples;
    assert!(concealed < 48_000 / 5, "{concealed} samples made up where a pause began");
}

#[test]
fn the_noise_of_a_room_is_gated_and_the_voice_in_it_is_not() {
    let mut dice = Dice(3);
    let noise: Vec<f32> = (0..48_000).map(|_| (dice.roll(2001) as f32 / 1000.0 - 1.0) * 0.002).collect();
    let voice = during(vec![(3000, 4000)], tone(500.0, 0.1));
    let mut stage = Stage::plain();
    let speech = move |at: Duration| {
        let sample = noise[(at.as_micros() * 48 / 1000) as usize % noise.len()];
        voice(at).map(|voice| voice + sample)
    };
    let member = stage.add_voice(1, Box::new(speech));
    let listener = stage.listen(MemberId(9));
    stage.run(Duration::from_secs(6));
    assert_eq!(stage.told(&AudioEvent::Speaks(member)).len(), 1);
    let peak =
        |range| stage.heard(listener, range).iter().fold(0.0_f32, |peak, [left, _]| peak.max(left.abs()));
    assert!(peak(0..2900) < 1e-4 && peak(5000..6000) < 1e-4);
    assert!(stage.tone_db(listener, 3100..4000, 500.0) > -23.0);
}
