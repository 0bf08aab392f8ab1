//! How long to wait before looking again. A system call costs about the same for one datagram as for many, and so does being
//! woken: a thread that is woken often sleeps a moment first, and finds several at once.

use std::time::{Duration, Instant};

/// Wakes in a row, each soon after the one before, after which a thread is busy.
const WAKES_UNTIL_BUSY: u32 = 4;
/// How long no pause is tried after one that found too little, and at most, as it doubles each time: a client that waits for
/// each answer before it asks again is not made to wait for others who do not come.
const DISCOURAGED: Duration = Duration::from_millis(5);
const DISCOURAGED_MAX: Duration = Duration::from_millis(640);
/// Datagrams that a pause must find to be worth another one: sleeping and being woken costs more than one alone.
const WORTH_A_PAUSE: usize = 2;
/// Datagrams that share the price of a pause so well that more of them change little.
const ENOUGH: usize = 16;
/// The shortest pause, as a share of the longest.
const SHORTEST: u32 = 2;

/// When a thread pauses.
pub(super) struct Pace {
    longest: Duration,
    pause: Duration,
    woken: Instant,
    soon: u32,
    not_before: Instant,
    discouraged: Duration,
    /// Datagrams received in the turn that ends.
    pub(super) received: usize,
    is_pausing: bool,
}

impl Pace {
    pub(super) fn new(longest: Duration) -> Self {
        let now = Instant::now();
        Self {
            longest,
            pause: longest,
            woken: now,
            soon: 0,
            not_before: now,
            discouraged: DISCOURAGED,
            received: 0,
            is_pausing: false,
        }
    }

    /// How long to wait for news, of `timeout`; sleeps first where that pays.
    pub(super) fn before_wait(&mut self, timeout: Option<Duration>) -> Option<Duration> {
        let received = std::mem::take(&mut self.received);
        if timeout == Some(Duration::ZERO) || self.longest.is_zero() {
            return timeout;
        }
        let Some(pause) = self.pause_at(Instant::now(), received) else { return timeout };
        std::thread::sleep(pause);
        Some(Duration::ZERO)
    }

    /// A turn ends now that has received so many: how long to sleep before the next.
    fn pause_at(&mut self, now: Instant, received: usize) -> Option<Duration> {
        let since = now.saturating_duration_since(std::mem::replace(&mut self.woken, now));
        if self.is_pausing {
            self.look_back(now, received);
        } else {
            // A pause would have found as many as make it worth while.
            let is_soon = received > 0 && since * WORTH_A_PAUSE as u32 <= self.longest;
            self.soon = if is_soon { self.soon + 1 } else { 0 };
            self.is_pausing = self.soon >= WAKES_UNTIL_BUSY && now >= self.not_before;
            self.pause = self.longest;
        }
        self.is_pausing.then_some(self.pause)
    }

    /// A pause has found so many: whether another one pays, and how long it has to be.
    fn look_back(&mut self, now: Instant, received: usize) {
        self.soon = 0;
        self.is_pausing = received >= WORTH_A_PAUSE;
        if self.is_pausing {
            self.discouraged = DISCOURAGED;
            // Long enough to find enough, as long as they come as they did.
            let wanted = self.pause.mul_f64(ENOUGH as f64 / received as f64);
            self.pause = wanted.clamp(self.longest / SHORTEST, self.longest);
        } else {
            self.not_before = now + self.discouraged;
            self.discouraged = (2 * self.discouraged).min(DISCOURAGED_MAX);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONGEST: Duration = Duration::from_millis(2);

    /// Lets `seconds` pass in which a datagram comes `gap` after the one before it, or `gap` after that was answered where the
    /// client waits for answers. Returns how many a turn received on average, and which share of the time was slept.
    fn pass(pace: &mut Pace, now: &mut Instant, seconds: f64, gap: Duration, waits: bool) -> (f64, f64) {
        let until = *now + Duration::from_secs_f64(seconds);
        let (mut next, mut turns, mut all, mut slept) = (*now, 0, 0, Duration::ZERO);
        while *now < until {
            let mut received = 0;
            while next <= *now {
                received += 1;
                next = if waits { *now } else { next } + gap;
            }
            turns += 1;
            all += received;
            match pace.pause_at(*now, received) {
                Some(pause) => {
                    *now += pause;
                    slept += pause;
                }
                None => *now = next.max(*now),
            }
        }
        (f64::from(all as u32) / f64::from(turns), slept.as_secs_f64() / seconds)
    }

    fn us(us: u64) -> Duration {
        Duration::from_micros(us)
    }

    #[test]
    fn what_comes_often_is_received_together_and_late_by_no_more_than_the_longest_pause() {
        for (gap, least) in [(us(500), 3.5), (us(200), 9.0), (us(40), 20.0), (us(10), 90.0)] {
            let (mut pace, mut now) = (Pace::new(LONGEST), Instant::now());
            let (at_once, _) = pass(&mut pace, &mut now, 1.0, gap, false);
            assert!(at_once >= least, "{at_once} at a time, one each {gap:?}");
            assert!(pace.pause <= LONGEST);
        }
    }

    #[test]
    fn what_comes_rarely_is_not_delayed() {
        let (mut pace, mut now) = (Pace::new(LONGEST), Instant::now());
        let (at_once, slept) = pass(&mut pace, &mut now, 1.0, us(1_500), false);
        assert_eq!((at_once, slept), (1.0, 0.0));
    }

    #[test]
    fn who_waits_for_each_answer_is_seldom_delayed_and_a_flood_after_it_is_soon_noticed() {
        let (mut pace, mut now) = (Pace::new(LONGEST), Instant::now());
        let (_, slept) = pass(&mut pace, &mut now, 5.0, us(100), true);
        assert!(slept < 0.02, "{slept} of the time");
        pass(&mut pace, &mut now, 1.0, us(200), false);
        let (at_once, _) = pass(&mut pace, &mut now, 1.0, us(200), false);
        assert!(at_once >= 9.0, "{at_once} at a time");
    }

    #[test]
    fn no_pause_is_none() {
        let mut pace = Pace::new(Duration::ZERO);
        pace.received = 50;
        assert_eq!(pace.before_wait(Some(us(5))), Some(us(5)));
    }
}
