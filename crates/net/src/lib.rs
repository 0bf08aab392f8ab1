//! The sockets of one worker: one UDP and one TCP port on every address that it listens on.
//!
//! UDP is received in batches with GRO and sent in batches with GSO, because on the path of a packet the system call is
//! what costs. TCP carries the same datagrams framed by RFC 4571, for peers whose network lets no UDP through.
//! An [`Endpoint`] owns all of it and is driven by one thread:
//!
//! 1. [`Endpoint::wait`] sleeps until something comes, a timeout passes or a [`Waker`] is used.
//! 2. [`Endpoint::receive`] hands over what came, datagram by datagram; answers go into the [`Outbox`] it passes along.
//! 3. [`Endpoint::handle_timeout`] ends TCP connections that waste their time.
//! 4. [`Endpoint::poll_closed`] tells the TCP connections that ended.
//! 5. [`Endpoint::flush`] sends what the outbox has gathered.

mod batch;
mod bind;
mod counters;
mod endpoint;
mod memory;
mod outbox;
pub mod ports;
mod priority;
mod sys;
mod tcp;
mod waker;

pub use bind::{BindError, EndpointSettings};
pub use counters::{Counters, DropReason};
pub use endpoint::Endpoint;
pub use memory::{give_back_memory, spare_little_memory};
pub use outbox::Outbox;
pub use priority::{ThreadTimes, give_way, take_what_is_left};
pub use tcp::TcpLimits;
pub use waker::Waker;

/// The largest datagram or frame that is sent, in bytes: what fits IPv4's 16-bit length with its headers.
pub const DATAGRAM_MAX_BYTES: usize = 65_507;
