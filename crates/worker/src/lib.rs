//! One worker: one thread, one loop, all the routers that it was asked to open.
//!
//! [`Worker`] is the loop's body. It owns no clock, is told `now`, and reaches the network through [`Sockets`] only, so that
//! a simulation drives the same code as the thread that [`spawn`] starts. Its doors, in the order of a turn:
//!
//! 1. [`Worker::handle_request`] for each request that waits, [`Worker::attach`] for each program,
//! 2. [`Worker::turn`]: receive from peers and programs, timers, ended connections, notifications, send,
//! 3. [`Worker::poll_notification`] until it has no more,
//! 4. [`Worker::poll_timeout`]: sleep until then, or until something comes.

mod candidates;
mod demux;
mod direct;
mod drop_reason;
mod mailbox;
mod notifications;
mod requests;
mod routers;
mod run;
mod sockets;
mod stats;
mod timers;
mod worker;

pub use candidates::{Listener, candidates};
pub use direct::{DirectEnd, DirectReceiver, DirectSender, Packet, direct_pipe};
pub use drop_reason::DropReason;
pub use mailbox::{Answer, Mailbox, Post, PostError, PostOffice, mailbox};
pub use run::{End, spawn};
pub use sockets::{Outbox, Sleep, SocketCounters, Sockets};
pub use worker::{Setup, Worker};
