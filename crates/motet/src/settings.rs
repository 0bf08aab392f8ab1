//! What a worker is started with.

use std::net::IpAddr;

use motet_control::CandidateProtocol;
use motet_dtls::Certificate;
use motet_net::{Endpoint, EndpointSettings, TcpLimits};
use motet_worker::Listener;

use crate::error::StartError;

/// What a worker is started with.
#[derive(Clone, Debug)]
pub struct WorkerSettings {
    /// The thread's name, as debuggers and panics show it.
    pub name: String,
    /// The addresses to listen on, the ones that peers should prefer first.
    pub listen: Vec<ListenAddress>,
    /// The one port for all of them, UDP and TCP; 0 takes one that is free on all.
    pub port: u16,
    /// Whether to listen on TCP too, for peers whose network lets no UDP through.
    pub tcp: bool,
    /// This side's certificate for DTLS; a fresh one is made where `None`. Share one among all workers.
    pub certificate: Option<Certificate>,
    /// Size of each UDP socket's buffers to ask the system for, in bytes.
    pub socket_buffer_bytes: usize,
    /// Limits on TCP connections.
    pub tcp_limits: TcpLimits,
}

/// An address that a worker listens on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ListenAddress {
    /// The local address. An unspecified one (`0.0.0.0`, `::`) needs `announced`.
    pub ip: IpAddr,
    /// What peers are told where it is another: a NAT maps it to `ip`, with the same port.
    pub announced: Option<IpAddr>,
}

impl From<IpAddr> for ListenAddress {
    fn from(ip: IpAddr) -> Self {
        Self { ip, announced: None }
    }
}

impl Default for WorkerSettings {
    /// Loopback only, a free port, TCP too, a fresh certificate: for trying things out on one machine.
    fn default() -> Self {
        let sockets = EndpointSettings::default();
        Self {
            name: "motet-worker".to_owned(),
            listen: sockets.ips.into_iter().map(ListenAddress::from).collect(),
            port: sockets.port,
            tcp: sockets.tcp,
            certificate: None,
            socket_buffer_bytes: sockets.socket_buffer_bytes,
            tcp_limits: sockets.tcp_limits,
        }
    }
}

impl WorkerSettings {
    pub(crate) fn bind(&self) -> Result<Endpoint, StartError> {
        let nowhere =
            self.listen.iter().find(|listen| listen.ip.is_unspecified() && listen.announced.is_none());
        if let Some(listen) = nowhere {
            return Err(StartError::NeedsAnnounced(listen.ip));
        }
        Ok(Endpoint::bind(&EndpointSettings {
            ips: self.listen.iter().map(|listen| listen.ip).collect(),
            port: self.port,
            tcp: self.tcp,
            socket_buffer_bytes: self.socket_buffer_bytes,
            tcp_limits: self.tcp_limits,
        })?)
    }

    /// What `endpoint`, bound by these settings, listens on.
    pub(crate) fn listeners(&self, endpoint: &Endpoint) -> Vec<Listener> {
        let protocols: &[CandidateProtocol] = if endpoint.has_tcp() {
            &[CandidateProtocol::Udp, CandidateProtocol::Tcp]
        } else {
            &[CandidateProtocol::Udp]
        };
        let addresses = endpoint.listen_addrs().iter().zip(&self.listen);
        addresses
            .flat_map(|(bound, listen)| {
                let announced = listen.announced;
                protocols.iter().map(move |protocol| Listener {
                    protocol: *protocol,
                    bound: *bound,
                    announced,
                })
            })
            .collect()
    }
}
