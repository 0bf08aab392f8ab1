//! Sender and receiver reports (RFC 3550 section 6.4) and extended reports (RFC 3611), when they are due.

use std::time::{Duration, Instant};

use motet_control::{ConsumerId, MediaKind};
use motet_rtp::Ssrc;
use motet_rtp::rtcp::{Dlrr, ReportBlock, Writer};

use super::rtcp_out::{Compounds, OWN_CNAME, Producers};
use super::{Due, Transport};
use crate::clock::{NtpClock, to_compact};
use crate::consumer::Consumer;
use crate::egress::Egress;
use crate::random::Chance;
use crate::table::{ConsumerKey, Table};

/// Time between two reports of ours about a stream that comes in, on average. Senders of Opus put FEC into their packets once
/// they are told of losses, and browsers smooth what they are told over several reports.
const RECEIVER_INTERVAL: Duration = Duration::from_secs(1);
/// Time between two reports about a stream that goes out.
const VIDEO_INTERVAL: Duration = Duration::from_secs(1);
const AUDIO_INTERVAL: Duration = Duration::from_secs(5);
/// Reports due within this time of each other share a compound.
const TOGETHER: Duration = Duration::from_millis(50);
/// A stream without packets for this long is not reported on until the next packet.
const REST_AFTER: Duration = Duration::from_secs(10);
/// A receiver's reference time is answered within this time.
pub(crate) const ANSWER_AFTER: Duration = Duration::from_millis(500);
/// Blocks in one receiver report.
const BLOCKS_MAX: usize = 31;

/// What reports are made from.
pub(crate) struct ReportContext<'a> {
    pub(crate) now: Instant,
    pub(crate) clock: &'a NtpClock,
    pub(crate) chance: &'a mut Chance,
    pub(crate) producers: &'a mut Producers,
    pub(crate) consumers: &'a mut Table<ConsumerId, ConsumerKey, Consumer>,
}

impl ReportContext<'_> {
    /// When the next report about a stream is due that was last alive at `alive_at`.
    fn next_at(&mut self, interval: Duration, alive_at: Option<Instant>) -> Option<Instant> {
        let is_alive = alive_at.is_some_and(|at| self.now.saturating_duration_since(at) < REST_AFTER);
        is_alive.then(|| self.now + self.chance.around(interval))
    }

    fn is_due(&self, at: Option<Instant>) -> bool {
        at.is_some_and(|at| at <= self.now + TOGETHER)
    }
}

impl Transport {
    /// Sends the reports that are due, if any are.
    pub(crate) fn send_reports(&mut self, context: &mut ReportContext<'_>, egress: &mut impl Egress) {
        if !self.deadlines.take(Due::Reports, context.now) {
            return;
        }
        let (blocks, receive_at) = self.take_blocks(context);
        let answers = self.take_answers(context.now);
        let Self { link, sent, subscriptions, deadlines, rtcp_ssrc, .. } = self;
        deadlines.want(Due::Reports, receive_at);
        let mut compounds = Compounds::new(link, sent, egress, None);
        for key in &subscriptions.consumers {
            let at = report_as_sender(*key, context, &mut compounds);
            deadlines.want(Due::Reports, at);
        }
        report_as_receiver(*rtcp_ssrc, &blocks, &answers, context, &mut compounds);
        compounds.flush();
    }

    /// Blocks about the streams that are due, and when the next is.
    fn take_blocks(&mut self, context: &mut ReportContext<'_>) -> (Vec<ReportBlock>, Option<Instant>) {
        let (mut blocks, mut next, mut lost) = (Vec::new(), None::<Instant>, 0.0f32);
        for key in &self.incoming.producers {
            for encoding in 0..context.producers[*key].streams.len() {
                let stream = &context.producers[*key].streams[encoding];
                let mut at = stream.report_at;
                if context.is_due(at) {
                    at = context.next_at(RECEIVER_INTERVAL, stream.latest_at());
                    let stream = &mut context.producers[*key].streams[encoding];
                    stream.report_at = at;
                    blocks.extend(stream.report(context.now));
                }
                next = [next, at].into_iter().flatten().min();
            }
        }
        for block in &blocks {
            let fraction = f32::from(block.fraction_lost) / 256.0;
            self.health.handle_loss_in(fraction);
            lost = lost.max(fraction);
        }
        if let Some(estimator) = self.incoming.estimator.as_mut().filter(|_| !blocks.is_empty()) {
            estimator.handle_loss(context.now, lost);
        }
        (blocks, next)
    }

    /// Answers to the reference times that were heard since the last report.
    fn take_answers(&mut self, now: Instant) -> Vec<Dlrr> {
        let answer = |reference: super::Reference| Dlrr {
            ssrc: reference.ssrc,
            lrr: reference.lrr,
            dlrr: to_compact(now.saturating_duration_since(reference.at)),
        };
        self.references.drain(..).map(answer).collect()
    }
}

/// Reports on a consumer's stream if that is due. Answers when the next report is.
fn report_as_sender(
    key: ConsumerKey,
    context: &mut ReportContext<'_>,
    compounds: &mut Compounds<'_, impl Egress>,
) -> Option<Instant> {
    let consumer = &context.consumers[key];
    if !context.is_due(consumer.report_at) {
        return consumer.report_at;
    }
    let producer = &context.producers[consumer.producer];
    let stream = &producer.streams[consumer.encoding];
    if let Some(info) = consumer.sender_info(context.now, context.clock, stream, producer.sender_clock) {
        compounds.report(|writer: &mut Writer<'_>| {
            writer.sender_report(consumer.ssrc, &info, &[])?;
            writer.sdes_cname(consumer.ssrc, &consumer.cname)
        });
    }
    let interval = match consumer.kind {
        MediaKind::Audio => AUDIO_INTERVAL,
        MediaKind::Video => VIDEO_INTERVAL,
    };
    let at = context.next_at(interval, consumer.last_sent_at());
    context.consumers[key].report_at = at;
    at
}

/// Reports on what came in, tells our own reference time and answers the peer's.
fn report_as_receiver(
    own: Ssrc,
    blocks: &[ReportBlock],
    answers: &[Dlrr],
    context: &ReportContext<'_>,
    compounds: &mut Compounds<'_, impl Egress>,
) {
    if blocks.is_empty() && answers.is_empty() {
        return;
    }
    let now = context.clock.ntp(context.now);
    let (first, rest) = blocks.split_at(blocks.len().min(BLOCKS_MAX));
    compounds.report(|writer: &mut Writer<'_>| {
        writer.receiver_report(own, first)?;
        writer.sdes_cname(own, OWN_CNAME)?;
        if !first.is_empty() {
            writer.xr_rrtr(own, now)?;
        }
        writer.xr_dlrr(own, answers)
    });
    for more in rest.chunks(BLOCKS_MAX) {
        compounds.report(|writer: &mut Writer<'_>| {
            writer.receiver_report(own, more)?;
            writer.sdes_cname(own, OWN_CNAME)
        });
    }
}
