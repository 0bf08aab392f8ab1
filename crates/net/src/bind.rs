//! Opens the sockets of an endpoint: every address, UDP and TCP, all on one port.

use std::io;
use std::net::{IpAddr, SocketAddr};

use motet_control::CandidateProtocol;
use socket2::{Domain, Protocol, Socket, Type};

use crate::tcp::TcpLimits;

/// Where an endpoint listens, and with what limits.
#[derive(Clone, Debug)]
pub struct EndpointSettings {
    /// The addresses to listen on, each of its own socket; at least one, none twice.
    pub ips: Vec<IpAddr>,
    /// The port of all of them, UDP and TCP; 0 takes one that is free everywhere.
    pub port: u16,
    /// Whether to listen on TCP too.
    pub tcp: bool,
    /// Size of each UDP socket's receive and send buffer to ask for, in bytes. The kernel gives at most
    /// `net.core.rmem_max` and `net.core.wmem_max`.
    pub socket_buffer_bytes: usize,
    /// Limits on TCP connections.
    pub tcp_limits: TcpLimits,
}

impl Default for EndpointSettings {
    /// Loopback, any port, TCP too, 4 MiB of buffer: a second of 30 Mbit/s.
    fn default() -> Self {
        Self {
            ips: vec![IpAddr::from([127, 0, 0, 1])],
            port: 0,
            tcp: true,
            socket_buffer_bytes: 4 << 20,
            tcp_limits: TcpLimits::default(),
        }
    }
}

/// Why an endpoint could not open its sockets.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// No address was given, or one was given twice.
    #[error("listen on at least one address, and on each once")]
    BadAddresses,
    /// An address and port cannot be bound.
    #[error("cannot listen on {protocol:?} {addr}: {source}")]
    CannotListen {
        /// UDP or TCP.
        protocol: CandidateProtocol,
        /// The address and port.
        addr: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The system has no more of what waiting on sockets takes.
    #[error("cannot wait on sockets: {0}")]
    CannotWait(#[from] io::Error),
}

/// Sockets of one endpoint, by address.
pub(crate) struct Bound {
    pub(crate) port: u16,
    pub(crate) udp: Vec<std::net::UdpSocket>,
    pub(crate) tcp: Vec<std::net::TcpListener>,
}

/// A port that is free on one socket may be taken on the next one; so many ports are tried before giving up.
const FREE_PORT_TRIES: usize = 64;
/// Connections that the kernel keeps while the endpoint is busy; more are refused by it.
const BACKLOG: i32 = 256;

pub(crate) fn bind(settings: &EndpointSettings) -> Result<Bound, BindError> {
    let mut ips = settings.ips.clone();
    ips.sort_unstable();
    ips.dedup();
    if ips.is_empty() || ips.len() != settings.ips.len() {
        return Err(BindError::BadAddresses);
    }
    if settings.port != 0 {
        return bind_at(settings, settings.port);
    }
    let mut tries = 0;
    loop {
        tries += 1;
        let bound = bind_at(settings, 0);
        match &bound {
            Err(BindError::CannotListen { source, .. })
                if source.kind() == io::ErrorKind::AddrInUse && tries < FREE_PORT_TRIES => {}
            _ => return bound,
        }
    }
}

/// With port 0 the first socket chooses for all.
fn bind_at(settings: &EndpointSettings, port: u16) -> Result<Bound, BindError> {
    let mut bound = Bound { port, udp: Vec::new(), tcp: Vec::new() };
    for ip in &settings.ips {
        let addr = SocketAddr::new(*ip, bound.port);
        let (socket, chosen) = open_udp(addr, settings.socket_buffer_bytes)
            .map_err(|source| BindError::CannotListen { protocol: CandidateProtocol::Udp, addr, source })?;
        bound.udp.push(socket);
        bound.port = chosen;
        if settings.tcp {
            let addr = SocketAddr::new(*ip, bound.port);
            let listener = open_tcp(addr).map_err(|source| BindError::CannotListen {
                protocol: CandidateProtocol::Tcp,
                addr,
                source,
            })?;
            bound.tcp.push(listener);
        }
    }
    Ok(bound)
}

fn open_udp(addr: SocketAddr, buffer_bytes: usize) -> io::Result<(std::net::UdpSocket, u16)> {
    let socket = Socket::new(Domain::for_address(addr), Type::DGRAM, Some(Protocol::UDP))?;
    if addr.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    // The kernel caps what it is asked for; a smaller buffer works too, so that its refusal is no reason to stop.
    let _ = socket.set_recv_buffer_size(buffer_bytes);
    let _ = socket.set_send_buffer_size(buffer_bytes);
    socket.set_nonblocking(true)?;
    socket.bind(&addr.into())?;
    let socket: std::net::UdpSocket = socket.into();
    let port = socket.local_addr()?.port();
    Ok((socket, port))
}

fn open_tcp(addr: SocketAddr) -> io::Result<std::net::TcpListener> {
    let socket = Socket::new(Domain::for_address(addr), Type::STREAM, Some(Protocol::TCP))?;
    if addr.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    // On Linux this lets a listener start while connections of the one before it linger, and never shares a port.
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&addr.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}
