//! The door to openh264.
#![expect(
    unsafe_code,
    reason = "pictures stay in openh264's memory, and its bitrate is set through its C interface"
)]

use openh264::OpenH264API;
use openh264::decoder::{self, DecoderConfig, Flush};
use openh264::encoder::{self, BitRate, Complexity, EncoderConfig, FrameRate, FrameType, IntraFramePeriod};
use openh264::encoder::{Profile, QpRange, RateControlMode, SpsPpsStrategy, UsageType};
use openh264::formats::YUVSource;
use openh264_sys2::{ENCODER_OPTION, ENCODER_OPTION_BITRATE, ENCODER_OPTION_MAX_BITRATE, LAYER_NUM};
use openh264_sys2::{SBitrateInfo, SPATIAL_LAYER_0, SPATIAL_LAYER_ALL};

use super::decoder::{DecodeError, DecodeLimits};
use super::encoder::{EncodeError, Encoded, EncoderSettings};
use super::ffi::DoorPicture;
use super::picture::PictureView;
use super::sps;

pub(super) struct H264Decoder {
    library: decoder::Decoder,
    limits: DecodeLimits,
    picture: Option<DoorPicture>,
}

// SAFETY: the pointers in `picture` lead into the decoder's own memory, which moves with it to another thread.
unsafe impl Send for H264Decoder {}

impl H264Decoder {
    pub(super) fn new(limits: DecodeLimits) -> Result<Self, DecodeError> {
        // Live streams have no frames that wait for their turn.
        let config = DecoderConfig::new().flush_after_decode(Flush::NoFlush);
        let library = decoder::Decoder::with_api_config(OpenH264API::from_source(), config)
            .map_err(|_| DecodeError::Library)?;
        Ok(Self { library, limits, picture: None })
    }

    pub(super) fn decode(&mut self, frame: &[u8]) -> Result<bool, DecodeError> {
        self.picture = None;
        for size in sps::sizes(frame) {
            let (width, height) = size.ok_or(DecodeError::Corrupt)?;
            self.limits.check(width, height)?;
        }
        let decoded = self.library.decode(frame).map_err(|_| DecodeError::Corrupt)?;
        let Some(decoded) = decoded else { return Ok(false) };
        let ((width, height), strides) = (decoded.dimensions(), decoded.strides());
        let picture = DoorPicture {
            planes: [decoded.y().as_ptr(), decoded.u().as_ptr(), decoded.v().as_ptr()],
            strides: [strides.0 as isize, strides.1 as isize, strides.2 as isize],
            width: width as u32,
            height: height as u32,
        };
        self.limits.check(picture.width, picture.height)?;
        self.picture = Some(picture);
        Ok(true)
    }

    pub(super) fn picture(&self) -> Option<PictureView<'_>> {
        // SAFETY: openh264 keeps the picture until it decodes again, which needs `&mut self`.
        self.picture.and_then(|picture| unsafe { picture.view() })
    }
}

/// Constrained baseline, one slice a picture.
pub(super) struct H264Encoder {
    library: encoder::Encoder,
    /// openh264 takes options only once it has seen a picture.
    has_begun: bool,
    pending_bitrate_bps: Option<u32>,
    /// openh264 takes no higher one.
    bitrate_max_bps: u32,
}

impl H264Encoder {
    pub(super) fn new(settings: &EncoderSettings) -> Result<Self, EncodeError> {
        let config = EncoderConfig::new()
            .bitrate(BitRate::from_bps(settings.bitrate_bps))
            .max_frame_rate(FrameRate::from_hz(settings.fps as f32))
            .usage_type(UsageType::CameraVideoRealTime)
            .rate_control_mode(RateControlMode::Bitrate)
            .skip_frames(true)
            .complexity(Complexity::Low)
            .profile(Profile::Baseline)
            .sps_pps_strategy(SpsPpsStrategy::ConstantId)
            .intra_frame_period(IntraFramePeriod::auto())
            .scene_change_detect(false)
            .adaptive_quantization(false)
            .background_detection(true)
            .qp(QpRange::new(12, 48))
            .num_threads(1);
        let library = encoder::Encoder::with_api_config(OpenH264API::from_source(), config)
            .map_err(|_| EncodeError::Settings)?;
        Ok(Self {
            library,
            has_begun: false,
            pending_bitrate_bps: None,
            bitrate_max_bps: settings.bitrate_bps,
        })
    }

    pub(super) fn set_bitrate(&mut self, bitrate_bps: u32) -> Result<(), EncodeError> {
        if !self.has_begun {
            self.pending_bitrate_bps = Some(bitrate_bps);
            return Ok(());
        }
        if bitrate_bps > self.bitrate_max_bps {
            // It was set to what the encoder began with, and holds for the whole and for its one layer.
            self.set_rate(ENCODER_OPTION_MAX_BITRATE, SPATIAL_LAYER_ALL, bitrate_bps)?;
            self.set_rate(ENCODER_OPTION_MAX_BITRATE, SPATIAL_LAYER_0, bitrate_bps)?;
            self.bitrate_max_bps = bitrate_bps;
        }
        self.set_rate(ENCODER_OPTION_BITRATE, SPATIAL_LAYER_ALL, bitrate_bps)
    }

    /// The encoder has begun.
    fn set_rate(
        &mut self,
        option: ENCODER_OPTION,
        layer: LAYER_NUM,
        bitrate_bps: u32,
    ) -> Result<(), EncodeError> {
        let mut info =
            SBitrateInfo { iLayer: layer, iBitrate: i32::try_from(bitrate_bps).unwrap_or(i32::MAX) };
        // SAFETY: both options take this structure, which outlives the call, and the encoder has been initialised.
        let result = unsafe { self.library.raw_api().set_option(option, (&raw mut info).cast()) };
        if result == 0 { Ok(()) } else { Err(EncodeError::Settings) }
    }

    pub(super) fn encode(
        &mut self,
        picture: &PictureView<'_>,
        time: i64,
        force_key: bool,
        out: &mut Vec<u8>,
    ) -> Result<Encoded, EncodeError> {
        if self.has_begun {
            if let Some(bitrate_bps) = self.pending_bitrate_bps.take() {
                self.set_bitrate(bitrate_bps)?;
            }
            if force_key {
                self.library.force_intra_frame();
            }
        }
        self.has_begun = true;
        let millis = u64::try_from(time / 90).unwrap_or_default();
        let stream = self
            .library
            .encode_at(&Source(picture), openh264::Timestamp::from_millis(millis))
            .map_err(|_| EncodeError::Library)?;
        let is_key = match stream.frame_type() {
            FrameType::IDR | FrameType::I => true,
            FrameType::Skip | FrameType::Invalid => return Ok(Encoded::LeftOut),
            _ => false,
        };
        stream.write_vec(out);
        Ok(Encoded::Frame { is_key })
    }
}

struct Source<'a>(&'a PictureView<'a>);

impl YUVSource for Source<'_> {
    fn dimensions(&self) -> (usize, usize) {
        (self.0.width(), self.0.height())
    }

    fn strides(&self) -> (usize, usize, usize) {
        let [y, u, v] = self.0.planes();
        (y.stride(), u.stride(), v.stride())
    }

    fn y(&self) -> &[u8] {
        self.0.planes()[0].bytes()
    }

    fn u(&self) -> &[u8] {
        self.0.planes()[1].bytes()
    }

    fn v(&self) -> &[u8] {
        self.0.planes()[2].bytes()
    }
}
