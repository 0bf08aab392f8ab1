//! Whatever a source sends: counted, bounded, and no harm to anyone else.

use std::time::Duration;

use motet_mixer::audio::{
    Announcement, AudioCodec, AudioError, AudioFormat, AudioMixer, AudioSettings, Mix, SOURCES_MAX,
};
use motet_mixer::{MemberId, SourceId};
use motet_rtp::{PayloadType, RtpHeader, RtpTime, Ssrc};
use proptest::prelude::*;

use crate::stage::{Dice, PAYLOAD_TYPE, Stage, TURN, Talker, rtp, tone};

fn header(seq: u16, time: u32) -> RtpHeader {
    RtpHeader { marker: false, payload_type: PAYLOAD_TYPE, seq, rtp_time: RtpTime(time), ssrc: Ssrc(1) }
}

#[test]
fn garbage_is_counted_and_the_others_are_heard() {
    let mut stage = Stage::plain();
    stage.add_voice(1, tone(500.0, 0.1));
    stage.add(Talker { path: Box::new(|_| None), ..Talker::new(2, AudioCodec::Opus, tone(1.0, 0.0)) });
    let listener = stage.listen(MemberId(9));
    let mut dice = Dice(1);
    for round in 0..200_u32 {
        stage.run(TURN);
        let payload: Vec<u8> = (0..dice.roll(300)).map(|_| dice.roll(256) as u8).collect();
        stage.mixer.handle_rtp(stage.now, SourceId(2), &payload);
        stage.mixer.handle_rtp(stage.now, SourceId(2), &rtp(&header(round as u16, round * 960), &[]));
        let other =
            RtpHeader { payload_type: PayloadType::from_wire(5), ..header(round as u16, round * 960) };
        stage.mixer.handle_rtp(stage.now, SourceId(2), &rtp(&other, &payload));
        stage.mixer.handle_rtp(stage.now, SourceId(3), &payload);
    }
    let stats = stage.stats_of(2);
    assert!(stats.malformed_packets >= 390 && stats.packets < 10, "{stats:?}");
    assert_eq!(stage.mixer.stats().stray_packets, 200);
    assert!((-23.0..-18.0).contains(&stage.tone_db(listener, 500..4000, 500.0)));
}

#[test]
fn a_sender_who_starts_anew_is_followed() {
    let mut stage = Stage::plain();
    stage.add_voice(1, tone(500.0, 0.1));
    let listener = stage.listen(MemberId(9));
    stage.run(Duration::from_secs(1));
    stage.talkers[0].ssrc = 77;
    stage.talkers[0].seq = 40_000;
    stage.talkers[0].rtp_time = 3_000_000_000;
    stage.run(Duration::from_secs(1));
    stage.talkers[0].seq = 10;
    stage.run(Duration::from_secs(1));
    assert_eq!(stage.stats_of(1).restarts, 2);
    for start in [500, 1200, 2200] {
        assert!(stage.tone_db(listener, start..start + 500, 500.0) > -23.0, "from {start} ms on");
    }
}

#[test]
fn a_flood_ahead_of_its_time_fills_the_buffer_and_no_more() {
    let mut stage = Stage::plain();
    stage.add(Talker { path: Box::new(|_| None), ..Talker::new(1, AudioCodec::Pcmu, tone(1.0, 0.0)) });
    stage.run(TURN);
    let loud = vec![0; 160];
    for index in 0..5000_u32 {
        stage.mixer.handle_rtp(stage.now, SourceId(1), &rtp(&header(index as u16, index * 160), &loud));
    }
    let stats = stage.stats_of(1);
    assert!(stats.overflow_packets > 3000, "{stats:?}");
    stage.run(Duration::from_secs(20));
    assert!(stage.stats_of(1).decoded_samples < 6 * 48_000, "what was kept is 5 s at most");
}

#[test]
fn sources_are_limited_and_known_by_their_ids() {
    let mut mixer = AudioMixer::new(std::time::Instant::now(), AudioSettings::new(PAYLOAD_TYPE), 1).unwrap();
    let format = || AudioFormat::of(PAYLOAD_TYPE, AudioCodec::Opus);
    for id in 0..SOURCES_MAX as u64 {
        mixer.add_source(SourceId(id), MemberId(id / 2), format()).unwrap();
    }
    assert_eq!(mixer.add_source(SourceId(0), MemberId(0), format()), Err(AudioError::SourceExists));
    assert_eq!(mixer.add_source(SourceId(u64::MAX), MemberId(0), format()), Err(AudioError::TooManySources));
    mixer.remove_source(SourceId(0));
    assert!(mixer.ssrc(Mix::Without(MemberId(0))).is_some(), "the other source keeps the member");
    mixer.remove_source(SourceId(1));
    assert_eq!(mixer.ssrc(Mix::Without(MemberId(0))), None);
    mixer.remove_source(SourceId(1));
}

#[derive(Clone, Debug)]
enum Step {
    Packet { codec: u8, seq: u16, time: u32, ssrc: bool, payload: Vec<u8> },
    Raw(Vec<u8>),
    Turns(u8),
    Voice { muted: bool, gain: f32, position: f32 },
}

fn step() -> impl Strategy<Value = Step> {
    let payload = proptest::collection::vec(any::<u8>(), 0..200);
    prop_oneof![
        8 => (0..4_u8, 0..40_u16, any::<u32>(), proptest::bool::weighted(0.02), payload.clone())
            .prop_map(|(codec, seq, time, ssrc, payload)| Step::Packet { codec, seq, time: time % 40_000, ssrc, payload }),
        2 => (0..4_u8, any::<u16>(), any::<u32>(), any::<bool>(), payload.clone())
            .prop_map(|(codec, seq, time, ssrc, payload)| Step::Packet { codec, seq, time, ssrc, payload }),
        1 => payload.prop_map(Step::Raw),
        6 => (0..4_u8).prop_map(Step::Turns),
        1 => (any::<bool>(), any::<f32>(), any::<f32>())
            .prop_map(|(muted, gain, position)| Step::Voice { muted, gain, position }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn no_order_of_packets_and_wishes_breaks_the_mixer(steps in proptest::collection::vec(step(), 1..120)) {
        let codecs = [AudioCodec::Opus, AudioCodec::Pcmu, AudioCodec::G722, AudioCodec::ComfortNoise];
        let mut now = std::time::Instant::now();
        let mut mixer = AudioMixer::new(now, AudioSettings::new(PAYLOAD_TYPE), 1).unwrap();
        let types = codecs.iter().enumerate().map(|(index, codec)| (PayloadType::from_wire(index as u8), *codec));
        let format = AudioFormat { payload_types: types.collect() };
        mixer.add_source(SourceId(1), MemberId(1), format).unwrap();
        let mut out = Vec::new();
        for step in steps {
            match step {
                Step::Packet { codec, seq, time, ssrc, payload } => {
                    let header = RtpHeader {
                        payload_type: PayloadType::from_wire(codec),
                        ssrc: Ssrc(u32::from(ssrc)),
                        ..header(seq, time)
                    };
                    mixer.handle_rtp(now, SourceId(1), &rtp(&header, &payload));
                }
                Step::Raw(bytes) => mixer.handle_rtp(now, SourceId(1), &bytes),
                Step::Turns(turns) => {
                    now += TURN * u32::from(turns);
                    mixer.handle_timeout(now);
                }
                Step::Voice { muted, gain, position } => {
                    mixer.set_source(SourceId(1), motet_mixer::audio::Voice { muted, gain, position }).unwrap();
                }
            }
            while mixer.poll_event().is_some() {}
            while mixer.poll_packet(&mut out).is_some() {
                prop_assert!(motet_rtp::RtpView::parse(&out).is_ok());
            }
        }
        prop_assert_eq!(mixer.stats().failed_frames, 0);
    }

    #[test]
    fn no_bytes_break_the_readers_of_announcements(
        wav in any::<bool>(),
        mut bytes in proptest::collection::vec(any::<u8>(), 0..400),
    ) {
        let start: &[u8] = if wav { b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0" } else { b"OggS\0\x02" };
        let len = start.len().min(bytes.len());
        bytes[..len].copy_from_slice(&start[..len]);
        let _ = Announcement::parse(bytes.into());
    }
}
