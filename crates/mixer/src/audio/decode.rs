//! One stream's decoder, whatever its codec: payloads in, samples at 48 kHz out.

use motet_codec::audio::{Channels, Decoder as OpusDecoder, g711, g722, has_fec};
use motet_rtp::payload::opus;

use super::AudioCodec;
use super::pcm::{Fifo, SAMPLE_RATE};
use super::resample::Resampler;
use super::stretch::{STRETCH_LEN_MIN, repeat_period};

/// The longest packet of any codec, in samples per channel (RFC 6716 section 3.4).
pub(super) const PACKET_SAMPLES_MAX: usize = SAMPLE_RATE * 120 / 1000;
/// libopus makes up and takes FEC in steps of 2.5 ms.
pub(super) const CONCEAL_STEP: usize = SAMPLE_RATE / 400;

impl AudioCodec {
    /// Samples at 48 kHz in each tick of the RTP clock.
    pub(super) fn samples_per_tick(self) -> i64 {
        match self {
            Self::Opus => 1,
            Self::Pcmu | Self::Pcma | Self::G722 | Self::ComfortNoise => 6,
        }
    }

    /// How many samples at 48 kHz a payload holds; `None` where it is no payload of this codec.
    pub(super) fn samples_in(self, payload: &[u8]) -> Option<usize> {
        let samples = match self {
            Self::Opus => opus::parse(payload).ok()?.samples() as usize,
            Self::Pcmu | Self::Pcma | Self::G722 => payload.len() * 6,
            Self::ComfortNoise => SAMPLE_RATE / 50,
        };
        (1..=PACKET_SAMPLES_MAX).contains(&samples).then_some(samples)
    }

    /// Whether the sender says with this that it has nothing to say for a while.
    pub(super) fn is_pause(self, payload: &[u8]) -> bool {
        match self {
            Self::Opus => opus::parse(payload).is_ok_and(|descriptor| descriptor.dtx),
            Self::ComfortNoise => true,
            Self::Pcmu | Self::Pcma | Self::G722 => false,
        }
    }

    /// Whether the sender's own encoder heard no voice in this. Only SILK says so, in the first bits behind the table of
    /// contents, one for each 20 ms and channel (RFC 6716 sections 4.2.3 and 4.2.4).
    pub(super) fn is_voiceless(self, payload: &[u8]) -> bool {
        const FIRST_CELT_CONFIG: u8 = 16;
        let (Self::Opus, [toc, first, ..]) = (self, payload) else { return false };
        let Ok(descriptor) = opus::parse(payload) else { return false };
        if toc >> 3 >= FIRST_CELT_CONFIG || descriptor.frames != 1 {
            return false;
        }
        let flags = u32::from(descriptor.frame_samples.div_ceil(960));
        let of_one_channel = !(0xff_u8 >> flags);
        // A channel's flags are followed by one bit that tells of FEC.
        let voice = match descriptor.stereo {
            false => of_one_channel,
            true => of_one_channel | of_one_channel >> (flags + 1),
        };
        first & voice == 0
    }

    /// Whether the payload can stand in for the one before it.
    pub(super) fn has_fec(self, payload: &[u8]) -> bool {
        self == Self::Opus && has_fec(payload)
    }
}

/// The decoder refused a payload, or there is no memory for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Refused;

/// The decoder of the codec that came last: a sender may change it from packet to packet.
pub(super) enum Decoder {
    Opus(OpusDecoder),
    Telephony(Box<Telephony>),
}

impl Decoder {
    /// The decoder for this payload: `current`, where that serves.
    pub(super) fn for_payload(
        current: Option<Self>,
        codec: AudioCodec,
        payload: &[u8],
    ) -> Result<Self, Refused> {
        match (current, codec) {
            (current, AudioCodec::Opus) => Self::for_opus(current, payload),
            (Some(Self::Telephony(telephony)), _) if telephony.serves(codec) => {
                Ok(Self::Telephony(telephony))
            }
            (_, codec) => Ok(Self::Telephony(Box::new(Telephony::new(codec).ok_or(Refused)?))),
        }
    }

    /// A mono decoder until the first stereo packet: it costs half, and most are mono.
    fn for_opus(current: Option<Self>, payload: &[u8]) -> Result<Self, Refused> {
        let is_stereo = opus::parse(payload).is_ok_and(|descriptor| descriptor.stereo);
        match current {
            Some(Self::Opus(decoder)) if !is_stereo || decoder.channels() == Channels::Stereo => {
                Ok(Self::Opus(decoder))
            }
            _ => {
                let channels = if is_stereo { Channels::Stereo } else { Channels::Mono };
                OpusDecoder::new(channels).map(Self::Opus).map_err(|_| Refused)
            }
        }
    }

    fn channels(&self) -> Channels {
        match self {
            Self::Opus(decoder) => decoder.channels(),
            Self::Telephony(_) => Channels::Mono,
        }
    }

    /// Appends what the payload holds; says how many samples per channel.
    pub(super) fn decode(
        &mut self,
        codec: AudioCodec,
        payload: &[u8],
        out: &mut Fifo,
    ) -> Result<usize, Refused> {
        out.set_channels(self.channels());
        match self {
            Self::Telephony(telephony) => Ok(telephony.decode(codec, payload, out)),
            Self::Opus(decoder) => {
                let expected = codec.samples_in(payload).ok_or(Refused)?;
                let decoded = decoder.decode(payload, out.grow(expected)).unwrap_or(0);
                out.shrink(expected - decoded.min(expected));
                if decoded == 0 { Err(Refused) } else { Ok(decoded) }
            }
        }
    }

    /// Appends `len` samples of what was lost before this payload, a multiple of [`CONCEAL_STEP`], from the FEC in it.
    pub(super) fn decode_fec(&mut self, payload: &[u8], len: usize, out: &mut Fifo) {
        out.set_channels(self.channels());
        if let Self::Opus(decoder) = self {
            let room = out.grow(len);
            if decoder.decode_fec(payload, room).is_err() {
                room.fill(0.0);
            }
        }
    }

    /// Appends `len` samples of something like what came before, a multiple of [`CONCEAL_STEP`].
    pub(super) fn conceal(&mut self, len: usize, out: &mut Fifo) {
        out.set_channels(self.channels());
        let room = out.grow(len);
        let concealed = match self {
            Self::Opus(decoder) => decoder.conceal(room).is_ok(),
            Self::Telephony(telephony) => {
                telephony.conceal(room);
                true
            }
        };
        if !concealed {
            room.fill(0.0);
        }
    }
}

/// G.711 and G.722, which know no concealment of their own: mono, of lower rates.
pub(super) struct Telephony {
    codec: AudioCodec,
    g722: g722::Decoder,
    resampler: Resampler,
    narrow: Vec<i16>,
    narrow_float: Vec<f32>,
    /// The last of what was heard.
    history: Vec<f32>,
    /// How much in a row was made up.
    concealed: usize,
}

impl Telephony {
    /// What is made up is gone after so long.
    const CONCEALED_MAX: usize = SAMPLE_RATE * 60 / 1000;
    /// What comes after something made up is cross-faded with it for so long.
    const FADE: usize = SAMPLE_RATE / 200;

    fn new(codec: AudioCodec) -> Option<Self> {
        let rate_hz = if codec == AudioCodec::G722 { 16_000 } else { 8000 };
        Some(Self {
            codec,
            g722: g722::Decoder::default(),
            resampler: Resampler::new(rate_hz)?,
            narrow: Vec::new(),
            narrow_float: Vec::new(),
            history: vec![0.0; STRETCH_LEN_MIN],
            concealed: 0,
        })
    }

    fn serves(&self, codec: AudioCodec) -> bool {
        (self.codec == AudioCodec::G722) == (codec == AudioCodec::G722) || codec == AudioCodec::ComfortNoise
    }

    fn decode(&mut self, codec: AudioCodec, payload: &[u8], out: &mut Fifo) -> usize {
        self.narrow.clear();
        match codec {
            AudioCodec::Pcmu => self.narrow.extend(payload.iter().map(|byte| g711::decode_ulaw(*byte))),
            AudioCodec::Pcma => self.narrow.extend(payload.iter().map(|byte| g711::decode_alaw(*byte))),
            AudioCodec::G722 => self.g722.decode(payload, &mut self.narrow),
            AudioCodec::ComfortNoise | AudioCodec::Opus => {
                let len = SAMPLE_RATE / 50;
                out.grow(len);
                return len;
            }
        }
        self.narrow_float.clear();
        self.narrow_float.extend(self.narrow.iter().map(|sample| f32::from(*sample) / 32_768.0));
        let start = out.samples_mut().len();
        self.resampler.process(&self.narrow_float, out.samples_mut());
        let decoded = &mut out.samples_mut()[start..];
        if self.concealed > 0 {
            self.fade_in(decoded);
        }
        self.remember(decoded);
        decoded.len()
    }

    fn conceal(&mut self, out: &mut [f32]) {
        repeat_period(&self.history, out);
        // Remembered at full loudness, so that what is made up next can be faded from it in turn.
        let from = self.concealed;
        self.remember(out);
        self.concealed = (from + out.len()).min(Self::CONCEALED_MAX);
        for (index, sample) in out.iter_mut().enumerate() {
            let left = Self::CONCEALED_MAX.saturating_sub(from + index);
            *sample *= left as f32 / Self::CONCEALED_MAX as f32;
        }
    }

    fn fade_in(&mut self, decoded: &mut [f32]) {
        let mut made_up = vec![0.0; Self::FADE.min(decoded.len())];
        self.conceal(&mut made_up);
        self.concealed = 0;
        let len = made_up.len() as f32;
        for (index, (sample, made_up)) in decoded.iter_mut().zip(made_up).enumerate() {
            let fade = index as f32 / len;
            *sample = *sample * fade + made_up * (1.0 - fade);
        }
    }

    fn remember(&mut self, heard: &[f32]) {
        self.history.extend_from_slice(heard);
        let surplus = self.history.len() - STRETCH_LEN_MIN;
        self.history.drain(..surplus);
        self.concealed = 0;
    }
}
