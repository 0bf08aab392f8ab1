//! How much a receiver may have sent again: a share of what it was sent.

/// Whoever asks for more than half of everything again has no use for more of the same, or means harm.
const SHARE: i64 = 2;
/// What can be saved up: a burst of losses on a fast stream.
const SAVED_BYTES_MAX: i64 = 256 << 10;
/// What there is to begin with: the first keyframe may be lost.
const FIRST_BYTES: i64 = 64 << 10;

/// Earned with each packet sent, spent with each one sent again.
#[derive(Clone, Copy, Debug)]
pub(super) struct RetransmissionBudget {
    bytes: i64,
}

impl Default for RetransmissionBudget {
    fn default() -> Self {
        Self { bytes: FIRST_BYTES }
    }
}

impl RetransmissionBudget {
    /// A packet of this length was sent.
    pub(super) fn earn(&mut self, len: usize) {
        self.bytes = (self.bytes + len as i64 / SHARE).min(SAVED_BYTES_MAX);
    }

    /// Takes what a packet of this length costs, if it is there.
    pub(super) fn spend(&mut self, len: usize) -> bool {
        let is_there = self.bytes >= len as i64;
        if is_there {
            self.bytes -= len as i64;
        }
        is_there
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_asks_gets_no_more_than_its_share() {
        let mut budget = RetransmissionBudget::default();
        let (mut sent, mut again) = (0, 0);
        for _ in 0..10_000 {
            sent += 1_200;
            budget.earn(1_200);
            for _ in 0..50 {
                again += if budget.spend(1_200) { 1_200 } else { 0 };
            }
        }
        assert!(again <= sent / SHARE + FIRST_BYTES);
        assert!(again > sent * 4 / 10);
    }
}
