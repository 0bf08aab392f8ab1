//! From the worker's thread to whoever listens: to all subscribers, and to those of one entity.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use motet_control::Notification;
use motet_router::EntityId;
use motet_worker::End;
use tokio::sync::{broadcast, watch};

use crate::events::{Event, Events};

/// Events kept for a subscriber that is behind. Full means that it loses the oldest and is told how many.
const EVENTS_MAX: usize = 4096;
/// Events kept for a listener to one entity. Full means that it loses the oldest.
const EVENTS_OF_ENTITY_MAX: usize = 32;

/// See the module. The worker's thread holds the lock only to hand an event on.
pub(crate) struct News {
    state: Mutex<State>,
    end: watch::Sender<Option<End>>,
}

struct State {
    /// `None` once the worker has ended.
    all: Option<broadcast::Sender<Event>>,
    entities: HashMap<EntityId, broadcast::Sender<Notification>>,
}

impl News {
    pub(crate) fn new() -> Self {
        let (all, _) = broadcast::channel(EVENTS_MAX);
        let (end, _) = watch::channel(None);
        Self { state: Mutex::new(State { all: Some(all), entities: HashMap::new() }), end }
    }

    pub(crate) fn subscribe(&self) -> Events {
        match &self.lock().all {
            Some(all) => Events::open(all.subscribe()),
            None => Events::only_end(self.end.borrow().clone().unwrap_or(End::Stopped)),
        }
    }

    /// From here on, what is told of `entity` is kept for listeners to it.
    pub(crate) fn remember(&self, entity: EntityId) {
        let mut state = self.lock();
        if state.all.is_some() {
            state.entities.insert(entity, broadcast::channel(EVENTS_OF_ENTITY_MAX).0);
        }
    }

    pub(crate) fn forget(&self, entity: EntityId) {
        self.lock().entities.remove(&entity);
    }

    /// `None` once the worker has ended.
    pub(crate) fn listen(&self, entity: EntityId) -> Option<broadcast::Receiver<Notification>> {
        self.lock().entities.get(&entity).map(broadcast::Sender::subscribe)
    }

    /// Hands an event on. Whether anyone listens is nobody's concern.
    pub(crate) fn tell(&self, notification: Notification) {
        let state = self.lock();
        if let Some(listeners) = state.entities.get(&entity_of(&notification)) {
            let _ = listeners.send(notification.clone());
        }
        if let Some(all) = &state.all {
            let _ = all.send(Event::Notification(notification));
        }
    }

    /// The worker has ended: the last event for everyone.
    pub(crate) fn end(&self, end: End) {
        let all = {
            let mut state = self.lock();
            state.entities.clear();
            // Under the lock, so that whoever finds no channel finds the end.
            self.end.send_replace(Some(end.clone()));
            state.all.take()
        };
        if let Some(all) = all {
            let _ = all.send(Event::Ended(end));
        }
    }

    /// Waits for the end.
    pub(crate) async fn ended(&self) -> End {
        let mut end = self.end.subscribe();
        match end.wait_for(Option::is_some).await {
            Ok(known) => known.clone().unwrap_or(End::Stopped),
            // The sender is in `self`.
            Err(_) => End::Stopped,
        }
    }

    /// Nothing panics while the lock is held, so that a poisoned one holds nothing half done.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Of whom a notification tells.
fn entity_of(notification: &Notification) -> EntityId {
    match notification {
        Notification::TransportIce { transport_id, .. }
        | Notification::TransportDtls { transport_id, .. }
        | Notification::TransportQuality { transport_id, .. }
        | Notification::SsrcConflict { transport_id, .. } => EntityId::Transport(*transport_id),
        Notification::ProducerActive { producer_id, .. }
        | Notification::ProducerVideoOrientation { producer_id, .. } => EntityId::Producer(*producer_id),
        Notification::ConsumerClosed { consumer_id } => EntityId::Consumer(*consumer_id),
        Notification::AudioLevels { observer_id, .. } | Notification::ActiveSpeaker { observer_id, .. } => {
            EntityId::Observer(*observer_id)
        }
    }
}
