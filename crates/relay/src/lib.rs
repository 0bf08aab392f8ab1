//! The TURN server's engine: what `motet-turn` decides, carried out on sockets by threads of its own.
//!
//! Each thread owns a loop ([`turn`]) with a [`motet_turn::Server`], a share of the listening sockets, of the clients and of
//! the relay's ports. The kernel gives each client to one thread and keeps it there (SO_REUSEPORT), so that threads share
//! nothing on the way of a packet.
//!
//! Every listening address speaks all four: UDP and DTLS, TCP and TLS. What a client means is in its first byte.

mod counters;
mod identity;
mod mailbox;
mod relays;
mod server;
mod settings;
mod spare;
mod start;
mod stream;
mod turn;

pub use counters::{EngineDrop, TurnCounters};
pub use motet_dtls::TunnelServer;
pub use motet_net::spare_little_memory;
pub use motet_turn as protocol;
pub use server::TurnServer;
pub use settings::{StartError, TurnSettings};
