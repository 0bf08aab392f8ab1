//! Rooms, participants and tracks: a pure state machine. Commands of people and operators go in, requests to workers and
//! events to participants come out. It is told the time, and its dice are seeded from outside.
//!
//! [`Rooms`] is the door; everything else here is a word that goes through it.

mod command;
mod config;
mod error;
mod event;
mod ids;
mod names;
mod random;
mod rooms;

pub use command::{
    By, Command, Joined, Location, NewRoom, NewTrack, Peer, Reply, RoomDetails, TransportFacts,
};
pub use command::{ConsumerAnswer, Join, ResumedFrom};
pub use config::{Clock, Limits, RoomsConfig, WorkerFacts};
pub use error::RoomError;
pub use event::{
    Event, Grants, LeaveReason, MediaState, ParticipantInfo, RoomEnd, RoomInfo, Source, Subscription,
    Topology, TrackInfo,
};
pub use ids::{BadId, ParticipantId, ResumeToken, SessionId, TrackId, WorkerIndex};
pub use names::{Identity, ParticipantName, RoomName};
pub use rooms::{Counts, Output, Rooms, Subject};
