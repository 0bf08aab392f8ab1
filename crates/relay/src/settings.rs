//! What the owner of a TURN server decides about its sockets and threads.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use motet_dtls::TunnelServer;
use motet_turn::{Settings, SettingsError};

/// Everything about the engine; the protocol's own settings are in `server`.
#[derive(Clone)]
pub struct TurnSettings {
    /// What its threads are called; each gets a number behind it.
    pub name: String,
    /// Users, secrets, quotas, peers, relay addresses and their ports. The addresses of `listen` are added to the peers that are refused.
    pub server: Settings,
    /// Where clients come: each address by UDP and TCP, and by DTLS and TLS where there is a certificate. At least one;
    /// no wildcard, for an answer must leave from the address that was asked. Port 0 takes a free one.
    pub listen: Vec<SocketAddr>,
    /// Threads; each carries its own clients.
    pub threads: usize,
    /// For TLS on the listening addresses; without it a client that begins TLS is sent away.
    pub tls: Option<Arc<rustls::ServerConfig>>,
    /// For DTLS on the listening addresses; without it hellos are dropped.
    pub dtls: Option<TunnelServer>,
    /// How long a busy thread waits for more before it looks again: packets that come meanwhile are received and sent
    /// together, which is what makes them cheap. It is the most that is added to a packet's way, and nothing is added
    /// while packets come rarely.
    pub pause: Duration,
    /// TCP connections of one thread at most, those to peers included, and as many DTLS tunnels.
    pub connections_max: usize,
}

impl TurnSettings {
    /// Short against the 20 ms between two packets of a voice, long against what being woken costs.
    pub const PAUSE: Duration = Duration::from_millis(2);

    /// One thread, on `listen`.
    pub fn new(server: Settings, listen: Vec<SocketAddr>) -> Self {
        Self {
            name: "motet-turn".to_owned(),
            server,
            listen,
            threads: 1,
            tls: None,
            dtls: None,
            pause: Self::PAUSE,
            connections_max: 8_192,
        }
    }
}

/// Why a TURN server did not start. Nothing is left running then.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The protocol's settings make no sense.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// Nowhere to listen, or at a wildcard, or twice at the same address.
    #[error(
        "a TURN server listens on at least one address of this machine, on none twice, and on no wildcard"
    )]
    BadListen,
    /// A listening address cannot be had.
    #[error("cannot listen on {protocol} {addr}: {source}")]
    CannotListen {
        /// UDP or TCP.
        protocol: &'static str,
        /// The address and port.
        addr: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// A relay address is not this machine's.
    #[error("cannot relay from {ip}: {source}")]
    CannotRelay {
        /// The address.
        ip: std::net::IpAddr,
        /// What the system said.
        source: io::Error,
    },
    /// More than can be numbered.
    #[error("{0} threads are too many: 256 at most")]
    TooManyThreads(usize),
    /// The system gives no randomness, thread or poll.
    #[error("the system gives no {what}: {source}")]
    System {
        /// What it does not give.
        what: &'static str,
        /// What it said.
        source: io::Error,
    },
}
