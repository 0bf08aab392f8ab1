//! The one trait between a worker and the network, and the real network behind it.

use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use motet_control::TransportId;
use motet_ice::{SocketId, Tuple};
use motet_net::Endpoint;

use crate::direct::Directs;
use crate::drop_reason::Drops;

/// All sockets of one worker. A simulation implements it too.
///
/// Everything behind it is bounded: what is received and not yet handed over waits in the system's buffers, what cannot
/// be sent is lost and counted.
pub trait Sockets {
    /// Where to send.
    type Outbox: Outbox;

    /// Hands over what came, up to about `budget` datagrams, and returns whether something may be left. `handle` may change
    /// the bytes that it gets.
    fn receive(
        &mut self,
        now: Instant,
        budget: usize,
        handle: impl FnMut(Tuple, &mut [u8], &mut Self::Outbox),
    ) -> bool;

    /// Where to send outside of [`Self::receive`].
    fn outbox(&mut self) -> &mut Self::Outbox;

    /// Sends what was gathered.
    fn flush(&mut self);

    /// A TCP connection has proved that there is a peer behind it; those that do not are closed some time after they were
    /// opened. Does nothing for UDP.
    fn keep_tuple(&mut self, tuple: Tuple);

    /// Closes a TCP connection; does nothing for UDP.
    fn close_tuple(&mut self, tuple: Tuple);

    /// The next TCP connection that ended, whoever ended it.
    fn poll_closed(&mut self) -> Option<Tuple>;

    /// When [`Self::handle_timeout`] is due.
    fn poll_timeout(&self) -> Option<Instant>;

    /// Does what is due.
    fn handle_timeout(&mut self, now: Instant);

    /// The bound address of a socket; `None` for a connection that has ended.
    fn local_addr(&self, socket: SocketId) -> Option<SocketAddr>;

    /// Totals so far.
    fn counters(&self) -> SocketCounters;
}

/// Where a worker sends.
pub trait Outbox {
    /// Sends one datagram, or over TCP one frame, to `to`. `fill` gets `len_max` bytes with arbitrary content and returns how
    /// many it wrote at their front; 0 sends nothing. Where nothing can be sent `fill` need not be called.
    fn send(&mut self, to: Tuple, len_max: usize, fill: impl FnOnce(&mut [u8]) -> usize);
}

/// What a worker's thread sleeps on.
pub trait Sleep {
    /// Sleeps until something comes, `timeout` passes or the worker is woken; not at all while something waits.
    ///
    /// # Errors
    /// Where nothing will come any more: the worker ends.
    fn wait(&mut self, timeout: Option<Duration>) -> io::Result<()>;
}

/// Totals over all sockets, for [`motet_control::WorkerStats`].
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SocketCounters {
    /// Datagrams and frames that came.
    pub received_packets: u64,
    /// Their bytes.
    pub received_bytes: u64,
    /// Datagrams and frames that went.
    pub sent_packets: u64,
    /// Their bytes.
    pub sent_bytes: u64,
    /// TCP connections that are open.
    pub tcp_connections: usize,
    /// What was refused, by reason.
    pub drops: Vec<(&'static str, u64)>,
}

impl Sockets for Endpoint {
    type Outbox = motet_net::Outbox;

    fn receive(
        &mut self,
        now: Instant,
        budget: usize,
        handle: impl FnMut(Tuple, &mut [u8], &mut Self::Outbox),
    ) -> bool {
        Endpoint::receive(self, now, budget, handle)
    }

    fn outbox(&mut self) -> &mut Self::Outbox {
        Endpoint::outbox(self)
    }

    fn flush(&mut self) {
        Endpoint::flush(self);
    }

    fn keep_tuple(&mut self, tuple: Tuple) {
        Endpoint::keep_tuple(self, tuple);
    }

    fn close_tuple(&mut self, tuple: Tuple) {
        Endpoint::close_tuple(self, tuple);
    }

    fn poll_closed(&mut self) -> Option<Tuple> {
        Endpoint::poll_closed(self)
    }

    fn poll_timeout(&self) -> Option<Instant> {
        Endpoint::poll_timeout(self)
    }

    fn handle_timeout(&mut self, now: Instant) {
        Endpoint::handle_timeout(self, now);
    }

    fn local_addr(&self, socket: SocketId) -> Option<SocketAddr> {
        Endpoint::local_addr(self, socket)
    }

    fn counters(&self) -> SocketCounters {
        let counters = Endpoint::counters(self);
        let named = |reason: motet_net::DropReason| (reason.as_str(), counters.dropped(reason));
        SocketCounters {
            received_packets: counters.received_packets,
            received_bytes: counters.received_bytes,
            sent_packets: counters.sent_packets,
            sent_bytes: counters.sent_bytes,
            tcp_connections: self.tcp_connections(),
            drops: motet_net::DropReason::ALL
                .into_iter()
                .map(named)
                .filter(|(_, count)| *count > 0)
                .collect(),
        }
    }
}

impl Outbox for motet_net::Outbox {
    fn send(&mut self, to: Tuple, len_max: usize, fill: impl FnOnce(&mut [u8]) -> usize) {
        motet_net::Outbox::send(self, to, len_max, fill);
    }
}

impl Sleep for Endpoint {
    fn wait(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        Endpoint::wait(self, timeout)
    }
}

/// All ways out as a router sees them.
pub(crate) struct Exit<'a, O> {
    pub(crate) outbox: &'a mut O,
    pub(crate) directs: &'a mut Directs,
    pub(crate) drops: &'a mut Drops,
}

impl<O: Outbox> motet_router::Egress for Exit<'_, O> {
    fn send(&mut self, to: Tuple, len_max: usize, fill: impl FnOnce(&mut [u8]) -> usize) {
        self.outbox.send(to, len_max, fill);
    }

    fn send_direct(&mut self, to: TransportId, len_max: usize, fill: impl FnOnce(&mut [u8]) -> usize) {
        self.directs.send(to, len_max, fill, self.drops);
    }
}
