//! A socket before it belongs to a session: it may join, resume or ping, and has not long to do so.

use std::sync::Arc;

use motet_room::{Command, Join, LeaveReason, ParticipantName, Reply, ResumeToken, RoomName, ViewIntent};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};

use super::life::{Attachment, Life};
use super::pump::FromSocket;
use super::{Shared, Socket};
use crate::host::Host;
use crate::session::{Close, Session};
use crate::wire::{self, Id, Inbound, JoinParams, Nothing, Request, RpcError, Text};

/// Events that wait for a session. Full means that the host takes the participant out.
const EVENTS_MAX: usize = 1_024;

/// Brings a socket to its session.
pub(super) async fn greet<H: Host>(shared: Arc<Shared<H>>, mut socket: Socket) {
    let deadline = Instant::now() + shared.config.join_timeout;
    loop {
        let inbound = match timeout_at(deadline, socket.inbox.recv()).await {
            Err(_) => return socket.outbox.close(Close::NotJoined),
            Ok(None) => return,
            Ok(Some(FromSocket::Alive(_))) => continue,
            Ok(Some(FromSocket::Message(inbound))) => inbound,
        };
        let Inbound { id, request } = inbound;
        let error = match request {
            Ok(Request::Join(params)) => match join(&shared, &params).await {
                Ok((joined, events)) => {
                    let mut config = shared.config.session.clone();
                    config.ice_servers.extend(shared.host.ice_servers(joined.participant_id));
                    let session = Session::new(id.as_ref(), &params, &joined, config);
                    return Life::new(shared, session, events, socket).run().await;
                }
                Err(error) => error,
            },
            Ok(Request::Resume(params)) => {
                match resume(&shared, params.resume_token.expose(), &id, socket).await {
                    Ok(()) => return,
                    Err((error, kept)) => {
                        socket = kept;
                        error
                    }
                }
            }
            Ok(Request::Ping(_)) => {
                if let Some(id) = &id {
                    let _ = socket.outbox.send(wire::write_result(id, &Nothing {}));
                }
                continue;
            }
            Ok(_) => RpcError::state("notJoined", "join or resume first"),
            Err(error) => error,
        };
        if let Some(id) = &id {
            // A socket that has not joined has nothing waiting that could fill it but answers to itself.
            let _ = socket.outbox.send(wire::write_error(id, &error));
        }
    }
}

type Events = mpsc::Receiver<motet_room::Event>;

async fn join<H: Host>(
    shared: &Shared<H>,
    params: &JoinParams,
) -> Result<(Box<motet_room::Joined>, Events), RpcError> {
    let room = RoomName::new(&params.room)?;
    let admission = shared.host.admit(params.token.as_ref().map(wire::Secret::expose), &room)?;
    let name = match admission.name {
        Some(name) => name,
        None => ParticipantName::new(&params.name)?,
    };
    let join = Join {
        room,
        name,
        identity: admission.identity,
        grants: admission.grants,
        auto_subscribe: params.auto_subscribe.unwrap_or(true),
        topology: params.topology.map(|Text(intent)| intent),
        topologies: params.can(),
        view: params.view.map_or_else(ViewIntent::default, |Text(view)| view),
        codecs: params.known_codecs(),
    };
    let (sender, events) = mpsc::channel(EVENTS_MAX);
    match shared.host.enter(Command::Join(Box::new(join)), sender).await? {
        Reply::Joined(joined) => Ok((joined, events)),
        _ => Err(RpcError::internal()),
    }
}

/// Hands the socket to the session that `token` belongs to, or back with the reason.
async fn resume<H: Host>(
    shared: &Shared<H>,
    token: &str,
    id: &Option<Id>,
    socket: Socket,
) -> Result<(), (RpcError, Socket)> {
    let joined = match shared.host.command(Command::Resume { token: ResumeToken::new(token) }).await {
        Ok(Reply::Joined(joined)) => joined,
        Ok(_) => return Err((RpcError::internal(), socket)),
        Err(error) => return Err((error.into(), socket)),
    };
    let participant_id = joined.participant_id;
    let session = shared.sessions().get(&participant_id).cloned();
    let attachment = Attachment { socket, id: id.clone(), joined };
    let attachment = match session {
        Some(session) => match session.send(attachment).await {
            Ok(()) => return Ok(()),
            Err(mpsc::error::SendError(attachment)) => attachment,
        },
        None => attachment,
    };
    // The rooms know a participant whose session is gone: it can be of no use to anybody.
    tracing::error!(%participant_id, "a participant without a session is taken out");
    let reason = LeaveReason::Misbehaved;
    let _ = shared.host.command(Command::Leave { participant_id, reason }).await;
    Err((motet_room::RoomError::ResumeExpired.into(), attachment.socket))
}
