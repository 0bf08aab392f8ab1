//! The TURN server, inside `motet` and alone.

mod alone;
mod cli;
mod door;
mod identity;
mod inside;

pub use alone::{credentials, serve};
pub use cli::command;

pub(crate) use alone::{port_range, secret, user};
pub(crate) use door::TurnDoor;
pub(crate) use identity::Identity;
pub(crate) use inside::Turn;
pub use inside::TurnError;

/// What clients call TURN in TLS (RFC 7443).
pub(crate) const ALPN_TURN: &[u8] = b"stun.turn";
