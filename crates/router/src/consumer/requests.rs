//! Requests about consumers.

use std::time::Instant;

use motet_control::{CodecParameters, Consume, ConsumerId, Encoding, Refusal, Response};

use super::{Consumer, OutFormat, Recipe};
use crate::producer::Producer;
use crate::route::{EntityId, RouteChange};
use crate::router::Router;
use crate::table::ConsumerKey;
use crate::transport::Subscriptions;

/// Consumers on one transport: a viewer of that many tracks is a program, not a person.
const CONSUMERS_MAX: usize = 4096;

impl Router {
    pub(crate) fn consume(&mut self, now: Instant, consume: Consume) -> Result<Response, Refusal> {
        let transport = self.transports.find(consume.transport_id)?;
        let producer = self.producers.find(consume.producer_id)?;
        self.consumers.check_free(consume.consumer_id)?;
        let encoding = check_encoding(&consume, &self.transports[transport].subscriptions)?;
        let formats = formats(&self.producers[producer], &consume.rtp_parameters.codecs)?;
        let ssrc = encoding.ssrc.ok_or_else(|| Refusal::BadParameter("a consumer has an SSRC".into()))?;
        // Without a payload type for it, the stream of retransmissions has no use.
        let has_rtx = formats.iter().flatten().any(|format| format.rtx_payload_type.is_some());
        self.transports[transport].expect_feedback(now, &consume.rtp_parameters);
        let recipe = Recipe {
            id: consume.consumer_id,
            kind: self.producers[producer].kind,
            producer,
            producer_id: consume.producer_id,
            transport,
            ssrc,
            rtx_ssrc: encoding.rtx_ssrc.filter(|_| has_rtx),
            formats,
            parameters: consume.rtp_parameters,
            paused: consume.paused,
            first_seqs: (self.chance.u32(), self.chance.u32()),
            first_rtp_time: self.chance.u32(),
        };
        let consumer = Consumer::new(recipe);
        let key = self.consumers.insert(consume.consumer_id, consumer);
        self.transports[transport].subscriptions.add(key, ssrc, encoding.rtx_ssrc);
        self.join(producer, key);
        self.routes.push_back(RouteChange::AddEntity(EntityId::Consumer(consume.consumer_id)));
        self.begin_if_ready(now, key);
        Ok(Response::Done)
    }

    pub(crate) fn set_consumer_paused(
        &mut self,
        now: Instant,
        id: ConsumerId,
        paused: bool,
    ) -> Result<Response, Refusal> {
        let key = self.consumers.find(id)?;
        let consumer = &mut self.consumers[key];
        if consumer.paused != paused {
            consumer.paused = paused;
            consumer.interrupt();
            self.switch_now(key);
            self.begin_if_ready(now, key);
        }
        Ok(Response::Done)
    }

    pub(crate) fn request_key_frame(&mut self, now: Instant, id: ConsumerId) -> Result<Response, Refusal> {
        let key = self.consumers.find(id)?;
        self.wish_key_frame(now, key);
        Ok(Response::Done)
    }

    pub(crate) fn close_consumer(&mut self, id: ConsumerId) -> Result<Response, Refusal> {
        let key = self.consumers.find(id)?;
        self.end_consumer(key);
        Ok(Response::Done)
    }

    pub(crate) fn consumer_stats(&self, now: Instant, id: ConsumerId) -> Result<Response, Refusal> {
        let consumer = &self.consumers[self.consumers.find(id)?];
        let spare_bps = self.spare_bps(now, &self.transports[consumer.transport]);
        Ok(Response::ConsumerStats(Box::new(consumer.stats(now, spare_bps))))
    }

    /// Ends a consumer: its producer and its transport know it no longer.
    pub(crate) fn end_consumer(&mut self, key: ConsumerKey) {
        let id = self.consumers[key].id;
        self.stay(key);
        self.part(self.consumers[key].producer, key);
        let Some(consumer) = self.consumers.remove(id) else { return };
        let transport = &mut self.transports[consumer.transport];
        transport.subscriptions.remove(key);
        if let Some(outlook) = &mut transport.outlook {
            outlook.forget(key);
        }
        self.gone.add_consumer(&consumer);
        self.routes.push_back(RouteChange::RemoveEntity(EntityId::Consumer(id)));
    }

    /// Asks for the keyframe that a consumer begins with. Before its transport carries media the keyframe would be lost.
    fn begin_if_ready(&mut self, now: Instant, key: ConsumerKey) {
        let consumer = &self.consumers[key];
        if consumer.awaits_key_frame() && self.transports[consumer.transport].link.is_ready() {
            self.wish_key_frame(now, key);
        }
    }
}

/// The consumer's one encoding, its SSRCs never used on its transport before.
fn check_encoding(consume: &Consume, subscriptions: &Subscriptions) -> Result<Encoding, Refusal> {
    let [encoding] = consume.rtp_parameters.encodings.as_slice() else {
        return Err(Refusal::BadParameter("a consumer has exactly one encoding".into()));
    };
    let ssrcs = [encoding.ssrc, encoding.rtx_ssrc];
    if ssrcs[0].is_none() || ssrcs[0] == ssrcs[1] {
        return Err(Refusal::BadParameter("a consumer has an SSRC, and another for RTX".into()));
    }
    if let Some(used) = ssrcs.into_iter().flatten().find(|ssrc| !subscriptions.is_unused(*ssrc)) {
        return Err(Refusal::BadParameter(format!("SSRC {used} was used on this transport before")));
    }
    if subscriptions.consumers.len() == CONSUMERS_MAX {
        return Err(Refusal::LimitReached(format!("a transport has at most {CONSUMERS_MAX} consumers")));
    }
    if !subscriptions.has_room() {
        return Err(Refusal::LimitReached("the transport has used up its SSRCs: open another".into()));
    }
    Ok(encoding.clone())
}

/// By the producer's formats: what each is called at the receiver.
pub(super) fn formats(
    producer: &Producer,
    codecs: &[CodecParameters],
) -> Result<Vec<Option<OutFormat>>, Refusal> {
    let formats: Vec<_> = producer
        .parameters
        .codecs
        .iter()
        .map(|sent| {
            let taken = codecs.iter().find(|codec| codec.is_same_format(sent))?;
            Some(OutFormat {
                payload_type: taken.payload_type,
                rtx_payload_type: taken.rtx_payload_type,
                clock_rate: sent.clock_rate,
                codec: sent.codec,
            })
        })
        .collect();
    if formats.iter().all(Option::is_none) {
        return Err(Refusal::BadParameter("the consumer has none of the producer's codecs".into()));
    }
    Ok(formats)
}
