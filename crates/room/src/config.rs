//! What the owner of the rooms decides: limits and grace times. And what rooms must be told about the world.

use std::time::{Duration, Instant};

use motet_control::{Fingerprint, IceCandidate};

use crate::mixing::MixSettings;
use crate::topology::Intent;

/// How rooms behave.
#[derive(Clone, PartialEq, Debug)]
pub struct RoomsConfig {
    /// What is bounded, and by how much.
    pub limits: Limits,
    /// Whether a join makes a room that does not exist.
    pub create_on_join: bool,
    /// How long a room without people stays.
    pub empty_grace: Duration,
    /// How long a participant whose socket dropped keeps place and media.
    pub resume_grace: Duration,
    /// What a room shall be where nobody says otherwise.
    pub topology: Intent,
    /// How long two people of a mesh may take to be connected.
    pub mesh_connect_timeout: Duration,
    /// How long a move waits for a client.
    pub settle_timeout: Duration,
    /// How a room is mixed where nobody says otherwise.
    pub mix: MixSettings,
    /// What time it is.
    pub clock: Clock,
}

impl RoomsConfig {
    /// The defaults, at `clock`.
    pub fn new(clock: Clock) -> Self {
        Self {
            limits: Limits::default(),
            create_on_join: true,
            empty_grace: Duration::from_secs(60),
            resume_grace: Duration::from_secs(30),
            topology: Intent::Auto,
            mesh_connect_timeout: Duration::from_secs(5),
            settle_timeout: Duration::from_secs(10),
            mix: MixSettings::default(),
            clock,
        }
    }
}

/// What is bounded. Full means that the one who asks for more is refused and nobody else notices.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Rooms on this server.
    pub rooms_max: usize,
    /// People in one room; a room may be made with fewer.
    pub participants_max: usize,
    /// Tracks that one participant publishes at a time.
    pub tracks_max: usize,
    /// Tracks that one participant receives at a time; an offer has one media section for each.
    pub subscriptions_max: usize,
    /// Length of a chat text in bytes.
    pub chat_bytes_max: usize,
    /// People in a mesh: each sends to each other one, and homes upload slowly. 0: there are no meshes.
    pub mesh_people_max: usize,
    /// People in a mesh that the policy makes by itself.
    pub auto_mesh_people_max: usize,
    /// Rooms of this server that are mixed at a time: each takes a good part of a core. 0: none.
    pub mixers_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            rooms_max: 1_000,
            participants_max: 100,
            tracks_max: 8,
            subscriptions_max: 400,
            chat_bytes_max: 4_096,
            mesh_people_max: 6,
            auto_mesh_people_max: 2,
            mixers_max: 8,
        }
    }
}

/// One moment on two clocks, so that instants can be told as dates.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Clock {
    /// The moment on the clock that every `now` is read from.
    pub instant: Instant,
    /// The same moment since 1970-01-01.
    pub since_unix_epoch: Duration,
}

impl Clock {
    /// `now` in milliseconds since 1970-01-01.
    pub fn unix_ms(&self, now: Instant) -> u64 {
        let since = self.since_unix_epoch + now.saturating_duration_since(self.instant);
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    }
}

/// What peers must know of a worker to reach it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WorkerFacts {
    /// Where peers may send to, best first.
    pub candidates: Vec<IceCandidate>,
    /// The worker's DTLS fingerprints.
    pub fingerprints: Vec<Fingerprint>,
}
