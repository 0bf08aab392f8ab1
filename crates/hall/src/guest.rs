//! A guest: what it publishes and what it takes.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use motet::control::{Codec, ConsumerId, TransportId};
use motet_codec::video::{PictureCodec, VideoCodec, Yuv};
use motet_sdp::SubscribeSession;
use str0m::format::PayloadParams;
use str0m::media::{Frequency, MediaTime, Mid, Pt};
use str0m::rtp::VideoOrientation;
use str0m::{Event, Rtc};

use crate::connection::Connection;
use crate::sight::{Painter, Viewer};
use crate::sound::{FRAME, Listener, Singer};

const AUDIO_INTERVAL: Duration = Duration::from_millis(20);
const FPS: u32 = 25;
const VIDEO_INTERVAL: Duration = Duration::from_millis(1_000 / FPS as u64);

/// What a guest is to be.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Wish {
    /// Its tone, if it sends sound.
    pub hz: Option<f32>,
    /// Its colour, if it sends a picture.
    pub colour: Option<Yuv>,
    /// What its picture is encoded as.
    pub codec: PictureCodec,
    /// The size of its picture.
    pub size: (u16, u16),
    /// Whether its camera stands on its side, and says so beside the picture.
    pub is_sideways: bool,
}

impl Wish {
    /// A tone and a colour, in VP8 of 640x360.
    pub fn of(hz: f32, colour: Yuv) -> Self {
        Self {
            hz: Some(hz),
            colour: Some(colour),
            codec: PictureCodec::Vp8,
            size: (640, 360),
            is_sideways: false,
        }
    }

    /// One who only takes.
    pub fn nothing() -> Self {
        Self { hz: None, colour: None, codec: PictureCodec::Vp8, size: (640, 360), is_sideways: false }
    }

    pub(crate) fn video_codec(&self) -> Codec {
        if self.codec == PictureCodec::H264 { Codec::H264 } else { Codec::Vp8 }
    }
}

/// A track that a guest takes.
pub enum Taken {
    /// Sound.
    Heard(Listener),
    /// A picture.
    Seen(Box<Viewer>),
}

impl Taken {
    pub(crate) fn of(codec: Codec) -> Self {
        match codec {
            Codec::H264 => Self::Seen(Box::new(Viewer::new(VideoCodec::H264))),
            Codec::Vp8 => Self::Seen(Box::new(Viewer::new(VideoCodec::Vp8))),
            _ => Self::Heard(Listener::new()),
        }
    }
}

/// See the module.
pub struct Guest {
    /// Its voice.
    pub singer: Option<Singer>,
    /// Its camera.
    pub painter: Option<Painter>,
    /// What it says of how its camera is held.
    orientation: Option<VideoOrientation>,
    pub(crate) publish: Option<Publishing>,
    pub(crate) subscribe: Option<Subscribing>,
}

pub(crate) struct Publishing {
    pub(crate) connection: Connection,
    pub(crate) audio: Option<Sending>,
    pub(crate) video: Option<Sending>,
    is_connected: bool,
    wants_key: bool,
}

pub(crate) struct Sending {
    pub(crate) mid: Mid,
    pub(crate) codec: Codec,
    next_at: Instant,
    rtp_time: u64,
}

impl Sending {
    pub(crate) fn new(mid: Mid, codec: Codec) -> Self {
        Self { mid, codec, next_at: Instant::now(), rtp_time: 0 }
    }
}

pub(crate) struct Subscribing {
    pub(crate) connection: Connection,
    pub(crate) transport_id: TransportId,
    pub(crate) session: SubscribeSession<ConsumerId>,
    pub(crate) is_told: bool,
    pub(crate) tracks: BTreeMap<ConsumerId, (Option<Mid>, Taken)>,
}

impl Publishing {
    pub(crate) fn new(connection: Connection) -> Self {
        Self { connection, audio: None, video: None, is_connected: false, wants_key: true }
    }
}

impl Guest {
    pub(crate) fn new(wish: Wish) -> Self {
        Self {
            singer: wish.hz.map(Singer::new),
            painter: wish.colour.map(|colour| Painter::new(wish.codec, wish.size, FPS, colour)),
            orientation: wish.is_sideways.then_some(VideoOrientation::Deg90),
            publish: None,
            subscribe: None,
        }
    }

    /// From here on this share of what is sent to it is lost.
    pub fn lose(&mut self, share: f32) {
        if let Some(subscribing) = &mut self.subscribe {
            subscribing.connection.loss = share;
        }
    }

    /// What it hears of a consumer.
    pub fn heard(&mut self, consumer: ConsumerId) -> &mut Listener {
        match self.taken(consumer) {
            Taken::Heard(listener) => listener,
            Taken::Seen(_) => panic!("{consumer} is a picture"),
        }
    }

    /// What it sees of a consumer.
    pub fn seen(&mut self, consumer: ConsumerId) -> &mut Viewer {
        match self.taken(consumer) {
            Taken::Seen(viewer) => viewer,
            Taken::Heard(_) => panic!("{consumer} is a sound"),
        }
    }

    fn taken(&mut self, consumer: ConsumerId) -> &mut Taken {
        let subscribing = self.subscribe.as_mut().expect("the guest takes something");
        &mut subscribing.tracks.get_mut(&consumer).expect("the guest takes this").1
    }

    pub(crate) fn step(&mut self, now: Instant) {
        if let Some(publishing) = &mut self.publish {
            let Publishing { connection, is_connected, wants_key, audio, video, .. } = publishing;
            connection.step(now, |_, event| match event {
                Event::Connected => *is_connected = true,
                Event::KeyframeRequest(_) => *wants_key = true,
                _ => {}
            });
            if *is_connected {
                let rtc = &mut connection.rtc;
                if let (Some(sending), Some(singer)) = (audio, &mut self.singer)
                    && sending.is_due(now, AUDIO_INTERVAL)
                {
                    sending.write(now, rtc, singer.sing(), (FRAME as u64, 48_000), None);
                }
                if let (Some(sending), Some(painter)) = (video, &mut self.painter)
                    && sending.is_due(now, VIDEO_INTERVAL)
                {
                    let frame = painter.paint(std::mem::take(wants_key));
                    sending.write(now, rtc, frame, (u64::from(90_000 / FPS), 90_000), self.orientation);
                }
                connection.step(now, |_, _| {});
            }
        }
        if let Some(Subscribing { connection, tracks, .. }) = &mut self.subscribe {
            connection.step(now, |_, event| {
                let Event::MediaData(data) = event else { return };
                let track = tracks.values_mut().find(|(mid, _)| *mid == Some(data.mid));
                match track {
                    Some((_, Taken::Heard(listener))) => listener.hear(now, &data.data),
                    Some((_, Taken::Seen(viewer))) => viewer.see(now, &data.data),
                    None => {}
                }
            });
        }
    }
}

impl Sending {
    fn is_due(&mut self, now: Instant, interval: Duration) -> bool {
        let is_due = self.next_at <= now;
        if is_due {
            self.next_at = (self.next_at + interval).max(now);
        }
        is_due
    }

    fn write(
        &mut self,
        now: Instant,
        rtc: &mut Rtc,
        frame: Vec<u8>,
        (ticks, rate): (u64, u32),
        orientation: Option<VideoOrientation>,
    ) {
        self.rtp_time += ticks;
        let Some(payload_type) = payload_type(rtc, self.mid, self.codec).filter(|_| !frame.is_empty()) else {
            return;
        };
        let time = MediaTime::new(self.rtp_time, Frequency::new(rate).expect("no clock rate is zero"));
        if let Some(writer) = rtc.writer(self.mid) {
            let writer = match orientation {
                Some(orientation) => writer.video_orientation(orientation),
                None => writer,
            };
            // Refused only before the track is negotiated.
            let _ = writer.write(payload_type, now, time, frame);
        }
    }
}

/// The payload type that a media section has for a codec, once it is negotiated.
pub(crate) fn payload_type(rtc: &Rtc, mid: Mid, codec: Codec) -> Option<Pt> {
    use str0m::format::Codec as Known;
    let negotiated = rtc.media(mid)?.remote_pts();
    let is_codec = |params: &PayloadParams| {
        matches!(
            (params.spec().codec, codec),
            (Known::Opus, Codec::Opus) | (Known::Vp8, Codec::Vp8) | (Known::H264, Codec::H264)
        )
    };
    let is_meant = |params: &&PayloadParams| {
        is_codec(params) && (negotiated.is_empty() || negotiated.contains(&params.pt()))
    };
    rtc.codec_config().params().iter().find(is_meant).map(PayloadParams::pt)
}
