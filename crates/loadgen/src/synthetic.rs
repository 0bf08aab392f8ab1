//! Media that nobody needs to see: frames of VP8 and Opus with true headers and meaningless contents, at a call's pace.

use std::time::{Duration, Instant};

use str0m::Rtc;
use str0m::format::Codec;
use str0m::media::{Frequency, MediaTime, Mid};

use crate::negotiation::Sections;
use crate::told::Failure;

const AUDIO_EVERY: Duration = Duration::from_millis(20);
const VIDEO_EVERY: Duration = Duration::from_millis(66);
const OPUS_BYTES: usize = 80;
const KEYFRAME_BYTES: usize = 6_000;
const FRAME_BYTES: usize = 1_500;

/// Makes frames as their time comes.
pub(crate) struct Synthetic {
    began_at: Instant,
    audio_frames: u32,
    video_frames: u32,
    needs_keyframe: bool,
}

impl Synthetic {
    pub(crate) fn new(now: Instant) -> Self {
        Self { began_at: now, audio_frames: 0, video_frames: 0, needs_keyframe: true }
    }

    /// Somebody begins to watch.
    pub(crate) fn wish_keyframe(&mut self) {
        self.needs_keyframe = true;
    }

    /// When the next frame is due.
    pub(crate) fn due(&self) -> Instant {
        self.began_at + (AUDIO_EVERY * self.audio_frames).min(VIDEO_EVERY * self.video_frames)
    }

    /// Writes all frames that are due; str0m drops what comes before it is connected.
    pub(crate) fn write(&mut self, now: Instant, rtc: &mut Rtc, sections: Sections) -> Result<(), Failure> {
        let is_connected = rtc.is_connected();
        while self.began_at + AUDIO_EVERY * self.audio_frames <= now {
            let at = MediaTime::new(u64::from(self.audio_frames) * 960, Frequency::FORTY_EIGHT_KHZ);
            write(rtc, sections.audio, Codec::Opus, now, at, self.opus())?;
            self.audio_frames += 1;
        }
        while self.began_at + VIDEO_EVERY * self.video_frames <= now {
            let at = MediaTime::from_millis(u64::from(self.video_frames) * VIDEO_EVERY.as_millis() as u64);
            write(rtc, sections.video, Codec::Vp8, now, at, self.vp8())?;
            self.needs_keyframe &= !is_connected;
            self.video_frames += 1;
        }
        Ok(())
    }

    /// One frame of 20 ms, fullband CELT, mono (RFC 6716 section 3.1).
    fn opus(&self) -> Vec<u8> {
        let mut frame = vec![self.audio_frames as u8; OPUS_BYTES];
        frame[0] = 31 << 3;
        frame
    }

    /// A frame tag, and a keyframe's start code and size of 320 to 180 (RFC 6386 section 9.1).
    fn vp8(&self) -> Vec<u8> {
        let number = self.video_frames as u8;
        if !self.needs_keyframe {
            let mut frame = vec![number; FRAME_BYTES];
            frame[0] = 0b1_0001;
            return frame;
        }
        let mut frame = vec![number; KEYFRAME_BYTES];
        frame[0] = 0b1_0000;
        frame[3..10].copy_from_slice(&[0x9d, 0x01, 0x2a, 0x40, 0x01, 0xb4, 0x00]);
        frame
    }
}

fn write(
    rtc: &mut Rtc,
    mid: Mid,
    codec: Codec,
    now: Instant,
    at: MediaTime,
    frame: Vec<u8>,
) -> Result<(), Failure> {
    // The section may be refused.
    let Some(writer) = rtc.writer(mid) else { return Ok(()) };
    let params = writer.payload_params().find(|params| params.spec().codec == codec);
    let Some(payload_type) = params.map(|params| params.pt()) else { return Ok(()) };
    writer.audio_level(-30, true).write(payload_type, now, at, frame)?;
    Ok(())
}
