//! The ICE-lite responder (RFC 8445 sections 2.5, 6, 7.3 and 8.2): connectivity checks in, answers and the selected
//! tuple out. It always is the controlled side, sends no checks of its own, and is told the time.

mod agent;
mod answer;
mod check;
mod error;
mod event;
mod generation;
mod paths;
mod peek;
mod seen;
mod tuple;

pub use agent::IceLite;
pub use error::IceError;
pub use event::Event;
pub use peek::{Check, peek_check};
pub use tuple::{SocketId, Tuple};
