//! One RTP stream of a producer: what came, what is missing, what was told about it.

use std::time::{Duration, Instant};

use motet_bwe::RateMeter;
use motet_control::{MediaKind, StreamStats};
use motet_rtp::ext::ExtensionValues;
use motet_rtp::rtcp::ReportBlock;
use motet_rtp::{PayloadType, Rid, RtpTime, SeqNo, Ssrc};

use super::formats::Format;
use super::keyframe::KeyFrameRequests;
use super::nack::NackGenerator;
use super::reception::Reception;
use super::sender_clock::{HeardReport, SenderClock, advanced};
use super::store::{AUDIO_LIMITS, PacketInfo, PacketStore, VIDEO_LIMITS};
use super::window::{Arrival, SeqWindow};
use crate::clock::{NtpClock, to_compact};
use crate::drop_reason::{DropCounts, DropReason};

/// A stream that sent nothing for this long may change its SSRC.
const SILENT_AFTER: Duration = Duration::from_secs(1);

/// A sequence number this far ahead is a sender that began anew, or an outage of many seconds. Passed on, a gap of half
/// the 16 bits or more would have receivers guess the rollover wrong and refuse the stream for ever (RFC 3711 section
/// 3.3.1); consumers begin anew without a gap.
const JUMP_MAX: u64 = 1 << 14;

/// A packet as it came, retransmissions unwrapped.
#[derive(Debug)]
pub(crate) struct Arrived<'a> {
    pub(crate) info: PacketInfo,
    pub(crate) payload_type: PayloadType,
    pub(crate) values: ExtensionValues,
    /// Empty when the packet is all padding.
    pub(crate) payload: &'a [u8],
    /// Whether it came as a retransmission over RTX.
    pub(crate) is_repair: bool,
    pub(crate) is_key_frame_start: bool,
    /// Its RTP packet's length in bytes.
    pub(crate) len: usize,
}

/// What is counted of a stream.
#[derive(Clone, Copy, Debug, Default)]
struct Counters {
    packets: u64,
    bytes: u64,
    repaired: u64,
    nacked: u64,
    plis: u64,
    firs: u64,
    key_frames: u64,
    payload_type: Option<PayloadType>,
}

/// The newest moment known of a stream's RTP clock.
#[derive(Clone, Copy, Debug)]
struct Latest {
    at: Instant,
    rtp_time: RtpTime,
    clock_rate: u32,
}

/// One RTP stream: an encoding of a producer.
#[derive(Debug)]
pub(crate) struct Stream {
    pub(crate) rid: Option<Rid>,
    /// Signaled or learned.
    pub(crate) ssrc: Option<Ssrc>,
    /// Grows when another source takes the encoding over: consumers then begin anew with it.
    pub(crate) generation: u32,
    pub(crate) nack: NackGenerator,
    pub(crate) key_frames: KeyFrameRequests,
    pub(crate) fir_seq: u8,
    pub(crate) store: PacketStore,
    /// When a receiver report about it is due; `None` while nothing comes.
    pub(crate) report_at: Option<Instant>,
    window: SeqWindow,
    reception: Option<Reception>,
    heard_report: Option<HeardReport>,
    latest: Option<Latest>,
    counters: Counters,
    rate: RateMeter,
    drops: DropCounts,
}

impl Stream {
    pub(crate) fn new(kind: MediaKind, rid: Option<Rid>, ssrc: Option<Ssrc>) -> Self {
        let limits = match kind {
            MediaKind::Audio => AUDIO_LIMITS,
            MediaKind::Video => VIDEO_LIMITS,
        };
        Self {
            rid,
            ssrc,
            generation: 0,
            nack: NackGenerator::default(),
            key_frames: KeyFrameRequests::default(),
            fir_seq: 0,
            store: PacketStore::new(limits),
            report_at: None,
            window: SeqWindow::new(),
            reception: None,
            heard_report: None,
            latest: None,
            counters: Counters::default(),
            rate: RateMeter::new(),
            drops: DropCounts::default(),
        }
    }

    /// Another source takes the encoding over; what was known of the former one is forgotten, except what was counted.
    pub(crate) fn bind(&mut self, ssrc: Ssrc) {
        if self.ssrc.replace(ssrc) == Some(ssrc) {
            return;
        }
        self.begin_anew();
        self.heard_report = None;
    }

    /// What comes next has nothing to do with what came before.
    fn begin_anew(&mut self) {
        self.generation += 1;
        self.rest();
        self.nack = NackGenerator::default();
        self.window = SeqWindow::new();
        self.reception = None;
        self.latest = None;
    }

    /// The stream stops: what only its next packets would need is given back.
    pub(crate) fn rest(&mut self) {
        self.nack.clear();
        self.store.clear();
    }

    /// Whether nothing came lately.
    pub(crate) fn is_silent(&self, now: Instant) -> bool {
        self.latest.is_none_or(|latest| now.saturating_duration_since(latest.at) >= SILENT_AFTER)
    }

    /// When the newest packet came.
    pub(crate) fn latest_at(&self) -> Option<Instant> {
        self.latest.map(|latest| latest.at)
    }

    /// The sequence number that an original one on the wire means, as a retransmission names it.
    pub(crate) fn original(&self, wire: u16) -> Option<SeqNo> {
        self.window.highest().map(|highest| highest.nearest(wire))
    }

    /// Takes a packet in.
    ///
    /// # Errors
    /// When it came before, or too late to tell.
    pub(crate) fn handle_packet(
        &mut self,
        now: Instant,
        clock: &NtpClock,
        format: Format,
        arrived: &Arrived<'_>,
    ) -> Result<(), DropReason> {
        let info = arrived.info;
        if self.window.highest().is_some_and(|highest| info.seq.0 > highest.0 + JUMP_MAX) {
            self.begin_anew();
        }
        match self.window.insert(info.seq) {
            Arrival::New => {}
            Arrival::Duplicate => return Err(DropReason::Duplicate),
            Arrival::TooOld => return Err(DropReason::TooOld),
        }
        if format.has_nack {
            self.nack.handle_arrival(now, info.seq);
        }
        self.rate.add(now, arrived.len);
        if arrived.is_repair {
            self.counters.repaired += 1;
        } else {
            let arrival = clock.rtp_units(now, format.clock_rate);
            let reception = self.reception.get_or_insert_with(|| Reception::new(info.seq));
            reception.handle_packet(info.seq, info.rtp_time, arrival);
            self.counters.packets += 1;
            self.counters.bytes += arrived.len as u64;
            self.counters.payload_type = Some(arrived.payload_type);
        }
        if self.window.highest() == Some(info.seq) {
            self.latest = Some(Latest { at: now, rtp_time: info.rtp_time, clock_rate: format.clock_rate });
        }
        if arrived.is_key_frame_start {
            self.counters.key_frames += 1;
            self.key_frames.handle_key_frame();
        }
        Ok(())
    }

    /// Keeps a packet for retransmission.
    pub(crate) fn keep(&mut self, now: Instant, arrived: &Arrived<'_>) {
        self.store.insert(now, arrived.info, &arrived.values, arrived.payload);
    }

    /// A packet of this stream was refused.
    pub(crate) fn drop_packet(&mut self, reason: DropReason) {
        self.drops.add(reason);
    }

    /// The sender reported on the stream. Tells whether that was its first report.
    pub(crate) fn handle_sender_report(&mut self, report: HeardReport) -> bool {
        self.heard_report.replace(report).is_none()
    }

    /// The stream's RTP time at `now`: by its sender's reports, or guessed from its packets if there are none and
    /// `may_guess`. `None` when it cannot be told.
    pub(crate) fn rtp_time_at(
        &self,
        now: Instant,
        clock: &NtpClock,
        sender: SenderClock,
        may_guess: bool,
    ) -> Option<RtpTime> {
        let latest = self.latest?;
        if let (Some(heard), Some(theirs)) = (self.heard_report, sender.to_sender(clock.ntp(now))) {
            return Some(heard.rtp_time_at(theirs, latest.clock_rate));
        }
        let elapsed = now.saturating_duration_since(latest.at);
        may_guess.then(|| advanced(latest.rtp_time, elapsed, latest.clock_rate))
    }

    /// A report block about the stream; begins the next interval. `None` before its first packet.
    pub(crate) fn report(&mut self, now: Instant) -> Option<ReportBlock> {
        let ssrc = self.ssrc?;
        let report = self.reception.as_mut()?.report();
        let (lsr, dlsr) = self.heard_report.map_or((0, 0), |heard| {
            (heard.ntp.middle(), to_compact(now.saturating_duration_since(heard.at)))
        });
        Some(ReportBlock {
            ssrc,
            fraction_lost: report.fraction_lost,
            cumulative_lost: report.cumulative_lost,
            highest_seq: report.highest_seq,
            jitter: report.jitter,
            lsr,
            dlsr,
        })
    }

    pub(crate) fn count_nacked(&mut self, packets: usize) {
        self.counters.nacked += packets as u64;
    }

    pub(crate) fn count_pli(&mut self) {
        self.counters.plis += 1;
    }

    pub(crate) fn count_fir(&mut self) {
        self.counters.firs += 1;
    }

    /// Packets taken in, repairs excluded.
    pub(crate) fn packets(&self) -> u64 {
        self.counters.packets
    }

    pub(crate) fn drops(&self) -> &DropCounts {
        &self.drops
    }

    /// As the control API tells it; `None` before the SSRC is known.
    pub(crate) fn stats(&self, now: Instant, round_trip: Option<Duration>) -> Option<StreamStats> {
        let reception = self.reception.as_ref();
        let clock_rate = self.latest.map_or(1, |latest| latest.clock_rate.max(1));
        let jitter = reception.map_or(0, Reception::jitter);
        Some(StreamStats {
            ssrc: self.ssrc?,
            rid: self.rid,
            payload_type: self.counters.payload_type,
            packets: self.counters.packets,
            bytes: self.counters.bytes,
            packets_lost: reception.map_or(0, Reception::lost) - self.counters.repaired.cast_signed(),
            fraction_lost: reception.map_or(0.0, Reception::fraction_lost),
            jitter_ms: jitter as f32 * 1_000.0 / clock_rate as f32,
            round_trip_ms: round_trip.map(|trip| trip.as_secs_f32() * 1_000.0),
            bitrate_bps: self.rate.bitrate_bps(now),
            nacked_packets: self.counters.nacked,
            retransmitted_packets: self.counters.repaired,
            pli_count: self.counters.plis,
            fir_count: self.counters.firs,
            key_frames: self.counters.key_frames,
            drops: self.drops.to_named(),
        })
    }
}
