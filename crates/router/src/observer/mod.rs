//! Observers of audio levels: each packet's level is handed to them, and they decide on their own beat.

mod active_speaker;
mod audio_level;
mod requests;

use std::time::{Duration, Instant};

use motet_control::{Notification, ObserverId, ProducerId};

pub(crate) use active_speaker::ActiveSpeaker;
pub(crate) use audio_level::AudioLevels;

use crate::table::{ObserverKey, ProducerKey};
use crate::timers::Alarm;

/// One producer's place at one observer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Listening {
    pub(crate) observer: ObserverKey,
    pub(crate) member: usize,
}

/// One observer.
pub(crate) struct Observer {
    pub(crate) id: ObserverId,
    pub(crate) alarm: Alarm,
    /// The producers that it hears.
    pub(crate) producers: Vec<ProducerKey>,
    interval: Duration,
    next_at: Option<Instant>,
    ear: Ear,
}

/// What it makes of what it hears.
pub(crate) enum Ear {
    Levels(AudioLevels),
    Speaker(Box<ActiveSpeaker>),
}

impl Observer {
    pub(crate) fn new(id: ObserverId, interval: Duration, ear: Ear) -> Self {
        Self { id, alarm: Alarm::default(), producers: Vec::new(), interval, next_at: None, ear }
    }

    /// Begins to hear a producer; answers its place here.
    pub(crate) fn join(&mut self, now: Instant, key: ProducerKey, producer: ProducerId) -> usize {
        self.producers.push(key);
        self.next_at.get_or_insert(now + self.interval);
        match &mut self.ear {
            Ear::Levels(levels) => levels.join(producer),
            Ear::Speaker(speaker) => speaker.join(producer),
        }
    }

    /// Hears a producer no longer.
    pub(crate) fn leave(&mut self, key: ProducerKey, member: usize) {
        self.producers.retain(|known| *known != key);
        if self.producers.is_empty() {
            self.next_at = None;
        }
        match &mut self.ear {
            Ear::Levels(levels) => levels.leave(member),
            Ear::Speaker(speaker) => speaker.leave(member),
        }
    }

    /// A packet with this level came: dBov, -127 to 0.
    pub(crate) fn hear(&mut self, member: usize, dbov: i8) {
        match &mut self.ear {
            Ear::Levels(levels) => levels.hear(member, dbov),
            Ear::Speaker(speaker) => speaker.hear(member, dbov),
        }
    }

    /// The next beat; none while there is nobody to hear.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        self.next_at
    }

    /// Decides at `now`, if its beat has come.
    pub(crate) fn poll(&mut self, now: Instant) -> Option<Notification> {
        let at = self.next_at.filter(|at| *at <= now)?;
        // After a long sleep the beat goes on from the present.
        self.next_at = Some((at + self.interval).max(now));
        let observer_id = self.id;
        match &mut self.ear {
            Ear::Levels(levels) => {
                levels.decide().map(|levels| Notification::AudioLevels { observer_id, levels })
            }
            Ear::Speaker(speaker) => speaker
                .decide(self.interval)
                .map(|producer_id| Notification::ActiveSpeaker { observer_id, producer_id }),
        }
    }
}
