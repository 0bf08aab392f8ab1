//! What sources send to the audio mixer: a row of records, each a kind, a length and so many bytes. Packets of every codec, in
//! any order, at any time: what comes out is RTP, and no frame fails.

use std::time::{Duration, Instant};

use motet_mixer::audio::{AudioCodec, AudioFormat, AudioMixer, AudioSettings, Voice};
use motet_mixer::{MemberId, SourceId};
use motet_rtp::{PayloadType, RtpView};

const CODECS: [AudioCodec; 5] =
    [AudioCodec::Opus, AudioCodec::Pcmu, AudioCodec::Pcma, AudioCodec::G722, AudioCodec::ComfortNoise];
/// Records of one input; what follows is left out.
const RECORDS_MAX: usize = 64;

/// Takes `data` as a row of records.
pub fn audio_mixer(data: &[u8]) {
    let mut now = Instant::now();
    let settings = AudioSettings::new(PayloadType::from_wire(111));
    let mut mixer = AudioMixer::new(now, settings, 1).expect("an encoder");
    let types = CODECS.iter().enumerate().map(|(index, codec)| (PayloadType::from_wire(index as u8), *codec));
    let format = AudioFormat { payload_types: types.collect() };
    for id in 0..2 {
        mixer.add_source(SourceId(id), MemberId(id), format.clone()).expect("room for two");
    }
    let mut rest = data;
    let mut packet = Vec::new();
    for index in 0..RECORDS_MAX {
        let Some((&[kind, len], after)) = rest.split_first_chunk::<2>() else { break };
        let (record, after) = after.split_at(after.len().min(len.into()));
        rest = after;
        let source = SourceId(u64::from(kind & 1));
        match kind >> 1 & 7 {
            // A payload in its place, a turn apart from the last.
            0..=3 => {
                packet.clear();
                packet.extend([0x80, kind >> 4 & 7]);
                packet.extend((index as u16).to_be_bytes());
                packet.extend((index as u32 * 960).to_be_bytes());
                packet.extend([0, 0, 0, kind & 1]);
                packet.extend(record);
                mixer.handle_rtp(now, source, &packet);
            }
            4 => mixer.handle_rtp(now, source, record),
            5 => {
                let muted = record.first().is_some_and(|byte| *byte == 0);
                let number =
                    |at: usize| record.get(at).map_or(f32::NAN, |byte| f32::from(*byte) / 64.0 - 1.0);
                let voice = Voice { muted, gain: number(1), position: number(2) };
                mixer.set_source(source, voice).expect("it is there");
            }
            _ => now += Duration::from_millis(u64::from(len)),
        }
        now += Duration::from_millis(u64::from(kind >> 7) * 20);
        mixer.handle_timeout(now);
        while mixer.poll_event().is_some() {}
        while mixer.poll_packet(&mut packet).is_some() {
            RtpView::parse(&packet).expect("RTP");
        }
    }
    assert_eq!(mixer.stats().failed_frames, 0);
}
