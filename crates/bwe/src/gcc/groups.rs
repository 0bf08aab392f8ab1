//! Groups of packets that were sent together, and how far apart groups were sent and came.

use std::time::{Duration, Instant};

/// How far two groups that followed each other lay apart, in milliseconds.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Spacing {
    pub(crate) sent_ms: f64,
    pub(crate) came_ms: f64,
}

/// The two newest groups.
#[derive(Default, Debug)]
pub(crate) struct Groups {
    current: Option<Group>,
    before: Option<Group>,
}

#[derive(Clone, Copy, Debug)]
struct Group {
    first_sent: SendTime,
    last_sent: SendTime,
    first_came: Instant,
    last_came: Instant,
}

/// A moment on the sender's clock: 24 bits of 1/2^18 s, which wrap each 64 s.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct SendTime(pub(crate) u32);

/// Packets sent within so long of a group's first belong to it.
const SENT_TOGETHER_MS: f64 = 5.0;
/// Packets that come within so long of each other, closer than they were sent, were held up somewhere and let go together:
/// one group, up to the second limit.
const BURST: Duration = Duration::from_millis(5);
const BURST_MAX: Duration = Duration::from_millis(100);
/// Groups further apart say nothing about a queue.
const APART_MS_MAX: f64 = 3_000.0;

impl SendTime {
    /// The moment so long after the zero of the sender's clock.
    pub(crate) fn new(elapsed: Duration) -> Self {
        let ticks = ((elapsed.as_micros() as u64) << 18) / 1_000_000;
        Self((ticks & 0xff_ffff) as u32)
    }

    fn ms_since(self, earlier: Self) -> f64 {
        // Sign-extends the 24-bit difference.
        let ticks = (self.0.wrapping_sub(earlier.0) << 8).cast_signed() >> 8;
        f64::from(ticks) * 1_000.0 / f64::from(1 << 18)
    }
}

impl Groups {
    /// Takes a packet; where it starts a group, tells how the two groups before it are spaced.
    pub(crate) fn handle_arrival(&mut self, now: Instant, sent: SendTime) -> Option<Spacing> {
        let Some(current) = &mut self.current else {
            self.current = Some(Group::new(now, sent));
            return None;
        };
        if sent.ms_since(current.first_sent) < 0.0 {
            return None;
        }
        if current.takes(now, sent) {
            current.last_came = now;
            if sent.ms_since(current.last_sent) > 0.0 {
                current.last_sent = sent;
            }
            return None;
        }
        let complete = self.current.replace(Group::new(now, sent))?;
        let before = self.before.replace(complete)?;
        let spacing = complete.spacing_since(&before);
        (spacing.came_ms < APART_MS_MAX && spacing.sent_ms < APART_MS_MAX).then_some(spacing)
    }
}

impl Group {
    const fn new(now: Instant, sent: SendTime) -> Self {
        Self { first_sent: sent, last_sent: sent, first_came: now, last_came: now }
    }

    fn takes(&self, now: Instant, sent: SendTime) -> bool {
        if sent.ms_since(self.first_sent) <= SENT_TOGETHER_MS {
            return true;
        }
        let gap = now.duration_since(self.last_came);
        let is_closer_than_sent = gap.as_secs_f64() * 1_000.0 < sent.ms_since(self.last_sent);
        gap <= BURST && is_closer_than_sent && now.duration_since(self.first_came) < BURST_MAX
    }

    fn spacing_since(&self, before: &Self) -> Spacing {
        Spacing {
            sent_ms: self.last_sent.ms_since(before.last_sent),
            came_ms: self.last_came.duration_since(before.last_came).as_secs_f64() * 1_000.0,
        }
    }
}
