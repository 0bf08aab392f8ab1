//! The door to libopus: what goes in comes out, copies go on alike, losses are made up, and garbage is refused.

use motet_codec::audio::{Channels, Decoder, Encoder, EncoderSettings, OpusError, PACKET_LEN_MAX, has_fec};
use proptest::prelude::*;

const FRAME: usize = 960;

fn settings() -> EncoderSettings {
    EncoderSettings { bitrate_bps: 32_000, complexity: 5, fec: true, expected_loss_percent: 20, dtx: false }
}

/// A gliding pitch with overtones: what an encoder takes for a voice.
fn voice(frame: usize) -> Vec<f32> {
    let sample = |index: usize| {
        let seconds = index as f32 / 48_000.0;
        let phase = seconds * 150.0 + (seconds * 2.0).sin() * 4.0;
        (1..12).map(|n| (phase * n as f32 * std::f32::consts::TAU).sin() / n as f32).sum::<f32>() * 0.15
    };
    (frame * FRAME..(frame + 1) * FRAME).map(sample).collect()
}

fn encode(encoder: &mut Encoder, samples: &[f32]) -> Vec<u8> {
    let mut packet = vec![0; PACKET_LEN_MAX];
    let len = encoder.encode(samples, &mut packet).unwrap();
    packet.truncate(len);
    packet
}

fn power(samples: &[f32]) -> f32 {
    samples.iter().map(|sample| sample * sample).sum::<f32>() / samples.len() as f32
}

#[test]
fn a_voice_comes_back_as_loud_as_it_was() {
    for channels in [Channels::Mono, Channels::Stereo] {
        let mut encoder = Encoder::new(channels, settings()).unwrap();
        let mut decoder = Decoder::new(channels).unwrap();
        let mut heard = vec![0.0; 5760 * channels.count()];
        let (mut sent_power, mut heard_power) = (0.0, 0.0);
        for frame in 0..50 {
            let samples: Vec<f32> = voice(frame)
                .iter()
                .flat_map(|sample| std::iter::repeat_n(*sample, channels.count()))
                .collect();
            let packet = encode(&mut encoder, &samples);
            assert_eq!(decoder.decode(&packet, &mut heard), Ok(FRAME));
            if frame > 5 {
                sent_power += power(&samples);
                heard_power += power(&heard[..FRAME * channels.count()]);
            }
        }
        let ratio = heard_power / sent_power;
        assert!((0.8..1.2).contains(&ratio), "{channels:?}: {ratio}");
    }
}

#[test]
fn a_copy_goes_on_exactly_as_the_original() {
    let mut encoder = Encoder::new(Channels::Mono, settings()).unwrap();
    for frame in 0..20 {
        encode(&mut encoder, &voice(frame));
    }
    let mut copy = encoder.clone();
    for frame in 20..40 {
        assert_eq!(encode(&mut encoder, &voice(frame)), encode(&mut copy, &voice(frame)));
    }
    let mut decoder = Decoder::new(Channels::Mono).unwrap();
    let packet = encode(&mut encoder, &voice(40));
    let (mut first, mut second) = (vec![0.0; FRAME], vec![0.0; FRAME]);
    decoder.decode(&packet, &mut first).unwrap();
    let mut copy = decoder.clone();
    decoder.decode(&packet, &mut first).unwrap();
    copy.decode(&packet, &mut second).unwrap();
    assert_eq!(first, second);
}

#[test]
fn a_lost_packet_is_made_up_and_better_so_from_the_next_ones_fec() {
    let mut encoder = Encoder::new(Channels::Mono, settings()).unwrap();
    let packets: Vec<Vec<u8>> = (0..60).map(|frame| encode(&mut encoder, &voice(frame))).collect();
    let with_fec =
        (20..60).find(|index| has_fec(&packets[*index])).expect("an encoder that expects loss adds FEC");
    let after = |heal: &dyn Fn(&mut Decoder, &mut [f32])| {
        let mut decoder = Decoder::new(Channels::Mono).unwrap();
        let mut heard = vec![0.0; FRAME];
        for packet in &packets[..with_fec - 1] {
            decoder.decode(packet, &mut heard).unwrap();
        }
        heal(&mut decoder, &mut heard);
        heard
    };
    let whole = after(&|decoder, out| assert_eq!(decoder.decode(&packets[with_fec - 1], out), Ok(FRAME)));
    let from_fec = after(&|decoder, out| assert_eq!(decoder.decode_fec(&packets[with_fec], out), Ok(FRAME)));
    let made_up = after(&|decoder, out| assert_eq!(decoder.conceal(out), Ok(FRAME)));
    let error = |heard: &[f32]| power(&heard.iter().zip(&whole).map(|(a, b)| a - b).collect::<Vec<f32>>());
    assert!(error(&from_fec) < power(&whole) / 2.0, "{} of {}", error(&from_fec), power(&whole));
    assert!(power(&made_up) > power(&whole) / 10.0, "what is made up is no silence");
}

#[test]
fn dtx_makes_next_to_nothing_of_silence() {
    let mut encoder = Encoder::new(Channels::Mono, EncoderSettings { dtx: true, ..settings() }).unwrap();
    let silence = [0.0; FRAME];
    let lens: Vec<usize> = (0..100).map(|_| encode(&mut encoder, &silence).len()).collect();
    assert!(lens[20..].iter().filter(|len| **len <= 2).count() > 70, "{lens:?}");
}

#[test]
fn what_opus_does_not_have_is_refused() {
    let mut encoder = Encoder::new(Channels::Stereo, settings()).unwrap();
    let mut out = [0; PACKET_LEN_MAX];
    for len in [0, 1, 2, 1921, 1922, 48_000] {
        assert_eq!(encoder.encode(&vec![0.0; len], &mut out), Err(OpusError::BadArgument), "{len} samples");
    }
    assert!(encoder.encode(&[0.0; 2 * FRAME], &mut []).is_err());
    let mut decoder = Decoder::new(Channels::Mono).unwrap();
    assert_eq!(decoder.decode(&[], &mut [0.0; FRAME]), Err(OpusError::Malformed));
    assert_eq!(decoder.decode_fec(&[], &mut [0.0; FRAME]), Err(OpusError::Malformed));
    assert_eq!(decoder.conceal(&mut [0.0; 7]), Err(OpusError::BadArgument));
    assert_eq!(decoder.decode(&[0x0b], &mut [0.0; FRAME]), Err(OpusError::Malformed));
    let packet = encode(&mut Encoder::new(Channels::Mono, settings()).unwrap(), &voice(0));
    assert_eq!(decoder.decode(&packet, &mut [0.0; 120]), Err(OpusError::BufferTooSmall));
    assert!(!has_fec(&[]));
    let strange =
        EncoderSettings { bitrate_bps: u32::MAX, complexity: 255, expected_loss_percent: 255, ..settings() };
    assert_eq!(encoder.set(strange), Ok(()), "brought into range");
}

proptest! {
    #[test]
    fn no_bytes_make_more_than_their_room_or_a_panic(
        payloads in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..200), 1..20),
        stereo in any::<bool>(),
    ) {
        let channels = if stereo { Channels::Stereo } else { Channels::Mono };
        let mut decoder = Decoder::new(channels).unwrap();
        let mut out = vec![0.0; 5760 * channels.count()];
        for payload in payloads {
            has_fec(&payload);
            if let Ok(len) = decoder.decode(&payload, &mut out) {
                prop_assert!(len <= 5760);
            }
            let _ = decoder.decode_fec(&payload, &mut out[..FRAME * channels.count()]);
        }
        prop_assert_eq!(decoder.conceal(&mut out[..FRAME * channels.count()]), Ok(FRAME));
    }
}
