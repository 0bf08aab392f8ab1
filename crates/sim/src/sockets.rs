//! A worker's sockets over the simulated network.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::time::Instant;

use motet_control::CandidateProtocol;
use motet_ice::{SocketId, Tuple};
use motet_worker::{Listener, Outbox, SocketCounters, Sockets};

use crate::datagram::Datagram;

/// Datagrams that wait for the worker at most, as in a system's receive buffer; what comes on top is lost.
const INBOX_MAX: usize = 8_192;

/// See [`Sockets`]. Each listening UDP address is a socket, each TCP connection another.
pub struct SimSockets {
    udp: Vec<SocketAddr>,
    inbox: VecDeque<(Tuple, Vec<u8>)>,
    outbox: SimOutbox,
    /// By socket: this side's and the other's address.
    connections: BTreeMap<SocketId, (SocketAddr, SocketAddr)>,
    closed: VecDeque<Tuple>,
    next_socket: u32,
    counters: SocketCounters,
    overflown: u64,
}

/// What the worker sent in this turn.
#[derive(Default)]
pub struct SimOutbox {
    sent: VecDeque<(Tuple, Vec<u8>)>,
    packets: u64,
    bytes: u64,
}

impl SimSockets {
    pub(crate) fn new(listeners: &[Listener]) -> Self {
        let is_udp = |listener: &&Listener| listener.protocol == CandidateProtocol::Udp;
        let udp: Vec<SocketAddr> = listeners.iter().filter(is_udp).map(|listener| listener.bound).collect();
        Self {
            next_socket: udp.len() as u32,
            udp,
            inbox: VecDeque::new(),
            outbox: SimOutbox::default(),
            connections: BTreeMap::new(),
            closed: VecDeque::new(),
            counters: SocketCounters::default(),
            overflown: 0,
        }
    }

    /// Whether something waits for the worker.
    pub(crate) fn has_arrivals(&self) -> bool {
        !self.inbox.is_empty() || !self.closed.is_empty()
    }

    /// Gives back the memory of queues.
    pub(crate) fn forget(&mut self) {
        self.inbox.shrink_to_fit();
        self.outbox.sent.shrink_to_fit();
        self.closed.shrink_to_fit();
    }

    /// A datagram came from the network. The first frame of a TCP connection opens it.
    pub(crate) fn arrive(&mut self, datagram: Datagram) {
        let Some(socket) = self.socket_for(&datagram) else { return };
        if self.inbox.len() >= INBOX_MAX {
            self.overflown += 1;
            return;
        }
        self.counters.received_packets += 1;
        self.counters.received_bytes += datagram.bytes.len() as u64;
        let tuple = Tuple { socket, protocol: datagram.protocol, remote: datagram.source };
        self.inbox.push_back((tuple, datagram.bytes));
    }

    /// The network lost a connection.
    pub(crate) fn break_connection(&mut self, a: SocketAddr, b: SocketAddr) {
        let is_meant = |ends: &(SocketAddr, SocketAddr)| *ends == (a, b) || *ends == (b, a);
        let found = self.connections.iter().find(|(_, ends)| is_meant(ends));
        if let Some((&socket, &(_, remote))) = found {
            self.end(Tuple { socket, protocol: CandidateProtocol::Tcp, remote });
        }
    }

    /// The next datagram that the worker sent.
    pub(crate) fn poll_sent(&mut self) -> Option<Datagram> {
        loop {
            let (tuple, bytes) = self.outbox.sent.pop_front()?;
            // A frame for a connection that has ended is lost with it.
            if let Some(source) = self.local_addr(tuple.socket) {
                return Some(Datagram { protocol: tuple.protocol, source, destination: tuple.remote, bytes });
            }
        }
    }

    fn socket_for(&mut self, datagram: &Datagram) -> Option<SocketId> {
        if datagram.protocol == CandidateProtocol::Udp {
            let index = self.udp.iter().position(|bound| *bound == datagram.destination)?;
            return Some(SocketId(index as u32));
        }
        let ends = (datagram.destination, datagram.source);
        let known = self.connections.iter().find(|(_, known)| **known == ends);
        Some(known.map(|(socket, _)| *socket).unwrap_or_else(|| {
            let socket = SocketId(self.next_socket);
            self.next_socket += 1;
            self.connections.insert(socket, ends);
            socket
        }))
    }

    fn end(&mut self, tuple: Tuple) {
        if self.connections.remove(&tuple.socket).is_some() {
            self.closed.push_back(tuple);
        }
    }
}

impl Sockets for SimSockets {
    type Outbox = SimOutbox;

    fn receive(
        &mut self,
        _now: Instant,
        budget: usize,
        mut handle: impl FnMut(Tuple, &mut [u8], &mut SimOutbox),
    ) -> bool {
        for _ in 0..budget {
            let Some((tuple, mut bytes)) = self.inbox.pop_front() else { break };
            handle(tuple, &mut bytes, &mut self.outbox);
        }
        !self.inbox.is_empty()
    }

    fn outbox(&mut self) -> &mut SimOutbox {
        &mut self.outbox
    }

    /// Nothing is gathered: the scenario takes what was sent after each turn.
    fn flush(&mut self) {}

    fn close_tuple(&mut self, tuple: Tuple) {
        if tuple.protocol == CandidateProtocol::Tcp {
            self.end(tuple);
        }
    }

    /// Connections have no limits here that the ones in use are kept from.
    fn keep_tuple(&mut self, _tuple: Tuple) {}

    fn poll_closed(&mut self) -> Option<Tuple> {
        self.closed.pop_front()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        None
    }

    fn handle_timeout(&mut self, _now: Instant) {}

    fn local_addr(&self, socket: SocketId) -> Option<SocketAddr> {
        let udp = self.udp.get(socket.0 as usize).copied();
        udp.or_else(|| self.connections.get(&socket).map(|(local, _)| *local))
    }

    fn counters(&self) -> SocketCounters {
        let drops = [("inbox_full", self.overflown)];
        SocketCounters {
            sent_packets: self.outbox.packets,
            sent_bytes: self.outbox.bytes,
            tcp_connections: self.connections.len(),
            drops: drops.into_iter().filter(|(_, count)| *count > 0).collect(),
            ..self.counters.clone()
        }
    }
}

impl Outbox for SimOutbox {
    fn send(&mut self, to: Tuple, len_max: usize, fill: impl FnOnce(&mut [u8]) -> usize) {
        // Not zeros: whoever leaves a byte unwritten shall be found out.
        let mut bytes = vec![0xa5; len_max];
        let len = fill(&mut bytes);
        assert!(len <= len_max, "{len} bytes were written into {len_max}");
        if len > 0 {
            bytes.truncate(len);
            self.packets += 1;
            self.bytes += len as u64;
            self.sent.push_back((to, bytes));
        }
    }
}
