//! What a client may have missed: notifications that no later state repeats, kept until the client proves that it read
//! them.

use std::collections::VecDeque;
use std::time::Instant;

/// The most that is kept of either. Full means that the oldest goes; the client is told how many went.
const NOTIFICATIONS_MAX: usize = 256;
const BYTES_MAX: usize = 256 * 1024;

/// Oldest first.
#[derive(Default)]
pub(super) struct Missed {
    kept: VecDeque<(Instant, String)>,
    bytes: usize,
    lost: u64,
}

impl Missed {
    /// Keeps a notification that goes out at `now`, or would if there were a socket.
    pub(super) fn keep(&mut self, now: Instant, text: String) {
        self.bytes += text.len();
        self.kept.push_back((now, text));
        while self.kept.len() > NOTIFICATIONS_MAX || self.bytes > BYTES_MAX {
            self.drop_oldest();
            self.lost += 1;
        }
    }

    /// Whatever went out until `until` has arrived.
    pub(super) fn confirm(&mut self, until: Instant) {
        while self.kept.front().is_some_and(|(at, _)| *at <= until) {
            self.drop_oldest();
        }
        // What was thrown away is older than what is kept.
        if self.kept.is_empty() {
            self.lost = 0;
        }
    }

    /// All that may have been missed, to go out again at `now`, and how many more were.
    pub(super) fn replay(&mut self, now: Instant) -> (Vec<String>, u64) {
        for (at, _) in &mut self.kept {
            *at = now;
        }
        let texts = self.kept.iter().map(|(_, text)| text.clone()).collect();
        (texts, std::mem::take(&mut self.lost))
    }

    fn drop_oldest(&mut self) {
        if let Some((_, text)) = self.kept.pop_front() {
            self.bytes -= text.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn what_is_confirmed_is_not_told_again() {
        let start = Instant::now();
        let mut missed = Missed::default();
        for second in 0..3 {
            missed.keep(start + Duration::from_secs(second), second.to_string());
        }
        missed.confirm(start + Duration::from_secs(1));
        assert_eq!(missed.replay(start + Duration::from_secs(9)), (vec!["2".to_owned()], 0));
        missed.confirm(start + Duration::from_secs(8));
        assert_eq!(missed.replay(start).0.len(), 1, "told again, it is unconfirmed again");
    }

    #[test]
    fn the_oldest_goes_when_there_is_too_much_and_the_client_is_told_how_many() {
        let now = Instant::now();
        let mut missed = Missed::default();
        for number in 0..NOTIFICATIONS_MAX + 2 {
            missed.keep(now, number.to_string());
        }
        let (texts, lost) = missed.replay(now);
        assert_eq!((texts.len(), texts[0].as_str(), lost), (NOTIFICATIONS_MAX, "2", 2));
        missed.keep(now, "x".repeat(BYTES_MAX + 1));
        assert_eq!(missed.replay(now).0.len(), 0, "even a single one has to fit");
    }
}
