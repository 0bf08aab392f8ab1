//! Which worker a new room runs on.

use crate::config::WorkerFacts;
use crate::ids::WorkerIndex;

#[derive(Default)]
pub(super) struct Workers(Vec<Worker>);

struct Worker {
    facts: WorkerFacts,
    alive: bool,
}

/// What a worker carries. Compared field by field: consumers cost the most, then people, then rooms.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Debug)]
pub(super) struct Load {
    pub(super) consumers: usize,
    pub(super) participants: usize,
    pub(super) rooms: usize,
}

impl Workers {
    pub(super) fn add(&mut self, facts: WorkerFacts) -> WorkerIndex {
        self.0.push(Worker { facts, alive: true });
        WorkerIndex(self.0.len() - 1)
    }

    pub(super) fn died(&mut self, worker: WorkerIndex) {
        if let Some(worker) = self.0.get_mut(worker.0) {
            worker.alive = false;
        }
    }

    pub(super) fn is_alive(&self, worker: WorkerIndex) -> bool {
        self.0.get(worker.0).is_some_and(|worker| worker.alive)
    }

    pub(super) fn alive(&self) -> usize {
        self.0.iter().filter(|worker| worker.alive).count()
    }

    pub(super) fn facts(&self, worker: WorkerIndex) -> Option<&WorkerFacts> {
        self.0.get(worker.0).map(|worker| &worker.facts)
    }

    /// The living worker that carries least, given what each room adds to its own; the first of equals.
    pub(super) fn least_loaded(
        &self,
        rooms: impl Iterator<Item = (WorkerIndex, Load)>,
    ) -> Option<WorkerIndex> {
        let mut loads = vec![Load::default(); self.0.len()];
        for (worker, load) in rooms {
            if let Some(sum) = loads.get_mut(worker.0) {
                sum.consumers += load.consumers;
                sum.participants += load.participants;
                sum.rooms += load.rooms;
            }
        }
        (0..self.0.len())
            .filter(|index| self.0[*index].alive)
            .min_by_key(|index| loads[*index])
            .map(WorkerIndex)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workers(count: usize) -> Workers {
        let mut workers = Workers::default();
        for _ in 0..count {
            workers.add(WorkerFacts { candidates: Vec::new(), fingerprints: Vec::new() });
        }
        workers
    }

    fn load(consumers: usize, participants: usize) -> Load {
        Load { consumers, participants, rooms: 1 }
    }

    #[test]
    fn consumers_weigh_more_than_people() {
        let rooms = [(WorkerIndex(0), load(5, 1)), (WorkerIndex(1), load(4, 50))];
        assert_eq!(workers(2).least_loaded(rooms.into_iter()), Some(WorkerIndex(1)));
    }

    #[test]
    fn the_dead_get_no_rooms() {
        let mut workers = workers(2);
        workers.died(WorkerIndex(0));
        assert_eq!(workers.least_loaded([(WorkerIndex(1), load(9, 9))].into_iter()), Some(WorkerIndex(1)));
        workers.died(WorkerIndex(1));
        assert_eq!(workers.least_loaded(std::iter::empty()), None);
    }
}
