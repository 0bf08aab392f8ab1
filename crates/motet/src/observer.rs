//! The handles to observers of audio levels.

use std::fmt;
use std::sync::Arc;

use motet_control::{Notification, ObserverId, ProducerId, Request, RouterId};
use motet_router::EntityId;

use crate::error::RequestError;
use crate::events::EventsOf;
use crate::link::{Held, Link};

/// Tells the loudest of the producers that it observes. Closed when dropped.
#[derive(Debug)]
pub struct AudioLevelObserver(Observer);

/// Tells which of the producers that it observes is the one who speaks. Closed when dropped.
#[derive(Debug)]
pub struct ActiveSpeakerObserver(Observer);

/// What an [`AudioLevelObserver`] is opened with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AudioLevelSettings {
    /// How many producers to tell at most, at least 1.
    pub entries_max: usize,
    /// Quieter than this, in dBov (-127 to 0), counts as silence.
    pub threshold_dbov: i8,
    /// How often to tell, in milliseconds, 250 to 5000.
    pub interval_ms: u32,
}

impl Default for AudioLevelSettings {
    /// The loudest one above -60 dBov, once a second.
    fn default() -> Self {
        Self { entries_max: 1, threshold_dbov: -60, interval_ms: 1000 }
    }
}

/// The loudest producers, loudest first, with their average levels in dBov; empty when all are silent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AudioLevels(pub Vec<(ProducerId, i8)>);

/// Another producer is the one who speaks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ActiveSpeakerEvent(pub ProducerId);

impl AudioLevelObserver {
    pub(crate) async fn create(
        link: &Arc<Link>,
        router_id: RouterId,
        observer_id: ObserverId,
        settings: AudioLevelSettings,
    ) -> Result<Self, RequestError> {
        let AudioLevelSettings { entries_max, threshold_dbov, interval_ms } = settings;
        let request = Request::CreateAudioLevelObserver {
            router_id,
            observer_id,
            entries_max,
            threshold_dbov,
            interval_ms,
        };
        Observer::create(link, observer_id, request).await.map(Self)
    }

    /// Listens to an audio producer of its router, until either ends.
    ///
    /// # Errors
    /// As [`RequestError`] says.
    pub async fn observe(&self, producer: ProducerId) -> Result<(), RequestError> {
        self.0.observe(producer).await
    }

    /// Listens to it no longer.
    ///
    /// # Errors
    /// As [`RequestError`] says.
    pub async fn unobserve(&self, producer: ProducerId) -> Result<(), RequestError> {
        self.0.unobserve(producer).await
    }

    /// What it tells from now on.
    pub fn events(&self) -> EventsOf<AudioLevels> {
        EventsOf::new(self.0.held.listen(), |notification| match notification {
            Notification::AudioLevels { levels, .. } => Some(AudioLevels(levels)),
            _ => None,
        })
    }
}

impl ActiveSpeakerObserver {
    pub(crate) async fn create(
        link: &Arc<Link>,
        router_id: RouterId,
        observer_id: ObserverId,
        interval_ms: u32,
    ) -> Result<Self, RequestError> {
        let request = Request::CreateActiveSpeakerObserver { router_id, observer_id, interval_ms };
        Observer::create(link, observer_id, request).await.map(Self)
    }

    /// Listens to an audio producer of its router, until either ends.
    ///
    /// # Errors
    /// As [`RequestError`] says.
    pub async fn observe(&self, producer: ProducerId) -> Result<(), RequestError> {
        self.0.observe(producer).await
    }

    /// Listens to it no longer.
    ///
    /// # Errors
    /// As [`RequestError`] says.
    pub async fn unobserve(&self, producer: ProducerId) -> Result<(), RequestError> {
        self.0.unobserve(producer).await
    }

    /// What it tells from now on.
    pub fn events(&self) -> EventsOf<ActiveSpeakerEvent> {
        EventsOf::new(self.0.held.listen(), |notification| match notification {
            Notification::ActiveSpeaker { producer_id, .. } => Some(ActiveSpeakerEvent(producer_id)),
            _ => None,
        })
    }
}

/// What both have.
struct Observer {
    held: Held,
    id: ObserverId,
}

impl Observer {
    async fn create(link: &Arc<Link>, id: ObserverId, request: Request) -> Result<Self, RequestError> {
        let (held, _) = Held::create(link, EntityId::Observer(id), request).await?;
        Ok(Self { held, id })
    }

    async fn observe(&self, producer_id: ProducerId) -> Result<(), RequestError> {
        self.held.link.ask(Request::ObserveProducer { observer_id: self.id, producer_id }).await
    }

    async fn unobserve(&self, producer_id: ProducerId) -> Result<(), RequestError> {
        self.held.link.ask(Request::UnobserveProducer { observer_id: self.id, producer_id }).await
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.id, f)
    }
}
