//! An announcement as it is heard: decoded a turn at a time.

use motet_codec::audio::{Channels, Decoder};

use super::{Announcement, AnnouncementId, Recording};
use crate::audio::AudioCodec;
use crate::audio::decode::PACKET_SAMPLES_MAX;
use crate::audio::pcm::{FRAME, Fifo};
use crate::audio::resample::Resampler;

/// One playing.
pub(in crate::audio) struct Player {
    pub(in crate::audio) id: AnnouncementId,
    announcement: Announcement,
    times_left: u32,
    fifo: Fifo,
    tape: Tape,
}

/// Where the playing is in its recording.
enum Tape {
    Wav { place: usize, resamplers: Vec<Resampler>, columns: Vec<Vec<f32>> },
    Opus { next: usize, decoder: Option<Decoder>, skip: usize, left: u64 },
}

impl Player {
    pub(in crate::audio) fn new(id: AnnouncementId, announcement: Announcement, times: u32) -> Self {
        let (tape, channels) = rewound(&announcement);
        let mut fifo = Fifo::new();
        fifo.set_channels(if channels == 2 { Channels::Stereo } else { Channels::Mono });
        Self { id, announcement, times_left: times.max(1), fifo, tape }
    }

    pub(in crate::audio) fn channels(&self) -> usize {
        self.fifo.channels().count()
    }

    /// One turn's samples, interleaved. False where it has ended.
    pub(in crate::audio) fn take_frame(&mut self, frame: &mut Vec<f32>) -> bool {
        while self.fifo.len() < FRAME {
            if self.advance() {
                continue;
            }
            self.times_left -= 1;
            if self.times_left == 0 {
                break;
            }
            self.tape = rewound(&self.announcement).0;
        }
        let has_more = self.fifo.len() > 0;
        self.fifo.take_frame(frame);
        // A repetition that brings nothing must not be asked for for ever: it brought this frame at least.
        self.times_left = self.times_left.max(u32::from(has_more));
        has_more
    }

    /// Appends the next piece. False at the end of the recording.
    fn advance(&mut self) -> bool {
        match (&*self.announcement.recording, &mut self.tape) {
            (Recording::Wav(wav), Tape::Wav { place, resamplers, columns }) => {
                if *place >= wav.frames() {
                    return false;
                }
                let count = (wav.rate_hz as usize).div_ceil(50);
                for (channel, (resampler, column)) in
                    resamplers.iter_mut().zip(columns.iter_mut()).enumerate()
                {
                    let input: Vec<f32> = wav.read(*place, count, channel).collect();
                    column.clear();
                    resampler.process(&input, column);
                }
                *place += count;
                interleave(columns, &mut self.fifo);
                true
            }
            (Recording::Opus(file), Tape::Opus { next, decoder, skip, left }) => {
                let (Some(packet), Some(decoder), 1..) = (file.packet(*next), decoder, *left) else {
                    return false;
                };
                *next += 1;
                let channels = file.channels;
                let room = self.fifo.grow(PACKET_SAMPLES_MAX);
                // What the decoder refuses is silence, so that each packet brings the playing on.
                let decoded = decoder.decode(packet, room).unwrap_or_else(|_| {
                    room.fill(0.0);
                    AudioCodec::Opus.samples_in(packet).unwrap_or(FRAME)
                });
                let dropped = decoded.min(*skip);
                *skip -= dropped;
                room.copy_within(dropped * channels..decoded * channels, 0);
                let kept = ((decoded - dropped) as u64).min(*left);
                *left -= kept;
                room[..kept as usize * channels].iter_mut().for_each(|sample| *sample *= file.gain);
                self.fifo.shrink(PACKET_SAMPLES_MAX - kept as usize);
                true
            }
            _ => false,
        }
    }
}

fn rewound(announcement: &Announcement) -> (Tape, usize) {
    match &*announcement.recording {
        Recording::Wav(wav) => {
            let resamplers = Resampler::new(wav.rate_hz).map_or_else(Vec::new, |one| vec![one; wav.channels]);
            (Tape::Wav { place: 0, resamplers, columns: vec![Vec::new(); wav.channels] }, wav.channels)
        }
        Recording::Opus(file) => {
            let channels = if file.channels == 2 { Channels::Stereo } else { Channels::Mono };
            let decoder = Decoder::new(channels).ok();
            (Tape::Opus { next: 0, decoder, skip: file.skip, left: file.samples }, file.channels)
        }
    }
}

fn interleave(columns: &[Vec<f32>], fifo: &mut Fifo) {
    let len = columns.first().map_or(0, Vec::len);
    let room = fifo.grow(len);
    for (channel, column) in columns.iter().enumerate() {
        for (index, sample) in column.iter().enumerate() {
            room[index * columns.len() + channel] = *sample;
        }
    }
}
