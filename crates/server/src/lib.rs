//! The server around the rooms: configuration, access, HTTP, metrics, workers, start and stop.

pub mod access;
pub mod cli;
pub mod commands;
pub mod config;
mod connections;
mod flows;
mod http;
pub mod logging;
mod media;
mod opening;
mod rooms_task;
mod serve;
mod signaling;
mod tls;
pub mod turn;
mod writing;

#[cfg(test)]
mod testing;

pub use http::openapi;
pub use media::MediaError;
pub use serve::{Server, StartError};
pub use tls::TlsError;
pub use turn::TurnError;
