//! The server's doors.

mod allocate;
mod allocation;
mod answers;
mod authentication;
mod channels;
mod clients;
mod connections;
mod ending;
mod opening;
mod permissions;
mod refresh;
mod relaying;
mod requests;

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Instant;

use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};
use rustc_hash::FxBuildHasher;
use slab::Slab;

use crate::hashing::SipKey;
use crate::shared::Tick;
use crate::wire::numbers::method;
use crate::{
    Action, ClientSocket, ConnectionId, Counters, DropReason, FromClient, HoldId, Now, RelayId, Shared,
};

use allocation::Allocation;
use answers::Answers;
use connections::PeerConnection;

/// What a Send indication's second byte is: the class of an indication, the method Send.
const SEND_INDICATION: u8 = 0x10 | method::SEND as u8;

/// Where an allocation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Slot(usize);

/// What ends by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Timer {
    Relay(RelayId),
    Hold(HoldId),
    Connection(ConnectionId),
}

/// The state of all clients that one thread of the engine serves.
///
/// After each `handle_*`: carry out what [`Server::poll_action`] says until it says nothing, then send what
/// [`Server::poll_transmit`] says until it says nothing, then arm a timer for [`Server::poll_timeout`]. (Actions first:
/// their outcome may make an answer.)
#[derive(Debug)]
pub struct Server {
    shared: Arc<Shared>,
    number: u8,
    chance: ChaCha12Rng,
    /// Names Data indications: they must differ, no more.
    indications: u64,
    clients: HashMap<ClientSocket, Slot, SipKey>,
    /// Whom the last datagram was from: bursts of one client are the rule.
    last: Option<(ClientSocket, Slot)>,
    allocations: Slab<Box<Allocation>>,
    /// Whose a relay is.
    relays: Slab<Slot>,
    connections: HashMap<ConnectionId, PeerConnection, FxBuildHasher>,
    /// Client connections that carry a peer's bytes.
    joined: HashMap<ClientSocket, ConnectionId, SipKey>,
    /// Client connections without an allocation, and until when they may stay so.
    half_open: HashMap<ClientSocket, Tick, SipKey>,
    half_open_due: BTreeSet<(Tick, ClientSocket)>,
    timers: BTreeSet<(Tick, Timer)>,
    /// When the first of the two above is due.
    due: Tick,
    actions: VecDeque<Action>,
    answers: Answers,
    counters: Counters,
}

impl Server {
    /// A server with a number of its own among those of `shared`. The seed differs from server to server and is a secret.
    pub fn new(shared: Arc<Shared>, number: u8, seed: [u8; 32]) -> Self {
        let key = SipKey::new(&shared.hash_key);
        shared.add_server(number);
        Self {
            shared,
            number,
            chance: ChaCha12Rng::from_seed(seed),
            indications: 0,
            clients: HashMap::with_hasher(key.clone()),
            last: None,
            allocations: Slab::new(),
            relays: Slab::new(),
            connections: HashMap::default(),
            joined: HashMap::with_hasher(key.clone()),
            half_open: HashMap::with_hasher(key),
            half_open_due: BTreeSet::new(),
            timers: BTreeSet::new(),
            due: Tick::MAX,
            actions: VecDeque::new(),
            answers: Answers::default(),
            counters: Counters::new(),
        }
    }

    /// A datagram of a client, or one message of its stream ([`stream::next_message`](crate::stream::next_message)).
    pub fn handle_client(&mut self, now: Now, client: ClientSocket, data: &[u8]) -> FromClient {
        let tick = self.catch_up(now.instant);
        match data {
            [0x40..=0x7f, ..] => self.relay_channel_data(tick, client, data),
            [0x00, SEND_INDICATION, ..] => self.relay_indication(tick, client, data),
            [0x00..=0x3f, ..] => self.handle_message(tick, now.unix_s, client, data),
            _ => self.drop(DropReason::Malformed),
        }
    }

    /// What is overdue.
    pub fn handle_timeout(&mut self, now: Now) {
        self.catch_up(now.instant);
    }

    /// When [`Server::handle_timeout`] wants to be called next.
    pub fn poll_timeout(&self) -> Option<Instant> {
        (self.due != Tick::MAX).then(|| self.shared.instant(self.due))
    }

    /// What the engine shall do.
    pub fn poll_action(&mut self) -> Option<Action> {
        let action = self.actions.pop_front();
        if self.actions.is_empty() && self.actions.capacity() > 256 {
            self.actions = VecDeque::new();
        }
        action
    }

    /// Appends the next answer to `out`, and says who gets it.
    pub fn poll_transmit(&mut self, out: &mut Vec<u8>) -> Option<ClientSocket> {
        self.answers.poll(out)
    }

    /// What happened and what there is.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Where a client's relayed addresses are, as the world sees them; empty if it has none.
    pub fn relayed(&self, client: ClientSocket) -> Vec<SocketAddr> {
        let allocation = self.clients.get(&client).and_then(|slot| self.allocations.get(slot.0));
        allocation
            .map_or_else(Vec::new, |allocation| allocation.relays().map(|relay| relay.announced).collect())
    }

    /// The time, after everything that it has made overdue.
    fn catch_up(&mut self, now: Instant) -> Tick {
        let tick = self.shared.tick(now);
        if tick >= self.due {
            self.end_overdue(tick);
        }
        tick
    }

    fn set_timer(&mut self, tick: Tick, timer: Timer) {
        self.timers.insert((tick, timer));
        self.due = self.due.min(tick);
    }

    fn drop(&mut self, reason: DropReason) -> FromClient {
        self.counters.count(reason);
        FromClient::Nothing
    }

    /// Where a client's allocation stands.
    fn slot_of(&mut self, client: &ClientSocket) -> Option<Slot> {
        if let Some((last, slot)) = &self.last
            && last == client
        {
            return Some(*slot);
        }
        let slot = *self.clients.get(client)?;
        self.last = Some((*client, slot));
        Some(slot)
    }

    fn random<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.chance.fill_bytes(&mut bytes);
        bytes
    }
}

/// What counts as one source: an IPv4 address, an IPv6 /64. The families never meet: no IPv6 /64 ends in other than zeros.
fn source(ip: IpAddr) -> u128 {
    match ip {
        IpAddr::V4(ip) => u128::from(ip.to_bits()) | 1 << 63,
        IpAddr::V6(ip) => ip.to_bits() >> 64 << 64,
    }
}
