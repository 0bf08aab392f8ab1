//! The receiving side of a peer, and what it got.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant, SystemTime};

use motet_control::{Codec, ConsumerId, TransportId};
use motet_rtp::Ssrc;
use motet_sdp::SubscribeSession;
use str0m::Event;
use str0m::media::{KeyframeRequestKind, MediaData, MediaTime, Mid};
use str0m::rtp::rtcp::SenderInfo;
use str0m::rtp::{RtpPacket, VideoOrientation};

use crate::connection::Connection;
use crate::frame::{Name, undress};
use crate::media::packet_body;
use crate::peer::{Mode, TrackId};

/// A connection that subscribes, with the signaling session on the worker's side of it.
pub(crate) struct Subscribing {
    pub(crate) connection: Connection,
    pub(crate) transport_id: TransportId,
    pub(crate) session: SubscribeSession<ConsumerId>,
    /// Whether the transport was told the peer's side.
    pub(crate) is_told: bool,
    pub(crate) connected_at: Option<Instant>,
    /// Open and ended ones.
    pub(crate) taken: BTreeMap<ConsumerId, Taken>,
}

/// One track as its receiver has it.
pub(crate) struct Taken {
    pub(crate) track: TrackId,
    pub(crate) codec: Codec,
    pub(crate) ssrc: Ssrc,
    pub(crate) mid: Option<Mid>,
    pub(crate) is_open: bool,
    pub(crate) received: Received,
}

/// What a peer got of a track, in the order in which str0m handed it over.
#[derive(Clone, Debug, Default)]
pub struct Received {
    /// Packets in RTP mode, frames in frame mode.
    pub seen: Vec<Seen>,
    /// Packets or frames with any byte other than it was sent, or of another track.
    pub damaged: usize,
}

/// One packet or frame.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Seen {
    /// When.
    pub at: Instant,
    /// Which.
    pub name: Name,
    /// Its sequence number, of the first packet where it has several.
    pub seq: u64,
    /// The newest of its packets.
    pub last_seq: u64,
    /// Its RTP time, extended.
    pub rtp_time: u64,
    /// When it was sampled by the wall clock of the worker, going by the sender report heard last.
    pub sampled_at: Option<SystemTime>,
    /// Its audio level, in dBov.
    pub level_dbov: Option<i8>,
    /// See [`crate::Media::turned_degrees`].
    pub turned_degrees: Option<u16>,
    /// Whether str0m thinks that nothing is missing before it; always true in RTP mode.
    pub is_contiguous: bool,
}

impl Received {
    /// The numbers of the frames of which each part came.
    pub fn whole_frames(&self) -> BTreeSet<u32> {
        let mut parts: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
        for seen in &self.seen {
            parts.entry(seen.name.number).or_default().insert(seen.name.part);
        }
        let whole = |seen: &&Seen| parts[&seen.name.number].len() == seen.name.parts as usize;
        self.seen.iter().filter(whole).map(|seen| seen.name.number).collect()
    }

    /// Frames between the first and the last whole one that are not whole.
    pub fn holes(&self) -> Vec<u32> {
        let whole = self.whole_frames();
        let (Some(first), Some(last)) = (whole.first(), whole.last()) else { return Vec::new() };
        (*first..*last).filter(|number| !whole.contains(number)).collect()
    }

    /// Sequence numbers that never came between the first and the last that did.
    pub fn missing_seqs(&self) -> usize {
        let seqs: BTreeSet<u64> = self.seen.iter().flat_map(|seen| seen.seq..=seen.last_seq).collect();
        match (seqs.first(), seqs.last()) {
            (Some(first), Some(last)) => (last - first + 1) as usize - seqs.len(),
            _ => 0,
        }
    }

    /// Whether each frame was handed over once and after the ones before it.
    pub fn is_in_order(&self) -> bool {
        self.seen.windows(2).all(|pair| pair[0].name < pair[1].name)
    }

    /// What came since.
    pub fn since(&self, at: Instant) -> Received {
        Received {
            seen: self.seen.iter().filter(|seen| seen.at >= at).copied().collect(),
            damaged: self.damaged,
        }
    }

    /// The longest time in which nothing came, from `from` to `until`.
    pub fn longest_silence(&self, from: Instant, until: Instant) -> Duration {
        let between = |at: &Instant| *at >= from && *at <= until;
        let mut times: Vec<Instant> = self.seen.iter().map(|seen| seen.at).filter(between).collect();
        times.extend([from, until]);
        times.sort_unstable();
        times.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or_default()
    }
}

impl Subscribing {
    pub(crate) fn new(
        connection: Connection,
        transport_id: TransportId,
        session: SubscribeSession<ConsumerId>,
    ) -> Self {
        Self { connection, transport_id, session, is_told: false, connected_at: None, taken: BTreeMap::new() }
    }

    /// Forgets what came so far.
    pub(crate) fn forget_received(&mut self) {
        self.taken.values_mut().for_each(|taken| taken.received = Received::default());
    }

    /// A track's consumer is gone.
    pub(crate) fn end(&mut self, consumer: ConsumerId) {
        self.session.remove(consumer);
        if let Some(taken) = self.taken.get_mut(&consumer) {
            taken.is_open = false;
        }
    }

    pub(crate) fn handle_event(&mut self, now: Instant, event: Event) {
        match event {
            Event::Connected => self.connected_at = Some(now),
            Event::RtpPacket(packet) => self.handle_packet(now, &packet),
            Event::MediaData(data) => self.handle_frame(now, &data),
            _ => {}
        }
    }

    /// Asks the worker for a keyframe of a track. Nothing happens before its first packet came.
    pub(crate) fn request_key_frame(&mut self, now: Instant, consumer: ConsumerId, mode: Mode) {
        let Some(mid) = self.taken.get(&consumer).and_then(|taken| taken.mid) else { return };
        let kind = KeyframeRequestKind::Pli;
        let rtc = &mut self.connection.rtc;
        match mode {
            Mode::Packets => {
                if let Some(stream) = rtc.direct_api().stream_rx_by_mid(mid, None) {
                    stream.request_keyframe(kind);
                }
            }
            Mode::Frames => {
                if let Some(mut writer) = rtc.writer(mid) {
                    // Refused before the first packet: there is nobody to ask then.
                    let _ = writer.request_keyframe(None, kind);
                }
            }
        }
        self.connection.handle_timeout(now);
    }

    fn handle_packet(&mut self, now: Instant, packet: &RtpPacket) {
        let ssrc = Ssrc(*packet.header.ssrc);
        let Some(taken) = self.taken.values_mut().find(|taken| taken.ssrc == ssrc) else { return };
        let name = packet_body(taken.codec, &packet.payload).and_then(Name::read);
        taken.note(name, |name| Seen {
            at: now,
            name,
            seq: *packet.seq_no,
            last_seq: *packet.seq_no,
            rtp_time: packet.time.numer(),
            sampled_at: sampled_at(packet.time, packet.last_sender_info),
            level_dbov: packet.header.ext_vals.audio_level,
            turned_degrees: packet.header.ext_vals.video_orientation.map(degrees),
            is_contiguous: true,
        });
    }

    fn handle_frame(&mut self, now: Instant, data: &MediaData) {
        let is_meant = |taken: &&mut Taken| taken.is_open && taken.mid == Some(data.mid);
        let Some(taken) = self.taken.values_mut().find(is_meant) else { return };
        let name = undress(taken.codec, &data.data).and_then(Name::read);
        taken.note(name, |name| Seen {
            at: now,
            name,
            seq: **data.seq_range.start(),
            last_seq: **data.seq_range.end(),
            rtp_time: data.time.numer(),
            sampled_at: sampled_at(data.time, data.last_sender_info),
            level_dbov: data.ext_vals.audio_level,
            turned_degrees: data.ext_vals.video_orientation.map(degrees),
            is_contiguous: data.contiguous,
        });
    }
}

impl Taken {
    fn note(&mut self, name: Option<Name>, seen: impl FnOnce(Name) -> Seen) {
        match name.filter(|name| name.track == self.track.0) {
            Some(name) => self.received.seen.push(seen(name)),
            None => self.received.damaged += 1,
        }
    }
}

fn degrees(orientation: VideoOrientation) -> u16 {
    match orientation {
        VideoOrientation::Deg0 => 0,
        VideoOrientation::Deg90 => 270,
        VideoOrientation::Deg180 => 180,
        VideoOrientation::Deg270 => 90,
    }
}

/// RFC 3550 section 6.4.1: the report ties one RTP time to the wall clock.
fn sampled_at(time: MediaTime, info: Option<SenderInfo>) -> Option<SystemTime> {
    let info = info?;
    let ticks = (time.numer() as u32).wrapping_sub(info.rtp_time.numer() as u32).cast_signed();
    let distance = Duration::from_secs_f64(f64::from(ticks.unsigned_abs()) / f64::from(time.denom()));
    if ticks < 0 { info.ntp_time.checked_sub(distance) } else { info.ntp_time.checked_add(distance) }
}
