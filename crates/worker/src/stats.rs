//! A worker's counters, summed over its sockets, its routers and itself.

use std::collections::BTreeMap;

use motet_control::WorkerStats;
use motet_router::Totals;

use crate::sockets::Sockets;
use crate::worker::Worker;

impl<S: Sockets> Worker<S> {
    /// Everything so far; asking begins a new search for the longest turn.
    pub(crate) fn stats(&mut self) -> WorkerStats {
        let sockets = self.sockets.counters();
        let totals = self.routers.totals();
        let mut drops: BTreeMap<&'static str, u64> = BTreeMap::new();
        let own = self.routers.drops().iter().chain(self.drops.iter());
        let all = sockets.drops.into_iter().chain(totals.drops).chain(own);
        all.filter(|(_, count)| *count > 0)
            .for_each(|(reason, count)| *drops.entry(reason).or_default() += count);
        WorkerStats {
            routers: self.routers.len(),
            transports: totals.transports,
            producers: totals.producers,
            consumers: totals.consumers,
            tcp_connections: sockets.tcp_connections,
            received_packets: sockets.received_packets,
            sent_packets: sockets.sent_packets,
            received_bytes: sockets.received_bytes,
            sent_bytes: sockets.sent_bytes,
            producer_packets: totals.producer_packets,
            consumer_packets: totals.consumer_packets,
            drops: drops.into_iter().collect(),
            busy: self.busy,
            longest_turn: std::mem::take(&mut self.longest_turn),
        }
    }
}

/// Adds one router's sums.
pub(crate) fn add_totals(into: &mut Totals, from: Totals) {
    into.transports += from.transports;
    into.producers += from.producers;
    into.consumers += from.consumers;
    into.received_packets += from.received_packets;
    into.received_bytes += from.received_bytes;
    into.sent_packets += from.sent_packets;
    into.sent_bytes += from.sent_bytes;
    into.producer_packets += from.producer_packets;
    into.consumer_packets += from.consumer_packets;
    for (reason, count) in from.drops {
        match into.drops.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, sum)) => *sum += count,
            None => into.drops.push((reason, count)),
        }
    }
}
