//! One stream that is to be shown: assembly, decoder, limits, and what its cell shows at present.

mod budget;
mod keyframe;

use std::time::{Duration, Instant};

use motet_codec::video::{Decoder, VideoCodec};
use motet_rtp::ext::{ExtensionValues, VideoOrientation};
use motet_rtp::{PayloadType, RtpView};

use super::assemble::{Assembled, Assembler, Taken};
use super::event::{Trouble, VideoSourceStats};
use super::settings::{VideoFormat, VideoSettings};
use super::turn::{Shot, Turn};
use crate::MemberId;
use budget::Budget;
use keyframe::KeyFrameWish;

/// A source that broke a limit is not looked at for so long.
const PENALTY: Duration = Duration::from_secs(4);
/// Frames that may be refused one after another before the picture is called broken.
const REFUSALS_MAX: u8 = 3;
/// A source that no cell shows is decoded for so long yet, in case that it comes back.
const LINGER: Duration = Duration::from_secs(5);

pub(super) struct Source {
    pub(super) member: MemberId,
    pub(super) is_screen: bool,
    pub(super) is_muted: bool,
    pub(super) stats: VideoSourceStats,
    format: VideoFormat,
    assembler: Option<Assembler>,
    decoder: Option<Decoder>,
    trouble: Option<Trouble>,
    /// Counts pictures, so that a cell knows whether it has the newest.
    serial: u64,
    budget: Budget,
    refusals: u8,
    last_picture: Instant,
    /// Not looked at until then.
    barred_until: Option<Instant>,
    /// When a cell last showed it.
    last_wanted: Instant,
    is_awake: bool,
    key_frame: KeyFrameWish,
    /// How the newest frame is to be turned; a frame that says nothing is as the one before.
    turn: Turn,
}

impl Source {
    pub(super) fn new(
        now: Instant,
        member: MemberId,
        is_screen: bool,
        format: VideoFormat,
        settings: &VideoSettings,
    ) -> Self {
        Self {
            member,
            is_screen,
            is_muted: false,
            stats: VideoSourceStats::default(),
            format,
            assembler: None,
            decoder: None,
            trouble: Some(Trouble::Waiting),
            serial: 0,
            budget: Budget::new(now, &settings.limits),
            refusals: 0,
            last_picture: now,
            barred_until: None,
            last_wanted: now,
            is_awake: false,
            key_frame: KeyFrameWish::default(),
            turn: Turn::default(),
        }
    }

    /// Why there is no picture, if there is none.
    pub(super) fn trouble(&self) -> Option<Trouble> {
        if self.is_muted { Some(Trouble::CameraOff) } else { self.trouble }
    }

    /// The newest picture.
    pub(super) fn shot(&self) -> Option<Shot<'_>> {
        if self.trouble().is_some() {
            return None;
        }
        Some(Shot { serial: self.serial, picture: self.decoder.as_ref()?.picture()?, turn: self.turn })
    }

    pub(super) fn mute(&mut self, is_muted: bool) {
        self.is_muted = is_muted;
        if is_muted {
            // What it shows when it comes back begins with a keyframe.
            self.sleep();
        }
    }

    /// A cell shows it, or none does any more: without a viewer nothing is decoded.
    pub(super) fn set_wanted(&mut self, now: Instant, is_wanted: bool) {
        if is_wanted {
            self.last_wanted = now;
        }
        let stays = is_wanted || now.saturating_duration_since(self.last_wanted) < LINGER;
        if self.is_awake && !stays {
            self.sleep();
        } else if is_wanted && !self.is_awake && !self.is_muted {
            self.is_awake = true;
            self.key_frame.want();
            self.last_picture = now;
        }
    }

    fn sleep(&mut self) {
        self.is_awake = false;
        self.key_frame.forget();
        self.assembler = None;
        self.decoder = None;
        if self.barred_until.is_none() {
            self.trouble = Some(Trouble::Waiting);
        }
    }

    pub(super) fn handle_rtp(&mut self, now: Instant, packet: &RtpView<'_>, settings: &VideoSettings) {
        self.stats.packets += 1;
        if !self.is_awake || self.is_barred(now) {
            self.stats.ignored_packets += 1;
            return;
        }
        let Some(codec) = self.codec_of(packet.payload_type()) else {
            self.stats.unknown_packets += 1;
            if self.serial == 0 {
                self.trouble = Some(Trouble::UnknownCodec);
            }
            return;
        };
        if packet.payload().is_empty() && self.assembler.is_none() {
            return;
        }
        if self.assembler.as_ref().is_none_or(|assembler| assembler.codec() != codec) {
            self.assembler = Some(Assembler::new(codec));
            self.key_frame.want();
        }
        let Some(assembler) = &mut self.assembler else { return };
        let orientation = ExtensionValues::read(packet, &self.format.extensions).video_orientation;
        match assembler.push(packet, orientation) {
            Taken::Stored => {}
            Taken::Late => self.stats.late_packets += 1,
            Taken::Overflow => self.stats.overflow_packets += 1,
        }
        if assembler.needs_key() {
            self.key_frame.want();
        }
        self.advance(now, settings);
    }

    /// Decodes what is whole, gives up what waited too long, notices what stopped.
    pub(super) fn advance(&mut self, now: Instant, settings: &VideoSettings) {
        self.is_barred(now);
        while let Some(assembler) = &mut self.assembler {
            let Some(assembled) = assembler.poll(now, settings.loss_wait) else { break };
            match assembled {
                Assembled::Frame { is_key, orientation } => {
                    self.decode(now, (is_key, orientation), settings);
                }
                Assembled::Lost => {
                    self.stats.losses += 1;
                    self.key_frame.want();
                }
                Assembled::Malformed => {
                    self.stats.malformed_packets += 1;
                    self.refuse(Trouble::Broken);
                }
            }
        }
        let is_live = self.is_awake && self.trouble.is_none() && !self.is_screen;
        if is_live && now.saturating_duration_since(self.last_picture) >= settings.frozen_after {
            self.trouble = Some(Trouble::Frozen);
        }
    }

    /// Whether the sender is to be asked for a keyframe now: until one has come, and as long as there is nothing to show.
    pub(super) fn take_key_request(&mut self, now: Instant) -> bool {
        if !self.is_awake || self.barred_until.is_some() {
            return false;
        }
        if matches!(self.trouble, Some(Trouble::Waiting | Trouble::Broken | Trouble::Frozen)) {
            // Whatever one keyframe came to, the next may be better.
            self.key_frame.want();
        }
        let asks = self.key_frame.take(now);
        self.stats.key_requests += u64::from(asks);
        asks
    }

    fn codec_of(&self, payload_type: PayloadType) -> Option<VideoCodec> {
        self.format.payload_types.iter().find(|(known, _)| *known == payload_type).map(|(_, codec)| *codec)
    }

    fn is_barred(&mut self, now: Instant) -> bool {
        match self.barred_until {
            Some(until) if now < until => true,
            Some(_) => {
                self.barred_until = None;
                self.key_frame.want();
                false
            }
            None => false,
        }
    }

    fn decode(
        &mut self,
        now: Instant,
        (is_key, orientation): (bool, Option<VideoOrientation>),
        settings: &VideoSettings,
    ) {
        let Some(assembler) = &self.assembler else { return };
        let codec = assembler.codec();
        if self.decoder.as_ref().is_none_or(|decoder| decoder.codec() != codec) {
            if !is_key {
                return self.key_frame.want();
            }
            match Decoder::new(codec, settings.limits.decode) {
                Ok(decoder) => self.decoder = Some(decoder),
                Err(error) => return self.bar(now, Trouble::of(error)),
            }
        }
        let Some(decoder) = &mut self.decoder else { return };
        match decoder.decode(assembler.frame()) {
            Ok(true) => {
                let size = decoder.picture().map_or((0, 0), |picture| (picture.width(), picture.height()));
                self.turn = orientation.map_or(self.turn, Turn::from);
                self.show(now, is_key, (size.0 as u32, size.1 as u32));
            }
            Ok(false) if is_key => self.key_frame.came(),
            Ok(false) => {}
            Err(error) => match Trouble::of(error) {
                Trouble::Broken => self.refuse(Trouble::Broken),
                trouble => self.bar(now, trouble),
            },
        }
    }

    fn show(&mut self, now: Instant, is_key: bool, size: (u32, u32)) {
        self.stats.frames += 1;
        self.serial += 1;
        self.refusals = 0;
        self.last_picture = now;
        self.trouble = None;
        if is_key {
            self.key_frame.came();
        }
        let is_other_size = std::mem::replace(&mut self.stats.size, size) != size;
        if let Err(trouble) = self.budget.spend(now, size, is_other_size && self.stats.frames > 1) {
            self.bar(now, trouble);
        }
    }

    /// A frame could not be read: the references are gone.
    fn refuse(&mut self, trouble: Trouble) {
        self.stats.refused_frames += 1;
        self.decoder = None;
        self.key_frame.want();
        self.refusals = self.refusals.saturating_add(1);
        // The last picture stays on the canvas while a keyframe is under way, unless nothing of worth comes.
        if self.refusals > REFUSALS_MAX {
            self.trouble = Some(trouble);
        }
        if let Some(assembler) = &mut self.assembler {
            assembler.reset();
        }
    }

    /// A limit was broken: nothing is looked at for a while.
    fn bar(&mut self, now: Instant, trouble: Trouble) {
        if !matches!(trouble, Trouble::TooFast | Trouble::Restless) {
            self.stats.refused_frames += 1;
        }
        self.decoder = None;
        self.assembler = None;
        self.trouble = Some(trouble);
        self.barred_until = Some(now + PENALTY);
    }
}
