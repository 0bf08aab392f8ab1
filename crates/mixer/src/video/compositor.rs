//! The door: RTP of many streams in, RTP of one picture out.

mod canvas;
mod people;
mod telling;

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use motet_codec::video::{EncodeError, PictureView, Yuv};
use motet_control::Layout;
use motet_rtp::{RtpTime, RtpView};

use super::event::{CompositorStats, SeenCell, VideoEvent, VideoSourceStats};
use super::output::Output;
use super::settings::{OUTPUTS_MAX, OutputFormat, OutputId, SOURCES_MAX, VideoFormat, VideoSettings};
use super::source::Source;
use crate::{MemberId, SourceId};
use canvas::Canvas;
use people::People;
use telling::Telling;

/// What was not asked for piles up so far, then the oldest is gone.
const EVENTS_MAX: usize = 1024;
/// An owner that comes later than this leaves turns out, rather than making up for them.
const LATE_MAX: u32 = 2;

/// Composes a room's picture.
///
/// [`Self::handle_rtp`] takes packets as they come, [`Self::handle_timeout`] composes and encodes when
/// [`Self::poll_timeout`] says; after each of them [`Self::poll_packet`] and [`Self::poll_event`] until they have
/// nothing more. Without an output nothing is decoded. A layout's members are called by the same numbers as
/// [`MemberId`]s.
pub struct Compositor {
    settings: VideoSettings,
    people: People,
    sources: BTreeMap<SourceId, Entry>,
    layout: Layout,
    canvas: Canvas,
    outputs: Vec<Output>,
    start: Instant,
    /// The number of the next turn, counted from `start`; `None` while there is no output.
    next_tick: Option<u64>,
    /// Turns since something last changed on the canvas.
    quiet_ticks: u32,
    events: VecDeque<VideoEvent>,
    /// The cells that the owner was told of last.
    told_cells: Vec<SeenCell>,
    stats: CompositorStats,
}

struct Entry {
    source: Source,
    telling: Telling,
}

impl Compositor {
    /// A compositor without people and outputs, in the default layout.
    pub fn new(now: Instant, mut settings: VideoSettings) -> Self {
        settings.fps = settings.fps.clamp(1, 60);
        let background = Yuv::from_rgb(settings.background);
        Self {
            canvas: Canvas::new(background),
            settings,
            people: People::default(),
            sources: BTreeMap::new(),
            layout: Layout::default(),
            outputs: Vec::new(),
            start: now,
            next_tick: None,
            quiet_ticks: 0,
            events: VecDeque::new(),
            told_cells: Vec::new(),
            stats: CompositorStats::default(),
        }
    }

    /// A member came or is called otherwise. One that is `shown` has a cell even without a camera.
    pub fn set_member(&mut self, member: MemberId, name: &str, shown: bool) {
        self.people.set(member, name, shown);
        self.canvas.rearrange();
    }

    /// A member left, and its sources with it.
    pub fn remove_member(&mut self, member: MemberId) {
        self.people.remove(member);
        self.sources.retain(|_, entry| entry.source.member != member);
        self.canvas.rearrange();
    }

    /// A member's camera or screen; answers `false` where there is no room for more, or the id is taken.
    pub fn add_source(
        &mut self,
        now: Instant,
        source: SourceId,
        member: MemberId,
        is_screen: bool,
        format: VideoFormat,
    ) -> bool {
        if self.sources.len() >= SOURCES_MAX || self.sources.contains_key(&source) {
            return false;
        }
        self.people.add_source(member, source, is_screen);
        let seen = Source::new(now, member, is_screen, format, &self.settings);
        let entry = Entry { source: seen, telling: Telling::new(now) };
        self.sources.insert(source, entry);
        self.canvas.rearrange();
        true
    }

    /// A camera or screen ended.
    pub fn remove_source(&mut self, source: SourceId) {
        if self.sources.remove(&source).is_some() {
            self.people.remove_source(source);
            self.canvas.rearrange();
        }
    }

    /// A source's sender has muted it: the placeholder is shown until it no longer is.
    pub fn set_source_muted(&mut self, source: SourceId, is_muted: bool) {
        if let Some(entry) = self.sources.get_mut(&source) {
            entry.source.mute(is_muted);
            self.canvas.rearrange();
        }
    }

    /// Who has the big cell while nobody shares a screen.
    pub fn set_active(&mut self, member: Option<MemberId>) {
        if self.people.set_active(member) {
            self.canvas.rearrange();
        }
    }

    /// Whether a member's cell has the speaking border.
    pub fn set_speaking(&mut self, member: MemberId, is_speaking: bool) {
        self.people.set_speaking(member, is_speaking);
    }

    /// Changes the layout from the next turn on.
    pub fn set_layout(&mut self, layout: Layout) {
        if self.layout != layout {
            self.layout = layout;
            self.canvas.rearrange();
            self.canvas.redraw();
        }
    }

    /// The picture in one more size or codec. The canvas has the size of the largest output.
    pub fn add_output(
        &mut self,
        now: Instant,
        output: OutputId,
        format: OutputFormat,
    ) -> Result<(), EncodeError> {
        if self.outputs.len() >= OUTPUTS_MAX || self.outputs.iter().any(|other| other.id == output) {
            return Err(EncodeError::Settings);
        }
        let settings = &self.settings;
        let made = Output::new(output, format, settings.fps, settings.vp8_speed, settings.seed)?;
        self.outputs.push(made);
        self.resize();
        self.next_tick.get_or_insert(ticks_since(self.start, now, self.settings.fps));
        Ok(())
    }

    /// An output that nobody sees any more.
    pub fn remove_output(&mut self, output: OutputId) {
        self.outputs.retain(|other| other.id != output);
        self.resize();
        if self.outputs.is_empty() {
            self.next_tick = None;
        }
    }

    /// A viewer needs a keyframe: the next frame is one, unless there has just been one.
    pub fn request_key_frame(&mut self, output: OutputId) {
        if let Some(output) = self.outputs.iter_mut().find(|other| other.id == output) {
            output.request_key_frame();
        }
    }

    /// Another bitrate from the next frame on.
    pub fn set_bitrate(&mut self, output: OutputId, bitrate_bps: u32) -> Result<(), EncodeError> {
        match self.outputs.iter_mut().find(|other| other.id == output) {
            Some(output) => output.set_bitrate(bitrate_bps),
            None => Ok(()),
        }
    }

    /// The RTP time of an output at a moment, for its sender reports.
    pub fn rtp_time(&self, output: OutputId, at: Instant) -> Option<RtpTime> {
        let output = self.outputs.iter().find(|other| other.id == output)?;
        Some(output.rtp_time(at.saturating_duration_since(self.start)))
    }

    /// A packet of a source, as plain RTP.
    pub fn handle_rtp(&mut self, now: Instant, source: SourceId, packet: &[u8]) {
        if self.canvas.must_arrange() {
            // Whoever came since the last turn is not to lose its first keyframe.
            self.arrange(now);
        }
        let Some(entry) = self.sources.get_mut(&source) else {
            self.stats.stray_packets += 1;
            return;
        };
        match RtpView::parse(packet) {
            Ok(packet) => entry.source.handle_rtp(now, &packet, &self.settings),
            Err(_) => entry.source.stats.malformed_packets += 1,
        }
        tell(&mut self.events, source, entry, now);
    }

    /// Composes and encodes, if it is time.
    pub fn handle_timeout(&mut self, now: Instant) {
        let Some(tick) = self.next_tick else { return };
        if now < self.time_of(tick) {
            return;
        }
        let latest = ticks_since(self.start, now, self.settings.fps);
        let is_late = latest > tick + u64::from(LATE_MAX);
        let tick = if is_late { latest } else { tick };
        self.stats.skipped_ticks += tick - self.next_tick.unwrap_or(tick);
        self.next_tick = Some(tick + 1);
        self.stats.ticks += 1;
        self.arrange(now);
        for (id, entry) in &mut self.sources {
            entry.source.advance(now, &self.settings);
            tell(&mut self.events, *id, entry, now);
        }
        let sources = |id: SourceId| self.sources.get(&id).map(|entry| &entry.source);
        let has_changed =
            self.canvas.draw(&sources, &self.people, &self.settings, self.layout.fit, &mut self.stats);
        self.quiet_ticks = if has_changed { 0 } else { self.quiet_ticks.saturating_add(1) };
        self.encode(now, self.time_of(tick));
    }

    /// When [`Self::handle_timeout`] has something to do; `None` without outputs.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.next_tick.map(|tick| self.time_of(tick))
    }

    /// Writes the next packet of any output into `out`, in the place of what it holds. Packets that are still there at the
    /// next turn are lost.
    pub fn poll_packet(&mut self, out: &mut Vec<u8>) -> Option<OutputId> {
        self.outputs.iter_mut().find_map(|output| output.pop(out).then_some(output.id))
    }

    /// What there is to tell.
    pub fn poll_event(&mut self) -> Option<VideoEvent> {
        self.events.pop_front()
    }

    /// What the compositor has done.
    pub fn stats(&self) -> CompositorStats {
        self.stats
    }

    /// What a source's stream has been through.
    pub fn source_stats(&self, source: SourceId) -> Option<VideoSourceStats> {
        self.sources.get(&source).map(|entry| entry.source.stats)
    }

    /// The picture as composed last, before any encoder; `None` before the first turn.
    pub fn picture(&self) -> Option<PictureView<'_>> {
        self.canvas.picture().map(|picture| picture.view())
    }

    fn arrange(&mut self, now: Instant) {
        let must_tell = self.canvas.must_arrange();
        let guests = self.people.guests();
        let is_new = self.canvas.arrange(&self.layout, &guests, self.people.active());
        if is_new {
            self.quiet_ticks = 0;
        }
        for (id, entry) in &mut self.sources {
            let is_wanted = self.canvas.shows(self.people.seat_of(*id));
            entry.source.set_wanted(now, is_wanted);
        }
        if must_tell {
            self.tell_cells();
        }
    }

    fn tell_cells(&mut self) {
        let member_of = |source: SourceId| self.sources.get(&source).map(|entry| entry.source.member);
        let cells = self.canvas.seen(&self.people, &member_of);
        if cells != self.told_cells {
            self.told_cells.clone_from(&cells);
            push(&mut self.events, VideoEvent::Arranged(cells));
        }
    }

    fn resize(&mut self) {
        let largest = self.outputs.iter().map(Output::size).max_by_key(|(width, height)| width * height);
        self.canvas.resize(largest);
        let sizes: Vec<(usize, usize)> = self.outputs.iter().map(Output::size).collect();
        self.canvas.keep_copies(&sizes);
        self.quiet_ticks = 0;
    }

    fn encode(&mut self, now: Instant, at: Instant) {
        let fps = u32::from(self.settings.fps);
        // A picture that rests is refined for half a second, then sent once a second for those who come.
        let rests = self.quiet_ticks > fps / 2 && !self.quiet_ticks.is_multiple_of(fps);
        let since_start = at.saturating_duration_since(self.start);
        for output in &mut self.outputs {
            if !output.is_due(self.settings.fps) {
                continue;
            }
            if rests && !output.owes_key(now) {
                self.stats.rested_frames += 1;
                continue;
            }
            let Some(picture) = self.canvas.copy(output.size()) else { continue };
            match output.encode(now, since_start, &picture.view()) {
                Ok(_) => self.stats.encoded_frames += 1,
                Err(_) => self.stats.failed_frames += 1,
            }
        }
    }

    fn time_of(&self, tick: u64) -> Instant {
        self.start + Duration::from_nanos(tick * 1_000_000_000 / u64::from(self.settings.fps))
    }
}

/// The number of the last turn that is not after `now`.
fn ticks_since(start: Instant, now: Instant, fps: u8) -> u64 {
    let nanos = now.saturating_duration_since(start).as_nanos();
    (nanos * u128::from(fps) / 1_000_000_000) as u64
}

fn tell(events: &mut VecDeque<VideoEvent>, id: SourceId, entry: &mut Entry, now: Instant) {
    if entry.source.take_key_request(now) {
        push(events, VideoEvent::KeyFrameWanted(id));
    }
    let trouble = entry.source.trouble();
    if entry.telling.is_news(now, trouble) {
        push(events, VideoEvent::SourceShown { source: id, trouble });
    }
}

fn push(events: &mut VecDeque<VideoEvent>, event: VideoEvent) {
    if events.len() == EVENTS_MAX {
        events.pop_front();
    }
    events.push_back(event);
}
