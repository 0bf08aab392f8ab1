//! TCP sockets with the options that a relay needs.

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};

use socket2::{Domain, Protocol, Socket, Type};

/// Connections that the kernel keeps while the loop is busy; more are refused by it.
const BACKLOG: i32 = 256;

/// A listener that several threads may each have one of on the same address: the kernel spreads connections over them.
///
/// # Errors
/// Where the address cannot be bound.
pub fn listen(addr: SocketAddr, is_shared: bool) -> io::Result<TcpListener> {
    let socket = open(addr)?;
    // Lets a listener start while connections of the one before it linger.
    socket.set_reuse_address(true)?;
    socket.set_reuse_port(is_shared)?;
    socket.bind(&addr.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// A TCP port that connections are made from and accepted on: both carry its address, which is a relayed address of RFC 6062.
pub struct TcpPort {
    listener: TcpListener,
    local: SocketAddr,
}

impl TcpPort {
    /// Opens a port and listens on it.
    ///
    /// # Errors
    /// Where the address cannot be bound.
    pub fn open(addr: SocketAddr) -> io::Result<Self> {
        // Connections from a port that is listened on need both sockets to say so.
        let listener = listen(addr, true)?;
        let local = listener.local_addr()?;
        Ok(Self { listener, local })
    }

    /// Where it listens.
    pub fn local_addr(&self) -> SocketAddr {
        self.local
    }

    /// The listener.
    pub fn listener(&self) -> &TcpListener {
        &self.listener
    }
}

/// Begins a connection to `remote` from `local`, a [`TcpPort`]'s address. It is under way when this returns: the stream is
/// writable once it stands, and [`TcpStream::take_error`] tells if it does not.
///
/// # Errors
/// Where it cannot even begin.
pub fn connect_from(local: SocketAddr, remote: SocketAddr) -> io::Result<TcpStream> {
    let socket = open(local)?;
    socket.set_reuse_address(true)?;
    socket.set_reuse_port(true)?;
    socket.bind(&local.into())?;
    match socket.connect(&remote.into()) {
        Ok(()) => {}
        Err(error) if error.raw_os_error() == Some(libc::EINPROGRESS) => {}
        Err(error) => return Err(error),
    }
    Ok(socket.into())
}

fn open(addr: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(addr), Type::STREAM, Some(Protocol::TCP))?;
    if addr.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    socket.set_nonblocking(true)?;
    Ok(socket)
}
