//! The ICE-lite responder (RFC 8445 sections 2.5, 6, 7.3 and 8.2): connectivity checks in, answers and the selected
//! tuple out. It always is the controlled side, sends no checks of its own, and is told the time.

mod agent;
mod error;
mod peek;
mod tuple;

pub use agent::{Event, IceLite};
pub use error::IceError;
pub use peek::{Check, peek_check};
pub use tuple::{SocketId, Tuple};
