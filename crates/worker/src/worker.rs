//! The body of the loop.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use motet_control::{IceCandidate, Notification, Request};
use motet_dtls::Certificate;
use motet_ice::SocketId;
use motet_rtp::NtpTime;

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
    pub(crate) notifications: Notifications,
    pub(crate) busy: Duration,
    pub(crate) longest_turn: Duration,
}

impl<S: Sockets> Worker<S> {
    /// A worker without routers.
    pub fn new(sockets: S, setup: Setup) -> Self {
        Self {
            sockets,
            routers: Routers::new(setup),
            notifications: Notifications::default(),
            busy: Duration::ZERO,
            longest_turn: Duration::ZERO,
        }
    }

    /// One turn of the loop, in six phases; each has a limit on its work. Returns whether something that came is left for
    /// the next turn.
    pub fn turn(&mut self, now: Instant) -> bool {
        let has_more = self.receive(now); // 1
        self.fire_timers(now); // 2
        self.tell_ended_connections(now); // 3
        self.gather_notifications(); // 4
        self.sockets.flush(); // 5
        self.sort_connections(); // 6
        has_more
    }

    /// The next thing that a router tells unasked.
    pub fn poll_notification(&mut self) -> Option<Notification> {
        self.notifications.pop()
    }

    /// When the next turn is due, if nothing comes before.
    pub fn poll_timeout(&self) -> Option<Instant> {
        [self.routers.poll_timeout(), self.sockets.poll_timeout()].into_iter().flatten().min()
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
        self.sockets.flush();
        self.sort_connections();
    }

    fn receive(&mut self, now: Instant) -> bool {
        let Self { sockets, routers, .. } = self;
        sockets.receive(now, DATAGRAMS_PER_TURN, |tuple, datagram, outbox| {
            routers.handle_datagram(now, tuple, datagram, &mut Exit(outbox));
        })
    }

    fn fire_timers(&mut self, now: Instant) {
        self.sockets.handle_timeout(now);
        self.routers.handle_timeout(now, TIMERS_PER_TURN, &mut Exit(self.sockets.outbox()));
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
