//! What goes out: datagrams gathered for the next flush, frames queued for their connections.

use std::io::{self, IoSlice};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

use mio::net::UdpSocket;
use motet_ice::{SocketId, Tuple};

use crate::DATAGRAM_MAX_BYTES;
use crate::batch::{Message, SEGMENTS_MAX, SendBatch};
use crate::counters::{Counters, DropReason};
use crate::sys::{self, Outgoing, SEND_MESSAGES_MAX};
use crate::tcp::Connections;

/// Pieces that go into one system call at most; several messages share them.
const SLICES_MAX: usize = 256;
const _: () = assert!(SLICES_MAX >= SEGMENTS_MAX, "any message fits alone");
/// How long one wait for room in a socket's send buffer may be, and how many waits a flush of one socket may take.
/// A loop that waits longer is late for everyone; what is left then is lost as on any network, and counted.
const SEND_WAIT: Duration = Duration::from_millis(1);
const SEND_WAITS_MAX: usize = 2;
/// Joined messages that a socket may refuse in a row before it is taken as unable to send them.
const GSO_REFUSALS_MAX: u32 = 16;

/// What is to be sent. UDP datagrams leave at the next flush, or earlier where the batch is full; TCP frames wait for
/// their connection to take them.
pub struct Outbox {
    batch: SendBatch,
    udp: Vec<UdpOut>,
    pub(crate) connections: Connections,
    pub(crate) counters: Counters,
}

/// A UDP socket and what it can do.
pub(crate) struct UdpOut {
    pub(crate) socket: UdpSocket,
    has_gso: bool,
    gso_refusals: u32,
}

impl Outbox {
    pub(crate) fn new(udp: Vec<UdpSocket>, connections: Connections) -> Self {
        let udp = udp
            .into_iter()
            .map(|socket| UdpOut { has_gso: sys::has_gso(socket.as_fd()), socket, gso_refusals: 0 })
            .collect();
        Self { batch: SendBatch::new(), udp, connections, counters: Counters::default() }
    }

    /// Sends one datagram, or over TCP one frame, to `to`. `fill` gets `len_max` bytes with arbitrary content and returns
    /// how many it wrote at their front; 0 sends nothing. Where nothing can be sent, `fill` is not called and the loss
    /// is counted.
    pub fn send(&mut self, to: Tuple, len_max: usize, fill: impl FnOnce(&mut [u8]) -> usize) {
        if len_max > DATAGRAM_MAX_BYTES {
            return self.counters.drop_one(DropReason::SendImpossible);
        }
        if Connections::is_connection(to.socket) {
            return self.connections.send(to, len_max, fill, &mut self.counters);
        }
        let Some(udp) = self.udp.get(to.socket.0 as usize) else {
            return self.counters.drop_one(DropReason::SendImpossible);
        };
        let segments_max = if udp.has_gso { SEGMENTS_MAX } else { 1 };
        if !self.batch.has_room(len_max) {
            self.flush_udp();
        }
        self.batch.push(to, len_max, segments_max, fill);
    }

    /// Sends what was gathered.
    pub(crate) fn flush(&mut self) {
        self.flush_udp();
        self.connections.flush();
    }

    pub(crate) fn udp(&self, index: usize) -> Option<&UdpSocket> {
        self.udp.get(index).map(|udp| &udp.socket)
    }

    fn flush_udp(&mut self) {
        if self.batch.is_empty() {
            return;
        }
        for (index, udp) in self.udp.iter_mut().enumerate() {
            udp.flush(&self.batch, SocketId(index as u32), &mut self.counters);
        }
        self.batch.clear();
    }
}

impl UdpOut {
    /// Sends every message of the batch that is for this socket, in order.
    fn flush(&mut self, batch: &SendBatch, id: SocketId, counters: &mut Counters) {
        let mut rest = batch.messages_of(id);
        let mut waits = 0;
        while let Some(first) = rest.clone().next() {
            match send_some(self.socket.as_fd(), batch, rest.clone()) {
                Ok(sent) => {
                    for message in rest.by_ref().take(sent) {
                        counters.note_sent(message.segments, message.len);
                        self.note_gso_worked(message);
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if is_full(&error) && waits < SEND_WAITS_MAX => {
                    waits += 1;
                    sys::wait_writable(self.socket.as_fd(), SEND_WAIT);
                }
                Err(error) if is_full(&error) => {
                    let lost = rest.map(|message| message.segments).sum();
                    return counters.drop_many(DropReason::UdpSendBlocked, lost);
                }
                Err(error) if first.segments > 1 && is_gso_refused(&error) => {
                    self.note_gso_refused(&error);
                    self.send_apart(batch, first, counters);
                    rest.next();
                }
                Err(_) => {
                    counters.drop_many(DropReason::UdpSendRefused, first.segments);
                    rest.next();
                }
            }
        }
    }

    /// Sends the datagrams of one message each on its own.
    fn send_apart(&self, batch: &SendBatch, message: &Message, counters: &mut Counters) {
        let alone = Outgoing { to: message.to.remote, slices: 0..1, segment_len: None };
        for segment in batch.segments_of(message) {
            let sent = sys::send_messages(
                self.socket.as_fd(),
                &[IoSlice::new(segment)],
                std::slice::from_ref(&alone),
            );
            match sent {
                Ok(_) => counters.note_sent(1, segment.len()),
                Err(error) if is_full(&error) => counters.drop_one(DropReason::UdpSendBlocked),
                Err(_) => counters.drop_one(DropReason::UdpSendRefused),
            }
        }
    }

    fn note_gso_worked(&mut self, message: &Message) {
        if message.segments > 1 {
            self.gso_refusals = 0;
        }
    }

    /// EIO means that the interface cannot (no checksum offload). EINVAL may be about one receiver whose path is too
    /// narrow for the segments, so that it alone says nothing about the socket.
    fn note_gso_refused(&mut self, error: &io::Error) {
        self.gso_refusals += 1;
        if error.raw_os_error() == Some(libc::EIO) || self.gso_refusals >= GSO_REFUSALS_MAX {
            self.has_gso = false;
        }
    }
}

/// One system call with as many messages as fit it; returns how many left.
fn send_some<'a>(
    socket: BorrowedFd<'_>,
    batch: &'a SendBatch,
    messages: impl Iterator<Item = &'a Message>,
) -> io::Result<usize> {
    let mut slices = [IoSlice::new(&[]); SLICES_MAX];
    let mut outgoing: [Outgoing; SEND_MESSAGES_MAX] = std::array::from_fn(|_| Outgoing::NOWHERE);
    let (mut count, mut used) = (0, 0);
    for message in messages {
        if count == SEND_MESSAGES_MAX || used + message.segments > SLICES_MAX {
            break;
        }
        let start = used;
        for piece in batch.pieces_of(message) {
            slices[used] = IoSlice::new(piece);
            used += 1;
        }
        let segment_len = (message.segments > 1).then_some(message.segment_len as u16);
        outgoing[count] = Outgoing { to: message.to.remote, slices: start..used, segment_len };
        count += 1;
    }
    sys::send_messages(socket, &slices[..used], &outgoing[..count])
}

/// The socket's buffer or the interface's queue is full for the moment.
fn is_full(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::WouldBlock || error.raw_os_error() == Some(libc::ENOBUFS)
}

fn is_gso_refused(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EIO | libc::EINVAL | libc::EMSGSIZE | libc::EOPNOTSUPP))
}

#[cfg(test)]
mod tests;
