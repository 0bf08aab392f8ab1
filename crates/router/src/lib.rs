//! Media in, media out: routers with their transports, producers, consumers and observers of audio levels.
//! Datagrams, requests and the time go in; sealed packets, notifications and routes come out. No socket, no clock.

mod clock;
mod consumer;
mod drop_reason;
mod egress;
mod observer;
mod producer;
mod random;
mod route;
mod router;
mod table;
mod timers;
mod totals;
mod transport;

pub use drop_reason::DropReason;
pub use egress::Egress;
pub use route::{EntityId, RouteChange};
pub use router::{Router, Setup};
pub use totals::Totals;
