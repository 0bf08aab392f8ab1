//! How long to wait before looking again. A system call costs about the same for one datagram as for many, and so does being
//! woken: a thread that is woken often sleeps a moment first, and finds several at once.

use std::time::{Duration, Instant};

/// Wakes in a row, each soon after the one before, after which a thread is busy.
const WAKES_UNTIL_BUSY: u32 = 4;
/// Datagrams that a pause must find to be worth another one: sleeping and being woken costs more than one alone.
const WORTH_A_PAUSE: usize = 2;

/// When a thread pauses.
pub(super) struct Pace {
    pause: Duration,
    woken: Instant,
    soon: u32,
    /// Datagrams received in the turn that ends.
    pub(super) received: usize,
    is_pausing: bool,
}

impl Pace {
    pub(super) fn new(pause: Duration) -> Self {
        Self { pause, woken: Instant::now(), soon: 0, received: 0, is_pausing: false }
    }

    /// How long to wait for news, of `timeout`; sleeps first where that pays.
    pub(super) fn before_wait(&mut self, timeout: Option<Duration>) -> Option<Duration> {
        let received = std::mem::take(&mut self.received);
        if timeout == Some(Duration::ZERO) || self.pause.is_zero() {
            return timeout;
        }
        let now = Instant::now();
        let since = now.saturating_duration_since(std::mem::replace(&mut self.woken, now));
        if self.is_pausing {
            self.is_pausing = received >= WORTH_A_PAUSE;
            self.soon = 0;
        } else {
            // A pause would have found as many as make it worth while.
            let is_soon = received > 0 && since * WORTH_A_PAUSE as u32 <= self.pause;
            self.soon = if is_soon { self.soon + 1 } else { 0 };
            self.is_pausing = self.soon >= WAKES_UNTIL_BUSY;
        }
        if !self.is_pausing {
            return timeout;
        }
        std::thread::sleep(self.pause);
        Some(Duration::ZERO)
    }
}
