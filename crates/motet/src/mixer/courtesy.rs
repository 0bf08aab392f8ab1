//! Whether a mixer's thread may wait for a core that nobody else wants.
//!
//! On a machine with time to spare such a thread disturbs nobody and is late nowhere. On one that other programs want whole it would
//! hardly run; so it begins with a share of the cores as others have, leaves it when it hardly had to wait for one, and comes back
//! to it when it is late.

use std::time::{Duration, Instant};

use motet_net::ThreadTimes;

/// What is judged at a time.
const WINDOW: Duration = Duration::from_secs(1);
/// Behind by so much in a window, and courtesy costs pictures.
const BEHIND_MAX: Duration = Duration::from_millis(100);
/// A window was calm where the thread waited for a core for less than this part of the time that it ran.
const WAITED_PART: u32 = 4;
/// So many calm windows come before courtesy.
const CALM_MIN: u32 = 2;
/// How long courtesy is not tried again after it failed, at first and at most: doubled by each try that fails within [`FAILED_WITHIN`].
const PAUSE_MIN: Duration = Duration::from_secs(10);
const PAUSE_MAX: Duration = Duration::from_secs(160);
const FAILED_WITHIN: Duration = Duration::from_secs(30);

/// See the module.
#[derive(Debug)]
pub(super) struct Courtesy {
    is_given: bool,
    /// Since when that is so.
    since: Instant,
    pause: Duration,
    calm_windows: u32,
    window: Window,
}

#[derive(Debug)]
struct Window {
    began: Instant,
    behind: Duration,
    /// The thread's when it began; absent where another thread ran the task before.
    times: Option<ThreadTimes>,
}

impl Courtesy {
    pub(super) fn new(now: Instant) -> Self {
        let window = Window { began: now, behind: Duration::ZERO, times: None };
        Self { is_given: false, since: now, pause: Duration::ZERO, calm_windows: 0, window }
    }

    /// As after a calm time.
    #[cfg(test)]
    pub(super) fn given(now: Instant) -> Self {
        Self { is_given: true, ..Self::new(now) }
    }

    /// Notes that something began at `now` that was due at `due`, and once in a while asks for the thread's `times`. Answers whether
    /// to be courteous from here on.
    pub(super) fn note(&mut self, due: Instant, now: Instant, times: impl FnOnce() -> ThreadTimes) -> bool {
        self.window.behind += now.saturating_duration_since(due);
        if self.is_given && self.window.behind > BEHIND_MAX {
            let was_short = now.saturating_duration_since(self.since) < FAILED_WITHIN;
            self.pause = if was_short { (self.pause * 2).clamp(PAUSE_MIN, PAUSE_MAX) } else { PAUSE_MIN };
            self.turn(now);
        } else if now.saturating_duration_since(self.window.began) >= WINDOW {
            self.end_window(now, times());
        } else if self.window.times.is_none() {
            self.window.times = Some(times());
        }
        self.is_given
    }

    fn end_window(&mut self, now: Instant, times: ThreadTimes) {
        let began = self.window.times.replace(times);
        let is_calm = began.is_some_and(|began| {
            let [ran, waited] =
                [times.ran.saturating_sub(began.ran), times.waited.saturating_sub(began.waited)];
            waited * WAITED_PART <= ran && self.window.behind <= BEHIND_MAX
        });
        self.calm_windows = if is_calm { self.calm_windows + 1 } else { 0 };
        (self.window.began, self.window.behind) = (now, Duration::ZERO);
        let has_paused = now.saturating_duration_since(self.since) >= self.pause;
        if !self.is_given && self.calm_windows >= CALM_MIN && has_paused {
            self.turn(now);
        }
    }

    fn turn(&mut self, now: Instant) {
        (self.is_given, self.since, self.calm_windows) = (!self.is_given, now, 0);
        self.window = Window { began: now, behind: Duration::ZERO, times: None };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A thread that has work for half of the time, on a machine that lets it begin so late.
    struct Thread {
        start: Instant,
        at: Instant,
        times: ThreadTimes,
        courtesy: Courtesy,
    }

    impl Thread {
        fn new() -> Self {
            let start = Instant::now();
            Self { start, at: start, times: ThreadTimes::default(), courtesy: Courtesy::new(start) }
        }

        /// Turns of ten milliseconds for so many seconds, each late by so much with a share of the cores and by so much without.
        /// Answers at which seconds courtesy began and ended.
        fn run(&mut self, seconds: u64, late_with_share: u64, late_without: u64) -> Vec<(u64, bool)> {
            let (end, mut changes) = (self.at + Duration::from_secs(seconds), Vec::new());
            while self.at < end {
                let was_given = self.courtesy.is_given;
                let late = Duration::from_micros(if was_given { late_without } else { late_with_share });
                self.times.ran += Duration::from_millis(5);
                self.times.waited += late;
                let now = self.at + late;
                let given = self.courtesy.note(self.at, now, || self.times);
                if given != was_given {
                    changes.push((now.duration_since(self.start).as_secs(), given));
                }
                self.at += late.max(Duration::from_millis(10));
            }
            changes
        }
    }

    #[test]
    fn on_a_machine_with_time_to_spare_it_is_courteous_soon_and_stays_so() {
        assert_eq!(Thread::new().run(300, 100, 900), [(2, true)]);
    }

    #[test]
    fn on_a_machine_that_others_want_whole_it_keeps_its_share() {
        assert_eq!(Thread::new().run(300, 8_000, 900_000), []);
    }

    #[test]
    fn where_courtesy_fails_it_is_tried_ever_more_rarely() {
        let changes = Thread::new().run(700, 100, 900_000);
        let began: Vec<u64> = changes.iter().filter(|(_, given)| *given).map(|(at, _)| *at).collect();
        // Pauses of 10, 20, 40, 80, 160 and 160 seconds, each after a turn that came a second late.
        assert_eq!(began, [2, 12, 33, 74, 155, 316, 477, 638]);
    }

    #[test]
    fn what_lasted_is_forgotten() {
        let mut thread = Thread::new();
        thread.run(60, 100, 100);
        assert_eq!(thread.run(5, 100, 200_000), [(60, false)]);
        assert_eq!(thread.run(60, 100, 100), [(70, true)]);
    }
}
