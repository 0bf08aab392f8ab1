//! Mute, gain, position and stereo.

use std::time::Duration;

use motet_codec::audio::Channels;
use motet_mixer::audio::{AudioCodec, AudioError, AudioEvent, AudioOutput, AudioSettings, Voice};
use motet_mixer::{MemberId, SourceId};
use motet_rtp::RtpView;

use crate::stage::{PAYLOAD_TYPE, Speech, Stage, Talker, tone, tone_db};

/// Left and right, in decibels.
fn sides_db(stage: &Stage, member: MemberId, ms: std::ops::Range<usize>, hz: f64) -> [f64; 2] {
    let side = |side: usize| tone_db(stage.heard(member, ms.clone()).iter().map(|pair| pair[side]), hz);
    [side(0), side(1)]
}

fn is_stereo(packet: &[u8]) -> bool {
    motet_rtp::payload::opus::parse(RtpView::parse(packet).unwrap().payload()).unwrap().stereo
}

#[test]
fn a_muted_voice_is_neither_heard_nor_decoded() {
    let mut stage = Stage::plain();
    let member = stage.add_voice(1, tone(500.0, 0.1));
    let listener = stage.listen(MemberId(9));
    stage.run(Duration::from_secs(1));
    stage.mixer.set_source(SourceId(1), Voice { muted: true, ..Voice::default() }).unwrap();
    let decoded = stage.stats_of(1).decoded_samples;
    stage.run(Duration::from_secs(2));
    assert_eq!(stage.stats_of(1).decoded_samples, decoded);
    assert_eq!(stage.stats_of(1).muted_packets, 100);
    assert!(stage.tone_db(listener, 1100..3000, 500.0) < -60.0);
    assert_eq!(stage.told(&AudioEvent::Quiet(member)).len(), 1);
    stage.mixer.set_source(SourceId(1), Voice::default()).unwrap();
    stage.run(Duration::from_secs(1));
    assert!(stage.tone_db(listener, 3200..4000, 500.0) > -23.0);
}

#[test]
fn gain_makes_a_voice_louder_and_quieter() {
    let mut stage = Stage::plain();
    stage.add_voice(1, tone(500.0, 0.1));
    stage.add_voice(2, tone(900.0, 0.1));
    let listener = stage.listen(MemberId(9));
    stage.mixer.set_source(SourceId(1), Voice { gain: 2.0, ..Voice::default() }).unwrap();
    stage.mixer.set_source(SourceId(2), Voice { gain: 0.5, ..Voice::default() }).unwrap();
    stage.run(Duration::from_secs(2));
    let [louder, quieter] = [500.0, 900.0].map(|hz| stage.tone_db(listener, 500..2000, hz));
    assert!((-15.5..-12.5).contains(&louder), "{louder}");
    assert!((-28.0..-24.5).contains(&quieter), "{quieter}");
    let strange = Voice { muted: false, gain: f32::NAN, position: f32::INFINITY };
    stage.mixer.set_source(SourceId(1), strange).unwrap();
    assert_eq!(stage.mixer.set_source(SourceId(7), strange), Err(AudioError::NoSuchSource));
    stage.run(Duration::from_secs(1));
    assert!(stage.heard(listener, 2000..3000).iter().flatten().all(|sample| sample.is_finite()));
}

#[test]
fn voices_stand_where_they_are_put() {
    let mut stage = Stage::plain();
    for (id, (hz, position)) in [(500.0, -1.0), (900.0, 0.0), (1700.0, 1.0)].into_iter().enumerate() {
        stage.add_voice(id as u64, tone(hz, 0.1));
        stage.mixer.set_source(SourceId(id as u64), Voice { position, ..Voice::default() }).unwrap();
    }
    let listener = stage.listen(MemberId(9));
    stage.run(Duration::from_secs(2));
    let [left, right] = sides_db(&stage, listener, 500..2000, 500.0);
    assert!(left > -19.0 && right < left - 20.0, "{left} {right}");
    let [left, right] = sides_db(&stage, listener, 500..2000, 1700.0);
    assert!(right > -19.0 && left < right - 20.0, "{left} {right}");
    let [left, right] = sides_db(&stage, listener, 500..2000, 900.0);
    assert!((left - right).abs() < 2.0, "{left} {right}");
}

fn two_sided() -> Speech {
    let (low, high) = (tone(500.0, 0.1), tone(1700.0, 0.1));
    Box::new(move |at| [low(at)[0], high(at)[0]])
}

#[test]
fn a_stereo_source_makes_the_mix_stereo_while_it_sounds() {
    let mut stage = Stage::plain();
    stage.add_voice(1, tone(900.0, 0.1));
    let listener = stage.listen(MemberId(9));
    stage.run(Duration::from_secs(1));
    assert!(stage.packets.iter().all(|(.., packet)| !is_stereo(packet)));
    stage.add(Talker { channels: Channels::Stereo, ..Talker::new(2, AudioCodec::Opus, two_sided()) });
    stage.run(Duration::from_secs(2));
    let [left, right] = sides_db(&stage, listener, 1500..3000, 500.0);
    assert!(left > -23.0 && right < left - 20.0, "{left} {right}");
    let [left, right] = sides_db(&stage, listener, 1500..3000, 1700.0);
    assert!(right > -23.0 && left < right - 20.0, "{left} {right}");
    stage.mixer.remove_source(SourceId(2));
    stage.talkers.truncate(1);
    stage.run(Duration::from_secs(3));
    assert!(!is_stereo(&stage.packets.last().unwrap().2));
}

#[test]
fn a_mix_that_must_be_mono_is() {
    let output = AudioOutput { stereo: false, ..AudioOutput::default() };
    let mut stage = Stage::new(AudioSettings { output, ..AudioSettings::new(PAYLOAD_TYPE) });
    stage.add(Talker { channels: Channels::Stereo, ..Talker::new(2, AudioCodec::Opus, two_sided()) });
    let listener = stage.listen(MemberId(9));
    stage.run(Duration::from_secs(2));
    assert!(stage.packets.iter().all(|(.., packet)| !is_stereo(packet)));
    let [left, right] = sides_db(&stage, listener, 500..2000, 500.0);
    assert!(left > -29.0 && (left - right).abs() < 0.1, "{left} {right}");
}
