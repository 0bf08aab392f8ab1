//! Memory that ended allocations have left, and when it is given back to the system.

/// Allocations that have ended, at the least, for looking after what they left to be worth it: some hundred kilobytes.
const ENDED_MIN: usize = 200;

/// Follows how many allocations there are.
#[derive(Debug, Default)]
pub(crate) struct Spare {
    /// The most that there were since memory was last given back.
    most: usize,
}

impl Spare {
    /// There are so many now; told whenever there may be more than before.
    pub(crate) fn note(&mut self, count: usize) {
        self.most = self.most.max(count);
    }

    /// There are so many now. Whether it is time to give back what others have left: at least half of them are gone.
    pub(crate) fn is_due(&mut self, count: usize) -> bool {
        self.note(count);
        let ended = self.most - count;
        let is_due = ended >= ENDED_MIN && ended >= count;
        if is_due {
            self.most = count;
        }
        is_due
    }
}

/// Gives it back on a thread that nobody waits for.
pub(crate) fn give_back() {
    // Where the system has no thread to give, it has more pressing needs than this.
    let _ =
        std::thread::Builder::new().name("motet-turn-spare".to_owned()).spawn(motet_net::give_back_memory);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_time_when_half_of_many_are_gone_and_not_twice_for_the_same() {
        let mut spare = Spare::default();
        assert!(!spare.is_due(0));
        assert!(!spare.is_due(1000));
        assert!(!spare.is_due(501), "more than half are still there");
        assert!(spare.is_due(500));
        assert!(!spare.is_due(500), "nothing ended since");
        assert!(spare.is_due(250));
        assert!(!spare.is_due(60), "not many");
        assert!(spare.is_due(0));
    }

    #[test]
    fn what_came_and_went_since_the_last_look_counts() {
        let mut spare = Spare::default();
        assert!(!spare.is_due(0));
        [1, 700, 1000, 3].into_iter().for_each(|count| spare.note(count));
        assert!(spare.is_due(0));
    }
}
