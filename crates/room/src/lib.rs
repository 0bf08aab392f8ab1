//! Rooms, participants and tracks: a pure state machine. Commands of people and operators go in, requests to workers and
//! events to participants come out. It is told the time, and its dice are seeded from outside.
//!
//! [`Rooms`] is the door; everything else here is a word that goes through it.

mod command;
mod config;
mod error;
mod event;
mod ids;
mod mixing;
mod names;
pub mod policy;
mod random;
mod reply;
mod rooms;
mod topology;

pub use command::{
    AnnouncedTrack, By, Command, ConsumerAnswer, Join, NewRoom, NewTrack, Peer, Place, SentFlow,
};
pub use config::{Clock, Limits, RoomsConfig, WorkerFacts};
pub use error::RoomError;
pub use event::{
    Event, Flow, Grants, LeaveReason, MediaState, MixCell, ParticipantInfo, RoomEnd, RoomInfo, Source,
    Subscription, TrackInfo,
};
pub use ids::{BadId, ParticipantId, ResumeToken, SessionId, TrackId, WorkerIndex};
pub use mixing::{MixSettings, Voice, check_layout};
pub use names::{Identity, ParticipantName, RoomName};
pub use reply::{
    Joined, Location, Reply, ResumedFrom, RoomDetails, TransportFacts, WatchedPerson, WatchedRoom,
};
pub use rooms::{Counts, Decided, Output, Rooms, Subject};
pub use topology::{Heading, Intent, MoveState, PairState, Reason, Topologies, Topology, View, ViewIntent};
