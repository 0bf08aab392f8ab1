//! How a client and a server hear each other: by datagrams, or by a stream of messages (RFC 8656 section 3.1).

use std::io::{ErrorKind, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream, UdpSocket};
use std::time::Duration;

use crate::servers::IPV4;

/// No answer takes so long on this machine; whoever waits so long has lost a message.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);
/// Longer than what any step gets.
const MESSAGE_LEN_MAX: usize = 2048;

/// A client's end.
pub(crate) enum Pipe {
    Udp { socket: UdpSocket, server: SocketAddr },
    Tcp { stream: TcpStream, unread: Vec<u8>, is_closed: bool },
}

impl Pipe {
    pub(crate) fn udp(server: SocketAddr) -> Self {
        Self::Udp { socket: udp_socket(IPV4), server }
    }

    pub(crate) fn tcp(server: SocketAddr) -> Self {
        let stream = TcpStream::connect(server).expect("the server takes connections");
        stream.set_nodelay(true).unwrap();
        Self::Tcp { stream, unread: Vec::new(), is_closed: false }
    }

    /// Another of the same kind.
    pub(crate) fn another(&self, server: SocketAddr) -> Self {
        match self {
            Self::Udp { .. } => Self::udp(server),
            Self::Tcp { .. } => Self::tcp(server),
        }
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) {
        match self {
            Self::Udp { socket, server } => assert_eq!(socket.send_to(bytes, *server).unwrap(), bytes.len()),
            Self::Tcp { stream, is_closed, .. } => *is_closed |= stream.write_all(bytes).is_err(),
        }
    }

    /// Whether the server has ended it.
    pub(crate) fn is_closed(&self) -> bool {
        matches!(self, Self::Tcp { is_closed: true, .. })
    }

    /// The next message, if one comes in time.
    pub(crate) fn receive(&mut self, patience: Duration) -> Option<Vec<u8>> {
        match self {
            Self::Udp { socket, .. } => receive(socket, patience).map(|(message, _)| message),
            Self::Tcp { stream, unread, is_closed } => loop {
                if let Some(len) = message_len(unread).filter(|len| *len <= unread.len()) {
                    return Some(unread.drain(..len).collect());
                }
                let mut buffer = [0; MESSAGE_LEN_MAX];
                let len = in_time(patience, |patience| {
                    stream.set_read_timeout(Some(patience)).unwrap();
                    let outcome = stream.read(&mut buffer);
                    if outcome.as_ref().is_err_and(|error| error.kind() == ErrorKind::ConnectionReset) {
                        return Ok(0);
                    }
                    outcome
                })?;
                *is_closed |= len == 0;
                if len == 0 {
                    return None;
                }
                unread.extend(&buffer[..len]);
            },
        }
    }

    pub(crate) fn is_at(&self, address: SocketAddr) -> bool {
        let own = match self {
            Self::Udp { socket, .. } => socket.local_addr(),
            Self::Tcp { stream, .. } => stream.local_addr(),
        };
        own.unwrap() == address
    }
}

/// The length of what a stream begins with, padding included.
fn message_len(unread: &[u8]) -> Option<usize> {
    let &[first, _, high, low, ..] = unread else { return None };
    let len = usize::from(u16::from_be_bytes([high, low]));
    Some(if first >> 6 == 1 { (4 + len).next_multiple_of(4) } else { 20 + len })
}

pub(crate) fn udp_socket(ip: IpAddr) -> UdpSocket {
    UdpSocket::bind(SocketAddr::new(ip, 0)).unwrap()
}

/// The next datagram and whose it is, if one comes in time.
pub(crate) fn receive(socket: &UdpSocket, patience: Duration) -> Option<(Vec<u8>, SocketAddr)> {
    let mut buffer = [0; MESSAGE_LEN_MAX];
    let (len, from) = in_time(patience, |patience| {
        socket.set_read_timeout(Some(patience)).unwrap();
        socket.recv_from(&mut buffer)
    })?;
    Some((buffer[..len].to_vec(), from))
}

fn in_time<T>(patience: Duration, read: impl FnOnce(Duration) -> std::io::Result<T>) -> Option<T> {
    if patience.is_zero() {
        return None;
    }
    match read(patience) {
        Ok(outcome) => Some(outcome),
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => None,
        Err(error) => panic!("{error}"),
    }
}
