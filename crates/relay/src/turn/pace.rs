//! How long to wait before looking again. A system call costs about the same for one datagram as for many, and so does being
//! woken: a thread that is woken often sleeps a moment first, and finds several at once.

use std::time::{Duration, Instant};

/// Wakes in a row, each soon after the one before, after which a thread is busy.
const WAKES_UNTIL_BUSY: u32 = 4;
/// Soon: within so many pauses.
const SOON_PAUSES: u32 = 2;

/// When a thread pauses.
pub(super) struct Pace {
    pause: Duration,
    woken: Instant,
    soon: u32,
    /// Something was received in the turn that ends.
    pub(super) has_received: bool,
    is_pausing: bool,
}

impl Pace {
    pub(super) fn new(pause: Duration) -> Self {
        Self { pause, woken: Instant::now(), soon: 0, has_received: false, is_pausing: false }
    }

    /// How long to wait for news, of `timeout`; sleeps first where that pays.
    pub(super) fn before_wait(&mut self, timeout: Option<Duration>) -> Option<Duration> {
        let has_received = std::mem::take(&mut self.has_received);
        if timeout == Some(Duration::ZERO) || self.pause.is_zero() {
            return timeout;
        }
        let now = Instant::now();
        let since = now.saturating_duration_since(self.woken);
        if !has_received {
            // A pause that found nothing: wait for whatever comes next.
            self.is_pausing = false;
            self.woken = now;
            return timeout;
        }
        let is_soon = since < self.pause * SOON_PAUSES;
        self.soon = if is_soon || self.is_pausing { self.soon.saturating_add(1) } else { 0 };
        self.is_pausing = self.soon >= WAKES_UNTIL_BUSY && since < self.pause * SOON_PAUSES * 4;
        self.woken = now;
        if !self.is_pausing {
            return timeout;
        }
        std::thread::sleep(self.pause);
        Some(Duration::ZERO)
    }
}
