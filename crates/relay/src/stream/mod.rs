//! TCP connections: those of clients, plain or inside TLS, and those between relayed addresses and peers (RFC 6062).

mod io;
mod output;
mod table;

pub(crate) use io::{Handed, Stream};
pub(crate) use table::{StreamId, Streams};

use motet_turn::{ClientSocket, ConnectionId};

/// Whose connection it is, and how far it has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Role {
    /// A client that has said nothing: its first byte tells plain from TLS.
    Opening(ClientSocket),
    /// A client's, for messages.
    Client(ClientSocket),
    /// A client's, joined with a connection to a peer: bytes pass as they are.
    Data(ConnectionId, StreamId),
    /// To a peer, on its way.
    Connecting(ConnectionId),
    /// To or from a peer; no client has asked for it yet, so nothing is read.
    Waiting(ConnectionId),
    /// To or from a peer, joined with a client's.
    Peer(ConnectionId, StreamId),
    /// Nobody's any more: what is queued is written, then it is closed.
    Ending,
}

impl Role {
    /// The client whose messages it carries.
    pub(crate) fn client(self) -> Option<ClientSocket> {
        match self {
            Self::Opening(client) | Self::Client(client) => Some(client),
            _ => None,
        }
    }

    /// What it is called between the server and the engine, where a peer is at either end.
    pub(crate) fn connection(self) -> Option<ConnectionId> {
        match self {
            Self::Data(connection, _)
            | Self::Connecting(connection)
            | Self::Waiting(connection)
            | Self::Peer(connection, _) => Some(connection),
            _ => None,
        }
    }

    /// The other half of what it is joined with.
    pub(crate) fn other(self) -> Option<StreamId> {
        match self {
            Self::Data(_, other) | Self::Peer(_, other) => Some(other),
            _ => None,
        }
    }
}
