//! Which sequence numbers came already.

use motet_rtp::SeqNo;

/// How far behind the newest packet one may arrive and still be told apart from a duplicate: more than any store keeps.
const WINDOW: u64 = 2048;
const WORDS: usize = (WINDOW / 64) as usize;

/// What a sequence number is to those that came before.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Arrival {
    /// It came for the first time.
    New,
    /// It came before.
    Duplicate,
    /// It lies behind the window.
    TooOld,
}

/// A sliding bit per sequence number.
#[derive(Clone, Debug)]
pub(crate) struct SeqWindow {
    highest: Option<SeqNo>,
    seen: [u64; WORDS],
}

impl SeqWindow {
    pub(crate) fn new() -> Self {
        Self { highest: None, seen: [0; WORDS] }
    }

    /// The newest that came.
    pub(crate) fn highest(&self) -> Option<SeqNo> {
        self.highest
    }

    /// Tells what `seq` is, and remembers it if it is new.
    pub(crate) fn insert(&mut self, seq: SeqNo) -> Arrival {
        let Some(highest) = self.highest else {
            self.highest = Some(seq);
            self.set(seq);
            return Arrival::New;
        };
        if seq.0 + WINDOW <= highest.0 {
            return Arrival::TooOld;
        }
        if seq > highest {
            self.advance(highest, seq);
        } else if self.is_set(seq) {
            return Arrival::Duplicate;
        }
        self.set(seq);
        Arrival::New
    }

    fn advance(&mut self, from: SeqNo, to: SeqNo) {
        if to.0 - from.0 >= WINDOW {
            self.seen = [0; WORDS];
        } else {
            for seq in from.0 + 1..=to.0 {
                self.seen[Self::word(seq)] &= !(1 << (seq % 64));
            }
        }
        self.highest = Some(to);
    }

    fn is_set(&self, seq: SeqNo) -> bool {
        self.seen[Self::word(seq.0)] & (1 << (seq.0 % 64)) != 0
    }

    fn set(&mut self, seq: SeqNo) {
        self.seen[Self::word(seq.0)] |= 1 << (seq.0 % 64);
    }

    fn word(seq: u64) -> usize {
        (seq / 64) as usize % WORDS
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_lies_behind_the_window_is_too_old() {
        let mut window = SeqWindow::new();
        window.insert(SeqNo(10_000));
        assert_eq!(window.insert(SeqNo(10_000 - WINDOW)), Arrival::TooOld);
        assert_eq!(window.insert(SeqNo(10_001 - WINDOW)), Arrival::New);
    }

    proptest! {
        #[test]
        fn it_agrees_with_a_set_of_all_that_came(steps in prop::collection::vec(-300i64..300, 1..400)) {
            let mut window = SeqWindow::new();
            let mut came = std::collections::BTreeSet::new();
            let mut seq = 100_000i64;
            for step in steps {
                seq += step;
                let now = SeqNo(seq as u64);
                let expected = match came.last() {
                    Some(&last) if now.0 + WINDOW <= last => Arrival::TooOld,
                    _ if came.contains(&now.0) => Arrival::Duplicate,
                    _ => Arrival::New,
                };
                prop_assert_eq!(window.insert(now), expected);
                if expected == Arrival::New {
                    came.insert(now.0);
                }
            }
        }
    }
}
