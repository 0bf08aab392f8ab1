//! What signaling needs of the server around it.

use std::future::Future;

use motet_control::TransportStats;
use motet_room::{
    Command, Event, Grants, Identity, Location, ParticipantId, ParticipantName, Peer, Reply, RoomError,
    RoomName,
};
use tokio::sync::mpsc;

use crate::wire::IceServer;

/// The way to the rooms, to whoever verifies tokens, and to the workers' figures. Clones lead to the same.
pub trait Host: Clone + Send + Sync + 'static {
    /// Carries a command out. Commands of one participant are carried out in the order in which they are asked.
    ///
    /// # Errors
    /// As the rooms say; [`RoomError::Stopping`] when there are none any more.
    fn command(&self, command: Command) -> impl Future<Output = Result<Reply, RoomError>> + Send;

    /// Carries [`Command::Join`] out; from then on the participant is told through `events` what happens. A participant
    /// whose channel is full is to be taken out; when the channel closes, the participant is to be taken for dropped.
    ///
    /// # Errors
    /// As [`Host::command`].
    fn enter(
        &self,
        command: Command,
        events: mpsc::Sender<Event>,
    ) -> impl Future<Output = Result<Reply, RoomError>> + Send;

    /// What the bearer of `token` may do in `room`.
    ///
    /// # Errors
    /// Why it may not come in.
    fn admit(&self, token: Option<&str>, room: &RoomName) -> Result<Admission, Denied>;

    /// What a participant's PeerConnections may use on the way, with credentials of its own: asked at each join and resume.
    fn ice_servers(&self, participant_id: ParticipantId) -> Vec<IceServer> {
        let _ = participant_id;
        Vec::new()
    }

    /// Figures of a participant's transports. Those that cannot be had are left out.
    fn stats(&self, location: Location) -> impl Future<Output = Vec<(Peer, TransportStats)>> + Send;
}

/// What a token allows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Admission {
    /// What its bearer may do.
    pub grants: Grants,
    /// Who its bearer is, where it says so.
    pub identity: Option<Identity>,
    /// What its bearer is called, where it says so; it goes before what the client calls itself.
    pub name: Option<ParticipantName>,
}

/// Why somebody may not come in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Denied {
    /// The stable word for programs, such as `tokenExpired`.
    pub reason: &'static str,
    /// For people.
    pub message: String,
}
