//! The body of the loop.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use motet_control::{IceCandidate, Notification, Request, TransportId};
use motet_dtls::Certificate;
use motet_ice::SocketId;
use motet_router::EntityId;
use motet_rtp::NtpTime;

use crate::direct::{DirectEnd, Directs, packets_per_turn};
use crate::drop_reason::Drops;
use crate::notifications::Notifications;
use crate::routers::Routers;
use crate::sockets::{Exit, Sockets};

/// Datagrams that one turn takes at most, about: so that timers and requests are never far away, however much comes.
const DATAGRAMS_PER_TURN: usize = 128;
/// Routers that one turn lets act on their timers at most, for the same reason.
const TIMERS_PER_TURN: usize = 256;

/// What a worker is told once.
#[derive(Clone)]
pub struct Setup {
    /// This side's certificate in every DTLS handshake.
    pub certificate: Certificate,
    /// Where peers may send to, best first; see [`crate::candidates`].
    pub candidates: Vec<IceCandidate>,
    /// One moment on both clocks.
    pub ntp_anchor: (Instant, NtpTime),
    /// Where routers draw first sequence numbers and the like from.
    pub seed: u64,
}

/// All routers of one thread, and the sockets that they share. See the crate for the order of calls.
pub struct Worker<S> {
    pub(crate) sockets: S,
    pub(crate) routers: Routers,
    pub(crate) directs: Directs,
    pub(crate) notifications: Notifications,
    /// What no router is to blame for.
    pub(crate) drops: Drops,
    pub(crate) busy: Duration,
    pub(crate) longest_turn: Duration,
}

impl<S: Sockets> Worker<S> {
    /// A worker without routers.
    pub fn new(sockets: S, setup: Setup) -> Self {
        Self {
            sockets,
            routers: Routers::new(setup),
            directs: Directs::default(),
            notifications: Notifications::default(),
            drops: Drops::default(),
            busy: Duration::ZERO,
            longest_turn: Duration::ZERO,
        }
    }

    /// One turn of the loop, in seven phases; each has a limit on its work. Returns whether something that came is left
    /// for the next turn.
    pub fn turn(&mut self, now: Instant) -> bool {
        self.directs.begin(now);
        let has_more = self.receive(now); // 1
        let has_more_input = self.receive_direct(now); // 2
        self.fire_timers(now); // 3
        self.tell_ended_connections(now); // 4
        self.gather_notifications(); // 5
        self.flush(now); // 6
        self.sort_connections(); // 7
        has_more || has_more_input
    }

    /// A program is at the other end of a direct transport from here on. One that comes too late finds its end closed.
    pub fn attach(&mut self, transport: TransportId, pipe: DirectEnd) {
        if self.routers.slot_of_entity(EntityId::Transport(transport)).is_some() {
            self.directs.attach(transport, pipe);
        }
    }

    /// Whether packets of programs wait for the next turn, which is then due at once.
    pub fn has_input(&self) -> bool {
        self.directs.has_pending()
    }

    /// The next thing that a router tells unasked.
    pub fn poll_notification(&mut self) -> Option<Notification> {
        self.notifications.pop()
    }

    /// When the next turn is due, if nothing comes before.
    pub fn poll_timeout(&self) -> Option<Instant> {
        let all = [self.routers.poll_timeout(), self.sockets.poll_timeout(), self.directs.poll_timeout()];
        all.into_iter().flatten().min()
    }

    /// The sockets, for whoever brings packets or sleeps on them.
    pub fn sockets(&mut self) -> &mut S {
        &mut self.sockets
    }

    /// Notes how long a turn took, requests included, for [`motet_control::WorkerStats`].
    pub fn note_busy(&mut self, turn: Duration) {
        self.busy += turn;
        self.longest_turn = self.longest_turn.max(turn);
    }

    /// Closes all routers, so that peers are told, and sends what that gives rise to.
    pub fn stop(&mut self, now: Instant) {
        for router_id in self.routers.ids() {
            // Only an unknown id is refused.
            let _ = self.handle_request(now, Request::CloseRouter { router_id });
        }
        self.flush(now);
        self.sort_connections();
    }

    fn receive(&mut self, now: Instant) -> bool {
        let Self { sockets, routers, directs, drops, .. } = self;
        sockets.receive(now, DATAGRAMS_PER_TURN, |tuple, datagram, outbox| {
            routers.handle_datagram(now, tuple, datagram, &mut Exit { outbox, directs, drops });
        })
    }

    /// Takes what programs sent. Returns whether some of it is left.
    fn receive_direct(&mut self, now: Instant) -> bool {
        let Self { sockets, routers, directs, drops, .. } = self;
        directs.take_input(drops);
        let mut budget = packets_per_turn();
        while let Some((transport, mut packets)) = directs.next_input(budget) {
            while budget > 0
                && let Some(packet) = packets.pop()
            {
                budget -= 1;
                let mut exit = Exit { outbox: sockets.outbox(), directs, drops };
                routers.handle_direct(now, transport, packet.bytes, &mut exit);
            }
            directs.put_back(transport, packets);
        }
        directs.has_pending()
    }

    fn flush(&mut self, now: Instant) {
        self.sockets.flush();
        self.directs.flush(now, &mut self.drops);
    }

    /// Programs whose transports ended find out.
    pub(crate) fn detach_closed(&mut self) {
        while let Some(transport) = self.routers.poll_closed() {
            self.directs.remove(transport);
        }
    }

    fn fire_timers(&mut self, now: Instant) {
        self.sockets.handle_timeout(now);
        let Self { sockets, routers, directs, drops, .. } = self;
        let mut exit = Exit { outbox: sockets.outbox(), directs, drops };
        routers.handle_timeout(now, TIMERS_PER_TURN, &mut exit);
    }

    /// Transports learn that their connections ended.
    fn tell_ended_connections(&mut self, now: Instant) {
        while let Some(tuple) = self.sockets.poll_closed() {
            self.routers.handle_tuple_closed(now, tuple);
        }
        self.routers.tell_displaced(now);
    }

    /// Connections that lead to a transport are kept. Those that lead nowhere end, after the last that was sent over them.
    fn sort_connections(&mut self) {
        while let Some(tuple) = self.routers.poll_proven() {
            self.sockets.keep_tuple(tuple);
        }
        while let Some(tuple) = self.routers.poll_useless() {
            self.sockets.close_tuple(tuple);
        }
    }

    fn gather_notifications(&mut self) {
        let Self { sockets, routers, notifications, .. } = self;
        routers.gather_notifications(|socket| local_addr(sockets, socket), notifications);
    }
}

/// The bound address of a socket. A connection that has just ended has none to tell.
pub(crate) fn local_addr(sockets: &impl Sockets, socket: SocketId) -> SocketAddr {
    sockets.local_addr(socket).unwrap_or(SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0))
}
