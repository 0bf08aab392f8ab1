//! Draws steps, takes them at the server and in the model, and compares.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

use crate::reference::{self, ClientId, OWN, Reference, Wanted, granted};
use crate::world::message::{Answer, Message};
use crate::world::{Client, World, addr, attribute, method, settings_with, udp};

const CLIENTS: usize = 8;
const USERS: usize = 4;
const PEERS: [&str; 8] = [
    "9.9.9.1:1000",
    OWN,
    "9.9.9.2:1000",
    "9.9.9.2:2000",
    "9.9.9.3:1000",
    "[2606:4700::1]:1000",
    "[2606:4700::2]:1000",
    "127.0.0.1:1000",
];
const NUMBERS: [u16; 6] = [0x4000, 0x4001, 0x4002, 0x7fff, 0x3fff, 0x8000];

/// What came of all runs.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) codes: BTreeMap<u16, u32>,
    pub(crate) relayed: u32,
    pub(crate) dropped: u32,
    pub(crate) redeemed: u32,
}

/// One seed's run.
pub(crate) struct Run {
    seed: u64,
    step: usize,
    chance: ChaCha8Rng,
    world: World,
    model: Reference,
    /// Each client, and when its nonce was made.
    clients: Vec<(Client, u64)>,
    tokens: Vec<u64>,
    transaction: u64,
}

impl Run {
    pub(crate) fn new(seed: u64) -> Self {
        let mut world = World::new(settings_with(|settings| {
            settings.unauthenticated = None;
            settings.peers.own = vec![addr(OWN)];
            let quotas = &mut settings.quotas;
            quotas.allocations_max = reference::ALLOCATIONS_MAX as u32;
            quotas.allocations_per_user_max = Some(reference::USER_MAX as u32);
            quotas.allocations_per_address_max = Some(reference::ADDRESS_MAX as u32);
            quotas.permissions_max = reference::PERMISSIONS_MAX as u16;
            quotas.channels_max = reference::CHANNELS_MAX as u16;
            quotas.bytes_per_second_per_user_max = None;
            quotas.bytes_per_second_per_address_max = None;
        }));
        let mut clients: Vec<(Client, u64)> = (0..CLIENTS).map(|id| (client(id, id % USERS), 0)).collect();
        clients.iter_mut().for_each(|(client, _)| client.learn_nonce(&mut world));
        Self {
            seed,
            step: 0,
            chance: ChaCha8Rng::seed_from_u64(seed),
            world,
            model: Reference::default(),
            clients,
            tokens: Vec::new(),
            transaction: 1 << 40,
        }
    }

    pub(crate) fn go(mut self, steps: usize, seen: &mut Seen) {
        for step in 0..steps {
            self.step = step;
            let id = self.below(CLIENTS);
            match self.below(32) {
                0..5 => self.allocate(id, seen),
                5..7 => self.refresh(id, seen),
                7..11 => self.permit(id, seen),
                11..16 => self.bind(id, seen),
                16..21 => self.send(id, seen),
                21..25 => self.send_on_channel(id, seen),
                25..28 => self.peer_sends(id, seen),
                28 => self.stranger(id, seen),
                _ => self.wait(),
            }
            self.compare();
        }
    }

    fn wait(&mut self) {
        let few = [1, 1, 1, 2, 5, 10, 29, 30][self.below(8)];
        let seconds = if self.below(8) == 0 { [60, 100, 299, 301, 599, 650][self.below(6)] } else { few };
        self.world.advance(Duration::from_secs(seconds));
        self.model.advance(seconds);
    }

    fn allocate(&mut self, id: ClientId, seen: &mut Seen) {
        let user = self.user(id);
        let repeats = self.model.allocations.get(&id).map(|allocation| allocation.made_by);
        let transaction = match repeats.filter(|_| self.below(2) == 0) {
            Some(transaction) => transaction,
            None => self.next_transaction(),
        };
        let mut wanted = Wanted {
            user,
            source: self.clients[id].0.socket.remote.ip(),
            transaction,
            families: [true, false],
            lifetime: self.lifetime(),
            reserves: false,
            token: None,
        };
        let transport = [17, 17, 17, 17, 17, 17, 17, 6, 99][self.below(9)];
        let mut request =
            Message::request(method::ALLOCATE, transaction).with(attribute::TRANSPORT, &[transport, 0, 0, 0]);
        if let Some(lifetime) = wanted.lifetime {
            request = request.with(attribute::LIFETIME, &lifetime.to_be_bytes());
        }
        let mut expected = match transport {
            17 => 0,
            6 => 400,
            _ => 442,
        };
        request = self.wish(request, &mut wanted, &mut expected);
        if self.is_fresh(id) && (self.model.allocations.contains_key(&id) || expected == 0) {
            expected = self.model.may_allocate(id, &wanted);
        }
        let Some(answer) = self.ask(id, user, request, expected, seen) else { return };
        if answer.code() != 0 {
            return;
        }
        let token =
            answer.get(attribute::RESERVATION).map(|value| u64::from_be_bytes(value.try_into().unwrap()));
        let is_new = !self.model.allocations.contains_key(&id);
        assert!(!is_new || token.is_some() == wanted.reserves, "{self:?}");
        seen.redeemed += u32::from(is_new && wanted.token.is_some());
        self.model.enter(id, &wanted, token);
        self.tokens.extend(token.filter(|_| is_new));
        let families = self.model.allocations[&id].until.map(|until| until.is_some());
        let relayed = answer.all(attribute::RELAYED);
        assert_eq!(relayed.len(), families.iter().filter(|has| **has).count(), "{self:?}");
    }

    /// Families, even ports and tokens.
    fn wish(&mut self, request: Message, wanted: &mut Wanted, expected: &mut u16) -> Message {
        match self.below(10) {
            0 => {
                wanted.families = [false, true];
                request.with(attribute::REQUESTED_FAMILY, &[2, 0, 0, 0])
            }
            1 => {
                wanted.families = [true, true];
                request.with(attribute::ADDITIONAL_FAMILY, &[2, 0, 0, 0])
            }
            2..4 => {
                wanted.reserves = true;
                request.with(attribute::EVEN_PORT, &[0x80])
            }
            4..7 if !self.tokens.is_empty() => {
                // One that waits for this user if there is one, else one that does not.
                let own = self.model.holds.iter().find(|(_, hold)| hold.user == wanted.user);
                let token = own.map_or(self.tokens[self.tokens.len() - 1], |(token, _)| *token);
                wanted.token = Some(token);
                request.with(attribute::RESERVATION, &token.to_be_bytes())
            }
            7 => {
                *expected = if *expected == 0 { 400 } else { *expected };
                request.with(attribute::EVEN_PORT, &[0x80]).with(attribute::ADDITIONAL_FAMILY, &[2, 0, 0, 0])
            }
            _ => request,
        }
    }

    fn refresh(&mut self, id: ClientId, seen: &mut Seen) {
        let user = self.user(id);
        let lifetime = self.lifetime();
        let family = [None, None, None, Some(0), Some(1)][self.below(5)];
        let mut request = Message::request(method::REFRESH, self.next_transaction());
        if let Some(lifetime) = lifetime {
            request = request.with(attribute::LIFETIME, &lifetime.to_be_bytes());
        }
        if let Some(family) = family {
            request = request.with(attribute::REQUESTED_FAMILY, &[family as u8 + 1, 0, 0, 0]);
        }
        let mut expected = self.model.may_manage(id, user);
        if expected == 0 && self.is_fresh(id) {
            expected = self.model.refresh(id, lifetime, family);
        }
        let answer = self.ask(id, user, request, expected, seen);
        if let Some(answer) = answer.filter(|answer| answer.code() == 0) {
            assert_eq!(answer.lifetime_s(), Some(granted(lifetime)), "{self:?}");
        }
    }

    fn permit(&mut self, id: ClientId, seen: &mut Seen) {
        let user = self.user(id);
        let count = self.below(4);
        let peers: Vec<SocketAddr> = (0..count).map(|_| self.peer()).collect();
        let request = Message::request(method::CREATE_PERMISSION, self.next_transaction());
        let request = peers.iter().fold(request, |request, peer| request.with_peer(*peer));
        let mut expected = self.model.may_manage(id, user);
        if expected == 0 && self.is_fresh(id) {
            expected = self.model.permit(id, &peers);
        }
        self.ask(id, user, request, expected, seen);
    }

    fn bind(&mut self, id: ClientId, seen: &mut Seen) {
        let user = self.user(id);
        let (number, peer) = (NUMBERS[self.below(NUMBERS.len())], self.peer());
        let request = Message::request(method::CHANNEL_BIND, self.next_transaction()).with_peer(peer);
        let [high, low] = number.to_be_bytes();
        let request = request.with(attribute::CHANNEL_NUMBER, &[high, low, 0, 0]);
        let mut expected = self.model.may_manage(id, user);
        if expected == 0 && self.is_fresh(id) {
            expected = self.model.bind(id, number, peer);
        }
        self.ask(id, user, request, expected, seen);
    }

    fn send(&mut self, id: ClientId, seen: &mut Seen) {
        let peer = self.peer();
        let sent = self.clients[id].0.clone().send(&mut self.world, peer, b"payload");
        let expected = self.model.passes(id, peer).then(|| (peer, b"payload".to_vec()));
        seen.note(expected.is_some());
        assert_eq!(sent, expected, "{self:?}");
    }

    fn send_on_channel(&mut self, id: ClientId, seen: &mut Seen) {
        let number = NUMBERS[self.below(4)];
        let sent = self.clients[id].0.send_on(&mut self.world, number, b"payload");
        let peer = self.model.behind(id, number).filter(|peer| self.model.passes(id, *peer));
        seen.note(peer.is_some());
        assert_eq!(sent, peer.map(|peer| (peer, b"payload".to_vec())), "{self:?}");
    }

    fn peer_sends(&mut self, id: ClientId, seen: &mut Seen) {
        let (peer, socket) = (self.peer(), self.clients[id].0.socket);
        let relays = self.world.server.relayed(socket);
        let Some(relayed) = relays.into_iter().find(|relayed| relayed.is_ipv4() == peer.is_ipv4()) else {
            return;
        };
        let told = self.world.peer_sends(relayed, peer, 100);
        seen.note(told.is_some());
        assert_eq!(told.is_some(), self.model.passes(id, peer), "{self:?}");
        if let Some(told) = told {
            let first = u16::from_be_bytes([told.prefix.as_bytes()[0], told.prefix.as_bytes()[1]]);
            assert_eq!(
                (told.client, first),
                (socket, self.model.channel(id, peer).unwrap_or(0x0017)),
                "{self:?}"
            );
        }
    }

    /// No credentials, or wrong ones.
    fn stranger(&mut self, id: ClientId, seen: &mut Seen) {
        let mut stranger = self.clients[id].0.clone();
        let kind = [method::ALLOCATE, method::REFRESH, method::CHANNEL_BIND][self.below(3)];
        let request =
            Message::request(kind, self.next_transaction()).with(attribute::TRANSPORT, &[17, 0, 0, 0]);
        let (request, expected) = if self.below(2) == 0 {
            (request, 401)
        } else {
            stranger.password.push('x');
            (stranger.sign(request), if self.is_fresh(id) { 401 } else { 438 })
        };
        self.world.give(stranger.socket, &request.0);
        let answer = self.world.answer();
        assert_eq!(answer.code(), expected, "{self:?}");
        seen.count(&answer);
    }

    /// Sends a request in a user's name and expects this code, or that the nonce ran out: then the next one is learnt, and nothing
    /// has happened.
    fn ask(
        &mut self,
        id: ClientId,
        user: usize,
        request: Message,
        expected: u16,
        seen: &mut Seen,
    ) -> Option<Answer> {
        let is_fresh = self.is_fresh(id);
        let mut asking = client(id, user);
        asking.nonce.clone_from(&self.clients[id].0.nonce);
        self.world.give(asking.socket, &asking.sign(request).0);
        let answer = self.world.answer();
        seen.count(&answer);
        if is_fresh {
            assert_eq!(answer.code(), expected, "{self:?}");
            assert!(answer.is_signed_by(&asking.key()), "{self:?}");
            return Some(answer);
        }
        assert_eq!(answer.code(), 438, "{self:?}");
        self.clients[id].0.nonce = answer.get(attribute::NONCE).unwrap().to_vec();
        self.clients[id].1 = self.model.now;
        None
    }

    fn is_fresh(&self, id: ClientId) -> bool {
        self.model.now - self.clients[id].1 <= 600
    }

    /// What there is.
    fn compare(&self) {
        let model = &self.model;
        assert_eq!(self.world.server.counters().allocations as usize, model.allocations.len(), "{self:?}");
        assert_eq!(self.world.shelf.len(), model.holds.len(), "{self:?}");
        let relays = model.allocations.values().flat_map(|allocation| allocation.until).flatten().count();
        assert_eq!(self.world.relays.len(), relays, "{self:?}");
        assert!(self.world.answers.is_empty());
    }

    /// Mostly the client's own user, sometimes another.
    fn user(&mut self, id: ClientId) -> usize {
        if self.below(12) == 0 { self.below(USERS) } else { id % USERS }
    }

    fn peer(&mut self) -> SocketAddr {
        addr(PEERS[self.below(PEERS.len())])
    }

    fn lifetime(&mut self) -> Option<u32> {
        [None, None, None, Some(0), Some(60), Some(1200), Some(9999)][self.below(7)]
    }

    fn next_transaction(&mut self) -> u64 {
        self.transaction += 1;
        self.transaction
    }

    fn below(&mut self, bound: usize) -> usize {
        self.chance.next_u32() as usize % bound
    }
}

impl std::fmt::Debug for Run {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "seed {}, step {}, model {:?}", self.seed, self.step, self.model)
    }
}

impl Seen {
    fn count(&mut self, answer: &Answer) {
        *self.codes.entry(answer.code()).or_default() += 1;
    }

    fn note(&mut self, is_relayed: bool) {
        if is_relayed {
            self.relayed += 1;
        } else {
            self.dropped += 1;
        }
    }
}

/// A client at its place, in a user's name. Two share an address.
fn client(id: ClientId, user: usize) -> Client {
    let socket = udp(&format!("198.51.100.{}:{}", id / 2, 4000 + id));
    Client::with_secret(
        socket,
        &format!("user{user}"),
        crate::world::SECRET,
        crate::world::UNIX_S + 1_000_000_000,
    )
}
