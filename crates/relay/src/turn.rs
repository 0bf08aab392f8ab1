//! A thread's loop.

mod actions;
mod pace;
mod udp;

use std::io;
use std::time::{Duration, Instant, SystemTime};

use motet_net::ports::{Forwards, News, Poller, Pool, PortCounters, PortId, Ports};
use motet_turn::{Now, RelayId, Server};

use crate::counters::{EngineDrops, ThreadCounters};
use crate::mailbox::{Letter, Mailbox, Post};
use crate::relays::Shelf;
use crate::settings::TurnSettings;
use crate::start::Listeners;
use pace::Pace;

/// What a loop is made of.
pub(crate) struct Setup {
    pub(crate) server: Server,
    pub(crate) poller: Poller,
    pub(crate) listeners: Listeners,
    pub(crate) mailbox: Mailbox,
    pub(crate) shelf: Shelf,
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
    drops: EngineDrops,
    pace: Pace,
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
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Relay {
    Closed,
    Udp(PortId),
}

/// Datagrams that one turn takes at most from all ports before it sends and looks at its letters.
const DATAGRAMS_PER_TURN: usize = 4_096;
/// How old the counters that the outside sees may be.
const REPORT_EVERY: Duration = Duration::from_millis(200);

impl Turn {
    pub(crate) fn new(setup: Setup, settings: &TurnSettings, _posts: Vec<Post>) -> io::Result<Self> {
        let Setup { server, poller, listeners, mailbox, shelf } = setup;
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
        Ok(Self {
            server,
            poller,
            mailbox,
            shelf,
            net,
            relays: Vec::new(),
            readable: Vec::new(),
            drops: EngineDrops::new(),
            pace: Pace::new(settings.pause),
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
            self.now = time();
            if self.read_letters() {
                return;
            }
            self.receive_udp();
            if self.server.poll_timeout().is_some_and(|due| due <= self.now.instant) {
                self.server.handle_timeout(self.now);
                self.carry_out();
            }
            self.flush();
            if self.is_report_due && self.now.instant - self.reported >= REPORT_EVERY {
                self.report();
            }
        }
    }

    fn wait(&mut self) -> io::Result<()> {
        let timeout = if self.readable.is_empty() {
            let report = self.is_report_due.then(|| self.reported + REPORT_EVERY);
            let due = [self.server.poll_timeout(), report].into_iter().flatten().min();
            due.map(|due| due.saturating_duration_since(Instant::now()))
        } else {
            Some(Duration::ZERO)
        };
        let timeout = self.pace.before_wait(timeout);
        let readable = &mut self.readable;
        let uses = &self.net.uses;
        self.poller.wait(timeout, |News { token, is_readable, .. }| {
            if is_readable && uses.get(token).is_some_and(|used| *used != PortUse::Closed) {
                let id = PortId(token as u32);
                // A port that a busy turn has left unread is listed already.
                if !readable.contains(&id) {
                    readable.push(id);
                }
            }
        })
    }

    /// True when there shall be no further turn.
    fn read_letters(&mut self) -> bool {
        while let Some(letter) = self.mailbox.next() {
            match letter {
                Letter::Stop => return true,
                Letter::EndUser(username) => {
                    self.server.end_user(self.now, &username);
                    self.carry_out();
                }
            }
        }
        false
    }

    fn flush(&mut self) {
        self.net.flush();
    }

    fn report(&mut self) {
        self.reported = self.now.instant;
        self.is_report_due = false;
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
