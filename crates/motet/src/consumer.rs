//! The handle to a consumer.

use std::fmt;
use std::sync::Arc;

use motet_control::{
    Consume, ConsumerId, ConsumerStats, Notification, ProducerId, Request, Response, RtpParameters,
    TransportId,
};
use motet_router::EntityId;

use crate::error::RequestError;
use crate::events::EventsOf;
use crate::link::{Held, Link};

/// Media that goes out of a router. Closed when dropped.
pub struct Consumer {
    held: Held,
    id: ConsumerId,
    producer_id: ProducerId,
}

/// What a consumer is opened with.
#[derive(Clone, Debug)]
pub struct ConsumerSettings {
    /// The producer to consume, of the same router.
    pub producer_id: ProducerId,
    /// As negotiated with the receiver; see [`motet_control::negotiate::consumer_parameters`].
    pub rtp_parameters: RtpParameters,
    /// Whether to begin without sending.
    pub paused: bool,
}

/// What a consumer tells.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ConsumerEvent {
    /// Its producer ended, and with it the consumer.
    Closed,
}

impl Consumer {
    pub(crate) async fn create(
        link: &Arc<Link>,
        transport_id: TransportId,
        id: ConsumerId,
        settings: ConsumerSettings,
    ) -> Result<Self, RequestError> {
        let ConsumerSettings { producer_id, rtp_parameters, paused } = settings;
        let consume = Consume { transport_id, consumer_id: id, producer_id, rtp_parameters, paused };
        let request = Request::Consume(Box::new(consume));
        let (held, _) = Held::create(link, EntityId::Consumer(id), request).await?;
        Ok(Self { held, id, producer_id })
    }

    /// Its name in [`motet_control`]'s words.
    pub fn id(&self) -> ConsumerId {
        self.id
    }

    /// What it consumes.
    pub fn producer_id(&self) -> ProducerId {
        self.producer_id
    }

    /// Stops or starts sending; starting video asks for a keyframe.
    ///
    /// # Errors
    /// As [`RequestError`] says.
    pub async fn set_paused(&self, paused: bool) -> Result<(), RequestError> {
        self.held.link.ask(Request::SetConsumerPaused { consumer_id: self.id, paused }).await
    }

    /// Asks the producer for a keyframe, merged with what others ask.
    ///
    /// # Errors
    /// As [`RequestError`] says.
    pub async fn request_key_frame(&self) -> Result<(), RequestError> {
        self.held.link.ask(Request::RequestKeyFrame { consumer_id: self.id }).await
    }

    /// Goes on with another producer in one gapless stream; see [`Request::SwitchConsumer`].
    ///
    /// # Errors
    /// As [`RequestError`] says.
    pub async fn switch(&mut self, producer_id: ProducerId, in_step: bool) -> Result<(), RequestError> {
        self.held.link.ask(Request::SwitchConsumer { consumer_id: self.id, producer_id, in_step }).await?;
        self.producer_id = producer_id;
        Ok(())
    }

    /// Its counters.
    ///
    /// # Errors
    /// As [`RequestError`] says.
    pub async fn stats(&self) -> Result<ConsumerStats, RequestError> {
        match self.held.link.send(Request::GetConsumerStats { consumer_id: self.id }).await? {
            Response::ConsumerStats(stats) => Ok(*stats),
            other => unreachable!("GetConsumerStats is answered by ConsumerStats, not {other:?}"),
        }
    }

    /// What it tells from now on.
    pub fn events(&self) -> EventsOf<ConsumerEvent> {
        EventsOf::new(self.held.listen(), |notification| {
            matches!(notification, Notification::ConsumerClosed { .. }).then_some(ConsumerEvent::Closed)
        })
    }
}

impl fmt::Debug for Consumer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Consumer").field(&self.id).field(&self.producer_id).finish()
    }
}
