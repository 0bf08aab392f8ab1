//! Opens what threads listen on before any of them runs, so that a start that fails leaves nothing behind.

use std::net::{SocketAddr, TcpListener};

use motet_net::ports::{PortOptions, UdpPort, listen};

use crate::settings::{StartError, TurnSettings};

/// One thread's listening sockets; the index is the listener's number.
pub(crate) struct Listeners {
    pub(crate) udp: Vec<UdpPort>,
    pub(crate) tcp: Vec<TcpListener>,
}

/// A second of 30 Mbit/s; the kernel gives at most `net.core.rmem_max`.
const BUFFER_BYTES: usize = 4 << 20;
/// A port that is free for UDP may be taken for TCP; so many are tried where any will do.
const FREE_PORT_TRIES: usize = 64;

/// Opens every address once for each thread. Returns the sockets and where they are.
pub(crate) fn open(settings: &TurnSettings) -> Result<(Vec<Listeners>, Vec<SocketAddr>), StartError> {
    let mut wanted = settings.listen.clone();
    wanted.sort_unstable();
    wanted.dedup();
    let has_wildcard = wanted.iter().any(|addr| addr.ip().is_unspecified());
    if wanted.is_empty() || has_wildcard || wanted.len() != settings.listen.len() {
        return Err(StartError::BadListen);
    }
    let threads = settings.threads.max(1);
    let mut all: Vec<Listeners> =
        (0..threads).map(|_| Listeners { udp: Vec::new(), tcp: Vec::new() }).collect();
    let mut addrs = Vec::new();
    for addr in &settings.listen {
        let addr = claim(*addr)?;
        for one in &mut all {
            let options = PortOptions { is_shared: threads > 1, buffer_bytes: Some(BUFFER_BYTES) };
            one.udp.push(UdpPort::open(addr, options).map_err(|source| refused("UDP", addr, source))?);
            one.tcp.push(listen(addr, threads > 1).map_err(|source| refused("TCP", addr, source))?);
        }
        addrs.push(addr);
    }
    Ok((all, addrs))
}

/// Sees that nobody else has an address: sockets that share it among threads would share it with another program too. Port 0
/// becomes one that is free for both protocols.
fn claim(addr: SocketAddr) -> Result<SocketAddr, StartError> {
    let alone = PortOptions { is_shared: false, buffer_bytes: None };
    let mut tries = 0;
    loop {
        tries += 1;
        let udp = UdpPort::open(addr, alone).map_err(|source| refused("UDP", addr, source))?;
        let chosen = udp.local_addr();
        match listen(chosen, false) {
            Ok(_) => return Ok(chosen),
            Err(_) if addr.port() == 0 && tries < FREE_PORT_TRIES => {}
            Err(source) => return Err(refused("TCP", chosen, source)),
        }
    }
}

fn refused(protocol: &'static str, addr: SocketAddr, source: std::io::Error) -> StartError {
    StartError::CannotListen { protocol, addr, source }
}

/// Sees that relays can be bound where they are announced.
pub(crate) fn check_relays(settings: &TurnSettings) -> Result<(), StartError> {
    for relay in &settings.server.relays {
        let alone = PortOptions { is_shared: false, buffer_bytes: None };
        UdpPort::open(SocketAddr::new(relay.bind, 0), alone)
            .map_err(|source| StartError::CannotRelay { ip: relay.bind, source })?;
    }
    Ok(())
}
