//! Relayed addresses: a UDP port or a TCP listener each, and the shelf of ports that wait for who reserved them.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use motet_net::ports::{PortOptions, TcpPort, UdpPort};
use motet_turn::{HoldId, OpenError, RelayTransport};

/// Reserved ports, for all threads: whoever reserved one may come back by another.
#[derive(Clone, Default)]
pub(crate) struct Shelf(Arc<Mutex<HashMap<HoldId, UdpPort>>>);

impl Shelf {
    pub(crate) fn put(&self, hold: HoldId, port: UdpPort) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(hold, port);
    }

    pub(crate) fn take(&self, hold: HoldId) -> Option<UdpPort> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&hold)
    }
}

/// What a relay's number stands for.
pub(crate) enum Opened {
    Udp(UdpPort),
    Tcp(TcpPort),
}

/// Binds a relay's socket.
pub(crate) fn open(transport: RelayTransport, address: SocketAddr) -> Result<Opened, OpenError> {
    match transport {
        RelayTransport::Udp => UdpPort::open(address, RELAY).map(Opened::Udp).map_err(|error| why(&error)),
        RelayTransport::Tcp => open_tcp(address).map(Opened::Tcp).map_err(|error| why(&error)),
    }
}

/// Binds the port above one that was just bound.
pub(crate) fn open_next(address: SocketAddr) -> Result<UdpPort, OpenError> {
    let port = address.port().checked_add(1).ok_or(OpenError::PortTaken)?;
    UdpPort::open(SocketAddr::new(address.ip(), port), RELAY).map_err(|error| why(&error))
}

/// A port that is shared by its listener and the connections from it could be shared with a stranger's socket as well: it is
/// tried alone first.
fn open_tcp(address: SocketAddr) -> io::Result<TcpPort> {
    drop(motet_net::ports::listen(address, false)?);
    TcpPort::open(address)
}

/// The system's own buffers are enough for one allocation, and there may be thousands.
const RELAY: PortOptions = PortOptions { is_shared: false, buffer_bytes: None };

fn why(error: &io::Error) -> OpenError {
    match error.kind() {
        io::ErrorKind::AddrInUse | io::ErrorKind::PermissionDenied => OpenError::PortTaken,
        _ => OpenError::Failed,
    }
}
