//! Room signaling: JSON-RPC 2.0 over one WebSocket a participant, SDP inside (`docs/signaling.md`), so that any WebRTC
//! stack can join.
//!
//! [`Front`] serves the WebSocket. A [`Session`] is one participant's stay: it outlives its sockets, owns both SDP
//! sessions and speaks to the rooms through a [`Host`].

mod front;
mod host;
mod session;
pub mod wire;

pub use front::{Front, FrontConfig};
pub use host::{Admission, Denied, Host};
pub use session::{Close, Output, Session, SessionConfig};
