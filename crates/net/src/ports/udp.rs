//! One UDP socket of many.

use std::io::{self, IoSlice};
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, Type};

use crate::sys::{self, Outgoing};

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
}

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
        // Where the kernel does not join datagrams they come one by one.
        sys::enable_gro(socket.as_fd());
        Ok(Self { has_gso: sys::has_gso(socket.as_fd()), socket, local, gso_refusals: 0 })
    }

    /// Takes a socket that somebody else has opened.
    ///
    /// # Errors
    /// Where it cannot be asked for its address.
    pub fn adopt(socket: UdpSocket) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        let local = socket.local_addr()?;
        sys::enable_gro(socket.as_fd());
        Ok(Self { has_gso: sys::has_gso(socket.as_fd()), socket, local, gso_refusals: 0 })
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
            match sys::send_messages(self.as_fd(), slices, rest) {
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
                Err(_) => {
                    counters.send_refused += segments_of(len_of(slices, first), first) as u64;
                    rest = others;
                }
            }
        }
    }

    /// Sends the datagrams of one message each on its own. No slice straddles two of them.
    fn send_apart(&self, slices: &[IoSlice<'_>], message: &Outgoing, counters: &mut PortCounters) {
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
            match sys::send_messages(self.as_fd(), slices, std::slice::from_ref(&alone)) {
                Ok(_) => counters.note_sent(1, len),
                Err(error) if is_full(&error) => counters.send_blocked += 1,
                Err(_) => counters.send_refused += 1,
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
