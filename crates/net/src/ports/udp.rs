//! One UDP socket of many.

use std::io::{self, IoSlice};
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, Type};

use crate::sys::{self, Cause, Outgoing, QueuedError};

/// How one is opened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PortOptions {
    /// Whether several sockets, each of another thread, share the address; the kernel gives each sender to one of them.
    pub is_shared: bool,
    /// Size of the receive and send buffer to ask for; `None` leaves the system's.
    pub buffer_bytes: Option<usize>,
}

/// What passed a set of ports, and what did not.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct PortCounters {
    /// Datagrams received.
    pub received: u64,
    /// Their bytes.
    pub received_bytes: u64,
    /// Datagrams sent.
    pub sent: u64,
    /// Their bytes.
    pub sent_bytes: u64,
    /// Came without a sender, or longer than a buffer.
    pub receive_refused: u64,
    /// The send buffer stayed full for as long as a flush may wait.
    pub send_blocked: u64,
    /// The system refused to send: no route, a firewall, too long for the path.
    pub send_refused: u64,
}

impl PortCounters {
    pub(super) fn note_received(&mut self, len: usize) {
        self.received += 1;
        self.received_bytes += len as u64;
    }

    fn note_sent(&mut self, count: usize, len: usize) {
        self.sent += count as u64;
        self.sent_bytes += len as u64;
    }
}

/// A UDP socket that never waits. See [`crate::ports`].
pub struct UdpPort {
    socket: UdpSocket,
    local: SocketAddr,
    pub(super) has_gso: bool,
    gso_refusals: u32,
    hears_errors: bool,
    /// Whether datagrams are refused rather than cut in fragments.
    is_whole: bool,
    /// To whom the last one was that this machine found too long for the path.
    too_long_to: Option<SocketAddr>,
}

/// What the network said about a datagram that a port has sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct IcmpError {
    /// Whom it was for.
    pub to: SocketAddr,
    /// The type: of ICMP where `to` is IPv4, else of ICMPv6.
    pub kind: u8,
    /// What it means within the type.
    pub code: u8,
    /// How many bytes an IP packet may have on the path, where that was the reason; else 0.
    pub mtu: u32,
}

/// Longer than the path takes: destination unreachable, fragmentation needed (RFC 792); packet too big (RFC 4443).
const TOO_LONG_V4: (u8, u8) = (3, 4);
const TOO_LONG_V6: (u8, u8) = (2, 0);

/// How long one wait for room in the send buffer may be, and how many a flush of one port may take: whoever waits longer is
/// late for all others.
const SEND_WAIT: Duration = Duration::from_millis(1);
const SEND_WAITS_MAX: usize = 2;
/// Joined messages that a socket may refuse in a row before it is taken as unable to send them.
const GSO_REFUSALS_MAX: u32 = 16;

impl UdpPort {
    /// Opens one; port 0 takes any that is free.
    ///
    /// # Errors
    /// Where the address cannot be bound.
    pub fn open(addr: SocketAddr, options: PortOptions) -> io::Result<Self> {
        let socket = Socket::new(Domain::for_address(addr), Type::DGRAM, Some(Protocol::UDP))?;
        if addr.is_ipv6() {
            socket.set_only_v6(true)?;
        }
        if options.is_shared {
            socket.set_reuse_port(true)?;
        }
        if let Some(bytes) = options.buffer_bytes {
            // The kernel caps what it is asked for; a smaller buffer works too.
            let _ = socket.set_recv_buffer_size(bytes);
            let _ = socket.set_send_buffer_size(bytes);
        }
        socket.set_nonblocking(true)?;
        socket.bind(&addr.into())?;
        let socket: UdpSocket = socket.into();
        let local = socket.local_addr()?;
        Ok(Self::with(socket, local))
    }

    /// Takes a socket that somebody else has opened.
    ///
    /// # Errors
    /// Where it cannot be asked for its address.
    pub fn adopt(socket: UdpSocket) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        let local = socket.local_addr()?;
        Ok(Self::with(socket, local))
    }

    fn with(socket: UdpSocket, local: SocketAddr) -> Self {
        // Where the kernel does not join datagrams they come one by one.
        sys::enable_gro(socket.as_fd());
        Self {
            has_gso: sys::has_gso(socket.as_fd()),
            socket,
            local,
            gso_refusals: 0,
            hears_errors: false,
            is_whole: false,
            too_long_to: None,
        }
    }

    /// Has what the network says about datagrams from here kept for [`Self::next_error`]; a [`crate::ports::Poller`] tells when there
    /// is any.
    pub fn hear_errors(&mut self) {
        self.hears_errors = sys::hear_errors(self.as_fd(), self.local.is_ipv6());
    }

    /// Takes the next of what the network said. What is of no use to anybody is passed over.
    pub fn next_error(&self) -> Option<IcmpError> {
        loop {
            match sys::next_error(self.as_fd()) {
                Ok(Some(error)) => match self.explain(error) {
                    None => {}
                    explained => return explained,
                },
                Ok(None) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return None,
            }
        }
    }

    fn explain(&self, QueuedError { to, cause }: QueuedError) -> Option<IcmpError> {
        let too_long = if to.is_ipv4() { TOO_LONG_V4 } else { TOO_LONG_V6 };
        let ((kind, code), mtu) = match cause {
            Cause::Icmp { kind, code, info } => {
                ((kind, code), if (kind, code) == too_long { info } else { 0 })
            }
            Cause::TooLong { mtu } => (too_long, mtu),
        };
        let is_named = to.port() != 0;
        let to = if is_named { Some(to) } else { self.too_long_to.filter(|last| last.ip() == to.ip()) };
        to.map(|to| IcmpError { to, kind, code, mtu })
    }

    /// Whether what is sent from here on is refused where it is longer than the path takes (DF in IPv4's header), or cut in
    /// fragments as the kernel sees fit.
    pub(super) fn keep_whole(&mut self, is_whole: bool) {
        if is_whole != self.is_whole && sys::keep_whole(self.as_fd(), self.local.is_ipv6(), is_whole) {
            self.is_whole = is_whole;
        }
    }

    /// Where it listens.
    pub fn local_addr(&self) -> SocketAddr {
        self.local
    }

    /// How many datagrams the kernel dropped at this socket because its receive buffer was full.
    pub fn receive_drops(&self) -> u64 {
        sys::receive_drops(self.socket.as_fd()).map_or(0, u64::from)
    }

    pub(super) fn has_gso(&self) -> bool {
        self.has_gso
    }

    /// Sends all `messages`, in order, as far as the system takes them.
    pub(super) fn send(
        &mut self,
        slices: &[IoSlice<'_>],
        messages: &[Outgoing],
        counters: &mut PortCounters,
    ) {
        let mut rest = messages;
        let mut waits = 0;
        while let Some((first, others)) = rest.split_first() {
            match self.try_send(slices, rest) {
                Ok(sent) => {
                    let (gone, left) = rest.split_at(sent.clamp(1, rest.len()));
                    for message in gone {
                        let len = len_of(slices, message);
                        counters.note_sent(segments_of(len, message), len);
                        self.gso_refusals = if message.segment_len.is_some() { 0 } else { self.gso_refusals };
                    }
                    rest = left;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if is_full(&error) && waits < SEND_WAITS_MAX => {
                    waits += 1;
                    sys::wait_writable(self.as_fd(), SEND_WAIT);
                }
                Err(error) if is_full(&error) => {
                    let lost = rest.iter().map(|message| segments_of(len_of(slices, message), message));
                    counters.send_blocked += lost.sum::<usize>() as u64;
                    return;
                }
                Err(error) if first.segment_len.is_some() && is_gso_refused(&error) => {
                    self.note_gso_refused(&error);
                    self.send_apart(&slices[first.slices.clone()], first, counters);
                    rest = others;
                }
                Err(error) => {
                    self.note_refused(first.to, &error);
                    counters.send_refused += segments_of(len_of(slices, first), first) as u64;
                    rest = others;
                }
            }
        }
    }

    /// Sends one datagram that lies in one piece: the call for it is cheaper than one that takes many. What it refuses goes the way of all.
    pub(super) fn send_alone(&mut self, bytes: &[u8], to: SocketAddr, counters: &mut PortCounters) {
        if self.socket.send_to(bytes, to).is_ok() {
            return counters.note_sent(1, bytes.len());
        }
        let message = Outgoing { to, slices: 0..1, segment_len: None };
        self.send(&[IoSlice::new(bytes)], std::slice::from_ref(&message), counters);
    }

    /// One call of the system, or two: a socket that hears errors tells each of them once by failing what it is asked next, which
    /// may be for another receiver.
    fn try_send(&self, slices: &[IoSlice<'_>], messages: &[Outgoing]) -> io::Result<usize> {
        match sys::send_messages(self.as_fd(), slices, messages) {
            Err(error) if self.hears_errors && !is_full(&error) => {
                sys::send_messages(self.as_fd(), slices, messages)
            }
            outcome => outcome,
        }
    }

    fn note_refused(&mut self, to: SocketAddr, error: &io::Error) {
        if error.raw_os_error() == Some(libc::EMSGSIZE) {
            self.too_long_to = Some(to);
        }
    }

    /// Sends the datagrams of one message each on its own. No slice straddles two of them.
    fn send_apart(&mut self, slices: &[IoSlice<'_>], message: &Outgoing, counters: &mut PortCounters) {
        let segment_len = usize::from(message.segment_len.unwrap_or(u16::MAX));
        let mut start = 0;
        while start < slices.len() {
            let (mut end, mut len) = (start, 0);
            while end < slices.len() && len + slices[end].len() <= segment_len {
                len += slices[end].len();
                end += 1;
            }
            let end = end.max(start + 1);
            let alone = Outgoing { to: message.to, slices: start..end, segment_len: None };
            match self.try_send(slices, std::slice::from_ref(&alone)) {
                Ok(_) => counters.note_sent(1, len),
                Err(error) if is_full(&error) => counters.send_blocked += 1,
                Err(error) => {
                    self.note_refused(message.to, &error);
                    counters.send_refused += 1;
                }
            }
            start = end;
        }
    }

    /// EIO means that the interface cannot. EINVAL may be about one receiver whose path is too narrow for the segments.
    fn note_gso_refused(&mut self, error: &io::Error) {
        self.gso_refusals += 1;
        if error.raw_os_error() == Some(libc::EIO) || self.gso_refusals >= GSO_REFUSALS_MAX {
            self.has_gso = false;
        }
    }
}

impl AsFd for UdpPort {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

fn len_of(slices: &[IoSlice<'_>], message: &Outgoing) -> usize {
    slices[message.slices.clone()].iter().map(|slice| slice.len()).sum()
}

fn segments_of(len: usize, message: &Outgoing) -> usize {
    message.segment_len.map_or(1, |segment_len| len.div_ceil(usize::from(segment_len.max(1))))
}

/// The socket's buffer or the interface's queue is full for the moment.
fn is_full(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::WouldBlock || error.raw_os_error() == Some(libc::ENOBUFS)
}

fn is_gso_refused(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EIO | libc::EINVAL | libc::EMSGSIZE | libc::EOPNOTSUPP))
}
