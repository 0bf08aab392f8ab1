//! All sockets of a worker, behind one poll.

use std::io;
use std::net::SocketAddr;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use mio::net::{TcpListener, UdpSocket};
use mio::{Events, Interest, Poll, Token};
use motet_control::CandidateProtocol;
use motet_ice::{SocketId, Tuple};

use crate::bind::{BindError, EndpointSettings, bind};
use crate::counters::{Counters, DropReason};
use crate::outbox::Outbox;
use crate::sys::{RECEIVE_MESSAGES_MAX, ReceiveBatch, enable_gro, receive_drops};
use crate::tcp::{Connections, PREFIX_BYTES, ReadOutcome, SCRATCH_BYTES, first_frame};
use crate::waker::Waker;

/// Events taken from the poll at a time; more come with the next wait.
const EVENTS_MAX: usize = 256;
/// Connections accepted in one turn at most, so that a flood of them starves no one.
const ACCEPTS_PER_TURN: usize = 32;
/// Reads from TCP connections in one turn at most.
const READS_PER_TURN: usize = 128;
/// How long to leave a listener alone that could not accept: the process is out of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Tokens of UDP sockets are their [`SocketId`]s, 0 and up, as are those of TCP connections.
const LISTENER_TOKENS: usize = 1 << 30;
const WAKER_TOKEN: Token = Token(usize::MAX - 1);

/// The UDP sockets, TCP listeners and TCP connections of one worker. See the crate for the order of calls.
pub struct Endpoint {
    poll: Poll,
    events: Events,
    waker: Waker,
    port: u16,
    locals: Vec<SocketAddr>,
    /// By UDP socket: whether something may wait in it.
    udp_readable: Vec<bool>,
    listeners: Vec<Listener>,
    batch: ReceiveBatch,
    scratch: Box<[u8; SCRATCH_BYTES]>,
    outbox: Outbox,
}

struct Listener {
    socket: TcpListener,
    local: SocketAddr,
    is_readable: bool,
    /// Not to be asked before.
    paused_until: Option<Instant>,
}

impl Endpoint {
    /// Opens all sockets.
    ///
    /// # Errors
    /// Where an address and port cannot be bound, or the system is out of resources.
    pub fn bind(settings: &EndpointSettings) -> Result<Self, BindError> {
        let bound = bind(settings)?;
        let poll = Poll::new()?;
        let waker = Waker::new(&poll, WAKER_TOKEN)?;
        let mut sockets = Vec::new();
        let mut locals = Vec::new();
        for (index, socket) in bound.udp.into_iter().enumerate() {
            locals.push(socket.local_addr()?);
            // Where the kernel does not join datagrams they come one by one.
            enable_gro(socket.as_fd());
            let mut socket = UdpSocket::from_std(socket);
            poll.registry().register(&mut socket, Token(index), Interest::READABLE)?;
            sockets.push(socket);
        }
        let mut listeners = Vec::new();
        for (index, listener) in bound.tcp.into_iter().enumerate() {
            let local = listener.local_addr()?;
            let mut socket = TcpListener::from_std(listener);
            poll.registry().register(&mut socket, Token(LISTENER_TOKENS + index), Interest::READABLE)?;
            listeners.push(Listener { socket, local, is_readable: false, paused_until: None });
        }
        let connections = Connections::new(settings.tcp_limits, poll.registry().try_clone()?);
        Ok(Self {
            poll,
            events: Events::with_capacity(EVENTS_MAX),
            waker,
            port: bound.port,
            udp_readable: vec![false; locals.len()],
            locals,
            listeners,
            batch: ReceiveBatch::new(),
            scratch: Box::new([0; SCRATCH_BYTES]),
            outbox: Outbox::new(sockets, connections),
        })
    }

    /// The one port of all sockets.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The addresses listened on, in the order of the settings; the index is the [`SocketId`] of UDP.
    pub fn listen_addrs(&self) -> &[SocketAddr] {
        &self.locals
    }

    /// Whether TCP is listened on too.
    pub fn has_tcp(&self) -> bool {
        !self.listeners.is_empty()
    }

    /// The address that a socket is bound to; `None` for a connection that has ended.
    pub fn local_addr(&self, socket: SocketId) -> Option<SocketAddr> {
        if Connections::is_connection(socket) {
            return self.outbox.connections.local_addr(socket);
        }
        self.locals.get(socket.0 as usize).copied()
    }

    /// What ends [`Self::wait`] from another thread.
    pub fn waker(&self) -> Waker {
        self.waker.clone()
    }

    /// Sleeps until something comes, `timeout` passes, or a waker is used; not at all while something is left from the
    /// last time.
    ///
    /// # Errors
    /// Where the system cannot wait at all; nothing will work from then on.
    pub fn wait(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        let timeout = if self.has_work() { Some(Duration::ZERO) } else { timeout };
        match self.poll.poll(&mut self.events, timeout) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(()),
            other => other?,
        }
        for event in &self.events {
            let token = event.token();
            if token == WAKER_TOKEN {
                continue;
            }
            if let Some(listener) =
                token.0.checked_sub(LISTENER_TOKENS).and_then(|at| self.listeners.get_mut(at))
            {
                listener.is_readable = true;
            } else if let Some(is_readable) = self.udp_readable.get_mut(token.0) {
                *is_readable = true;
            } else {
                let is_readable = event.is_readable() || event.is_read_closed() || event.is_error();
                self.outbox.connections.note_ready(
                    SocketId(token.0 as u32),
                    is_readable,
                    event.is_writable(),
                );
            }
        }
        Ok(())
    }

    /// Hands over what came, up to about `budget` UDP datagrams and some TCP frames, in the order of arrival on each
    /// socket. Returns whether something may be left. `handle` may change the bytes it gets.
    pub fn receive(
        &mut self,
        now: Instant,
        budget: usize,
        mut handle: impl FnMut(Tuple, &mut [u8], &mut Outbox),
    ) -> bool {
        let mut left = budget;
        while left > 0 && self.udp_readable.contains(&true) {
            for index in 0..self.udp_readable.len() {
                if self.udp_readable[index] {
                    left = left.saturating_sub(self.receive_udp(index, &mut handle));
                }
            }
        }
        self.accept(now);
        for _ in 0..READS_PER_TURN {
            let Some(tuple) = self.outbox.connections.next_readable() else { break };
            self.receive_tcp(now, tuple, &mut handle);
        }
        self.has_work()
    }

    /// Where to send between calls of [`Self::receive`].
    pub fn outbox(&mut self) -> &mut Outbox {
        &mut self.outbox
    }

    /// Sends what the outbox has gathered.
    pub fn flush(&mut self) {
        self.outbox.flush();
    }

    /// A TCP connection has proved that there is a peer behind it. Those that have not are closed after 10 s. Does nothing
    /// for UDP.
    pub fn keep_tuple(&mut self, tuple: Tuple) {
        if tuple.protocol == CandidateProtocol::Tcp {
            self.outbox.connections.keep_open(tuple);
        }
    }

    /// Closes a TCP connection that is of no use any more; its end is told by [`Self::poll_closed`]. Does nothing for UDP.
    pub fn close_tuple(&mut self, tuple: Tuple) {
        if tuple.protocol == CandidateProtocol::Tcp {
            self.outbox.connections.close(tuple.socket);
        }
    }

    /// The next TCP connection that ended, whoever ended it.
    pub fn poll_closed(&mut self) -> Option<Tuple> {
        self.outbox.connections.poll_closed()
    }

    /// When to call [`Self::handle_timeout`] next.
    pub fn poll_timeout(&self) -> Option<Instant> {
        let paused = self.listeners.iter().filter_map(|listener| listener.paused_until);
        paused.chain(self.outbox.connections.poll_timeout()).min()
    }

    /// Closes TCP connections that take too long; lets paused listeners accept again.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.outbox.connections.handle_timeout(now, &mut self.outbox.counters);
        for listener in &mut self.listeners {
            if listener.paused_until.is_some_and(|until| until <= now) {
                listener.paused_until = None;
                listener.is_readable = true;
            }
        }
    }

    /// Totals since the sockets were opened.
    pub fn counters(&self) -> Counters {
        let mut counters = self.outbox.counters.clone();
        for index in 0..self.locals.len() {
            let drops = self.outbox.udp(index).and_then(|socket| receive_drops(socket.as_fd()));
            counters.drop_many(DropReason::UdpReceiveFull, drops.unwrap_or(0) as usize);
        }
        counters
    }

    /// TCP connections that are open.
    pub fn tcp_connections(&self) -> usize {
        self.outbox.connections.open()
    }

    fn has_work(&self) -> bool {
        self.udp_readable.contains(&true)
            || self.listeners.iter().any(|listener| listener.is_readable)
            || self.outbox.connections.has_news()
    }

    /// One system call's worth; returns how many datagrams it brought.
    fn receive_udp(&mut self, index: usize, handle: &mut impl FnMut(Tuple, &mut [u8], &mut Outbox)) -> usize {
        let Some(socket) = self.outbox.udp(index) else { return 0 };
        let filled = match self.batch.receive(socket.as_fd()) {
            Ok(filled) => filled,
            // An error that a former send left behind is told once and says nothing about what waits.
            Err(error) if error.kind() != io::ErrorKind::WouldBlock => return 1,
            Err(_) => 0,
        };
        self.udp_readable[index] = filled == RECEIVE_MESSAGES_MAX;
        let mut datagrams = 0;
        for at in 0..filled {
            let (received, bytes) = self.batch.message(at);
            let Some(remote) = received.from else {
                self.outbox.counters.drop_one(DropReason::UdpNoSource);
                continue;
            };
            if received.is_truncated {
                self.outbox.counters.drop_one(DropReason::UdpTruncated);
                continue;
            }
            let tuple = Tuple { socket: SocketId(index as u32), protocol: CandidateProtocol::Udp, remote };
            if bytes.is_empty() {
                datagrams += 1;
                self.outbox.counters.note_received(0);
                handle(tuple, bytes, &mut self.outbox);
            }
            for datagram in bytes.chunks_mut(received.segment_len.max(1)) {
                datagrams += 1;
                self.outbox.counters.note_received(datagram.len());
                handle(tuple, datagram, &mut self.outbox);
            }
        }
        datagrams.max(1)
    }

    /// One read's worth.
    fn receive_tcp(
        &mut self,
        now: Instant,
        tuple: Tuple,
        handle: &mut impl FnMut(Tuple, &mut [u8], &mut Outbox),
    ) {
        let ReadOutcome::Filled(filled) = self.outbox.connections.read(tuple, &mut self.scratch[..]) else {
            return;
        };
        let mut start = 0;
        loop {
            match first_frame(&self.scratch[start..filled]) {
                Ok(Some(len)) => {
                    let payload = start + PREFIX_BYTES;
                    start = payload + len;
                    if len == 0 {
                        self.outbox.counters.drop_one(DropReason::TcpFrameEmpty);
                        continue;
                    }
                    self.outbox.counters.note_received(len);
                    handle(tuple, &mut self.scratch[payload..start], &mut self.outbox);
                }
                Ok(None) => break,
                Err(_) => {
                    self.outbox.counters.drop_one(DropReason::TcpFrameTooLong);
                    return self.outbox.connections.close(tuple.socket);
                }
            }
        }
        self.outbox.connections.keep(now, tuple.socket, &self.scratch[start..filled], start > 0);
    }

    fn accept(&mut self, now: Instant) {
        for listener in self.listeners.iter_mut().filter(|listener| listener.is_readable) {
            for _ in 0..ACCEPTS_PER_TURN {
                match listener.socket.accept() {
                    Ok((stream, remote)) => self.outbox.connections.accept(
                        now,
                        stream,
                        remote,
                        listener.local,
                        &mut self.outbox.counters,
                    ),
                    Err(error) => {
                        listener.is_readable = is_about_one_connection(&error);
                        if !listener.is_readable && error.kind() != io::ErrorKind::WouldBlock {
                            self.outbox.counters.drop_one(DropReason::TcpAcceptFailed);
                            listener.paused_until = Some(now + ACCEPT_PAUSE);
                        }
                        break;
                    }
                }
            }
        }
    }
}

/// The connection ended before it was accepted, or a signal came: the next one may be fine (accept(2)).
fn is_about_one_connection(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::ConnectionAborted | io::ErrorKind::Interrupted)
}
