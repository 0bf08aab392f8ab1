//! The door to libopus, at 48 kHz. The states of encoders and decoders are plain memory of this side's: libopus
//! promises that they hold no pointer into themselves and may be copied, which is how a mix that splits in two goes on
//! without a seam.

#![expect(unsafe_code, reason = "libopus is C; every call is in this file")]

use core::ffi::c_int;

use opusic_sys as sys;

/// The longest packet that [`Encoder::encode`] makes: three frames' worth of RFC 6716 section 3.4, far above any bitrate here.
pub const PACKET_LEN_MAX: usize = 1275;

const SAMPLE_RATE: c_int = 48_000;

/// One or two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Channels {
    /// One.
    Mono,
    /// Two, interleaved.
    Stereo,
}

impl Channels {
    /// How many.
    pub const fn count(self) -> usize {
        match self {
            Self::Mono => 1,
            Self::Stereo => 2,
        }
    }

    const fn as_int(self) -> c_int {
        self.count() as c_int
    }
}

/// What libopus refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpusError {
    /// The peer sent what is no Opus packet.
    #[error("the packet is no Opus packet")]
    Malformed,
    /// The caller asked for a frame length or a value that Opus does not have.
    #[error("no such frame length or setting")]
    BadArgument,
    /// The packet's frame is longer than the buffer.
    #[error("the buffer is too small")]
    BufferTooSmall,
    /// libopus failed inside.
    #[error("libopus failed")]
    Internal,
}

impl OpusError {
    fn of(code: c_int) -> Self {
        match code {
            sys::OPUS_BAD_ARG => Self::BadArgument,
            sys::OPUS_BUFFER_TOO_SMALL => Self::BufferTooSmall,
            sys::OPUS_INVALID_PACKET => Self::Malformed,
            _ => Self::Internal,
        }
    }
}

fn check(code: c_int) -> Result<usize, OpusError> {
    usize::try_from(code).map_err(|_| OpusError::of(code))
}

/// What an encoder aims for; changeable while it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EncoderSettings {
    /// 6000 to 510,000; brought into that range.
    pub bitrate_bps: u32,
    /// 0 to 10; brought into that range.
    pub complexity: u8,
    /// In-band forward error correction.
    pub fec: bool,
    /// 0 to 100; brought into that range. Without an expectation there is no FEC.
    pub expected_loss_percent: u8,
    /// Discontinuous transmission: silence becomes packets of at most two bytes, which need not be sent.
    pub dtx: bool,
}

/// One stream's sender. A clone goes on from the same state.
#[derive(Clone)]
pub struct Encoder {
    state: State,
    channels: Channels,
}

impl Encoder {
    /// Mono for voices above all; stereo, which is more often music, for a likeness of the sound.
    pub fn new(channels: Channels, settings: EncoderSettings) -> Result<Self, OpusError> {
        let application = match channels {
            Channels::Mono => sys::OPUS_APPLICATION_VOIP,
            Channels::Stereo => sys::OPUS_APPLICATION_AUDIO,
        };
        // SAFETY: takes a number and gives a number.
        let mut state = State::of(check(unsafe { sys::opus_encoder_get_size(channels.as_int()) })?);
        // SAFETY: the memory has the size that libopus asked for, and is aligned for any of its types.
        let code = unsafe {
            sys::opus_encoder_init(state.as_mut_ptr(), SAMPLE_RATE, channels.as_int(), application)
        };
        check(code)?;
        let mut encoder = Self { state, channels };
        encoder.set(settings)?;
        Ok(encoder)
    }

    /// How many channels [`Self::encode`] takes.
    pub fn channels(&self) -> Channels {
        self.channels
    }

    /// Takes effect with the next frame.
    pub fn set(&mut self, settings: EncoderSettings) -> Result<(), OpusError> {
        let EncoderSettings { bitrate_bps, complexity, fec, expected_loss_percent, dtx } = settings;
        self.control(sys::OPUS_SET_BITRATE_REQUEST, bitrate_bps.clamp(6000, 510_000) as c_int)?;
        self.control(sys::OPUS_SET_COMPLEXITY_REQUEST, c_int::from(complexity.min(10)))?;
        self.control(sys::OPUS_SET_INBAND_FEC_REQUEST, c_int::from(fec))?;
        self.control(sys::OPUS_SET_PACKET_LOSS_PERC_REQUEST, c_int::from(expected_loss_percent.min(100)))?;
        self.control(sys::OPUS_SET_DTX_REQUEST, c_int::from(dtx))
    }

    /// One frame of 2.5, 5, 10, 20, 40 or 60 ms, interleaved, full scale being 1. Gives the length of the packet in `out`.
    pub fn encode(&mut self, samples: &[f32], out: &mut [u8]) -> Result<usize, OpusError> {
        if !samples.len().is_multiple_of(self.channels.count()) {
            return Err(OpusError::BadArgument);
        }
        // SAFETY: the state was initialised by `new`; libopus reads frame times channels samples, which is the slice's
        // length, and writes at most the given length.
        let code = unsafe {
            sys::opus_encode_float(
                self.state.as_mut_ptr(),
                samples.as_ptr(),
                frame_len(samples.len(), self.channels)?,
                out.as_mut_ptr(),
                out.len().min(PACKET_LEN_MAX) as i32,
            )
        };
        check(code)
    }

    /// Forgets what was encoded, not the settings.
    pub fn reset(&mut self) {
        // SAFETY: the state was initialised by `new`; the request takes no argument.
        unsafe { sys::opus_encoder_ctl(self.state.as_mut_ptr::<sys::OpusEncoder>(), sys::OPUS_RESET_STATE) };
    }

    fn control(&mut self, request: c_int, value: c_int) -> Result<(), OpusError> {
        // SAFETY: the state was initialised by `new`; all requests of `set` take one int by value.
        let code =
            unsafe { sys::opus_encoder_ctl(self.state.as_mut_ptr::<sys::OpusEncoder>(), request, value) };
        check(code).map(drop)
    }
}

/// One stream's receiver. All lengths are per channel.
#[derive(Clone)]
pub struct Decoder {
    state: State,
    channels: Channels,
}

impl Decoder {
    /// Gives as many channels as asked for, however many the packets have.
    pub fn new(channels: Channels) -> Result<Self, OpusError> {
        // SAFETY: takes a number and gives a number.
        let mut state = State::of(check(unsafe { sys::opus_decoder_get_size(channels.as_int()) })?);
        // SAFETY: the memory has the size that libopus asked for, and is aligned for any of its types.
        let code = unsafe { sys::opus_decoder_init(state.as_mut_ptr(), SAMPLE_RATE, channels.as_int()) };
        check(code)?;
        Ok(Self { state, channels })
    }

    /// How many channels it gives.
    pub fn channels(&self) -> Channels {
        self.channels
    }

    /// Decodes a packet into the beginning of `out` and says how long it is. 120 ms always suffice.
    pub fn decode(&mut self, payload: &[u8], out: &mut [f32]) -> Result<usize, OpusError> {
        if payload.is_empty() {
            return Err(OpusError::Malformed);
        }
        self.run(Some(payload), out, false)
    }

    /// Fills `out`, a multiple of 2.5 ms, with what was lost before this packet, from the FEC in it. Where it has none,
    /// the decoder makes something up.
    pub fn decode_fec(&mut self, payload: &[u8], out: &mut [f32]) -> Result<usize, OpusError> {
        if payload.is_empty() {
            return Err(OpusError::Malformed);
        }
        self.run(Some(payload), out, true)
    }

    /// Fills `out`, a multiple of 2.5 ms, with something like what came before, fading as it goes on.
    pub fn conceal(&mut self, out: &mut [f32]) -> Result<usize, OpusError> {
        self.run(None, out, false)
    }

    fn run(&mut self, payload: Option<&[u8]>, out: &mut [f32], fec: bool) -> Result<usize, OpusError> {
        let data = payload.map_or(std::ptr::null(), <[u8]>::as_ptr);
        let len = i32::try_from(payload.map_or(0, <[u8]>::len)).map_err(|_| OpusError::Malformed)?;
        // SAFETY: the state was initialised by `new`; libopus reads `len` bytes of `data` (a null of length 0 asks for
        // concealment) and writes at most frame times channels samples, which `out` holds.
        let code = unsafe {
            sys::opus_decode_float(
                self.state.as_mut_ptr(),
                data,
                len,
                out.as_mut_ptr(),
                frame_len(out.len(), self.channels)?,
                c_int::from(fec),
            )
        };
        check(code)
    }

    /// Forgets what was decoded.
    pub fn reset(&mut self) {
        // SAFETY: the state was initialised by `new`; the request takes no argument.
        unsafe { sys::opus_decoder_ctl(self.state.as_mut_ptr::<sys::OpusDecoder>(), sys::OPUS_RESET_STATE) };
    }
}

/// Whether the packet carries FEC for the one before it.
pub fn has_fec(payload: &[u8]) -> bool {
    let Ok(len) = i32::try_from(payload.len()) else { return false };
    // SAFETY: libopus reads at most `len` bytes, and is not called with none.
    len > 0 && unsafe { sys::opus_packet_has_lbrr(payload.as_ptr(), len) } > 0
}

fn frame_len(samples: usize, channels: Channels) -> Result<c_int, OpusError> {
    c_int::try_from(samples / channels.count()).map_err(|_| OpusError::BadArgument)
}

/// Memory of an encoder or decoder, aligned for any type in it.
#[derive(Clone)]
struct State(Box<[u128]>);

impl State {
    fn of(len_bytes: usize) -> Self {
        Self(vec![0; len_bytes.div_ceil(size_of::<u128>())].into_boxed_slice())
    }

    fn as_mut_ptr<T>(&mut self) -> *mut T {
        self.0.as_mut_ptr().cast()
    }
}
