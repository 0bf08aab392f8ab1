//! The TURN server, inside `motet` and alone.

mod alone;
mod cli;
mod identity;

pub use alone::{credentials, serve};
pub use cli::command;

pub(crate) use identity::Identity;

/// What clients call TURN in TLS (RFC 7443).
pub(crate) const ALPN_TURN: &[u8] = b"stun.turn";
