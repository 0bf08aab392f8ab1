//! The transactions of checks that were accepted, so that a copy is known for one.
//!
//! A check is authentic wherever it comes from: nothing in it names its sender's address. Whoever hears one could send it
//! again from elsewhere, be taken for the peer, and if it nominates, have the media led there.

use std::collections::VecDeque;

use stun_types::message::TransactionId;

/// How many are remembered, 16 bytes each. A browser checks a settled pair every 2.5 s: ten minutes of it. Full means that
/// the oldest is forgotten.
const TRANSACTIONS_MAX: usize = 256;

/// Oldest first.
#[derive(Default)]
pub(crate) struct Seen(VecDeque<TransactionId>);

impl Seen {
    pub(crate) fn contains(&self, transaction: TransactionId) -> bool {
        self.0.contains(&transaction)
    }

    pub(crate) fn note(&mut self, transaction: TransactionId) {
        if self.contains(transaction) {
            return;
        }
        if self.0.len() == TRANSACTIONS_MAX {
            self.0.pop_front();
        }
        self.0.push_back(transaction);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_are_remembered_and_each_takes_one_place() {
        let mut seen = Seen::default();
        let count = TRANSACTIONS_MAX as u128;
        for number in 0..=count {
            seen.note(number.into());
            seen.note(number.into());
        }
        assert!(!seen.contains(0.into()));
        assert!((1..=count).all(|number| seen.contains(number.into())));
        assert_eq!(seen.0.len(), TRANSACTIONS_MAX);
    }
}
