//! Sockets for a loop that passes datagrams on between many of them, as a relay does: each allocation has a port of its own.
//!
//! Where an [`crate::Endpoint`] writes every datagram anew, a relay sends on what came, with a few bytes in front at most. So
//! what is received stays where the kernel put it, in a [`Pool`], and [`Forwards`] remembers which stretch of it leaves by
//! which [`UdpPort`] to whom; one flush sends them all, straight from the pool. A [`Poller`] tells which sockets have news.

mod forwards;
mod poller;
mod pool;
mod stream;
mod table;
mod udp;

pub use forwards::{Forwards, ForwardsFull, PortId};
pub use poller::{News, Poller};
pub use pool::{Datagram, Pool};
pub use stream::{TcpPort, connect_from, listen};
pub use table::Ports;
pub use udp::{IcmpError, PortCounters, PortOptions, UdpPort};
