//! The network between hosts: each host has a link up and a link down, a core in between takes no time.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use motet_control::CandidateProtocol;

use crate::datagram::Datagram;
use crate::link::{Conditions, Link, LinkCounts, Load};

/// Datagrams under way at once at most; a scenario that exceeds it has a loop.
const IN_FLIGHT_MAX: usize = 1 << 20;

/// Which way of a host's link, seen from the host.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Way {
    /// What the host sends.
    Up,
    /// What the host gets.
    Down,
}

/// All hosts' links and what is under way.
pub struct Network {
    seed: u64,
    start: Instant,
    hosts: BTreeMap<IpAddr, Host>,
    /// What hosts behind a NAT look like from outside, by their own address.
    mappings: BTreeMap<SocketAddr, SocketAddr>,
    in_flight: BinaryHeap<Reverse<InFlight>>,
    sent: u64,
    broken: VecDeque<(SocketAddr, SocketAddr)>,
    unroutable: u64,
}

struct Host {
    up: Link,
    down: Link,
}

#[derive(PartialEq, Eq, Debug)]
struct InFlight {
    at: Instant,
    /// Breaks ties: first sent, first served.
    order: u64,
    hop: Hop,
    datagram: Datagram,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Hop {
    /// Comes out of the sender's link.
    Core,
    /// Comes out of the receiver's.
    Arrival,
}

impl PartialOrd for InFlight {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for InFlight {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.order).cmp(&(other.at, other.order))
    }
}

impl Network {
    pub(crate) fn new(seed: u64, start: Instant) -> Self {
        Self {
            seed,
            start,
            hosts: BTreeMap::new(),
            mappings: BTreeMap::new(),
            in_flight: BinaryHeap::new(),
            sent: 0,
            broken: VecDeque::new(),
            unroutable: 0,
        }
    }

    /// What one way of a host's link does; may be changed at any time, for what is sent from there on.
    pub fn conditions(&mut self, ip: IpAddr, way: Way) -> &mut Conditions {
        let host = self.host(ip);
        match way {
            Way::Up => &mut host.up.conditions,
            Way::Down => &mut host.down.conditions,
        }
    }

    /// Sets both ways alike.
    pub fn set_both(&mut self, ip: IpAddr, conditions: Conditions) {
        *self.conditions(ip, Way::Up) = conditions;
        *self.conditions(ip, Way::Down) = conditions;
    }

    /// What became of everything that came to one way of a host's link.
    pub fn counts(&mut self, ip: IpAddr, way: Way) -> LinkCounts {
        let host = self.host(ip);
        match way {
            Way::Up => host.up.counts,
            Way::Down => host.down.counts,
        }
    }

    /// A NAT gives `inside` a new address: whatever it sends comes from `outside`, and what is sent to its address before
    /// reaches nobody.
    pub fn rebind(&mut self, inside: SocketAddr, outside: SocketAddr) {
        self.mappings.insert(inside, outside);
    }

    /// Forgets a host's links and mappings.
    pub(crate) fn remove(&mut self, ip: IpAddr) {
        self.hosts.remove(&ip);
        self.mappings.retain(|inside, _| inside.ip() != ip);
    }

    /// Gives back the memory of queues.
    pub(crate) fn forget(&mut self) {
        self.in_flight.shrink_to_fit();
        self.broken.shrink_to_fit();
    }

    pub(crate) fn send(&mut self, now: Instant, mut datagram: Datagram) {
        assert!(self.in_flight.len() < IN_FLIGHT_MAX, "more datagrams are under way than any scenario sends");
        let inside = datagram.source;
        datagram.source = self.mappings.get(&inside).copied().unwrap_or(inside);
        self.pass(now, inside.ip(), Hop::Core, datagram);
    }

    /// When something arrives next, here or in the core.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        self.in_flight.peek().map(|Reverse(next)| next.at)
    }

    /// The next datagram that has arrived by `now`.
    pub(crate) fn poll_arrival(&mut self, now: Instant) -> Option<Datagram> {
        while self.in_flight.peek().is_some_and(|Reverse(next)| next.at <= now) {
            let Reverse(InFlight { at, hop, mut datagram, .. }) = self.in_flight.pop()?;
            match (hop, self.inside(datagram.destination)) {
                (Hop::Arrival, _) => return Some(datagram),
                (Hop::Core, Some(inside)) => {
                    datagram.destination = inside;
                    self.pass(at, inside.ip(), Hop::Arrival, datagram);
                }
                (Hop::Core, None) => self.unroutable += 1,
            }
        }
        None
    }

    /// The next TCP connection that broke, as client and server address.
    pub(crate) fn poll_broken(&mut self) -> Option<(SocketAddr, SocketAddr)> {
        self.broken.pop_front()
    }

    fn host(&mut self, ip: IpAddr) -> &mut Host {
        let Self { seed, start, .. } = *self;
        self.hosts.entry(ip).or_insert_with(|| Host {
            up: Link::new(seed, &format!("{ip} up"), start),
            down: Link::new(seed, &format!("{ip} down"), start),
        })
    }

    /// Whom an address leads to; nobody once a NAT has moved its owner.
    fn inside(&self, outside: SocketAddr) -> Option<SocketAddr> {
        let moved_here = self.mappings.iter().find(|(_, to)| **to == outside);
        match (moved_here, self.mappings.contains_key(&outside)) {
            (Some((inside, _)), _) => Some(*inside),
            (None, true) => None,
            (None, false) => Some(outside),
        }
    }

    /// Through one way of the link of the host at `ip`, to come out for `hop`.
    fn pass(&mut self, now: Instant, ip: IpAddr, hop: Hop, datagram: Datagram) {
        let load = Load { bytes: datagram.bytes.len(), is_dtls: datagram.is_dtls() };
        let host = self.host(ip);
        let link = if hop == Hop::Core { &mut host.up } else { &mut host.down };
        if datagram.protocol == CandidateProtocol::Tcp {
            match link.pass_frame(now, load) {
                Some(at) => self.put(at, hop, datagram),
                None => self.broken.push_back((datagram.source, datagram.destination)),
            }
            return;
        }
        let [first, second] = link.pass(now, load);
        if let Some(at) = second {
            self.put(at, hop, datagram.clone());
        }
        if let Some(at) = first {
            self.put(at, hop, datagram);
        }
    }

    fn put(&mut self, at: Instant, hop: Hop, datagram: Datagram) {
        self.sent += 1;
        self.in_flight.push(Reverse(InFlight { at, order: self.sent, hop, datagram }));
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn address(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    #[test]
    fn both_links_take_their_time() {
        let (now, ms) = (Instant::now(), Duration::from_millis);
        let mut network = Network::new(1, now);
        let (a, b) = (address("10.0.0.1:1"), address("10.0.0.2:2"));
        network.conditions(a.ip(), Way::Up).delay = ms(10);
        network.conditions(b.ip(), Way::Down).delay = ms(5);
        network.send(now, Datagram::udp(a, b, vec![1]));
        assert!(network.poll_arrival(now + ms(14)).is_none());
        assert_eq!(network.poll_timeout(), Some(now + ms(15)));
        assert_eq!(network.poll_arrival(now + ms(15)), Some(Datagram::udp(a, b, vec![1])));
    }

    #[test]
    fn a_rebound_host_is_reached_at_its_new_address_only() {
        let now = Instant::now();
        let mut network = Network::new(1, now);
        let (inside, outside, other) = (address("10.0.0.1:1"), address("192.0.2.1:9"), address("10.0.0.2:2"));
        network.rebind(inside, outside);
        network.send(now, Datagram::udp(inside, other, vec![1]));
        assert_eq!(network.poll_arrival(now).map(|datagram| datagram.source), Some(outside));
        network.send(now, Datagram::udp(other, inside, vec![2]));
        assert_eq!(network.poll_arrival(now), None);
        network.send(now, Datagram::udp(other, outside, vec![3]));
        assert_eq!(network.poll_arrival(now).map(|datagram| datagram.destination), Some(inside));
    }
}
