//! Requests about observers.

use std::time::{Duration, Instant};

use motet_control::{MediaKind, ObserverId, ProducerId, Refusal, Response};

use super::{ActiveSpeaker, AudioLevels, Ear, Listening, Observer};
use crate::route::{EntityId, RouteChange};
use crate::router::Router;
use crate::table::ObserverKey;
use crate::timers::Sleeper;

/// Observers of one producer: a room has two.
const LISTENERS_MAX: usize = 16;

impl Router {
    pub(crate) fn create_audio_level_observer(
        &mut self,
        id: ObserverId,
        entries_max: usize,
        threshold_dbov: i8,
        interval_ms: u32,
    ) -> Result<Response, Refusal> {
        check_interval(interval_ms, 250)?;
        if entries_max == 0 {
            return Err(Refusal::BadParameter("an observer tells at least one entry".into()));
        }
        if !(-127..=0).contains(&threshold_dbov) {
            return Err(Refusal::BadParameter("a threshold is -127 to 0 dBov".into()));
        }
        let interval = Duration::from_millis(u64::from(interval_ms));
        let ear = Ear::Levels(AudioLevels::new(entries_max, threshold_dbov, interval));
        self.create_observer(id, interval, ear)
    }

    pub(crate) fn create_active_speaker_observer(
        &mut self,
        id: ObserverId,
        interval_ms: u32,
    ) -> Result<Response, Refusal> {
        check_interval(interval_ms, 100)?;
        let interval = Duration::from_millis(u64::from(interval_ms));
        self.create_observer(id, interval, Ear::Speaker(Box::new(ActiveSpeaker::new())))
    }

    fn create_observer(&mut self, id: ObserverId, interval: Duration, ear: Ear) -> Result<Response, Refusal> {
        self.observers.check_free(id)?;
        self.observers.insert(id, Observer::new(id, interval, ear));
        self.routes.push_back(RouteChange::AddEntity(EntityId::Observer(id)));
        Ok(Response::Done)
    }

    pub(crate) fn observe_producer(
        &mut self,
        now: Instant,
        observer_id: ObserverId,
        producer_id: ProducerId,
    ) -> Result<Response, Refusal> {
        let observer = self.observers.find(observer_id)?;
        let key = self.producers.find(producer_id)?;
        let producer = &mut self.producers[key];
        if producer.kind != MediaKind::Audio {
            return Err(Refusal::BadParameter(format!("producer {producer_id} is not audio")));
        }
        if producer.listeners.iter().any(|listening| listening.observer == observer) {
            return Err(Refusal::BadState(format!(
                "observer {observer_id} observes producer {producer_id} already"
            )));
        }
        if producer.listeners.len() == LISTENERS_MAX {
            return Err(Refusal::LimitReached(format!("a producer has at most {LISTENERS_MAX} observers")));
        }
        let member = self.observers[observer].join(now, key, producer_id);
        producer.listeners.push(Listening { observer, member });
        self.rearm_observer(observer);
        Ok(Response::Done)
    }

    pub(crate) fn unobserve_producer(
        &mut self,
        observer_id: ObserverId,
        producer_id: ProducerId,
    ) -> Result<Response, Refusal> {
        let observer = self.observers.find(observer_id)?;
        let key = self.producers.find(producer_id)?;
        let listeners = &mut self.producers[key].listeners;
        let Some(place) = listeners.iter().position(|listening| listening.observer == observer) else {
            return Err(Refusal::BadState(format!(
                "observer {observer_id} does not observe producer {producer_id}"
            )));
        };
        let listening = listeners.swap_remove(place);
        self.observers[observer].leave(key, listening.member);
        Ok(Response::Done)
    }

    pub(crate) fn close_observer(&mut self, id: ObserverId) -> Result<Response, Refusal> {
        let key = self.observers.find(id)?;
        if let Some(mut observer) = self.observers.remove(id) {
            self.timers.disarm(Sleeper::Observer(key), &mut observer.alarm);
            for producer in observer.producers {
                self.producers[producer].listeners.retain(|listening| listening.observer != key);
            }
        }
        self.routes.push_back(RouteChange::RemoveEntity(EntityId::Observer(id)));
        Ok(Response::Done)
    }

    /// Has an observer decide.
    pub(crate) fn wake_observer(&mut self, now: Instant, key: ObserverKey) {
        if let Some(notification) = self.observers[key].poll(now) {
            self.notify(notification);
        }
    }

    pub(crate) fn rearm_observer(&mut self, key: ObserverKey) {
        let observer = &mut self.observers[key];
        let at = observer.poll_timeout();
        self.timers.wake_by(Sleeper::Observer(key), &mut observer.alarm, at);
    }
}

fn check_interval(interval_ms: u32, min_ms: u32) -> Result<(), Refusal> {
    if (min_ms..=5_000).contains(&interval_ms) {
        Ok(())
    } else {
        Err(Refusal::BadParameter(format!("an observer's interval is {min_ms} to 5000 ms")))
    }
}
