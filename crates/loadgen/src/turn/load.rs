//! Channel data to a peer that sends everything back. Datagrams are received and sent in batches, so that little of the machine
//! is lost to measuring, but each leaves as a datagram of its own: what the server gains by joining them is its own doing.
//!
//! Clients and peer stand for other machines. To wake a thread costs whoever sends to it as much as sending does, and more
//! where its core sleeps: over a network no server would have to pay that. At a steady rate all of them are one thread that never
//! sleeps, so that packets also leave when they are due and not in bursts.

use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use motet_net::ports::{Forwards, Poller, Pool, PortCounters, PortId, Ports, UdpPort};

use super::client::{Account, Client};
use super::peer::{Awaiting, Echo, Peer};
use super::process::Process;
use crate::told::Failure;

/// The channel of every client.
pub(crate) const CHANNEL: u16 = 0x4000;
/// What is sent to a server that is to be saturated may be under way so many times a client before it is waited for.
const WINDOW: u64 = 24;
/// How often a turn of a steady rate begins where clients sleep in between.
const TICK: Duration = Duration::from_millis(1);
/// How often one who does not sleep looks for what came: about as often as network cards tell.
const LOOK_EVERY: Duration = Duration::from_micros(20);
const WARM_UP: Duration = Duration::from_millis(700);
/// One round trip in so many is timed.
const TIMED_EVERY: u64 = 7;

/// What to send.
#[derive(Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) size: usize,
    /// Packets a second, both ways together; 0: as many as the server takes.
    pub(crate) rate: u32,
    pub(crate) duration: Duration,
    pub(crate) awaiting: Awaiting,
}

/// What came of it.
pub(crate) struct Measured {
    pub(crate) per_second: f64,
    pub(crate) per_cpu_second: f64,
    pub(crate) lost_percent: f64,
    pub(crate) p50: Duration,
    pub(crate) p99: Duration,
}

pub(crate) fn run(
    server: SocketAddr,
    account: &Account,
    allocations: usize,
    plan: Plan,
    process: Process,
) -> Result<Measured, Failure> {
    let mut clients = Clients::begin(server, account, allocations, plan)?;
    clients.go_on(WARM_UP)?;
    clients.forget();
    let (cpu, begun) = (process.cpu()?, Instant::now());
    clients.go_on(plan.duration)?;
    let elapsed = begun.elapsed().as_secs_f64();
    let cpu_s = (process.cpu()? - cpu).as_secs_f64().max(1e-3);
    let (sent, came) = (clients.sent, clients.came);
    clients.settle()?;
    let lost = clients.sent.saturating_sub(clients.came);
    let measured = Measured {
        // Each that came back was relayed twice.
        per_second: 2.0 * came as f64 / elapsed,
        per_cpu_second: 2.0 * came as f64 / cpu_s,
        lost_percent: (10_000.0 * lost as f64 / sent.max(1) as f64).round() / 100.0,
        p50: clients.percentile(50),
        p99: clients.percentile(99),
    };
    clients.end()?;
    Ok(measured)
}

/// The same load without a server in between: how long its round trips take, as 50th and 99th percentile.
pub(crate) fn run_directly(count: usize, plan: Plan) -> Result<(Duration, Duration), Failure> {
    let ip = SocketAddr::from(([127, 0, 0, 1], 0));
    let echo = Echo::open(ip)?;
    let sockets = (0..count).map(|_| UdpSocket::bind(ip)).collect::<Result<Vec<_>, _>>()?;
    let mut clients = Clients::with_sockets(sockets, echo.addr, echo, plan)?;
    clients.go_on(WARM_UP)?;
    clients.forget();
    clients.go_on(plan.duration)?;
    let round_trips = (clients.percentile(50), clients.percentile(99));
    clients.end()?;
    Ok(round_trips)
}

struct Clients {
    clients: Vec<Client>,
    peer: Peer,
    ports: Ports,
    ids: Vec<PortId>,
    /// Where they send to.
    target: SocketAddr,
    poller: Poller,
    pool: Pool,
    forwards: Forwards,
    counters: PortCounters,
    plan: Plan,
    begun: Instant,
    next: usize,
    sent: u64,
    came: u64,
    round_trips: Vec<Duration>,
}

impl Clients {
    fn begin(server: SocketAddr, account: &Account, count: usize, plan: Plan) -> Result<Self, Failure> {
        let peer = Echo::open(server)?;
        let (mut clients, mut sockets) = (Vec::new(), Vec::new());
        for _ in 0..count {
            let mut client = Client::allocate(server, account)?;
            debug_assert_ne!(client.relayed(), server);
            client.bind_channel(CHANNEL, peer.addr)?;
            sockets.push(client.socket.try_clone()?);
            clients.push(client);
        }
        Ok(Self { clients, ..Self::with_sockets(sockets, server, peer, plan)? })
    }

    fn with_sockets(
        sockets: Vec<UdpSocket>,
        target: SocketAddr,
        peer: Echo,
        plan: Plan,
    ) -> Result<Self, Failure> {
        let poller = Poller::new()?;
        let (mut ports, mut ids) = (Ports::default(), Vec::new());
        for socket in sockets {
            let port = UdpPort::adopt(socket)?;
            poller.watch(&port, ids.len())?;
            ids.push(ports.insert(port));
        }
        Ok(Self {
            clients: Vec::new(),
            peer: Peer::start(peer, plan.awaiting),
            ports,
            ids,
            target,
            poller,
            pool: Pool::new(),
            forwards: Forwards::apart(),
            counters: PortCounters::default(),
            plan,
            begun: Instant::now(),
            next: 0,
            sent: 0,
            came: 0,
            round_trips: Vec::new(),
        })
    }

    fn forget(&mut self) {
        // What is under way counts as neither sent nor lost.
        self.came = 0;
        self.sent = 0;
        self.round_trips.clear();
    }

    fn go_on(&mut self, duration: Duration) -> Result<(), Failure> {
        let begun = Instant::now();
        let mut due = 0.0;
        while begun.elapsed() < duration {
            if self.plan.rate == 0 {
                self.saturate()?;
                continue;
            }
            let wanted = begun.elapsed().as_secs_f64() * f64::from(self.plan.rate) / 2.0;
            while due < wanted {
                self.send();
                due += 1.0;
            }
            self.flush();
            self.receive(TICK)?;
            if self.plan.awaiting == Awaiting::Looking {
                let next = Instant::now() + LOOK_EVERY;
                while Instant::now() < next {
                    // Leaves the core to what shares it with this one.
                    (0..8).for_each(|_| std::hint::spin_loop());
                }
            }
        }
        Ok(())
    }

    /// Keeps as much under way as a server with full buffers holds.
    fn saturate(&mut self) -> Result<(), Failure> {
        let window = WINDOW * self.ids.len() as u64;
        let begun = Instant::now();
        while self.sent.saturating_sub(self.came) < window {
            self.send();
        }
        self.flush();
        let came = self.came;
        self.receive(Duration::from_millis(5))?;
        if came == self.came && begun.elapsed() >= Duration::from_millis(5) {
            // What has not come by then was lost; more is sent for it.
            self.sent = self.sent.min(self.came + window / 2);
        }
        Ok(())
    }

    fn settle(&mut self) -> Result<(), Failure> {
        let until = Instant::now() + Duration::from_millis(300);
        while self.came < self.sent && Instant::now() < until {
            self.receive(TICK)?;
        }
        Ok(())
    }

    fn send(&mut self) {
        let mut packet = vec![0; 4 + self.plan.size];
        packet[..2].copy_from_slice(&CHANNEL.to_be_bytes());
        packet[2..4].copy_from_slice(&(self.plan.size as u16).to_be_bytes());
        let nanos = self.begun.elapsed().as_nanos() as u64;
        packet[4..12].copy_from_slice(&nanos.to_be_bytes());
        let id = self.ids[self.next];
        self.next = (self.next + 1) % self.ids.len();
        if self.forwards.push(id, self.target, &packet, 0..0, 0).is_err() {
            self.flush();
            let _ = self.forwards.push(id, self.target, &packet, 0..0, 0);
        }
        self.sent += 1;
    }

    fn flush(&mut self) {
        self.forwards.flush(&self.pool, &mut self.ports, &mut self.counters);
    }

    fn receive(&mut self, timeout: Duration) -> Result<(), Failure> {
        let timeout = self.peer.turn_before(timeout)?;
        let mut readable = Vec::new();
        self.poller.wait(Some(timeout), |news| readable.push(self.ids[news.token]))?;
        let now = self.begun.elapsed();
        let (came, round_trips) = (&mut self.came, &mut self.round_trips);
        while let Some(id) = readable.pop() {
            let Some(port) = self.ports.get(id) else { continue };
            let may_have_more = self.pool.receive(port, true, &mut self.counters, |pool, datagram| {
                *came += 1;
                if came.is_multiple_of(TIMED_EVERY)
                    && let Some(nanos) =
                        pool.bytes(datagram.range).get(4..12).and_then(|stamp| stamp.try_into().ok())
                {
                    round_trips.push(now.saturating_sub(Duration::from_nanos(u64::from_be_bytes(nanos))));
                }
            });
            if may_have_more.unwrap_or(true) {
                readable.push(id);
            }
            self.pool.clear();
        }
        Ok(())
    }

    fn percentile(&mut self, percent: usize) -> Duration {
        self.round_trips.sort_unstable();
        let at = self.round_trips.len() * percent / 100;
        self.round_trips.get(at.min(self.round_trips.len().saturating_sub(1))).copied().unwrap_or_default()
    }

    fn end(self) -> Result<(), Failure> {
        for client in self.clients {
            client.socket.set_nonblocking(false)?;
            client.delete()?;
        }
        self.peer.stop();
        Ok(())
    }
}
