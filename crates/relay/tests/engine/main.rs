//! The engine on loopback, asked over real sockets: what coturn's tools and browsers do not try.

mod certificates;
mod client;
mod dtls;
#[path = "../../../turn/tests/world/message.rs"]
#[allow(dead_code, unreachable_pub, reason = "each test uses its part")]
mod message;
mod network;
mod pipes;
mod slow;
mod stage;
mod starting;
