//! Who is how loud: averages of RFC 6464 levels over an interval.

use std::time::Duration;

use motet_control::ProducerId;
use slab::Slab;

/// Whoever sent fewer packets than one in this time is left out: the average of a click is no loudness.
const PACKET_SPACING_MAX: Duration = Duration::from_millis(160);

/// One producer's levels in the present interval.
#[derive(Clone, Copy, Debug)]
struct Member {
    producer: ProducerId,
    sum_dbov: i64,
    packets: u32,
}

/// Tells the loudest producers.
#[derive(Debug)]
pub(crate) struct AudioLevels {
    entries_max: usize,
    threshold_dbov: i8,
    packets_min: u32,
    members: Slab<Member>,
    /// Whether silence was told already.
    is_silent: bool,
}

impl AudioLevels {
    pub(crate) fn new(entries_max: usize, threshold_dbov: i8, interval: Duration) -> Self {
        let packets_min = interval.as_millis() / PACKET_SPACING_MAX.as_millis();
        Self {
            entries_max,
            threshold_dbov,
            packets_min: u32::try_from(packets_min).unwrap_or(u32::MAX).max(1),
            members: Slab::new(),
            is_silent: true,
        }
    }

    pub(crate) fn join(&mut self, producer: ProducerId) -> usize {
        self.members.insert(Member { producer, sum_dbov: 0, packets: 0 })
    }

    pub(crate) fn leave(&mut self, member: usize) {
        self.members.try_remove(member);
    }

    pub(crate) fn hear(&mut self, member: usize, dbov: i8) {
        if let Some(member) = self.members.get_mut(member) {
            member.sum_dbov += i64::from(dbov);
            member.packets += 1;
        }
    }

    /// The loudest with their average levels, loudest first; nothing when all are silent as before. Begins the next
    /// interval.
    pub(crate) fn decide(&mut self) -> Option<Vec<(ProducerId, i8)>> {
        let mut levels = Vec::new();
        for (_, member) in &mut self.members {
            if member.packets >= self.packets_min {
                // An average of values from -127 to 0.
                let average = (member.sum_dbov / i64::from(member.packets)) as i8;
                if average >= self.threshold_dbov {
                    levels.push((member.producer, average));
                }
            }
            (member.sum_dbov, member.packets) = (0, 0);
        }
        levels.sort_unstable_by_key(|(producer, dbov)| (std::cmp::Reverse(*dbov), *producer));
        levels.truncate(self.entries_max);
        let was_silent = std::mem::replace(&mut self.is_silent, levels.is_empty());
        (!levels.is_empty() || !was_silent).then_some(levels)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hear(levels: &mut AudioLevels, member: usize, dbov: i8, packets: usize) {
        (0..packets).for_each(|_| levels.hear(member, dbov));
    }

    fn observer() -> AudioLevels {
        AudioLevels::new(2, -60, Duration::from_millis(800))
    }

    #[test]
    fn the_loudest_are_told_loudest_first_and_no_more_than_asked_for() {
        let mut levels = observer();
        let members: Vec<usize> = (1..=4).map(|id| levels.join(ProducerId(id))).collect();
        for (member, dbov) in members.iter().zip([-50, -20, -40, -90]) {
            hear(&mut levels, *member, dbov, 40);
        }
        assert_eq!(levels.decide(), Some(vec![(ProducerId(2), -20), (ProducerId(3), -40)]));
    }

    #[test]
    fn silence_is_told_once() {
        let mut levels = observer();
        let member = levels.join(ProducerId(1));
        assert_eq!(levels.decide(), None);
        hear(&mut levels, member, -30, 40);
        assert!(levels.decide().is_some());
        assert_eq!(levels.decide(), Some(vec![]));
        assert_eq!(levels.decide(), None);
    }

    #[test]
    fn a_single_loud_packet_is_no_loudness() {
        let mut levels = observer();
        let member = levels.join(ProducerId(1));
        hear(&mut levels, member, 0, 2);
        assert_eq!(levels.decide(), None);
    }

    #[test]
    fn whoever_left_is_not_told() {
        let mut levels = observer();
        let member = levels.join(ProducerId(1));
        hear(&mut levels, member, -30, 40);
        levels.leave(member);
        levels.hear(member, -30);
        assert_eq!(levels.decide(), None);
    }
}
