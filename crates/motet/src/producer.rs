//! The handle to a producer.

use std::fmt;
use std::sync::Arc;

use motet_control::{
    MediaKind, Notification, Produce, ProducerId, ProducerStats, Request, Response, RtpParameters,
    TransportId,
};
use motet_router::EntityId;

use crate::error::RequestError;
use crate::events::EventsOf;
use crate::link::{Held, Link};

/// Media that comes into a router. Closed, with the consumers of it, when dropped.
pub struct Producer {
    held: Held,
    id: ProducerId,
    kind: MediaKind,
}

/// What a producer is opened with.
#[derive(Clone, Debug)]
pub struct ProducerSettings {
    /// Audio or video.
    pub kind: MediaKind,
    /// As negotiated with the sender: at least one codec of `kind` and one encoding.
    pub rtp_parameters: RtpParameters,
    /// Whether to begin without forwarding.
    pub paused: bool,
}

/// What a producer tells.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ProducerEvent {
    /// Packets come, or came and do not any more.
    Active(bool),
    /// The sender turned its camera.
    VideoOrientation {
        /// Degrees clockwise.
        rotation_degrees: u16,
        /// Whether the picture is mirrored.
        mirrored: bool,
    },
}

impl Producer {
    pub(crate) async fn create(
        link: &Arc<Link>,
        transport_id: TransportId,
        id: ProducerId,
        settings: ProducerSettings,
    ) -> Result<Self, RequestError> {
        let ProducerSettings { kind, rtp_parameters, paused } = settings;
        let produce = Produce { transport_id, producer_id: id, kind, rtp_parameters, paused };
        let request = Request::Produce(Box::new(produce));
        let (held, _) = Held::create(link, EntityId::Producer(id), request).await?;
        Ok(Self { held, id, kind })
    }

    /// Its name in [`motet_control`]'s words.
    pub fn id(&self) -> ProducerId {
        self.id
    }

    /// Audio or video.
    pub fn kind(&self) -> MediaKind {
        self.kind
    }

    /// Stops or starts the forwarding to all its consumers.
    ///
    /// # Errors
    /// As [`RequestError`] says.
    pub async fn set_paused(&self, paused: bool) -> Result<(), RequestError> {
        self.held.link.ask(Request::SetProducerPaused { producer_id: self.id, paused }).await
    }

    /// Its counters.
    ///
    /// # Errors
    /// As [`RequestError`] says.
    pub async fn stats(&self) -> Result<ProducerStats, RequestError> {
        match self.held.link.send(Request::GetProducerStats { producer_id: self.id }).await? {
            Response::ProducerStats(stats) => Ok(*stats),
            other => unreachable!("GetProducerStats is answered by ProducerStats, not {other:?}"),
        }
    }

    /// What it tells from now on.
    pub fn events(&self) -> EventsOf<ProducerEvent> {
        EventsOf::new(self.held.listen(), read)
    }
}

fn read(notification: Notification) -> Option<ProducerEvent> {
    match notification {
        Notification::ProducerActive { active, .. } => Some(ProducerEvent::Active(active)),
        Notification::ProducerVideoOrientation { rotation_degrees, mirrored, .. } => {
            Some(ProducerEvent::VideoOrientation { rotation_degrees, mirrored })
        }
        _ => None,
    }
}

impl fmt::Debug for Producer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Producer").field(&self.id).field(&self.kind).finish()
    }
}
