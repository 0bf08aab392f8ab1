//! What signaling needs of the server around it.

use std::sync::Arc;
use std::time::Duration;

use motet::Worker;
use motet::control::{Request, Response, TransportStats};
use motet_room::{Command, Event, Location, ParticipantId, Peer, Reply, RoomError, RoomName};
use motet_signal::wire::IceServer;
use motet_signal::{Admission, Denied, Host};
use tokio::sync::mpsc;

use crate::access::{Access, Denial, Pass};
use crate::http::unix_now_s;
use crate::rooms_task::RoomsHandle;
use crate::turn::Turn;

/// How long a worker has to tell its figures.
const STATS_TIMEOUT: Duration = Duration::from_secs(1);

/// The rooms, whoever verifies tokens, and the workers. Clones lead to the same.
#[derive(Clone)]
pub(crate) struct Seam {
    pub(crate) rooms: RoomsHandle,
    pub(crate) access: Arc<Access>,
    pub(crate) workers: Arc<[Worker]>,
    pub(crate) turn: Option<Arc<Turn>>,
}

impl Host for Seam {
    async fn command(&self, command: Command) -> Result<Reply, RoomError> {
        self.rooms.command(command).await
    }

    async fn enter(&self, command: Command, events: mpsc::Sender<Event>) -> Result<Reply, RoomError> {
        self.rooms.enter(command, events).await
    }

    fn admit(&self, token: Option<&str>, room: &RoomName) -> Result<Admission, Denied> {
        let denied = |denial: Denial| Denied { reason: denial.reason(), message: denial.to_string() };
        let pass = self.access.admit(token, unix_now_s()).map_err(denied)?;
        if !pass.opens(room.as_str()) {
            return Err(denied(Denial::OtherRoom));
        }
        let Pass { name, identity, grants, .. } = pass;
        Ok(Admission { grants, identity, name })
    }

    fn ice_servers(&self, participant_id: ParticipantId) -> Vec<IceServer> {
        self.turn.as_ref().map(|turn| turn.ice_servers(participant_id)).unwrap_or_default()
    }

    async fn stats(&self, location: Location) -> Vec<(Peer, TransportStats)> {
        let Some(worker) = self.workers.get(location.worker.0) else { return Vec::new() };
        // Asked all at once: one worker answers them in one turn.
        let asked: Vec<_> = location
            .transports
            .iter()
            .map(|(peer, transport_id)| {
                (*peer, worker.send(Request::GetTransportStats { transport_id: *transport_id }))
            })
            .collect();
        let mut stats = Vec::new();
        for (peer, answer) in asked {
            let answer = tokio::time::timeout(STATS_TIMEOUT, answer).await;
            if let Ok(Ok(Response::TransportStats(of))) = answer {
                stats.push((peer, *of));
            }
        }
        stats
    }
}
