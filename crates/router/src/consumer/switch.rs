//! Going on with another producer in one gapless stream.

use std::time::Instant;

use motet_control::{ConsumerId, MediaKind, ProducerId, Refusal, Response};

use super::requests::formats;
use super::{Consumer, OutFormat};
use crate::producer::Arrived;
use crate::router::Router;
use crate::table::{ConsumerKey, ProducerKey};

/// The producer that a consumer is to go on with. Until its keyframe comes the consumer stands with both producers.
pub(crate) struct Next {
    producer: ProducerKey,
    producer_id: ProducerId,
    formats: Vec<Option<OutFormat>>,
    is_in_step: bool,
}

impl Router {
    pub(crate) fn switch_consumer(
        &mut self,
        now: Instant,
        id: ConsumerId,
        producer_id: ProducerId,
        is_in_step: bool,
    ) -> Result<Response, Refusal> {
        let key = self.consumers.find(id)?;
        let producer = self.producers.find(producer_id)?;
        let consumer = &self.consumers[key];
        if self.producers[producer].kind != consumer.kind {
            return Err(Refusal::BadParameter(format!("the consumer is of {}", consumer.kind)));
        }
        let formats = formats(&self.producers[producer], &consumer.codecs)?;
        self.stay(key);
        if self.consumers[key].producer == producer {
            return Ok(Response::Done);
        }
        self.join(producer, key);
        let is_ready = self.transports[self.consumers[key].transport].link.is_ready();
        let consumer = &mut self.consumers[key];
        consumer.next = Some(Next { producer, producer_id, formats, is_in_step });
        // What waits for a keyframe anyway, or needs none, has nothing to go on with until then.
        let is_idle = !is_ready || consumer.paused || consumer.gate.wants_keyframe();
        if consumer.kind == MediaKind::Audio || is_idle {
            self.switch_now(key);
        }
        if is_ready && self.consumers[key].kind == MediaKind::Video && !self.consumers[key].paused {
            self.wish_key_frame_of(now, producer, 0);
        }
        Ok(Response::Done)
    }

    /// Has a consumer that waits for its next producer's keyframe come over at once.
    pub(crate) fn switch_now(&mut self, key: ConsumerKey) {
        if let Some(former) = self.consumers[key].take_next() {
            self.part(former, key);
        }
    }

    /// Has a consumer that waits to come over wait no longer.
    pub(crate) fn stay(&mut self, key: ConsumerKey) {
        if let Some(next) = self.consumers[key].next.take() {
            self.part(next.producer, key);
        }
    }

    /// Whether a consumer goes on though the producer `ending` ends: it was about to leave it, or waited to come.
    pub(crate) fn outlives(&mut self, ending: ProducerKey, key: ConsumerKey) -> bool {
        let consumer = &self.consumers[key];
        if consumer.producer != ending {
            self.stay(key);
            return true;
        }
        let has_next = consumer.next.is_some();
        self.switch_now(key);
        has_next
    }

    /// A producer has one more consumer.
    pub(crate) fn join(&mut self, producer: ProducerKey, consumer: ConsumerKey) {
        let has_rtx = self.consumers[consumer].has_rtx();
        let producer = &mut self.producers[producer];
        producer.consumers.push(consumer);
        producer.repairing_consumers += usize::from(has_rtx);
    }

    /// A producer has one consumer less.
    pub(crate) fn part(&mut self, producer: ProducerKey, consumer: ConsumerKey) {
        let has_rtx = self.consumers[consumer].has_rtx();
        let producer = &mut self.producers[producer];
        producer.consumers.retain(|known| *known != consumer);
        producer.repairing_consumers -= usize::from(has_rtx);
        if producer.repairing_consumers == 0 {
            producer.streams.iter_mut().for_each(|stream| stream.store.clear());
        }
    }
}

impl Consumer {
    /// Whether a packet of its next producer is one to go on with; then it does, and the former producer is told.
    pub(crate) fn come_over(&mut self, arrived: &Arrived<'_>) -> Option<ProducerKey> {
        let next = self.next.as_ref()?;
        let format = next.formats.get(usize::from(arrived.info.format)).copied().flatten();
        if !arrived.is_key_frame_start || format.is_none() {
            return None;
        }
        self.take_next()
    }

    /// Takes the next producer for its own; tells the former.
    fn take_next(&mut self) -> Option<ProducerKey> {
        let next = self.next.take()?;
        let former = std::mem::replace(&mut self.producer, next.producer);
        self.producer_id = next.producer_id;
        self.formats = next.formats;
        self.is_in_step = next.is_in_step;
        // The first packet begins a run of numbers of its own; until then there is no clock to report by.
        self.generation = None;
        if self.first_sent_at.is_some() {
            self.rewriter.switch_source(1);
        }
        self.gate.close();
        Some(former)
    }
}
