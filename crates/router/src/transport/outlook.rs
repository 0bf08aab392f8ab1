//! What the path to a peer takes: estimated from the peer's feedback, and tried with padding where somebody would send more.

use std::time::{Duration, Instant};

use motet_bwe::{EstimateLimits, Probe, SendEstimator};
use motet_control::{ConsumerId, Refusal, Response, RtcpFeedback, RtpParameters};
use motet_rtp::ext::ExtensionKind;
use motet_rtp::rtcp::TransportCcView;

use super::{Due, Link, Transport};
use crate::consumer::Consumer;
use crate::egress::Egress;
use crate::router::Router;
use crate::table::{ConsumerKey, TransportKey};

/// The outlook of a transport whose peer says what comes.
pub(crate) struct Outlook {
    estimator: SendEstimator,
    /// The attempt under way, and whose stream of retransmissions carries its padding.
    probe: Option<(ConsumerKey, Probe)>,
    repairs: RepairBudget,
}

/// For so long after a queue has grown, what is lost is taken to be lost in it.
const QUEUED: Duration = Duration::from_secs(10);

/// What may go out again on a path with a queue: a share of what it takes. More would keep the queue full in which packets were
/// lost.
#[derive(Default)]
struct RepairBudget {
    bytes: f64,
    earned_at: Option<Instant>,
}

impl RepairBudget {
    /// One part in so many.
    const SHARE: f64 = 6.0;
    /// What can be saved up, and what there is to begin with.
    const SAVED: Duration = Duration::from_secs(2);

    /// Takes what a packet of this length costs, if it is there.
    fn spend(&mut self, now: Instant, estimate_bps: u64, len: usize) -> bool {
        let bytes_per_second = estimate_bps as f64 / 8.0 / Self::SHARE;
        let elapsed = self.earned_at.replace(now).map_or(Self::SAVED, |at| now.saturating_duration_since(at));
        let saved_max = bytes_per_second * Self::SAVED.as_secs_f64();
        self.bytes = (self.bytes + bytes_per_second * elapsed.as_secs_f64()).min(saved_max);
        let is_there = self.bytes >= len as f64;
        if is_there {
            self.bytes -= len as f64;
        }
        is_there
    }
}

impl Outlook {
    /// Whether a packet of this length may be sent again.
    pub(crate) fn spend_repair(&mut self, now: Instant, len: usize) -> bool {
        let is_queued =
            self.estimator.queued_at().is_some_and(|at| now.saturating_duration_since(at) < QUEUED);
        let estimate_bps = self.estimator.estimate_bps(now).filter(|_| is_queued);
        estimate_bps.is_none_or(|estimate_bps| self.repairs.spend(now, estimate_bps, len))
    }

    /// A packet went out under a transport-wide number.
    pub(crate) fn handle_sent(&mut self, now: Instant, transport_seq: u16, len: usize) {
        self.estimator.handle_sent(now, transport_seq, len);
        if let Some((_, probe)) = &mut self.probe {
            probe.handle_sent(len);
        }
    }

    /// The peer says what came.
    pub(crate) fn handle_feedback(&mut self, now: Instant, feedback: &TransportCcView<'_>) {
        self.estimator.handle_feedback(now, feedback);
    }

    /// A consumer ends, and with it the attempt that it carries.
    pub(crate) fn forget(&mut self, consumer: ConsumerKey) {
        self.probe.take_if(|(carrier, _)| *carrier == consumer);
    }

    /// Whose padding is due, and how many bytes of it.
    fn poll_padding(&mut self, now: Instant) -> Option<(ConsumerKey, usize)> {
        let (carrier, probe) = self.probe.as_mut()?;
        let due = probe.poll(now, &self.estimator).map(|bytes| (*carrier, bytes));
        if due.is_none() {
            self.probe = None;
        }
        due
    }
}

impl Transport {
    /// A consumer with these parameters will send: from then on the peer says what comes, if that was agreed.
    pub(crate) fn expect_feedback(&mut self, now: Instant, parameters: &RtpParameters) {
        let is_agreed = parameters.extension_id(ExtensionKind::TransportSeq).is_some()
            && parameters.codecs.iter().any(|codec| codec.rtcp_feedback.contains(&RtcpFeedback::TransportCc));
        if is_agreed && matches!(self.link, Link::WebRtc(_)) {
            self.outlook.get_or_insert_with(|| {
                let estimator = SendEstimator::new(now, EstimateLimits::default());
                Box::new(Outlook { estimator, probe: None, repairs: RepairBudget::default() })
            });
        }
    }
}

impl Router {
    /// What a transport's path takes beside what its consumers send, in bits per second; below zero where they send more than
    /// it takes. `None` where the peer does not say what comes.
    pub(crate) fn spare_bps(&self, now: Instant, transport: &Transport) -> Option<i64> {
        let estimate_bps = transport.outlook.as_ref()?.estimator.estimate_bps(now)?;
        let consumers = transport.subscriptions.consumers.iter();
        let used_bps: u64 = consumers.map(|key| self.consumers[*key].bitrate_bps(now)).sum();
        Some(estimate_bps as i64 - used_bps as i64)
    }

    pub(crate) fn probe_consumer(
        &mut self,
        now: Instant,
        id: ConsumerId,
        target_bps: u64,
    ) -> Result<Response, Refusal> {
        let key = self.consumers.find(id)?;
        let transport = self.consumers[key].transport;
        let others = self.transports[transport].subscriptions.consumers.iter().filter(|other| **other != key);
        let others_bps: u64 = others.map(|other| self.consumers[*other].bitrate_bps(now)).sum();
        let Some(outlook) = &mut self.transports[transport].outlook else {
            return Err(Refusal::BadState("the peer does not say what comes".into()));
        };
        if !self.consumers[key].has_rtx() {
            return Err(Refusal::BadState(
                "padding goes out as retransmissions, which were not agreed".into(),
            ));
        }
        let probe = Probe::new(now, target_bps.saturating_add(others_bps));
        let due_at = probe.poll_timeout();
        outlook.probe = Some((key, probe));
        self.want(transport, Due::Padding, Some(due_at));
        Ok(Response::Done)
    }

    /// Sends the padding that is due.
    pub(crate) fn send_padding(&mut self, now: Instant, key: TransportKey, egress: &mut impl Egress) {
        let transport = &mut self.transports[key];
        if !transport.deadlines.take(Due::Padding, now) {
            return;
        }
        let padding = transport.outlook.as_mut().and_then(|outlook| outlook.poll_padding(now));
        let Some((carrier, mut due)) = padding else { return };
        let consumer: &mut Consumer = &mut self.consumers[carrier];
        while let Ok(sent) = consumer.pad(now, &self.clock, transport, egress) {
            if sent == 0 || sent >= due {
                break;
            }
            due -= sent;
        }
        let outlook = transport.outlook.as_ref();
        let next = outlook.and_then(|outlook| Some(outlook.probe.as_ref()?.1.poll_timeout()));
        transport.deadlines.want_again(Due::Padding, next, now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_out_again_is_a_sixth_of_what_the_path_takes() {
        let (start, mut budget) = (Instant::now(), RepairBudget::default());
        let mut sent_again = 0;
        for at in 0..60_000 {
            let now = start + Duration::from_millis(at);
            sent_again += if budget.spend(now, 320_000, 1_000) { 1_000 } else { 0 };
        }
        assert!((400_000..=415_000).contains(&sent_again), "{sent_again} bytes in a minute");
    }
}
