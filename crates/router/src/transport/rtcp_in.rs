//! What a peer's RTCP says: reports, requests for retransmissions and keyframes, goodbyes.

use std::time::Instant;

use motet_rtp::rtcp::{self, Bye, Fir, NackView, Packet, ReportBlock, SenderInfo, Xr, XrBlock};
use motet_rtp::{NtpTime, Ssrc};

use super::{Due, REFERENCES_MAX, Reference};
use crate::clock::round_trip;
use crate::drop_reason::DropReason;
use crate::egress::Egress;
use crate::producer::HeardReport;
use crate::router::Router;
use crate::table::{ConsumerKey, TransportKey};

/// Packets that one NACK may name. A receiver that misses more wants a keyframe.
const NACKED_MAX: usize = 256;

impl Router {
    /// Takes a compound RTCP packet from a transport's peer, in the clear.
    pub(crate) fn take_rtcp(
        &mut self,
        now: Instant,
        key: TransportKey,
        compound: &[u8],
        egress: &mut impl Egress,
    ) -> Result<(), DropReason> {
        for packet in rtcp::packets(compound) {
            let packet = packet.map_err(|_| DropReason::BadRtcp)?;
            if self.take_rtcp_packet(now, key, packet, egress).is_err() {
                // Feedback about a stream that just ended is no fault of the rest.
                self.transports[key].drops.add(DropReason::UnknownRtcpTarget);
            }
        }
        self.judge(now, key);
        Ok(())
    }

    fn take_rtcp_packet(
        &mut self,
        now: Instant,
        key: TransportKey,
        packet: Packet<'_>,
        egress: &mut impl Egress,
    ) -> Result<(), UnknownTarget> {
        match packet {
            Packet::SenderReport(report) => {
                self.take_reports(now, key, report.blocks());
                self.take_sender_report(now, key, report.sender, report.info)
            }
            Packet::ReceiverReport(report) => {
                self.take_reports(now, key, report.blocks());
                Ok(())
            }
            Packet::Nack(nack) => self.take_nack(now, key, nack, egress),
            Packet::Pli { media, .. } => self.take_key_frame_request(now, key, media, None),
            Packet::Fir(fir) => self.take_fir(now, key, fir),
            Packet::Bye(bye) => {
                self.take_bye(key, bye);
                Ok(())
            }
            Packet::Xr(xr) => {
                self.take_xr(now, key, xr);
                Ok(())
            }
            Packet::TransportCc(feedback) => {
                if let Some(outlook) = &mut self.transports[key].outlook {
                    outlook.handle_feedback(now, &feedback);
                }
                Ok(())
            }
            Packet::Sdes(_) | Packet::Remb(_) | Packet::Unknown { .. } => Ok(()),
        }
    }

    /// A sender told its clock. Its consumers' receivers are told at once if they await that.
    fn take_sender_report(
        &mut self,
        now: Instant,
        key: TransportKey,
        sender: Ssrc,
        info: SenderInfo,
    ) -> Result<(), UnknownTarget> {
        let transport = &mut self.transports[key];
        let binding = transport.incoming.ssrcs.lookup(sender).ok_or(UnknownTarget)?;
        if binding.is_repair {
            return Ok(());
        }
        transport.incoming.sender_clock.handle_report(self.clock.ntp(now), info.ntp);
        for producer in &transport.incoming.producers {
            self.producers[*producer].sender_clock = transport.incoming.sender_clock;
        }
        let producer = &mut self.producers[binding.producer];
        let heard = HeardReport { ntp: info.ntp, rtp_time: info.rtp_time, at: now };
        let stream = &mut producer.streams[usize::from(binding.encoding)];
        if stream.handle_sender_report(heard) {
            for index in 0..self.producers[binding.producer].consumers.len() {
                let consumer = self.producers[binding.producer].consumers[index];
                self.report_soon(now, consumer);
            }
        }
        Ok(())
    }

    fn report_soon(&mut self, now: Instant, key: ConsumerKey) {
        let consumer = &mut self.consumers[key];
        if consumer.report_at.is_some() {
            consumer.report_at = Some(now);
            let transport = consumer.transport;
            self.want(transport, Due::Reports, Some(now));
        }
    }

    /// Receivers told what they miss.
    fn take_reports(&mut self, now: Instant, key: TransportKey, blocks: impl Iterator<Item = ReportBlock>) {
        let transport = &mut self.transports[key];
        for block in blocks {
            let Some(consumer) = transport.subscriptions.lookup(block.ssrc) else { continue };
            let consumer = &mut self.consumers[consumer];
            if let Some(trip) = consumer.handle_report(now, &self.clock, &block) {
                transport.health.round_trip = Some(trip);
            }
            transport.health.handle_loss_out(f32::from(block.fraction_lost) / 256.0);
        }
    }

    fn take_nack(
        &mut self,
        now: Instant,
        key: TransportKey,
        nack: NackView<'_>,
        egress: &mut impl Egress,
    ) -> Result<(), UnknownTarget> {
        let transport = &mut self.transports[key];
        let consumer_key = transport.subscriptions.lookup(nack.media).ok_or(UnknownTarget)?;
        let consumer = &mut self.consumers[consumer_key];
        let producer = &self.producers[consumer.producer];
        let stream = &producer.streams[consumer.encoding];
        let mut is_over_budget = false;
        for seq in nack.lost().take(NACKED_MAX) {
            if let Err(reason) = consumer.retransmit(now, &self.clock, (seq, stream), transport, egress) {
                consumer.drops.add(reason);
                is_over_budget |= reason == DropReason::OverBudget;
            }
        }
        if is_over_budget && consumer.gives_up_repair(now) {
            self.wish_key_frame(now, consumer_key);
        }
        Ok(())
    }

    fn take_key_frame_request(
        &mut self,
        now: Instant,
        key: TransportKey,
        media: Ssrc,
        fir_seq: Option<u8>,
    ) -> Result<(), UnknownTarget> {
        let consumer = self.transports[key].subscriptions.lookup(media).ok_or(UnknownTarget)?;
        if self.consumers[consumer].handle_key_frame_request(fir_seq) {
            self.wish_key_frame(now, consumer);
        }
        Ok(())
    }

    fn take_fir(&mut self, now: Instant, key: TransportKey, fir: Fir<'_>) -> Result<(), UnknownTarget> {
        let mut result = Ok(());
        for entry in fir.entries() {
            result = result.and(self.take_key_frame_request(now, key, entry.ssrc, Some(entry.seq)));
        }
        result
    }

    /// Sources leave: what was learned of them may be learned anew.
    fn take_bye(&mut self, key: TransportKey, bye: Bye<'_>) {
        let ssrcs = &mut self.transports[key].incoming.ssrcs;
        for ssrc in bye.ssrcs() {
            if let Some(binding) = ssrcs.lookup(ssrc).filter(|binding| !binding.is_repair) {
                self.producers[binding.producer].streams[usize::from(binding.encoding)].rest();
            }
            ssrcs.forget(ssrc);
        }
    }

    fn take_xr(&mut self, now: Instant, key: TransportKey, xr: Xr<'_>) {
        let now_ntp = self.clock.ntp(now);
        let transport = &mut self.transports[key];
        for block in xr.blocks() {
            match block {
                XrBlock::Rrtr(ntp) => transport.keep_reference(now, xr.sender, ntp),
                XrBlock::Dlrr(answers) => {
                    let own = answers.answers().find(|answer| answer.ssrc == transport.rtcp_ssrc);
                    if let Some(trip) = own.and_then(|answer| round_trip(now_ntp, answer.lrr, answer.dlrr)) {
                        transport.health.round_trip = Some(trip);
                    }
                }
                XrBlock::Unknown { .. } => {}
            }
        }
    }
}

impl super::Transport {
    /// A receiver told its clock, to be answered with the next report.
    fn keep_reference(&mut self, now: Instant, ssrc: Ssrc, ntp: NtpTime) {
        let reference = Reference { ssrc, lrr: ntp.middle(), at: now };
        self.references.retain(|known| known.ssrc != ssrc);
        if self.references.len() < REFERENCES_MAX {
            self.references.push(reference);
        }
        self.deadlines.want(Due::Reports, Some(now + super::reports::ANSWER_AFTER));
    }
}

/// RTCP named a stream that this transport does not have.
struct UnknownTarget;
