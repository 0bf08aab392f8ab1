//! What `/metrics` tells of TURN.

use motet::turn::TurnCounters;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Reason {
    reason: &'static str,
}

pub(super) fn register(registry: &mut Registry, counters: &TurnCounters) {
    for (name, help, value) in [
        ("motet_turn_threads_alive", "TURN threads that are alive", counters.threads_alive as u64),
        ("motet_turn_allocations", "Relayed addresses in use", counters.allocations),
        ("motet_turn_connections", "Client connections by TCP, TLS and DTLS", counters.connections),
    ] {
        let gauge: Gauge = Gauge::default();
        gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
        registry.register(name, help, gauge);
    }
    for (name, help, value) in [
        ("motet_turn_allocations_made", "Relayed addresses given out", counters.allocations_made),
        ("motet_turn_bindings", "STUN Binding requests answered", counters.bindings),
        ("motet_turn_packets_to_peers", "Datagrams relayed to peers", counters.packets_to_peers),
        ("motet_turn_bytes_to_peers", "Payload relayed to peers", counters.bytes_to_peers),
        ("motet_turn_packets_to_clients", "Datagrams relayed to clients", counters.packets_to_clients),
        ("motet_turn_bytes_to_clients", "Payload relayed to clients", counters.bytes_to_clients),
    ] {
        let counter: Counter = Counter::default();
        counter.inc_by(value);
        registry.register(name, help, counter);
    }
    for (name, help, counts) in [
        ("motet_turn_drops", "What TURN dropped or refused, by reason", &counters.drops),
        ("motet_turn_peers_refused", "Peers that may not be relayed to, by reason", &counters.peers_refused),
    ] {
        let family: Family<Reason, Counter> = Family::default();
        for (reason, count) in counts {
            family.get_or_create(&Reason { reason }).inc_by(*count);
        }
        registry.register(name, help, family);
    }
}
