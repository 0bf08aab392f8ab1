//! A real server on free ports, asked over real sockets.

mod api;
mod api_access;
mod binary;
mod client;
mod health;
mod openapi;
mod people;
mod person;
mod stage;
mod stopping;
mod tls;
mod topologies;
mod turn_door;
mod turn_reload;
mod turn_start;
mod web;

// What the TURN engine's own tests speak with.
#[path = "../../../turn/tests/world/message.rs"]
#[allow(dead_code, unreachable_pub, reason = "each test uses its part")]
mod message;
#[path = "../../../relay/tests/engine/pipes.rs"]
#[allow(dead_code, reason = "each test uses its part")]
mod pipes;
#[path = "../../../relay/tests/engine/client.rs"]
#[allow(dead_code, reason = "each test uses its part")]
mod turn_client;
