//! A thread's loop.

mod actions;
mod dtls;
mod icmp;
mod pace;
mod peers;
mod streams;
mod udp;

use std::io;
use std::time::{Duration, Instant, SystemTime};

use motet_net::ports::{Datagram, Forwards, News, Poller, Pool, PortCounters, PortId, Ports, TcpPort};
use motet_turn::{Now, RelayId, Server};

use crate::counters::{EngineDrop, EngineDrops, ThreadCounters};
use crate::identity::Identity;
use crate::mailbox::{Letter, Mailbox, Post};
use crate::relays::Shelf;
use crate::settings::TurnSettings;
use crate::spare::{Spare, give_back};
use crate::start::Listeners;
use crate::stream::{Role, StreamId, Streams};
use dtls::Tunnels;
use icmp::Telling;
use pace::Pace;
use streams::Acceptor;

/// What a loop is made of.
pub(crate) struct Setup {
    pub(crate) server: Server,
    pub(crate) poller: Poller,
    pub(crate) listeners: Listeners,
    pub(crate) mailbox: Mailbox,
    pub(crate) shelf: Shelf,
    pub(crate) identity: Identity,
}

/// One thread's sockets and the server that decides about them.
///
/// A turn: wait, then letters, then what came by UDP and over streams, then what is overdue, then send.
pub(crate) struct Turn {
    server: Server,
    poller: Poller,
    mailbox: Mailbox,
    shelf: Shelf,
    net: Net,
    /// By relay.
    relays: Vec<Relay>,
    readable: Vec<PortId>,
    /// By port: whether it is among them.
    is_listed: Vec<bool>,
    /// What one call brought; empty between turns.
    datagrams: Vec<Datagram>,
    /// Ports about whose datagrams the network has said something.
    erring: Vec<PortId>,
    acceptors: Vec<Acceptor>,
    /// When to accept again after the system could not.
    accept_again: Option<Instant>,
    streams: Streams,
    connections_max: usize,
    /// TCP relays that peers have connected to.
    relays_readable: Vec<RelayId>,
    /// Joined connections that have used up what they may pass on for the moment.
    throttled: Vec<StreamId>,
    throttled_until: Option<Instant>,
    identity: Identity,
    tunnels: Tunnels,
    posts: Vec<Post>,
    scratch: Box<[u8]>,
    drops: EngineDrops,
    pace: Pace,
    spare: Spare,
    now: Now,
    /// When the outside was last told the counters, and whether something has happened since.
    reported: Instant,
    is_report_due: bool,
    answer: Vec<u8>,
}

/// UDP: the sockets, what came and what is to go.
struct Net {
    ports: Ports,
    /// By port.
    uses: Vec<PortUse>,
    pool: Pool,
    forwards: Forwards,
    counters: PortCounters,
}

/// What a UDP port is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum PortUse {
    Closed,
    /// The listener of this number.
    Listener,
    Relay(RelayId),
}

/// What a relay's number stands for.
enum Relay {
    Closed,
    Udp { port: PortId, telling: Telling },
    Tcp(TcpPort),
}

/// Tokens of UDP ports are their ids, from 0; those of the others begin here.
const STREAM_TOKENS: usize = 1 << 32;
const ACCEPTOR_TOKENS: usize = 1 << 33;
const RELAY_TOKENS: usize = 1 << 34;

/// Datagrams that one turn takes at most from all ports before it sends and looks at its letters.
const DATAGRAMS_PER_TURN: usize = 4_096;
/// How long to leave listeners alone that could not accept: the process is out of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// How soon a joined connection that has used up its share may go on.
const THROTTLE: Duration = Duration::from_millis(20);
/// Bytes read from one connection at a time.
const SCRATCH_BYTES: usize = 32 * 1024;
/// How old the counters that the outside sees may be.
const REPORT_EVERY: Duration = Duration::from_millis(200);

impl Turn {
    pub(crate) fn new(setup: Setup, settings: &TurnSettings, posts: Vec<Post>) -> io::Result<Self> {
        let Setup { server, poller, listeners, mailbox, shelf, identity } = setup;
        let mut net = Net {
            ports: Ports::default(),
            uses: Vec::new(),
            pool: Pool::new(),
            forwards: Forwards::default(),
            counters: PortCounters::default(),
        };
        for port in listeners.udp {
            net.watch(&poller, port, PortUse::Listener)?;
        }
        let mut acceptors = Vec::new();
        for (index, socket) in listeners.tcp.into_iter().enumerate() {
            poller.watch(&socket, ACCEPTOR_TOKENS + index)?;
            acceptors.push(Acceptor { local: socket.local_addr()?, socket, is_readable: true });
        }
        Ok(Self {
            server,
            poller,
            mailbox,
            shelf,
            net,
            relays: Vec::new(),
            readable: Vec::new(),
            datagrams: Vec::new(),
            erring: Vec::new(),
            is_listed: Vec::new(),
            acceptors,
            accept_again: None,
            streams: Streams::default(),
            connections_max: settings.connections_max,
            relays_readable: Vec::new(),
            throttled: Vec::new(),
            throttled_until: None,
            identity,
            tunnels: Tunnels::new(settings.connections_max),
            posts,
            scratch: vec![0; SCRATCH_BYTES].into_boxed_slice(),
            drops: EngineDrops::new(),
            pace: Pace::new(settings.pause),
            spare: Spare::default(),
            now: time(),
            reported: Instant::now(),
            is_report_due: true,
            answer: Vec::new(),
        })
    }

    /// Serves until it is told to stop.
    pub(crate) fn run(mut self) {
        self.report();
        loop {
            if self.wait().is_err() {
                return;
            }
            if self.read_letters() {
                return;
            }
            self.receive_errors();
            self.receive_udp();
            self.accept_clients();
            self.accept_peers();
            self.read_streams();
            self.handle_timeouts();
            self.write_streams();
            self.net.flush();
            if self.is_report_due && self.now.instant - self.reported >= REPORT_EVERY {
                self.report();
            }
        }
    }

    fn wait(&mut self) -> io::Result<()> {
        let has_work = !self.readable.is_empty()
            || !self.erring.is_empty()
            || self.streams.has_readable()
            || self.accept_again.is_none() && self.acceptors.iter().any(|acceptor| acceptor.is_readable);
        let timeout = if has_work { Some(Duration::ZERO) } else { self.until_due() };
        let timeout = self.pace.before_wait(timeout);
        let mut connecting = Vec::new();
        self.poller.wait(timeout, |News { token, is_readable, is_writable, is_error }| match token {
            RELAY_TOKENS.. => self.relays_readable.push(RelayId((token - RELAY_TOKENS) as u32)),
            ACCEPTOR_TOKENS.. => {
                if let Some(acceptor) = self.acceptors.get_mut(token - ACCEPTOR_TOKENS) {
                    acceptor.is_readable = true;
                }
            }
            STREAM_TOKENS.. => {
                let id = StreamId(token - STREAM_TOKENS);
                let Some(stream) = self.streams.get(id) else { return };
                if let Role::Connecting(_) = stream.role {
                    connecting.push(id);
                }
                if is_readable {
                    self.streams.list_readable(id);
                }
                if is_writable {
                    self.streams.list_dirty(id);
                }
            }
            _ => {
                let id = PortId(token as u32);
                let is_open = self.net.uses.get(token).is_some_and(|used| *used != PortUse::Closed);
                if self.is_listed.len() <= token {
                    self.is_listed.resize(token + 1, false);
                }
                if is_error && is_open && !self.erring.contains(&id) {
                    self.erring.push(id);
                }
                // A port that a busy turn has left unread is listed already.
                if is_readable && is_open && !std::mem::replace(&mut self.is_listed[token], true) {
                    self.readable.push(id);
                }
            }
        })?;
        self.now = time();
        for id in connecting {
            self.finish_connecting(id);
        }
        Ok(())
    }

    fn until_due(&self) -> Option<Duration> {
        let report = self.is_report_due.then(|| self.reported + REPORT_EVERY);
        let due = [
            self.server.poll_timeout(),
            self.streams.poll_timeout(),
            self.tunnels.poll_timeout(),
            self.accept_again,
            self.throttled_until,
            report,
        ];
        let due = due.into_iter().flatten().min()?;
        Some(due.saturating_duration_since(Instant::now()))
    }

    fn handle_timeouts(&mut self) {
        let now = self.now.instant;
        if self.server.poll_timeout().is_some_and(|due| due <= now) {
            self.server.handle_timeout(self.now);
            self.carry_out();
        }
        self.handle_tunnel_timeouts();
        for id in self.streams.overdue(now) {
            self.drops.count(EngineDrop::TooSlow);
            self.end_stream(id);
        }
        if self.accept_again.is_some_and(|due| due <= now) {
            self.accept_again = None;
            self.acceptors.iter_mut().for_each(|acceptor| acceptor.is_readable = true);
        }
        if self.throttled_until.is_some_and(|due| due <= now) {
            self.throttled_until = None;
            for id in std::mem::take(&mut self.throttled) {
                self.streams.list_readable(id);
            }
        }
        if !self.throttled.is_empty() {
            self.throttled_until.get_or_insert(now + THROTTLE);
        }
    }

    /// True when there shall be no further turn.
    fn read_letters(&mut self) -> bool {
        while let Some(letter) = self.mailbox.next() {
            match letter {
                Letter::Stop => return true,
                Letter::Adopt(handed) => self.adopt(*handed),
                Letter::EndUser(username) => {
                    self.server.end_user(self.now, &username);
                    self.carry_out();
                }
            }
        }
        false
    }

    fn allocations(&self) -> usize {
        self.server.counters().allocations as usize
    }

    fn report(&mut self) {
        self.reported = self.now.instant;
        self.is_report_due = false;
        if self.spare.is_due(self.allocations()) {
            give_back();
        }
        let listeners = self.net.uses.iter().enumerate().filter(|(_, used)| **used == PortUse::Listener);
        let ports = listeners.filter_map(|(index, _)| self.net.ports.get(PortId(index as u32)));
        self.mailbox.report(ThreadCounters {
            server: self.server.counters().clone(),
            engine: self.drops.clone(),
            ports: self.net.counters,
            receive_full: ports.map(motet_net::ports::UdpPort::receive_drops).sum(),
        });
    }
}

/// The time, twice. A clock that stands before 1970 lets no credentials expire, and no other harm is done.
pub(crate) fn time() -> Now {
    let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Now { instant: Instant::now(), unix_s: since_1970.as_secs() }
}
