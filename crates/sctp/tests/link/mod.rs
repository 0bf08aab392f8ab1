//! A bad network between two ends, under simulated time and from a seed.
#![allow(dead_code, reason = "each test uses its part")]

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use motet_control::DtlsRole;
use motet_sctp::{Association, ChannelId, ChannelParameters, Event, MessageKind, PACKET_BYTES_MAX, Settings};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// What the network does to packets.
#[derive(Clone, Copy)]
pub(crate) struct Weather {
    pub(crate) loss_percent: u32,
    pub(crate) duplicates_percent: u32,
    pub(crate) delay: Duration,
    /// Each packet is late by up to this, which reorders them.
    pub(crate) jitter: Duration,
}

pub(crate) const FAIR: Weather = Weather {
    loss_percent: 0,
    duplicates_percent: 0,
    delay: Duration::from_millis(10),
    jitter: Duration::ZERO,
};
pub(crate) const FOUL: Weather = Weather {
    loss_percent: 10,
    duplicates_percent: 5,
    delay: Duration::from_millis(20),
    jitter: Duration::from_millis(40),
};

/// One end of the link.
pub(crate) trait End {
    fn receive(&mut self, now: Instant, packet: &[u8]);
    fn tick(&mut self, now: Instant);
    fn timeout(&self) -> Option<Instant>;
    fn transmit(&mut self, now: Instant) -> Option<Vec<u8>>;
    /// For a test that fails.
    fn describe(&self) -> String;
}

/// Ours, with what it told.
pub(crate) struct Ours {
    pub(crate) association: Association,
    pub(crate) events: Vec<Event>,
}

impl Ours {
    pub(crate) fn new(role: DtlsRole, settings: Settings, now: Instant, seed: u64) -> Self {
        Self { association: Association::new(role, settings, now, seed), events: Vec::new() }
    }

    pub(crate) fn fetch(&mut self) {
        while let Some(event) = self.association.poll_event() {
            self.events.push(event);
        }
    }

    pub(crate) fn told(&self, event: &Event) -> bool {
        self.events.contains(event)
    }

    pub(crate) fn opened(&self) -> Vec<(ChannelId, ChannelParameters)> {
        let opened = self.events.iter().filter_map(|event| match event {
            Event::Opened { channel, parameters } => Some((*channel, (**parameters).clone())),
            _ => None,
        });
        opened.collect()
    }

    pub(crate) fn messages(&self, on: ChannelId) -> Vec<(MessageKind, Vec<u8>)> {
        let messages = self.events.iter().filter_map(|event| match event {
            Event::Message { channel, kind, data } if *channel == on => Some((*kind, data.clone())),
            _ => None,
        });
        messages.collect()
    }
}

impl End for Ours {
    fn receive(&mut self, now: Instant, packet: &[u8]) {
        self.association.handle_packet(now, packet);
        self.fetch();
    }

    fn tick(&mut self, now: Instant) {
        self.association.handle_timeout(now);
        self.fetch();
    }

    fn timeout(&self) -> Option<Instant> {
        self.association.poll_timeout()
    }

    fn transmit(&mut self, _: Instant) -> Option<Vec<u8>> {
        let packet = self.association.poll_transmit()?;
        assert!(packet.len() <= PACKET_BYTES_MAX);
        Some(packet)
    }

    fn describe(&self) -> String {
        let last = self.events.iter().rev().find(|event| !matches!(event, Event::Message { .. }));
        format!("{:?} after {} events, last {last:?}", self.association, self.events.len())
    }
}

/// Two ends, `a` and `b`, and what is between them.
pub(crate) struct Link<A, B> {
    pub(crate) a: A,
    pub(crate) b: B,
    pub(crate) start: Instant,
    pub(crate) now: Instant,
    pub(crate) weather: Weather,
    pub(crate) packets: u64,
    chance: ChaCha8Rng,
    under_way: BTreeMap<(Instant, u64), (bool, Vec<u8>)>,
}

impl Link<Ours, Ours> {
    /// A client and a server of ours.
    pub(crate) fn ours(weather: Weather, seed: u64) -> Self {
        Self::with_settings(weather, seed, Settings::default(), Settings::default())
    }

    pub(crate) fn with_settings(weather: Weather, seed: u64, a: Settings, b: Settings) -> Self {
        let now = Instant::now();
        let a = Ours::new(DtlsRole::Client, a, now, seed);
        let b = Ours::new(DtlsRole::Server, b, now, seed ^ 0xb0b);
        Link::new(a, b, now, weather, seed)
    }

    /// The same, connected.
    pub(crate) fn connected(weather: Weather, seed: u64) -> Self {
        let mut link = Self::ours(weather, seed);
        link.run_until(|link| link.a.association.is_connected() && link.b.association.is_connected());
        link
    }

    /// Opens a channel from `a`, and waits until both know it.
    pub(crate) fn open(&mut self, parameters: ChannelParameters) -> ChannelId {
        let id = self.a.association.open(self.now, parameters).expect("there is room");
        self.run_until(|link| link.a.told(&Event::Ready(id)));
        id
    }
}

impl<A: End, B: End> Link<A, B> {
    pub(crate) fn new(a: A, b: B, now: Instant, weather: Weather, seed: u64) -> Self {
        let chance = ChaCha8Rng::seed_from_u64(seed);
        Self { a, b, start: now, now, weather, packets: 0, chance, under_way: BTreeMap::new() }
    }

    /// Lets time pass until `done`, which must be within ten minutes.
    pub(crate) fn run_until(&mut self, mut done: impl FnMut(&Self) -> bool) {
        let limit = self.now + Duration::from_secs(600);
        self.step();
        while !done(self) {
            assert!(
                self.go_on(limit),
                "not within ten minutes, at {:?}: {}; {}",
                self.now - self.start,
                self.a.describe(),
                self.b.describe()
            );
        }
    }

    pub(crate) fn run_for(&mut self, time: Duration) {
        let limit = self.now + time;
        self.step();
        while self.go_on(limit) {}
        self.now = limit;
        self.step();
    }

    /// Goes to the next instant at which something happens; false if there is none before `limit`.
    fn go_on(&mut self, limit: Instant) -> bool {
        let arrival = self.under_way.keys().next().map(|(at, _)| *at);
        let next = [arrival, self.a.timeout(), self.b.timeout()].into_iter().flatten().min();
        let Some(next) = next.filter(|next| *next <= limit) else { return false };
        self.now = self.now.max(next);
        self.step();
        true
    }

    fn step(&mut self) {
        while let Some(entry) = self.under_way.first_entry() {
            if entry.key().0 > self.now {
                break;
            }
            let (to_b, packet) = entry.remove();
            if to_b { self.b.receive(self.now, &packet) } else { self.a.receive(self.now, &packet) }
        }
        if self.a.timeout().is_some_and(|at| at <= self.now) {
            self.a.tick(self.now);
        }
        if self.b.timeout().is_some_and(|at| at <= self.now) {
            self.b.tick(self.now);
        }
        while let Some(packet) = self.a.transmit(self.now) {
            self.send(true, packet);
        }
        while let Some(packet) = self.b.transmit(self.now) {
            self.send(false, packet);
        }
    }

    fn send(&mut self, to_b: bool, packet: Vec<u8>) {
        if self.percent(self.weather.loss_percent) {
            return;
        }
        if self.percent(self.weather.duplicates_percent) {
            self.put(to_b, packet.clone());
        }
        self.put(to_b, packet);
    }

    fn put(&mut self, to_b: bool, packet: Vec<u8>) {
        let jitter_us = self.weather.jitter.as_micros() as u64;
        let late = Duration::from_micros(self.chance.next_u64() % (jitter_us + 1));
        self.packets += 1;
        self.under_way.insert((self.now + self.weather.delay + late, self.packets), (to_b, packet));
    }

    fn percent(&mut self, percent: u32) -> bool {
        self.chance.next_u32() % 100 < percent
    }

    /// A number below `bound`, from the link's seed.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        (self.chance.next_u64() % bound as u64) as usize
    }
}

/// `Ready`, `Opened` and such aside, what a message of `bytes` bytes holds: distinct for each `number`.
pub(crate) fn message(number: u32, bytes: usize) -> Vec<u8> {
    let mut data = number.to_be_bytes().to_vec();
    data.extend((0..bytes.saturating_sub(4)).map(|at| (at as u32 ^ number) as u8));
    data
}
