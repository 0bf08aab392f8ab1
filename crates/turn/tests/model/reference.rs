//! What the server should do, said in the simplest way: maps, and a look at the time on each use.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};

/// Seconds since the beginning.
pub(crate) type Second = u64;

pub(crate) const ALLOCATIONS_MAX: usize = 7;
pub(crate) const USER_MAX: usize = 3;
pub(crate) const ADDRESS_MAX: usize = 4;
pub(crate) const PERMISSIONS_MAX: usize = 4;
pub(crate) const CHANNELS_MAX: usize = 3;
/// The server's own listener, on a host that may be reached otherwise.
pub(crate) const OWN: &str = "9.9.9.1:3478";

/// A client's number, which stands for its 5-tuple.
pub(crate) type ClientId = usize;
/// What quotas count.
pub(crate) type User = usize;
pub(crate) type Source = IpAddr;

#[derive(Clone, Debug)]
pub(crate) struct Allocation {
    pub(crate) user: User,
    pub(crate) source: Source,
    pub(crate) made_by: u64,
    /// When each family's address ends: IPv4, IPv6.
    pub(crate) until: [Option<Second>; 2],
    pub(crate) permissions: BTreeMap<IpAddr, Second>,
    pub(crate) channels: BTreeMap<u16, (SocketAddr, Second)>,
}

#[derive(Clone, Debug)]
pub(crate) struct Hold {
    pub(crate) user: User,
    pub(crate) source: Source,
    pub(crate) until: Second,
}

/// What an Allocate request asks for.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub(crate) user: User,
    pub(crate) source: Source,
    pub(crate) transaction: u64,
    pub(crate) families: [bool; 2],
    pub(crate) lifetime: Option<u32>,
    pub(crate) reserves: bool,
    pub(crate) token: Option<u64>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Reference {
    pub(crate) now: Second,
    pub(crate) allocations: BTreeMap<ClientId, Allocation>,
    pub(crate) holds: BTreeMap<u64, Hold>,
}

/// The lifetime that is granted.
pub(crate) fn granted(lifetime: Option<u32>) -> u32 {
    match lifetime {
        None => 600,
        Some(0) => 0,
        Some(asked) => asked.clamp(600, 3600),
    }
}

impl Reference {
    pub(crate) fn advance(&mut self, seconds: Second) {
        self.now += seconds;
        let now = self.now;
        for allocation in self.allocations.values_mut() {
            for at in 0..2 {
                if allocation.until[at].is_some_and(|until| until <= now) {
                    allocation.end_family(at);
                }
            }
            allocation.permissions.retain(|_, until| *until > now);
            allocation.channels.retain(|_, (_, until)| *until > now);
        }
        self.allocations.retain(|_, allocation| allocation.until != [None, None]);
        self.holds.retain(|_, hold| hold.until > now);
    }

    /// The code of the answer; a success is not entered yet, since its token is the server's to choose.
    pub(crate) fn may_allocate(&mut self, client: ClientId, wanted: &Wanted) -> u16 {
        if let Some(allocation) = self.allocations.get(&client) {
            let is_repeated = allocation.made_by == wanted.transaction && allocation.user == wanted.user;
            return if is_repeated { 0 } else { 437 };
        }
        if let Some(token) = wanted.token {
            if self.holds.get(&token).is_none_or(|hold| hold.user != wanted.user) {
                return 508;
            }
            self.holds.remove(&token);
        }
        let needed = 1 + usize::from(wanted.reserves);
        for more in 0..needed {
            if self.count(|_, _| true) + more >= ALLOCATIONS_MAX {
                return 508;
            }
            let of_user = self.count(|user, _| user == wanted.user) + more;
            let of_source = self.count(|_, source| source == wanted.source) + more;
            if of_user >= USER_MAX || of_source >= ADDRESS_MAX {
                return 486;
            }
        }
        0
    }

    /// Enters an allocation that the server made.
    pub(crate) fn enter(&mut self, client: ClientId, wanted: &Wanted, token: Option<u64>) {
        if self.allocations.contains_key(&client) {
            return;
        }
        let until = self.now + u64::from(granted(wanted.lifetime).max(600));
        let (user, source) = (wanted.user, wanted.source);
        self.allocations.insert(
            client,
            Allocation {
                user,
                source,
                made_by: wanted.transaction,
                until: wanted.families.map(|family| family.then_some(until)),
                permissions: BTreeMap::new(),
                channels: BTreeMap::new(),
            },
        );
        if let Some(token) = token {
            self.holds.insert(token, Hold { user, source, until: self.now + 30 });
        }
    }

    fn count(&self, is_meant: impl Fn(User, Source) -> bool) -> usize {
        let of_allocations = self.allocations.values().filter(|it| is_meant(it.user, it.source)).count();
        of_allocations + self.holds.values().filter(|it| is_meant(it.user, it.source)).count()
    }

    /// The code that everything but Allocate shares.
    pub(crate) fn may_manage(&self, client: ClientId, user: User) -> u16 {
        match self.allocations.get(&client) {
            None => 437,
            Some(allocation) if allocation.user != user => 441,
            Some(_) => 0,
        }
    }

    /// The code of the answer.
    pub(crate) fn refresh(&mut self, client: ClientId, lifetime: Option<u32>, family: Option<usize>) -> u16 {
        let now = self.now;
        let allocation = self.allocations.get_mut(&client).unwrap();
        let is_meant = |at: usize| family.is_none_or(|family| family == at);
        let meant: Vec<usize> =
            (0..2).filter(|at| is_meant(*at) && allocation.until[*at].is_some()).collect();
        if meant.is_empty() {
            return 443;
        }
        for at in meant {
            match granted(lifetime) {
                0 => allocation.end_family(at),
                lifetime => allocation.until[at] = Some(now + u64::from(lifetime)),
            }
        }
        if allocation.until == [None, None] {
            self.allocations.remove(&client);
        }
        0
    }

    /// The code of the answer.
    pub(crate) fn permit(&mut self, client: ClientId, peers: &[SocketAddr]) -> u16 {
        let now = self.now;
        let allocation = self.allocations.get_mut(&client).unwrap();
        let mut ips = BTreeSet::new();
        for peer in peers {
            if ips.contains(&peer.ip()) {
                continue;
            }
            if ips.len() == PERMISSIONS_MAX {
                return 508;
            }
            if let code @ 1.. = allocation.judge_ip(peer.ip()) {
                return code;
            }
            ips.insert(peer.ip());
        }
        if ips.is_empty() {
            return 400;
        }
        if !allocation.has_room_for(&ips) {
            return 508;
        }
        allocation.permissions.extend(ips.into_iter().map(|ip| (ip, now + 300)));
        0
    }

    /// The code of the answer.
    pub(crate) fn bind(&mut self, client: ClientId, number: u16, peer: SocketAddr) -> u16 {
        let now = self.now;
        let allocation = self.allocations.get_mut(&client).unwrap();
        let is_taken =
            allocation.channels.iter().any(|(other, (bound, _))| (*other == number) != (*bound == peer));
        if !(0x4000..0x8000).contains(&number) || is_taken {
            return 400;
        }
        if let code @ 1.. = allocation.judge_ip(peer.ip()) {
            return code;
        }
        if peer == OWN.parse().unwrap() || peer.port() == 0 {
            return 403;
        }
        let is_new = !allocation.channels.contains_key(&number);
        if !allocation.has_room_for(&BTreeSet::from([peer.ip()]))
            || (is_new && allocation.channels.len() >= CHANNELS_MAX)
        {
            return 508;
        }
        allocation.permissions.insert(peer.ip(), now + 300);
        allocation.channels.insert(number, (peer, now + 600));
        0
    }

    /// Whether something passes between a client and a peer, either way.
    pub(crate) fn passes(&self, client: ClientId, peer: SocketAddr) -> bool {
        let allocation = self.allocations.get(&client);
        allocation.is_some_and(|allocation| {
            allocation.permissions.contains_key(&peer.ip()) && peer != OWN.parse().unwrap()
        })
    }

    /// Who is behind a channel.
    pub(crate) fn behind(&self, client: ClientId, number: u16) -> Option<SocketAddr> {
        self.allocations.get(&client)?.channels.get(&number).map(|(peer, _)| *peer)
    }

    /// A peer's channel.
    pub(crate) fn channel(&self, client: ClientId, peer: SocketAddr) -> Option<u16> {
        let mut channels = self.allocations.get(&client)?.channels.iter();
        channels.find(|(_, (bound, _))| *bound == peer).map(|(number, _)| *number)
    }
}

impl Allocation {
    fn end_family(&mut self, at: usize) {
        self.until[at] = None;
        self.permissions.retain(|ip, _| usize::from(ip.is_ipv6()) != at);
        self.channels.retain(|_, (peer, _)| usize::from(peer.is_ipv6()) != at);
    }

    fn judge_ip(&self, ip: IpAddr) -> u16 {
        if self.until[usize::from(ip.is_ipv6())].is_none() {
            443
        } else if ip.is_loopback() {
            403
        } else {
            0
        }
    }

    fn has_room_for(&self, ips: &BTreeSet<IpAddr>) -> bool {
        self.permissions.keys().chain(ips).collect::<BTreeSet<_>>().len() <= PERMISSIONS_MAX
    }
}
