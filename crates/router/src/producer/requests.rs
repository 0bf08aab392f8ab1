//! Requests about producers.

use std::time::Instant;

use motet_bwe::{EstimateLimits, FeedbackRecorder, ReceiveEstimator};
use motet_control::{Notification, Produce, ProducerId, Refusal, Response, RtcpFeedback, RtpParameters};
use motet_rtp::ext::ExtensionKind;

use super::{CODECS_MAX, Producer};
use crate::route::{EntityId, RouteChange};
use crate::router::Router;
use crate::table::{ProducerKey, TransportKey};
use crate::transport::Transport;

/// Producers on one transport: a publisher of that many tracks is a program, not a person.
const PRODUCERS_MAX: usize = 256;
/// Encodings of one producer: a simulcast has three.
const ENCODINGS_MAX: usize = 8;

impl Router {
    pub(crate) fn produce(&mut self, now: Instant, produce: Produce) -> Result<Response, Refusal> {
        let key = self.transports.find(produce.transport_id)?;
        self.producers.check_free(produce.producer_id)?;
        check_parameters(&produce)?;
        let transport = &self.transports[key];
        if transport.incoming.producers.len() == PRODUCERS_MAX {
            return Err(Refusal::LimitReached(format!("a transport has at most {PRODUCERS_MAX} producers")));
        }
        transport.incoming.ssrcs.check(&produce.rtp_parameters)?;

        let Produce { producer_id: id, kind, rtp_parameters, paused, .. } = produce;
        let producer = Producer::new(id, kind, key, rtp_parameters, paused);
        let producer_key = self.producers.insert(id, producer);
        let producer = &mut self.producers[producer_key];
        let transport = &mut self.transports[key];
        producer.sender_clock = transport.incoming.sender_clock;
        transport.incoming.producers.push(producer_key);
        transport.incoming.ssrcs.add(producer_key, &producer.parameters);
        transport.choose_feedback(now, &producer.parameters);
        self.gather_incoming(key);
        self.routes.push_back(RouteChange::AddEntity(EntityId::Producer(id)));
        Ok(Response::Done)
    }

    pub(crate) fn set_producer_paused(
        &mut self,
        now: Instant,
        id: ProducerId,
        paused: bool,
    ) -> Result<Response, Refusal> {
        let key = self.producers.find(id)?;
        let producer = &mut self.producers[key];
        if producer.paused == paused {
            return Ok(Response::Done);
        }
        producer.paused = paused;
        let consumers = std::mem::take(&mut producer.consumers);
        for consumer in &consumers {
            if self.consumers[*consumer].producer != key {
                // It waits to come over, and goes on with its own until then.
                continue;
            }
            self.consumers[*consumer].interrupt();
            if !paused && self.consumers[*consumer].awaits_key_frame() {
                self.wish_key_frame(now, *consumer);
            }
        }
        self.producers[key].consumers = consumers;
        Ok(Response::Done)
    }

    pub(crate) fn close_producer(&mut self, id: ProducerId) -> Result<Response, Refusal> {
        let key = self.producers.find(id)?;
        let transport = self.producers[key].transport;
        self.end_producer(key, None);
        self.transports[transport].incoming.producers.retain(|known| *known != key);
        self.gather_incoming(transport);
        Ok(Response::Done)
    }

    pub(crate) fn producer_stats(&self, now: Instant, id: ProducerId) -> Result<Response, Refusal> {
        let producer = &self.producers[self.producers.find(id)?];
        let round_trip = self.transports[producer.transport].health.round_trip;
        Ok(Response::ProducerStats(Box::new(producer.stats(now, round_trip))))
    }

    /// Ends a producer and the consumers of it; those on `closing`, which ends too, are not told of.
    pub(crate) fn end_producer(&mut self, key: ProducerKey, closing: Option<TransportKey>) {
        for consumer_key in self.producers[key].consumers.clone() {
            if self.outlives(key, consumer_key) {
                continue;
            }
            let consumer = &self.consumers[consumer_key];
            if closing != Some(consumer.transport) {
                let consumer_id = consumer.id;
                self.notify(Notification::ConsumerClosed { consumer_id });
            }
            self.end_consumer(consumer_key);
        }
        for listening in std::mem::take(&mut self.producers[key].listeners) {
            self.observers[listening.observer].leave(key, listening.member);
        }
        let id = self.producers[key].id;
        if let Some(producer) = self.producers.remove(id) {
            self.gone.add_producer(&producer);
            self.transports[producer.transport].incoming.ssrcs.remove(key);
        }
        self.routes.push_back(RouteChange::RemoveEntity(EntityId::Producer(id)));
    }

    /// Sums up what all producers of a transport have in common.
    fn gather_incoming(&mut self, key: TransportKey) {
        let producers = &self.producers;
        let incoming = &mut self.transports[key].incoming;
        let all = || incoming.producers.iter().map(|key| &producers[*key].parameters);
        let extensions = all().flat_map(|parameters| &parameters.header_extensions);
        let extensions = extensions.map(|extension| (extension.kind, extension.id)).collect();
        let has_reduced_size = all().all(|parameters| parameters.reduced_size_rtcp);
        incoming.extensions = extensions;
        incoming.has_reduced_size = has_reduced_size;
    }
}

impl Transport {
    /// Transport-wide feedback where the sender estimates its path itself, else an estimate where it wants one.
    fn choose_feedback(&mut self, now: Instant, parameters: &RtpParameters) {
        let has = |feedback, extension| {
            parameters.extension_id(extension).is_some()
                && parameters.codecs.iter().any(|codec| codec.rtcp_feedback.contains(&feedback))
        };
        if has(RtcpFeedback::TransportCc, ExtensionKind::TransportSeq) {
            let own = self.rtcp_ssrc;
            self.incoming.recorder.get_or_insert_with(|| Box::new(FeedbackRecorder::new(now, own)));
            self.incoming.estimator = None;
        } else if self.incoming.recorder.is_none() && has(RtcpFeedback::Remb, ExtensionKind::AbsSendTime) {
            let new = || Box::new(ReceiveEstimator::new(EstimateLimits::default()));
            self.incoming.estimator.get_or_insert_with(new);
        }
    }
}

fn check_parameters(produce: &Produce) -> Result<(), Refusal> {
    let parameters = &produce.rtp_parameters;
    let refuse = |why: String| Err(Refusal::BadParameter(why));
    if parameters.codecs.is_empty() || parameters.codecs.len() > CODECS_MAX {
        return refuse(format!("a producer has 1 to {CODECS_MAX} codecs"));
    }
    if let Some(other) = parameters.codecs.iter().find(|codec| codec.codec.kind() != produce.kind) {
        return refuse(format!("{} is not {}", other.codec, produce.kind));
    }
    if parameters.codecs.iter().any(|codec| codec.clock_rate == 0) {
        return refuse("a codec's clock rate is zero".into());
    }
    if parameters.encodings.is_empty() || parameters.encodings.len() > ENCODINGS_MAX {
        return refuse(format!("a producer has 1 to {ENCODINGS_MAX} encodings"));
    }
    let types = parameters.codecs.iter().flat_map(|codec| [Some(codec.payload_type), codec.rtx_payload_type]);
    let mut types: Vec<u8> = types.flatten().map(|payload_type| payload_type.get()).collect();
    let count = types.len();
    types.sort_unstable();
    types.dedup();
    if types.len() < count {
        return refuse("a payload type is given twice".into());
    }
    let mut rids: Vec<_> = parameters.encodings.iter().map(|encoding| encoding.rid).collect();
    rids.sort_unstable();
    rids.dedup();
    if rids.len() < parameters.encodings.len() && parameters.encodings.iter().any(|it| it.ssrc.is_none()) {
        return refuse("encodings without SSRC need RIDs of their own".into());
    }
    Ok(())
}
