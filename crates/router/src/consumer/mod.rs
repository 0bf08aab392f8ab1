//! Media out of a router: a consumer gives each packet of its producer a header and numbers of its own.

mod budget;
mod descriptor;
mod forward;
mod padding;
mod requests;
mod retransmit;
mod switch;

use std::time::{Duration, Instant};

use motet_bwe::RateMeter;
use motet_control::{
    Codec, CodecParameters, ConsumerId, ConsumerStats, MediaKind, ProducerId, RtpParameters, StreamStats,
};
use motet_layers::{FrameNumberer, KeyFrameGate, StreamRewriter};
use motet_rtp::ext::ExtensionMap;
use motet_rtp::rtcp::{ReportBlock, SenderInfo};
use motet_rtp::{Mid, PayloadType, RtpTime, SeqNo, Ssrc};

use self::budget::RetransmissionBudget;
use self::switch::Next;
use crate::clock::{NtpClock, round_trip};
use crate::drop_reason::DropCounts;
use crate::producer::{SenderClock, SeqWindow, Stream};
use crate::table::{ProducerKey, TransportKey};

/// For this long after its first packet a consumer awaits its producer's sender report before it guesses the time: a
/// guess would show voice and picture out of step until the report comes, and browsers report audio every 5 s.
const GUESS_AFTER: Duration = Duration::from_secs(6);

/// Between two keyframes that are asked for in place of retransmissions.
const GIVE_UP_SPACING: Duration = Duration::from_secs(2);

/// The payload types that one of the producer's formats has at the receiver.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct OutFormat {
    pub(crate) payload_type: PayloadType,
    pub(crate) rtx_payload_type: Option<PayloadType>,
    pub(crate) clock_rate: u32,
    pub(crate) codec: Codec,
}

/// The stream of retransmissions (RFC 4588).
#[derive(Clone, Copy, Debug)]
struct Rtx {
    ssrc: Ssrc,
    next: SeqNo,
}

/// What the far end said last.
#[derive(Clone, Copy, Debug, Default)]
struct FarEnd {
    fraction_lost: u8,
    packets_lost: i32,
    jitter: u32,
    round_trip: Option<Duration>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Counters {
    packets: u64,
    bytes: u64,
    payload_bytes: u64,
    nacked: u64,
    retransmitted: u64,
    plis: u64,
    firs: u64,
    key_frames: u64,
    payload_type: Option<PayloadType>,
}

/// One consumer.
pub(crate) struct Consumer {
    pub(crate) id: ConsumerId,
    pub(crate) kind: MediaKind,
    pub(crate) producer: ProducerKey,
    pub(crate) producer_id: ProducerId,
    pub(crate) transport: TransportKey,
    /// Which of the producer's encodings it forwards: the first, until layers are chosen.
    pub(crate) encoding: usize,
    pub(crate) ssrc: Ssrc,
    pub(crate) cname: String,
    pub(crate) paused: bool,
    /// When a sender report is due; `None` while nothing is sent.
    pub(crate) report_at: Option<Instant>,
    pub(crate) drops: DropCounts,
    /// By the producer's formats.
    formats: Vec<Option<OutFormat>>,
    /// What the receiver takes.
    codecs: Vec<CodecParameters>,
    /// The producer that it is to go on with, from that one's next keyframe on.
    next: Option<Next>,
    /// Whether the producer that it came over to keeps the former one's clock.
    is_in_step: bool,
    mid: Option<Mid>,
    extensions: ExtensionMap,
    rtx: Option<Rtx>,
    /// Closed until a keyframe starts; audio passes it by.
    gate: KeyFrameGate,
    /// Whether the next packet follows a pause.
    is_resuming: bool,
    rewriter: StreamRewriter,
    frames: FrameNumberer,
    /// The sequence numbers sealed lately: none is sealed twice, whatever else goes wrong.
    sealed: SeqWindow,
    /// The generation of the stream that is forwarded.
    generation: Option<u32>,
    budget: RetransmissionBudget,
    first_sent_at: Option<Instant>,
    last_sent_at: Option<Instant>,
    last_rtp_time: Option<RtpTime>,
    gave_up_at: Option<Instant>,
    far_end: FarEnd,
    fir_seq: Option<u8>,
    counters: Counters,
    rate: RateMeter,
}

/// What a new consumer is made of.
pub(crate) struct Recipe {
    pub(crate) id: ConsumerId,
    pub(crate) kind: MediaKind,
    pub(crate) producer: ProducerKey,
    pub(crate) producer_id: ProducerId,
    pub(crate) transport: TransportKey,
    pub(crate) ssrc: Ssrc,
    pub(crate) rtx_ssrc: Option<Ssrc>,
    pub(crate) formats: Vec<Option<OutFormat>>,
    pub(crate) parameters: RtpParameters,
    pub(crate) paused: bool,
    /// Chance for the first numbers of both streams.
    pub(crate) first_seqs: (u32, u32),
    pub(crate) first_rtp_time: u32,
}

impl Consumer {
    pub(crate) fn new(recipe: Recipe) -> Self {
        // Below 2^15, so that a receiver that loses the first packets cannot guess a rollover (RFC 3711 section 3.3.1).
        let (first, first_rtx) = ((recipe.first_seqs.0 & 0x7fff) as u16, recipe.first_seqs.1 & 0x7fff);
        let extensions = recipe.parameters.header_extensions.iter();
        Self {
            id: recipe.id,
            kind: recipe.kind,
            producer: recipe.producer,
            producer_id: recipe.producer_id,
            transport: recipe.transport,
            encoding: 0,
            ssrc: recipe.ssrc,
            cname: recipe.parameters.cname,
            paused: recipe.paused,
            report_at: None,
            drops: DropCounts::default(),
            formats: recipe.formats,
            codecs: recipe.parameters.codecs,
            next: None,
            is_in_step: false,
            mid: recipe.parameters.mid,
            extensions: extensions.map(|extension| (extension.kind, extension.id)).collect(),
            rtx: recipe.rtx_ssrc.map(|ssrc| Rtx { ssrc, next: SeqNo(u64::from(first_rtx)) }),
            gate: KeyFrameGate::new(),
            is_resuming: false,
            rewriter: StreamRewriter::new(first, recipe.first_rtp_time),
            frames: FrameNumberer::default(),
            sealed: SeqWindow::new(),
            generation: None,
            budget: RetransmissionBudget::default(),
            first_sent_at: None,
            last_sent_at: None,
            last_rtp_time: None,
            gave_up_at: None,
            far_end: FarEnd::default(),
            fir_seq: None,
            counters: Counters::default(),
            rate: RateMeter::new(),
        }
    }

    /// What the receiver misses will not be sent again. Tells whether a keyframe is to mend that: receivers ask for one only
    /// after seconds. Others share the keyframe, so it is not asked for often.
    pub(crate) fn gives_up_repair(&mut self, now: Instant) -> bool {
        let is_due = self.gave_up_at.is_none_or(|at| now.saturating_duration_since(at) >= GIVE_UP_SPACING);
        if is_due {
            self.gave_up_at = Some(now);
        }
        is_due && self.kind == MediaKind::Video
    }

    /// Whether it can be sent retransmissions, so that its producer must keep packets.
    pub(crate) fn has_rtx(&self) -> bool {
        self.rtx.is_some()
    }

    /// Whether it can go on only from a keyframe.
    pub(crate) fn awaits_key_frame(&self) -> bool {
        self.kind == MediaKind::Video && !self.paused && self.gate.wants_keyframe()
    }

    /// Forwarding stops, here or at the producer; what comes next begins with a keyframe and without a gap.
    pub(crate) fn interrupt(&mut self) {
        self.gate.close();
        self.is_resuming = true;
    }

    /// The receiver asks for a keyframe. Tells whether that is news: a repeated FIR is none (RFC 5104 section 4.3.1.2).
    pub(crate) fn handle_key_frame_request(&mut self, fir_seq: Option<u8>) -> bool {
        match fir_seq {
            None => {
                self.counters.plis += 1;
                true
            }
            Some(seq) => {
                self.counters.firs += 1;
                self.fir_seq.replace(seq) != Some(seq)
            }
        }
    }

    /// The receiver reported on the stream; answers the round trip, if that tells one.
    pub(crate) fn handle_report(
        &mut self,
        now: Instant,
        clock: &NtpClock,
        block: &ReportBlock,
    ) -> Option<Duration> {
        let trip = round_trip(clock.ntp(now), block.lsr, block.dlsr);
        self.far_end = FarEnd {
            fraction_lost: block.fraction_lost,
            packets_lost: block.cumulative_lost,
            jitter: block.jitter,
            round_trip: trip.or(self.far_end.round_trip),
        };
        trip
    }

    /// What to say in a sender report, if the time can be told; see [`GUESS_AFTER`].
    pub(crate) fn sender_info(
        &self,
        now: Instant,
        clock: &NtpClock,
        stream: &Stream,
        sender: SenderClock,
    ) -> Option<SenderInfo> {
        let may_guess = self.first_sent_at.is_some_and(|at| now.saturating_duration_since(at) >= GUESS_AFTER);
        let source: RtpTime = stream.rtp_time_at(now, clock, sender, may_guess)?;
        Some(SenderInfo {
            ntp: clock.ntp(now),
            rtp_time: self.rewriter.rtp_time_of(source)?,
            // Both count modulo 2^32 (RFC 3550 section 6.4.1).
            packet_count: self.counters.packets as u32,
            octet_count: self.counters.payload_bytes as u32,
        })
    }

    /// When it sent its newest packet.
    pub(crate) fn last_sent_at(&self) -> Option<Instant> {
        self.last_sent_at
    }

    /// Packets sent, retransmissions included.
    pub(crate) fn packets(&self) -> u64 {
        self.counters.packets + self.counters.retransmitted
    }

    /// What it sends, retransmissions included and padding not, over the last second.
    pub(crate) fn bitrate_bps(&self, now: Instant) -> u64 {
        self.rate.bitrate_bps(now)
    }

    /// As the control API tells it; `spare_bps` is what its transport's path takes beside what all its consumers send.
    pub(crate) fn stats(&self, now: Instant, spare_bps: Option<i64>) -> ConsumerStats {
        let bitrate_bps = self.bitrate_bps(now);
        let clock_rate = self.formats.iter().flatten().next().map_or(1, |format| format.clock_rate.max(1));
        ConsumerStats {
            consumer_id: self.id,
            producer_id: self.producer_id,
            paused: self.paused,
            available_bps: spare_bps.map(|spare| bitrate_bps.saturating_add_signed(spare)),
            stream: StreamStats {
                ssrc: self.ssrc,
                rid: None,
                payload_type: self.counters.payload_type,
                packets: self.counters.packets,
                bytes: self.counters.bytes,
                packets_lost: i64::from(self.far_end.packets_lost),
                fraction_lost: f32::from(self.far_end.fraction_lost) / 256.0,
                jitter_ms: self.far_end.jitter as f32 * 1_000.0 / clock_rate as f32,
                round_trip_ms: self.far_end.round_trip.map(|trip| trip.as_secs_f32() * 1_000.0),
                bitrate_bps,
                nacked_packets: self.counters.nacked,
                retransmitted_packets: self.counters.retransmitted,
                pli_count: self.counters.plis,
                fir_count: self.counters.firs,
                key_frames: self.counters.key_frames,
                drops: self.drops.to_named(),
            },
        }
    }
}
