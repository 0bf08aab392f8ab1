//! What the owner of an audio mixer chooses.

use std::time::Duration;

use motet_rtp::PayloadType;

/// What holds for a mixer from beginning to end.
#[derive(Clone, Debug)]
pub struct AudioSettings {
    /// The payload type of every mix.
    pub payload_type: PayloadType,
    /// How mixes are encoded.
    pub output: AudioOutput,
    /// How many voices sound at once; beyond that the quieter ones are left out. It bounds what a room in which all
    /// talk costs: each voice is one decode, and each of its members one encode.
    pub voices_max: usize,
    /// The longest that a packet waits for its turn. A path with more jitter than this loses words.
    pub delay_max: Duration,
}

impl AudioSettings {
    /// The defaults, under this payload type.
    pub fn new(payload_type: PayloadType) -> Self {
        Self {
            payload_type,
            output: AudioOutput::default(),
            voices_max: 16,
            delay_max: Duration::from_millis(400),
        }
    }
}

/// How a mix is encoded. All mixes of a mixer are encoded alike: most listeners share one, so this is what every
/// listener negotiated: FEC where any wants it (others ignore it), DTX and stereo where all take it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AudioOutput {
    /// The target for a mono mix, in bits per second; a stereo mix gets half as much again. 6000 to 510,000.
    pub bitrate_bps: u32,
    /// libopus's effort, 0 to 10.
    pub complexity: u8,
    /// In-band forward error correction (`useinbandfec`).
    pub fec: bool,
    /// The loss that FEC is dimensioned for, 0 to 100: without an expectation libopus adds none.
    pub expected_loss_percent: u8,
    /// Discontinuous transmission (`usedtx`): silence sends a packet each 400 ms.
    pub dtx: bool,
    /// Whether a mix may be stereo. It is so only while a voice in it is, or is placed off the centre.
    pub stereo: bool,
}

impl Default for AudioOutput {
    fn default() -> Self {
        Self {
            bitrate_bps: 40_000,
            complexity: 8,
            fec: true,
            expected_loss_percent: 5,
            dtx: true,
            stereo: true,
        }
    }
}

/// How a source's packets are to be read.
#[derive(Clone, Debug, Default)]
pub struct AudioFormat {
    /// What each payload type means. Packets of another are counted drops.
    pub payload_types: Vec<(PayloadType, AudioCodec)>,
}

impl AudioFormat {
    /// One payload type, one codec.
    pub fn of(payload_type: PayloadType, codec: AudioCodec) -> Self {
        Self { payload_types: vec![(payload_type, codec)] }
    }
}

/// What a payload type can mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AudioCodec {
    /// RFC 7587; clock 48,000.
    Opus,
    /// G.711 mu-law; clock 8000.
    Pcmu,
    /// G.711 A-law; clock 8000.
    Pcma,
    /// G.722 at 64 kb/s: sampled at 16,000, yet its RTP clock is 8000 (RFC 3551 section 4.5.2).
    G722,
    /// RFC 3389 comfort noise beside G.711 and G.722; clock 8000. Taken as silence.
    ComfortNoise,
}

/// How a source is heard.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Voice {
    /// Not heard, and not decoded either.
    pub muted: bool,
    /// A factor, 0 to 4; 1 leaves it as it is.
    pub gain: f32,
    /// From -1 (left) over 0 (where it was recorded) to 1 (right).
    pub position: f32,
}

impl Default for Voice {
    fn default() -> Self {
        Self { muted: false, gain: 1.0, position: 0.0 }
    }
}

/// Why the owner's wish was not carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AudioError {
    /// The mixer has this source already.
    #[error("the mixer has this source already")]
    SourceExists,
    /// The mixer has no such source.
    #[error("the mixer has no such source")]
    NoSuchSource,
    /// The mixer has as many sources as it takes.
    #[error("the mixer takes no more sources")]
    TooManySources,
    /// As many announcements are playing as the mixer takes.
    #[error("the mixer plays no more announcements at once")]
    TooManyAnnouncements,
    /// libopus had no memory for a stream.
    #[error("the codec could not be opened")]
    Codec,
}
