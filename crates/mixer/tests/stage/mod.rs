//! A room for tests: cameras that send colours, viewers that decode, and time that passes in frames.
#![allow(dead_code, reason = "each test file uses a part")]

pub(crate) mod camera;
pub(crate) mod viewer;

use std::time::{Duration, Instant};

use motet_codec::video::{PictureView, Yuv};
use motet_mixer::video::{
    Compositor, OutputFormat, OutputId, PictureCodec, Trouble, VideoCodec, VideoEvent, VideoFormat,
    VideoSettings,
};
use motet_mixer::{MemberId, SourceId};
use motet_rtp::{PayloadType, Ssrc};

pub(crate) use camera::Camera;
pub(crate) use viewer::Viewer;

/// Frames come and go at 25 a second.
pub(crate) const FRAME: Duration = Duration::from_millis(40);
pub(crate) const OUTPUT: OutputId = OutputId(1);

pub(crate) struct Stage {
    pub(crate) now: Instant,
    pub(crate) compositor: Compositor,
    pub(crate) cameras: Vec<(SourceId, Camera)>,
    pub(crate) viewers: Vec<(OutputId, Viewer)>,
    pub(crate) events: Vec<VideoEvent>,
    /// Which packets of sources get lost, by the number of the packet.
    pub(crate) loses: fn(u64) -> bool,
    /// All of whose packets get lost.
    pub(crate) is_cut_off: Option<SourceId>,
    /// Whether cameras are told who wants a keyframe.
    pub(crate) hears_requests: bool,
    sent: u64,
}

impl Stage {
    /// A room with one VP8 output of this size.
    pub(crate) fn new(width: u16, height: u16) -> Self {
        Self::with(VideoSettings::default(), width, height)
    }

    pub(crate) fn with(settings: VideoSettings, width: u16, height: u16) -> Self {
        let now = Instant::now();
        let mut stage = Self {
            now,
            compositor: Compositor::new(now, settings),
            cameras: Vec::new(),
            viewers: Vec::new(),
            events: Vec::new(),
            loses: |_| false,
            is_cut_off: None,
            hears_requests: true,
            sent: 0,
        };
        stage.add_viewer(OUTPUT, PictureCodec::Vp8, width, height, 2_000_000);
        stage
    }

    pub(crate) fn add_viewer(
        &mut self,
        id: OutputId,
        codec: PictureCodec,
        width: u16,
        height: u16,
        bitrate_bps: u32,
    ) {
        let format = OutputFormat {
            codec,
            width,
            height,
            fps: 25,
            bitrate_bps,
            payload_type: PayloadType::new(100).unwrap(),
            ssrc: Ssrc(id.0 as u32),
        };
        self.compositor.add_output(self.now, id, format).unwrap();
        self.viewers.push((id, Viewer::new(codec)));
    }

    /// Member `number`, named so, with a camera of this colour.
    pub(crate) fn join(&mut self, number: u64, camera: Camera) {
        self.compositor.set_member(MemberId(number), "", true);
        self.share(number, SourceId(number), false, camera);
    }

    pub(crate) fn share(&mut self, member: u64, source: SourceId, is_screen: bool, camera: Camera) {
        let format = VideoFormat {
            payload_types: vec![(camera.payload_type(), camera.codec())],
            extensions: Camera::extensions(),
        };
        assert!(self.compositor.add_source(self.now, source, MemberId(member), is_screen, format));
        self.cameras.push((source, camera));
    }

    pub(crate) fn leave(&mut self, member: u64) {
        self.compositor.remove_member(MemberId(member));
        self.cameras.retain(|(source, _)| source.0 != member);
    }

    /// Lets `frames` frames pass.
    pub(crate) fn run(&mut self, frames: usize) {
        for _ in 0..frames {
            self.now += FRAME;
            let mut packets = Vec::new();
            for (source, camera) in &mut self.cameras {
                packets.extend(camera.shoot().into_iter().map(|packet| (*source, packet)));
            }
            for (source, packet) in packets {
                self.send(source, &packet);
            }
            self.turn();
        }
    }

    /// One packet of a source, unless it gets lost.
    pub(crate) fn send(&mut self, source: SourceId, packet: &[u8]) {
        self.sent += 1;
        if self.is_cut_off != Some(source) && !(self.loses)(self.sent) {
            self.compositor.handle_rtp(self.now, source, packet);
        }
    }

    /// Composes, and hands around what comes out.
    pub(crate) fn turn(&mut self) {
        self.compositor.handle_timeout(self.now);
        let mut packet = Vec::new();
        while let Some(output) = self.compositor.poll_packet(&mut packet) {
            if let Some((_, viewer)) = self.viewers.iter_mut().find(|(id, _)| *id == output) {
                viewer.receive(&packet);
            }
        }
        while let Some(event) = self.compositor.poll_event() {
            if let VideoEvent::KeyFrameWanted(source) = event
                && self.hears_requests
                && let Some((_, camera)) = self.cameras.iter_mut().find(|(id, _)| *id == source)
            {
                camera.wants_key = true;
            }
            self.events.push(event);
        }
    }

    /// What the first viewer sees at a place given in fractions.
    pub(crate) fn seen(&self, x: f32, y: f32) -> Yuv {
        at(&self.viewers[0].1.picture().expect("the viewer has a picture"), x, y)
    }

    pub(crate) fn viewer(&self, id: OutputId) -> &Viewer {
        &self.viewers.iter().find(|(known, _)| *known == id).expect("there is such a viewer").1
    }

    /// What a source's cell showed last: `Some(None)` its picture.
    pub(crate) fn trouble(&self, of: SourceId) -> Option<Option<Trouble>> {
        self.events.iter().rev().find_map(|event| match event {
            VideoEvent::SourceShown { source, trouble } if *source == of => Some(*trouble),
            _ => None,
        })
    }

    pub(crate) fn key_requests(&self, of: SourceId) -> usize {
        self.events.iter().filter(|event| **event == VideoEvent::KeyFrameWanted(of)).count()
    }
}

pub(crate) fn at(picture: &PictureView<'_>, x: f32, y: f32) -> Yuv {
    let column = (x * picture.width() as f32) as usize;
    let row = (y * picture.height() as f32) as usize;
    picture.pixel(column.min(picture.width() - 1), row.min(picture.height() - 1))
}

/// Whether two colours are the same but for what coding does to them.
pub(crate) fn is_like(one: Yuv, other: Yuv) -> bool {
    one.y.abs_diff(other.y) <= 10 && one.u.abs_diff(other.u) <= 10 && one.v.abs_diff(other.v) <= 10
}

/// Colours that differ well, as many as the largest grid has cells.
pub(crate) fn colour(number: u64) -> Yuv {
    let step = |index: u64| 60 + 35 * (index % 5) as u8;
    Yuv { y: step(number), u: step(number / 5), v: step(number / 5 + 2 * (number % 5)) }
}

/// A VP8 camera of a member's colour.
pub(crate) fn camera(number: u64) -> Camera {
    Camera::new(VideoCodec::Vp8, 320, 180, colour(number))
}
