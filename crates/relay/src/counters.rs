//! What passed and what was refused, as metrics show it.

use motet_net::ports::PortCounters;
use motet_turn::{DropReason, Refusal, reasons};

reasons! {
    /// Why the engine dropped something before or after the server saw it.
    pub enum EngineDrop {
        /// More TCP connections than a thread may have.
        ConnectionsFull => "connections_full",
        /// A connection that the server does not let in: too many half-open ones.
        HalfOpen => "half_open",
        /// A connection left a message unfinished for too long.
        TooSlow => "too_slow",
        /// What came over a connection is neither STUN, channel data nor TLS.
        NoProtocol => "no_protocol",
        /// TLS failed.
        TlsFailed => "tls_failed",
        /// A client takes what is relayed to it too slowly.
        OutputFull => "output_full",
        /// The client or relay it was for is gone.
        Gone => "gone",
        /// A system call failed that should not: out of descriptors.
        SystemRefused => "system_refused",
        /// What ICMP said about a relay's datagrams, told too often already.
        IcmpRate => "icmp_rate",
        /// DTLS failed, or nothing was awaited from that address.
        DtlsFailed => "dtls_failed",
        /// More DTLS associations than a thread may have.
        DtlsFull => "dtls_full",
    }
}

/// What happened on all threads, and what there is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TurnCounters {
    /// Threads that are alive.
    pub threads_alive: usize,
    /// Allocations that there are.
    pub allocations: u64,
    /// Allocations made.
    pub allocations_made: u64,
    /// Client connections (TCP, TLS, DTLS) that there are.
    pub connections: u64,
    /// Binding requests answered.
    pub bindings: u64,
    /// Datagrams relayed to peers.
    pub packets_to_peers: u64,
    /// Their payload.
    pub bytes_to_peers: u64,
    /// Datagrams relayed to clients.
    pub packets_to_clients: u64,
    /// Their payload.
    pub bytes_to_clients: u64,
    /// All that was dropped or refused, by reason.
    pub drops: Vec<(&'static str, u64)>,
    /// Peers that were refused, by reason.
    pub peers_refused: Vec<(&'static str, u64)>,
}

/// One thread's.
#[derive(Clone, Debug)]
pub(crate) struct ThreadCounters {
    pub(crate) server: motet_turn::Counters,
    pub(crate) engine: EngineDrops,
    pub(crate) ports: PortCounters,
    /// Datagrams that came faster than they were taken.
    pub(crate) receive_full: u64,
}

/// How often for each reason.
#[derive(Clone, Debug)]
pub(crate) struct EngineDrops([u64; EngineDrop::ALL.len()]);

impl EngineDrops {
    pub(crate) fn new() -> Self {
        Self([0; EngineDrop::ALL.len()])
    }

    pub(crate) fn count(&mut self, reason: EngineDrop) {
        self.0[reason as usize] += 1;
    }
}

impl TurnCounters {
    pub(crate) fn add(&mut self, one: &ThreadCounters) {
        let server = &one.server;
        self.allocations += server.allocations;
        self.allocations_made += server.allocations_made;
        self.connections += server.connections;
        self.bindings += server.bindings;
        self.packets_to_peers += server.packets_to_peers;
        self.bytes_to_peers += server.bytes_to_peers;
        self.packets_to_clients += server.packets_to_clients;
        self.bytes_to_clients += server.bytes_to_clients;
        for reason in DropReason::ALL {
            add(&mut self.drops, reason.as_str(), server.dropped(*reason));
        }
        for reason in EngineDrop::ALL {
            add(&mut self.drops, reason.as_str(), one.engine.0[*reason as usize]);
        }
        add(&mut self.drops, "receive_full", one.receive_full);
        add(&mut self.drops, "receive_refused", one.ports.receive_refused);
        add(&mut self.drops, "send_blocked", one.ports.send_blocked);
        add(&mut self.drops, "send_refused", one.ports.send_refused);
        for refusal in Refusal::ALL {
            add(&mut self.peers_refused, refusal.as_str(), server.refused(*refusal));
        }
    }
}

fn add(list: &mut Vec<(&'static str, u64)>, name: &'static str, count: u64) {
    match list.iter_mut().find(|(known, _)| *known == name) {
        Some((_, sum)) => *sum += count,
        None => list.push((name, count)),
    }
}
