//! Which packets of one stream were accepted already (RFC 3711 section 3.3.2), by the ring of RFC 6479.

use crate::error::SrtpError;

const WORD_BITS: u64 = 64;
/// One word more than the window needs, so that moving the window clears whole words only.
const WORDS: usize = (WINDOW / WORD_BITS) as usize + 1;
/// How far behind the highest index a packet may be. RFC 3711 asks for 64 at least; video at 10 Mbit/s sends a thousand
/// packets a second, and a retransmission may take most of one.
pub(crate) const WINDOW: u64 = 1024;

const _: () = assert!(WINDOW.is_multiple_of(WORD_BITS) && WINDOW >= 64);

/// The highest index accepted and, for the [`WINDOW`] indices up to it, which were accepted.
pub(crate) struct ReplayWindow {
    highest: u64,
    words: [u64; WORDS],
}

impl ReplayWindow {
    /// A window in which only `first` was accepted.
    pub(crate) fn new(first: u64) -> Self {
        let mut window = Self { highest: first, words: [0; WORDS] };
        window.mark(first);
        window
    }

    pub(crate) fn highest(&self) -> u64 {
        self.highest
    }

    /// Whether a packet with `index` may be accepted, if it proves authentic.
    pub(crate) fn check(&self, index: u64) -> Result<(), SrtpError> {
        if index > self.highest {
            return Ok(());
        }
        if self.highest - index >= WINDOW {
            return Err(SrtpError::TooOld);
        }
        let (word, bit) = place(index);
        if self.words[word] & bit == 0 { Ok(()) } else { Err(SrtpError::Replayed) }
    }

    /// Notes a packet that proved authentic. `index` must have passed [`Self::check`].
    pub(crate) fn accept(&mut self, index: u64) {
        if index > self.highest {
            let steps = (index / WORD_BITS - self.highest / WORD_BITS).min(WORDS as u64);
            for step in 0..steps {
                self.words[((index / WORD_BITS - step) % WORDS as u64) as usize] = 0;
            }
            self.highest = index;
        }
        self.mark(index);
    }

    fn mark(&mut self, index: u64) {
        let (word, bit) = place(index);
        self.words[word] |= bit;
    }
}

fn place(index: u64) -> (usize, u64) {
    (((index / WORD_BITS) % WORDS as u64) as usize, 1 << (index % WORD_BITS))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    /// What the window must do, written as the sentence of RFC 3711 section 3.3.2.
    #[derive(Default)]
    struct Reference {
        accepted: BTreeSet<u64>,
    }

    impl Reference {
        fn check(&self, index: u64) -> Result<(), SrtpError> {
            match self.accepted.last() {
                Some(highest) if index + WINDOW <= *highest => Err(SrtpError::TooOld),
                _ if self.accepted.contains(&index) => Err(SrtpError::Replayed),
                _ => Ok(()),
            }
        }
    }

    proptest! {
        #[test]
        fn the_window_decides_as_a_set_of_all_accepted_would(
            start in 0_u64..3000,
            jumps in prop::collection::vec(
                prop_oneof![4 => -40_i64..40, 2 => -1100_i64..1100, 1 => -5000_i64..5000],
                1..400,
            ),
        ) {
            let mut reference = Reference { accepted: BTreeSet::from([start]) };
            let mut window = ReplayWindow::new(start);
            for jump in jumps {
                let index = window.highest().saturating_add_signed(jump);
                prop_assert_eq!(window.check(index), reference.check(index));
                if window.check(index).is_ok() {
                    window.accept(index);
                    reference.accepted.insert(index);
                }
            }
        }
    }

    #[test]
    fn the_last_index_of_the_window_is_in_and_the_next_is_out() {
        let window = ReplayWindow::new(5000);
        assert_eq!(window.check(5000 - WINDOW + 1), Ok(()));
        assert_eq!(window.check(5000 - WINDOW), Err(SrtpError::TooOld));
    }
}
