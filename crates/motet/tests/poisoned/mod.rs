//! Sockets on which nothing comes, and which panic or fail when told to.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant};

use motet::{Worker, WorkerSettings};
use motet_ice::{SocketId, Tuple};
use motet_worker::{Outbox, Sleep, SocketCounters, Sockets};

const SOUND: u8 = 0;
const PANICS: u8 = 1;
const FAILS: u8 = 2;

/// Decides what becomes of the worker.
pub(crate) struct Poison {
    state: Arc<AtomicU8>,
    wake: std::sync::mpsc::SyncSender<()>,
}

impl Poison {
    /// The worker's next turn panics.
    pub(crate) fn panic(&self) {
        self.turn_into(PANICS);
    }

    /// The worker's next sleep fails.
    pub(crate) fn fail(&self) {
        self.turn_into(FAILS);
    }

    fn turn_into(&self, state: u8) {
        self.state.store(state, Ordering::SeqCst);
        let _ = self.wake.try_send(());
    }
}

/// A worker on such sockets.
pub(crate) fn worker() -> (Worker, Poison) {
    let (wake, woken) = sync_channel(1);
    let state = Arc::new(AtomicU8::new(SOUND));
    let sockets = Poisoned { state: Arc::clone(&state), woken, nowhere: Nowhere };
    let poison = Poison { state, wake: wake.clone() };
    let wake = move || {
        // A wake that waits already is enough.
        let _ = wake.try_send(());
    };
    (Worker::start_on(WorkerSettings::default(), sockets, &[], wake).unwrap(), poison)
}

struct Poisoned {
    state: Arc<AtomicU8>,
    woken: Receiver<()>,
    nowhere: Nowhere,
}

impl Sleep for Poisoned {
    fn wait(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        match self.woken.recv_timeout(timeout.unwrap_or(Duration::from_secs(60))) {
            Ok(()) | Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Err(io::ErrorKind::BrokenPipe.into()),
        }
        if self.state.load(Ordering::SeqCst) == FAILS {
            return Err(io::Error::other("the poll broke"));
        }
        Ok(())
    }
}

impl Sockets for Poisoned {
    type Outbox = Nowhere;

    fn receive(&mut self, _: Instant, _: usize, _: impl FnMut(Tuple, &mut [u8], &mut Nowhere)) -> bool {
        assert!(self.state.load(Ordering::SeqCst) != PANICS, "poisoned");
        false
    }

    fn outbox(&mut self) -> &mut Nowhere {
        &mut self.nowhere
    }

    fn flush(&mut self) {}

    fn keep_tuple(&mut self, _: Tuple) {}

    fn close_tuple(&mut self, _: Tuple) {}

    fn poll_closed(&mut self) -> Option<Tuple> {
        None
    }

    fn poll_timeout(&self) -> Option<Instant> {
        None
    }

    fn handle_timeout(&mut self, _: Instant) {}

    fn local_addr(&self, _: SocketId) -> Option<SocketAddr> {
        None
    }

    fn counters(&self) -> SocketCounters {
        SocketCounters::default()
    }
}

struct Nowhere;

impl Outbox for Nowhere {
    fn send(&mut self, _: Tuple, _: usize, _: impl FnOnce(&mut [u8]) -> usize) {}
}
