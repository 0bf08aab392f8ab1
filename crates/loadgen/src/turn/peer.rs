//! The peer of all clients, on a thread of its own or on theirs.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use motet_net::ports::{Forwards, Poller, Pool, PortCounters, PortId, PortOptions, Ports, UdpPort};

use crate::told::Failure;

/// How clients and peer learn that something came.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Awaiting {
    /// One thread looks all the time.
    Looking,
    /// A thread of clients and one of the peer sleep until they are woken, which costs the server.
    Woken,
}

/// The peer of all: sends everything back.
pub(super) struct Echo {
    pub(super) addr: SocketAddr,
    id: PortId,
    ports: Ports,
    poller: Poller,
    pool: Pool,
    forwards: Forwards,
    counters: PortCounters,
}

impl Echo {
    pub(super) fn open(server: SocketAddr) -> Result<Self, Failure> {
        let options = PortOptions { is_shared: false, buffer_bytes: Some(8 << 20) };
        let port = UdpPort::open(SocketAddr::new(server.ip(), 0), options)?;
        let (addr, poller, mut ports) = (port.local_addr(), Poller::new()?, Ports::default());
        poller.watch(&port, 0)?;
        let id = ports.insert(port);
        let (pool, forwards, counters) = (Pool::new(), Forwards::apart(), PortCounters::default());
        Ok(Self { addr, id, ports, poller, pool, forwards, counters })
    }

    fn turn(&mut self, timeout: Duration) -> std::io::Result<()> {
        let mut may_have_more = false;
        self.poller.wait(Some(timeout), |_| may_have_more = true)?;
        while may_have_more {
            let Some(port) = self.ports.get(self.id) else { return Ok(()) };
            let (id, forwards) = (self.id, &mut self.forwards);
            let received = self.pool.receive(port, true, &mut self.counters, |_, datagram| {
                let _ = forwards.push(id, datagram.from, &[], datagram.range, 0);
            });
            may_have_more = received.unwrap_or(false);
            self.forwards.flush(&self.pool, &mut self.ports, &mut self.counters);
            self.pool.clear();
        }
        Ok(())
    }
}

/// Who has the peer's turns.
pub(super) enum Peer {
    Beside { is_over: Arc<AtomicBool>, thread: JoinHandle<()> },
    Among(Box<Echo>),
}

impl Peer {
    pub(super) fn start(mut echo: Echo, awaiting: Awaiting) -> Self {
        if awaiting == Awaiting::Looking {
            return Self::Among(Box::new(echo));
        }
        let is_over = Arc::new(AtomicBool::new(false));
        let ends = Arc::clone(&is_over);
        let thread = std::thread::spawn(move || {
            while !ends.load(Ordering::Relaxed) && echo.turn(Duration::from_millis(50)).is_ok() {}
        });
        Self::Beside { is_over, thread }
    }

    /// Takes a turn if it is the caller who has to; how long the caller may wait afterwards, of `timeout`.
    pub(super) fn turn_before(&mut self, timeout: Duration) -> std::io::Result<Duration> {
        match self {
            Self::Beside { .. } => Ok(timeout),
            Self::Among(echo) => echo.turn(Duration::ZERO).map(|()| Duration::ZERO),
        }
    }

    pub(super) fn stop(self) {
        if let Self::Beside { is_over, thread } = self {
            is_over.store(true, Ordering::Relaxed);
            let _ = thread.join();
        }
    }
}
