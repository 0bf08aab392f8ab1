//! When each router is due: a binary heap in which every router stands at most once and knows its place, so that moving
//! a deadline leaves nothing behind and memory is one entry a router.

use std::time::Instant;

/// A router's place in the worker's table.
pub(crate) type Slot = usize;

/// See the module.
#[derive(Default)]
pub(crate) struct Timers {
    heap: Vec<(Instant, Slot)>,
    /// By slot: its index in the heap.
    places: Vec<Option<usize>>,
}

impl Timers {
    /// Sets or, with `None`, unsets when `slot` is due.
    pub(crate) fn set(&mut self, slot: Slot, due: Option<Instant>) {
        if self.places.len() <= slot {
            self.places.resize(slot + 1, None);
        }
        match (self.places[slot], due) {
            (None, None) => {}
            (None, Some(due)) => {
                self.heap.push((due, slot));
                self.places[slot] = Some(self.heap.len() - 1);
                self.sift_up(self.heap.len() - 1);
            }
            (Some(place), Some(due)) => {
                let before = std::mem::replace(&mut self.heap[place].0, due);
                self.sift(place, due < before, due > before);
            }
            (Some(place), None) => self.remove(place),
        }
    }

    /// When the first one is due.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.heap.first().map(|(due, _)| *due)
    }

    /// Takes out the first one that is due by `now`.
    pub(crate) fn pop_due(&mut self, now: Instant) -> Option<Slot> {
        let (due, slot) = *self.heap.first()?;
        (due <= now).then(|| {
            self.remove(0);
            slot
        })
    }

    fn remove(&mut self, place: usize) {
        let (_, slot) = self.heap.swap_remove(place);
        self.places[slot] = None;
        if let Some((_, moved)) = self.heap.get(place) {
            self.places[*moved] = Some(place);
            self.sift(place, true, true);
        }
    }

    fn sift(&mut self, place: usize, up: bool, down: bool) {
        let place = if up { self.sift_up(place) } else { place };
        if down {
            self.sift_down(place);
        }
    }

    fn sift_up(&mut self, mut place: usize) -> usize {
        while place > 0 && self.heap[place].0 < self.heap[(place - 1) / 2].0 {
            place = self.swap(place, (place - 1) / 2);
        }
        place
    }

    fn sift_down(&mut self, mut place: usize) {
        loop {
            let children = [2 * place + 1, 2 * place + 2];
            let first = children
                .into_iter()
                .filter(|child| *child < self.heap.len())
                .min_by_key(|child| self.heap[*child].0);
            match first {
                Some(child) if self.heap[child].0 < self.heap[place].0 => place = self.swap(place, child),
                _ => return,
            }
        }
    }

    /// Returns where the entry at `from` stands then.
    fn swap(&mut self, from: usize, to: usize) -> usize {
        self.heap.swap(from, to);
        self.places[self.heap[from].1] = Some(from);
        self.places[self.heap[to].1] = Some(to);
        to
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// A map of slots to deadlines is the judge.
        #[test]
        fn the_earliest_deadline_always_comes_first(
            steps in proptest::collection::vec((0usize..20, proptest::option::of(0u64..50), any::<bool>()), 1..300),
        ) {
            let start = Instant::now();
            let mut timers = Timers::default();
            let mut model: BTreeMap<Slot, Instant> = BTreeMap::new();
            for (slot, due, pops) in steps {
                let due = due.map(|ms| start + Duration::from_millis(ms));
                timers.set(slot, due);
                match due {
                    Some(due) => drop(model.insert(slot, due)),
                    None => drop(model.remove(&slot)),
                }
                prop_assert_eq!(timers.next(), model.values().min().copied());
                let now = start + Duration::from_millis(25);
                if pops && let Some(popped) = timers.pop_due(now) {
                    let due = model.remove(&popped).unwrap();
                    prop_assert!(due <= now && model.values().all(|other| *other >= due));
                } else if pops {
                    prop_assert!(model.values().all(|due| *due > now));
                }
                prop_assert_eq!(timers.heap.len(), model.len());
            }
        }
    }
}
