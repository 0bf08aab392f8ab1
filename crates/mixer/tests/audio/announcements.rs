//! Recordings played into the mix: WAV and Ogg Opus.

use std::time::Duration;

use motet_codec::audio::{Channels, Encoder, EncoderSettings};
use motet_mixer::MemberId;
use motet_mixer::audio::{
    ANNOUNCEMENTS_MAX, Announcement, AnnouncementError, AnnouncementId, AudioError, AudioEvent,
};

use crate::stage::{Stage, tone, tone_db};

/// A WAV file: format tag, bits, channels, rate, data.
fn wav(tag: u16, bits: u16, channels: u16, rate: u32, data: &[u8]) -> Vec<u8> {
    let block = channels * bits / 8;
    let mut file = b"RIFF\0\0\0\0WAVELIST\x03\0\0\0abc\0fmt \x10\0\0\0".to_vec();
    file.extend(tag.to_le_bytes());
    file.extend(channels.to_le_bytes());
    file.extend(rate.to_le_bytes());
    file.extend((rate * u32::from(block)).to_le_bytes());
    file.extend(block.to_le_bytes());
    file.extend(bits.to_le_bytes());
    file.extend(b"data");
    file.extend((data.len() as u32).to_le_bytes());
    file.extend(data);
    file
}

fn sine(hz: f64, rate: u32, seconds: f64) -> impl Iterator<Item = f64> {
    let len = (f64::from(rate) * seconds) as u32;
    (0..len).map(move |index| (f64::from(index) * hz / f64::from(rate) * std::f64::consts::TAU).sin() * 0.2)
}

/// An Ogg Opus file of a tone, mono, by RFC 7845, `skip` being left out and `len` played.
fn ogg(hz: f64, seconds: f64) -> Vec<u8> {
    let settings = EncoderSettings {
        bitrate_bps: 48_000,
        complexity: 5,
        fec: false,
        expected_loss_percent: 0,
        dtx: false,
    };
    let mut encoder = Encoder::new(Channels::Mono, settings).unwrap();
    let samples: Vec<f32> = sine(hz, 48_000, seconds).map(|sample| sample as f32).collect();
    let head = b"OpusHead\x01\x01\x38\x01\x80\xbb\0\0\0\0\0".to_vec();
    let mut file = page(2, 0, 0, &[&head]);
    file.extend(page(0, 0, 1, &[b"OpusTags\0\0\0\0\0\0\0\0"]));
    let packets: Vec<Vec<u8>> = samples
        .chunks_exact(960)
        .map(|frame| {
            let mut packet = vec![0; 1275];
            let len = encoder.encode(frame, &mut packet).unwrap();
            packet.truncate(len);
            packet
        })
        .collect();
    let pages: Vec<&[Vec<u8>]> = packets.chunks(10).collect();
    for (index, packets) in pages.iter().enumerate() {
        let last = if index + 1 == pages.len() { 4 } else { 0 };
        let granule = ((index * 10 + packets.len()) * 960) as u64;
        let packets: Vec<&[u8]> = packets.iter().map(Vec::as_slice).collect();
        file.extend(page(last, granule, index as u32 + 2, &packets));
    }
    file
}

fn page(kind: u8, granule: u64, number: u32, packets: &[&[u8]]) -> Vec<u8> {
    let mut page = b"OggS\0".to_vec();
    page.push(kind);
    page.extend(granule.to_le_bytes());
    page.extend(5_u32.to_le_bytes());
    page.extend(number.to_le_bytes());
    page.extend([0; 4]);
    let lacing: Vec<u8> = packets
        .iter()
        .flat_map(|packet| {
            let full = std::iter::repeat_n(255, packet.len() / 255);
            full.chain([(packet.len() % 255) as u8])
        })
        .collect();
    page.push(lacing.len() as u8);
    page.extend(&lacing);
    packets.iter().for_each(|packet| page.extend_from_slice(packet));
    let mut crc = 0_u32;
    for byte in &page {
        crc ^= u32::from(*byte) << 24;
        for _ in 0..8 {
            crc = if crc >> 31 == 1 { crc << 1 ^ 0x04c1_1db7 } else { crc << 1 };
        }
    }
    page[22..26].copy_from_slice(&crc.to_le_bytes());
    page
}

fn parsed(file: Vec<u8>) -> Announcement {
    Announcement::parse(file.into()).unwrap()
}

/// How loud `hz` is in what is heard of this recording, played alone.
fn played_db(announcement: &Announcement, hz: f64) -> f64 {
    let mut stage = Stage::plain();
    let listener = stage.listen(MemberId(1));
    stage.mixer.play(AnnouncementId(1), announcement.clone(), 1).unwrap();
    stage.run(Duration::from_secs(2));
    assert_eq!(stage.told(&AudioEvent::AnnouncementEnded(AnnouncementId(1))).len(), 1);
    stage.tone_db(listener, 100..900, hz)
}

#[test]
fn wav_of_every_coding_and_rate_is_heard() {
    let as_16 = |rate| {
        sine(700.0, rate, 1.0)
            .flat_map(|sample| ((sample * 32_767.0) as i16).to_le_bytes())
            .collect::<Vec<u8>>()
    };
    let as_8: Vec<u8> = sine(700.0, 8000, 1.0).map(|sample| (sample * 127.0 + 128.0) as u8).collect();
    let as_24: Vec<u8> = sine(700.0, 48_000, 1.0)
        .flat_map(|sample| ((sample * 8_388_607.0) as i32).to_le_bytes().into_iter().take(3))
        .collect();
    let as_32: Vec<u8> =
        sine(700.0, 22_050, 1.0).flat_map(|sample| ((sample * 2e9) as i32).to_le_bytes()).collect();
    let as_float: Vec<u8> =
        sine(700.0, 96_000, 1.0).flat_map(|sample| (sample as f32).to_le_bytes()).collect();
    let twice: Vec<u8> = sine(700.0, 44_100, 1.0)
        .flat_map(|sample| [((sample * 32_767.0) as i16).to_le_bytes(); 2].concat())
        .collect();
    let files = [
        wav(1, 16, 1, 16_000, &as_16(16_000)),
        wav(1, 16, 1, 11_025, &as_16(11_025)),
        wav(1, 8, 1, 8000, &as_8),
        wav(1, 24, 1, 48_000, &as_24),
        wav(1, 32, 1, 22_050, &as_32),
        wav(3, 32, 1, 96_000, &as_float),
        wav(1, 16, 2, 44_100, &twice),
    ];
    for file in files {
        let announcement = parsed(file);
        assert_eq!(announcement.duration(), Duration::from_secs(1));
        let db = played_db(&announcement, 700.0);
        assert!((-16.5..-12.0).contains(&db), "{db} dB");
    }
}

#[test]
fn ogg_opus_is_heard_for_as_long_as_it_says() {
    let announcement = parsed(ogg(700.0, 1.0));
    assert_eq!(announcement.duration(), Duration::from_secs_f64((48_000.0 - 312.0) / 48_000.0));
    let db = played_db(&announcement, 700.0);
    assert!((-16.5..-12.0).contains(&db), "{db} dB");
}

#[test]
fn everyone_hears_an_announcement_beside_the_voices() {
    let mut stage = Stage::plain();
    let speaker = stage.add_voice(1, tone(500.0, 0.1));
    let listener = stage.listen(MemberId(9));
    stage.run(Duration::from_secs(1));
    stage.mixer.play(AnnouncementId(1), parsed(ogg(1700.0, 1.0)), 2).unwrap();
    stage.run(Duration::from_secs(3));
    for member in [speaker, listener] {
        let db = stage.tone_db(member, 1100..2900, 1700.0);
        assert!(db > -17.0, "{member:?} hears it at {db} dB, twice over");
    }
    assert!(stage.tone_db(speaker, 1000..4000, 500.0) < -60.0);
    let ended = stage.told(&AudioEvent::AnnouncementEnded(AnnouncementId(1)));
    assert!(ended.len() == 1 && (148..152).contains(&ended[0]), "{ended:?}");
}

#[test]
fn announcements_wait_for_their_turn_and_can_be_stopped() {
    let mut stage = Stage::plain();
    let listener = stage.listen(MemberId(9));
    stage.mixer.play(AnnouncementId(1), parsed(ogg(500.0, 1.0)), 1).unwrap();
    stage.mixer.play(AnnouncementId(2), parsed(ogg(1700.0, 1.0)), u32::MAX).unwrap();
    stage.run(Duration::from_secs(5));
    assert!(
        stage.tone_db(listener, 100..900, 500.0) > -17.0 && stage.tone_db(listener, 100..900, 1700.0) < -60.0
    );
    assert!(stage.tone_db(listener, 1100..4900, 1700.0) > -17.0);
    stage.mixer.stop(AnnouncementId(2));
    stage.mixer.stop(AnnouncementId(7));
    stage.run(Duration::from_secs(1));
    assert_eq!(stage.told(&AudioEvent::AnnouncementEnded(AnnouncementId(2))).len(), 1);
    assert!(stage.tone_db(listener, 5100..5900, 1700.0) < -60.0);
    let one = parsed(ogg(500.0, 0.1));
    for id in 0..ANNOUNCEMENTS_MAX as u64 {
        stage.mixer.play(AnnouncementId(id), one.clone(), 1).unwrap();
    }
    assert_eq!(stage.mixer.play(AnnouncementId(99), one, 1), Err(AudioError::TooManyAnnouncements));
}

#[test]
fn what_is_no_recording_is_refused_with_a_reason() {
    let refusal = |file: Vec<u8>| Announcement::parse(file.into()).unwrap_err();
    assert_eq!(refusal(Vec::new()), AnnouncementError::UnknownFormat);
    assert_eq!(refusal(b"ID3\x03 some song".to_vec()), AnnouncementError::UnknownFormat);
    assert_eq!(refusal(wav(1, 16, 1, 48_000, &[])), AnnouncementError::Empty);
    assert!(matches!(refusal(wav(1, 12, 1, 48_000, &[0; 8])), AnnouncementError::Unsupported(_)));
    assert!(matches!(refusal(wav(1, 16, 6, 48_000, &[0; 24])), AnnouncementError::Unsupported(_)));
    assert!(matches!(refusal(wav(1, 16, 1, 12_345, &[0; 24])), AnnouncementError::Unsupported(_)));
    assert!(matches!(
        refusal(wav(1, 16, 1, 48_000, &[0; 8])[..30].to_vec()),
        AnnouncementError::Malformed(_)
    ));
    let sound = ogg(500.0, 0.2);
    for place in 0..sound.len() {
        let mut damaged = sound.clone();
        damaged[place] ^= 0x10;
        assert!(Announcement::parse(damaged.into()).is_err(), "byte {place} changed");
    }
    for len in 0..sound.len() {
        let outcome = Announcement::parse(sound[..len].to_vec().into());
        assert!(outcome.is_err() || page_ends(&sound).contains(&len), "cut at {len}");
    }
}

fn page_ends(file: &[u8]) -> Vec<usize> {
    let mut ends = Vec::new();
    let mut place = 0;
    while place < file.len() {
        let count = usize::from(file[place + 26]);
        let body: usize = file[place + 27..place + 27 + count].iter().map(|len| usize::from(*len)).sum();
        place += 27 + count + body;
        ends.push(place);
    }
    ends
}

#[test]
fn a_stereo_recording_keeps_its_sides() {
    let pairs = sine(500.0, 48_000, 1.0).zip(sine(1700.0, 48_000, 1.0));
    let data: Vec<u8> = pairs
        .flat_map(|(left, right)| {
            [left, right].map(|sample| ((sample * 32_767.0) as i16).to_le_bytes()).concat()
        })
        .collect();
    let mut stage = Stage::plain();
    let listener = stage.listen(MemberId(9));
    stage.mixer.play(AnnouncementId(1), parsed(wav(1, 16, 2, 48_000, &data)), 1).unwrap();
    stage.run(Duration::from_secs(1));
    let side = |side: usize, hz| tone_db(stage.heard(listener, 100..900).iter().map(|pair| pair[side]), hz);
    let (low, high) = ([0, 1].map(|ear| side(ear, 500.0)), [0, 1].map(|ear| side(ear, 1700.0)));
    assert!(low[0] > -17.0 && low[1] < low[0] - 15.0, "{low:?}");
    assert!(high[1] > -17.0 && high[0] < high[1] - 15.0, "{high:?}");
}
